// Package tariff rates billable time: what a stretch of it costs, line by
// line, and how long an amount pays for. Everything is exact: whole seconds,
// whole micro-yuan, and an error where a sum leaves the range.
//
// Cost is a step function of billable time that never falls:
//
//	connection │ first │ next │ next │ …
//	           0       F      F+N    F+2N        billable time
//
// A started increment is charged whole. A meter that started is a started
// first increment, also when the measured time is zero or less (the phone was
// put down within the same tick): such a call costs Connection + First. A
// meter that never started is not rated at all; that is the caller's decision.
//
// Prices may differ by the class of the call and by bands of the day. A band is
// chosen by the start of each increment, in Asia/Shanghai, so an increment that
// began in one band is charged whole by it. A call is rated by one Version to
// its end.
//
// The package refuses to know calls, accounts and the clock. It rates the
// charged time of online charging (RFC 8506 §8.34, CC-Time) by a tariff of
// connection fee, first and next increments, as 400 numbers are sold.
package tariff
