// Package office has the pages of the operator's staff: orders and their reviews,
// customers, payments, the ledger of numbers, people and what they did. Each act
// is checked against the role of who does it, and leaves a trace.
package office
