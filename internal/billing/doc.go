// Package billing takes what is due without a call: the fees of plans, their
// packages and their expiry, the minimum consumption, and it leads customers
// who do not pay through the stages of arrears. One idempotent Run does all
// that is due at an instant; Preview says what it would do.
//
// A term of an annual or flat plan (包年):
//
//	due ──fee taken, package given──▶ paid ──each day──▶ earned … ──▶ over
//	 ▲                                                                  │
//	 └────────────── the next term, from the old end ◀──────────────────┘
//
// A customer out of credit, or owing a fee:
//
//	active ⇄ low ──▶ grace ──▶ suspended ──▶ frozen ──▶ closing ──▶ quarantine
//	   ▲                │           │           │          │        (its numbers
//	   └──── a top-up, or what was owed is paid ───────────┘       are given up)
//
// What is due is written as a row first, then taken by a posting with a key of
// its own, then marked as paid: whenever a process dies, the next run goes on
// and nothing is taken twice. Only plans with the collection automatic are
// billed, and only when the operator described arrears does anybody get
// suspended. It refuses to know calls, tariffs and payment channels. Terms of
// the field: deferred revenue is earned over time as in 企业会计准则第14号——收入,
// 第十二条.
package billing
