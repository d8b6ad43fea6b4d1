// Package charging keeps the credit of calls: reserve before a phone rings,
// extend while people talk, settle when they hang up. It is online charging
// with unit reservation (SCUR) as in RFC 8506 §6 and 3GPP TS 32.299 §5.2.2:
// Reserve is the initial request, Extend the update, Settle the termination;
// Answer.Granted is Granted-Service-Unit and Final is Final-Unit-Indication.
//
// The life of a hold (预占):
//
//	Reserve ──refused──▶ (nothing is kept) ──Record──▶ CDR
//	   │
//	   ▼
//	 held ──Extend*──▶ held, more or Final
//	   │
//	   ├──Settle, the meter started──▶ ledger transaction + CDR
//	   ├──Settle, it never started───▶ released, CDR with charge 0
//	   └──lease passed, reaper───────▶ as Settle at the last proof, recovered
//
// While the store is away the ends of calls go into a Spool and are booked
// later (see ending), and new calls may run on a Promise, which is a hold that
// the store does not know yet.
//
// All meaning of money is in Decide, a pure function of loaded rows and
// operations. A store does load, Decide, apply in one durable transaction;
// Service groups what waits into such batches and answers afterwards.
//
// What it promises (Audit checks it on a live store):
//
//	I1 a bucket's balance is the sum of its entries
//	I2 what buckets hold is the sum of the open holds' parts
//	I3 balance − held is never below zero, of cash never below its overdraft
//	I4 a call is never charged more than was reserved for it
//	I5 the same operation again gives the same answer and changes nothing
//	I6 what was acknowledged survives the loss of process and power
//	I7 entries sum to zero, per transaction and in total
//	I8 a settled call has one CDR, a charged CDR one transaction
//	I9 calls at once on one account never spend more than it has
//
// A refusal is kept only with the call's CDR: before that, the same Reserve
// looks at the account afresh. It refuses to know SIP, routing, plans and how
// a payment came in.
package charging
