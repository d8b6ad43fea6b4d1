// Package routing decides who rings for a call to a 400 number, in what
// order and for how long, and says why.
//
// Decide is a pure function of a published profile and the situation of the
// call. It refuses to know SIP, money and the clock: what the phones answered
// is told to it by the caller of Next, which then names who rings next.
//
// A call's way through a decision:
//
//	distribution (sequential: one after the other; simultaneous: all at once)
//	   │ nobody answered
//	   ├─ the last result was busy ──────▶ the phones of OnBusy, one by one
//	   └─ anything else ─────────────────▶ the phones of OnNoAnswer, one by one
//	                                          │ at most MaxForwards in all
//	                                          ▼
//	                                      no more phones
//
// A phone rings at most once in a call. Sources: the functions 400 vendors
// sell (顺序/同时振铃, 遇忙/无应答转移); RFC 3261 §21 for what a phone's
// refusal means.
package routing
