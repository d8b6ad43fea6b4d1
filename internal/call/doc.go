// Package call runs one call to a 400 number from INVITE to CDR.
//
// It decides when phones are rung and dropped, when the meter starts, when
// more credit is asked for, when a call is cut and what its CDR says. Who
// rings it asks of routing, what may be spent of charging. It refuses to know
// SIP, SQL and the clock: those are the ports Signals, Charger, Lines and
// Loop, so a whole call can be played in a test, deterministically.
//
//	INVITE ─▶ authorising ──granted──▶ ringing ──answered──▶ talking ─▶ ended
//	             │ refused               │ busy, no answer      │ BYE of a side
//	             │                       │  └▶ the next phone   │ grant used up: cut
//	             ▼                       ▼ nobody left, CANCEL  ▼
//	          rejected               released (costs 0)      settled
//
// Whatever happens, a call ends exactly once, with exactly one CDR: by Settle
// where credit was reserved, by Record where it was not. All of one call runs
// on its Loop; only its View is read from elsewhere.
//
// Sources: RFC 3261 (the events), RFC 3326 (reasons), RFC 8506 and 3GPP TS
// 32.299 §6.3.8 (session charging with unit reservation).
package call
