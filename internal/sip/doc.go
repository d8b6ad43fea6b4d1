// Package sip is the signalling side of calls: a back-to-back user agent (RFC
// 7092) that takes a carrier's INVITE, asks a call.Accepter what to do with
// it, rings phones over trunks and joins the two dialogs. Session descriptions
// pass through as they came; media never touches it.
//
// It decides nothing about a call: which phones ring, with which status a
// call is refused, when it ends. Those orders come through call.Signals, what
// happens goes out through call.Events. It knows no number, no price and no
// store. Sources: RFC 3261, 3262 (refused), 3264 (glare), 3311 (UPDATE), 3325
// (P-Asserted-Identity), 3326 (Reason), 3581 (rport), 4028 (session timers), 5407 (races), 6026
// (accepted states), 6086 (INFO).
//
// Layers, each in its package, each using only those below:
//
//	sip          calls: legs, dialogs, passing requests through, trunks
//	transaction  who said what already: copies, time-outs
//	wire         what stands in a message
//	transport    sockets
//	loop         the thread a share of the calls lives on
//
// A call lives on one loop: the Call-ID of the caller chooses it, and the
// Call-IDs of the legs it rings are made to choose the same. So everything of
// one call happens one after the other, and its state has no lock.
//
//	caller's leg   trying ─Progress─▶ trying ─Connect─▶ answered ─ACK─▶ confirmed ─BYE─▶ over
//	                  └──Reject, CANCEL──▶ over             └─no ACK in 64·T1─▶ over
//	a phone's leg  inviting ─2xx─▶ answered ─BYE─▶ over
//	                  ├─3xx…6xx, time-out─▶ over
//	                  └─Drop─▶ cancelling ─any final─▶ over   (a 2xx gets ACK and BYE)
package sip
