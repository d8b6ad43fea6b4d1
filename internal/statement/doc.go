// Package statement lists what moved on a customer's account in a period, each
// movement with its reason, between an opening and a closing balance.
//
// It proves itself: the opening balance is the sum of every entry before the
// period, the closing one adds those of the period, and with those after it the
// sum must be what the buckets have now. A statement that does not tie out is
// an error, never a print.
//
// It refuses to know how movements were decided: calls and top-ups are
// charging's, fees and true-ups billing's.
package statement
