// Package payment takes money in over payment providers and gives it back: one
// payment a link, from the moment it is asked for until its money is booked,
// and its refunds. It decides what a notification changes, what is booked and
// when, and what may be refunded. It refuses to know how a provider signs and
// speaks (adapters in internal/pay do), pages, and what accounts are made of:
// money moves only through package billing.
//
// A payment:
//
//	             ┌──────── the sum asked for ────────┐
//	created ─────┤                                   ├─▶ paid ─▶ partly_refunded ─▶ refunded
//	   │         └─▶ differs ── taken by staff ──────┘     └──────────────────────────▲
//	   ├─▶ closed ───┐ money that comes late is money all the same:
//	   └─▶ expired ──┴─▶ paid, or differs
//
// What a notification says is written first, then booked by a top-up whose
// reference is the payment's own id, then answered: whenever a process dies,
// the provider tells it again or the job goes on, and nothing is booked twice.
// Before a payment expires, and after it was closed, its provider is asked whether
// money came of which the notification was lost, and ends its order, so that
// nobody pays it any more. A second sum for one payment is
// noted (extra) and left to staff.
//
// A refund:
//
//	asked ── from the account's cash ──▶ taken ── the provider has it ──▶ done
//	  └──────── no such cash ─────┐        └─ refused ─▶ undoing ─┐
//	                              └──────────▶ failed ◀── given back
//
// The account pays before the provider is asked, so that no money leaves that
// the customer has used meanwhile; what the provider refused is never asked
// again under the same id, so that what was given back stays given back.
package payment
