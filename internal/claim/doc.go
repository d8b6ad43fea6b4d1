// Package claim takes in what customers transfer by bank (对公转账): a customer says
// that it transferred a sum, staff find it on the statement of the bank, and what
// really came is booked. It decides what a claim may say, who approves it, and that
// each line of a statement is booked once. It refuses to know accounts (package
// billing books), orders, and pages.
//
//	            ┌─ a second person, for large sums ─┐
//	filed ──────┴── found on the statement ─────────┴─▶ approved ─▶ booked
//	  └──────────── not found, or another's ──────────▶ rejected
//
// Approving is durable before anything is booked, and the booking is a top-up whose
// reference is the claim's own id: whenever a process dies, the job goes on, and
// nothing is booked twice. What came may differ from what was claimed: it is the
// customer's all the same.
package claim
