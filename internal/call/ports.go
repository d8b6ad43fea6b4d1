package call

import (
	"time"

	"sibai/internal/cdr"
)

// LegID names one leg to a phone within its call, from 1.
type LegID int

// Destination is where a leg is sent.
type Destination struct {
	Target string // the phone's number, digits, as the trunk wants it in the Request-URI user part
	Trunk  string // code of the trunk to send it over
}

// Incoming is a caller's INVITE that passed the trunk's checks.
type Incoming struct {
	Trunk     string // code of the trunk it came from
	SIPCallID string
	Dialled   string    // user part of the Request-URI
	Caller    string    // user part of P-Asserted-Identity, else of From; empty when anonymous
	At        time.Time // when the INVITE was read from the socket
}

// Signals is one call's hold on the signalling side. Methods return at once
// and never call back into the Call before they return; what comes of them
// arrives later as an event (see Call), one at a time, on the call's Loop.
// A method that no longer fits the leg's state does nothing.
type Signals interface {
	// Ring sends an INVITE with the caller's session description. Exactly one
	// of Call.Answered or Call.Failed follows, unless the leg is dropped first.
	Ring(leg LegID, to Destination)

	// Progress tells the caller that a phone rings: status 180 or 183, with
	// the leg's session description if its own provisional response had one.
	Progress(status int, leg LegID)

	// Connect answers the caller with the leg's session description and joins
	// the two dialogs: from then on requests inside them (re-INVITE, INFO)
	// pass through without the call being asked. The leg must have answered.
	Connect(leg LegID)

	// Drop ends a leg however it stands: CANCEL before its final answer, BYE
	// after. A 200 that crosses the CANCEL is acknowledged and ended with BYE
	// by the signalling side; no event follows for a dropped leg.
	Drop(leg LegID, why cdr.Cause)

	// Reject ends the caller's leg before it was answered, with a final status
	// from 300 up and a Reason header (RFC 3326).
	Reject(status int, why cdr.Cause)

	// Hangup ends the caller's answered leg with BYE.
	Hangup(why cdr.Cause)
}

// Loop is the thread of one call: everything that happens to the call runs on
// it, one function at a time, in the order posted.
type Loop interface {
	// Post runs f on the loop. It may be called from any goroutine.
	Post(f func())
	// After runs f on the loop once d has passed, unless stop is called on
	// the loop before.
	After(d time.Duration, f func()) (stop func())
	// Now is the clock, with its monotonic reading.
	Now() time.Time
}

// Events is what the signalling side tells a call; *Call implements it. Every
// method is called on the call's Loop.
type Events interface {
	// Ringing: a provisional response came for a leg (180, 183; not 100).
	Ringing(leg LegID, status int)
	// Answered: the leg's phone answered (2xx). It is acknowledged already,
	// except where the caller sent no offer.
	Answered(leg LegID)
	// Failed: the leg ended before an answer: its final status, 408 when
	// nothing came in time, 503 when it could not be sent.
	Failed(leg LegID, status int)
	// LegEnded: the phone of an answered leg hung up.
	LegEnded(leg LegID)
	// Cancelled: the caller gave up before the answer (CANCEL).
	Cancelled()
	// CallerEnded: the caller hung up after the answer (BYE). lost is true
	// when the caller never acknowledged the answer and the signalling side
	// ended the leg itself (64·T1 after the 200).
	CallerEnded(lost bool)
	// Aborted: the signalling side has ended the call on all its legs for a
	// reason of ours, whatever its state.
	Aborted(why cdr.Cause)
}

// Accepter is asked for every new call. It returns the Events of that call,
// or nil when it refuses the call, having used sig.Reject. Called on loop.
type Accepter interface {
	Incoming(in Incoming, sig Signals, loop Loop) Events
}
