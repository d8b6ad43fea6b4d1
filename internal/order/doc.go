// Package order is the way from a chosen number to an open one: it locks the
// numbers, has the contract signed, takes the first fees, waits for documents
// and their reviews, and opens the numbers.
//
// It refuses to know how money comes in (payment), what documents say (real-name
// verification), how a contract looks on paper (a Printer) and by which way a
// one-time code travels (a Sender).
//
//	locked ─▶ signed ─▶ paying ─▶ paid ─▶ reviewing ─▶ vetted ─▶ open
//	  │          │  ▲      │       │  ▲        │          │
//	  │          │  └──────┘       │  └────────┴──────────┤ documents are asked for again
//	  ▼          ▼  not enough     ▼                      ▼
//	expired, cancelled           lapsed, refused: the money goes back
//
// What is due (the end of a lock, of the time for documents, money that goes
// back) stands in the order's row and is done by a job of any node.
//
// The fees wait on the book deferred/orders from paid on, and billing books them
// as its first terms when the number opens. The rest of what was paid is cash of
// the customer's account all the time.
//
// Sources: 工业和信息化部关于400号码实名 (2016): enterprises only, documents
// before a number opens; 电子签名法 §13, §14 for the signature: who, when, and
// that nothing changed afterwards.
package order
