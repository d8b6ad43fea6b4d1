// Package reconcile compares what payment providers say in their bills with what
// Sibai booked (对账): a day and a provider at a time, payment by payment and refund by
// refund. It decides what differs and how; money moves by no comparison: staff settle
// a difference with a word of why, once what is to be done was done.
//
//	a day's bill ── downloaded by the job, or handed in by staff ──▶ lines
//	own payments and refunds of the day, and those the lines name ──▶ compare ──▶ result
//	the same day again ──▶ the result anew; what was settled and still differs stays settled
//
// It refuses to know how a bill is written and got (adapters in internal/pay do).
//
// A day is that of China, and a payment is of the day on which the provider had its
// money.
package reconcile
