package sip

import (
	"strconv"

	"sibai/internal/cdr"
	"sibai/internal/sip/wire"
)

// reasons maps how a call ended to ITU-T Q.850 for the Reason header field
// (RFC 3326).
var reasons = map[cdr.Cause]struct {
	cause int
	text  string
}{
	cdr.Answered:        {16, "Normal call clearing"},
	cdr.CreditExhausted: {16, "Credit used up"},
	cdr.Busy:            {17, "User busy"},
	cdr.NoAnswer:        {19, "No answer"},
	cdr.Rejected:        {21, "Call rejected"},
	cdr.Unreachable:     {27, "Destination out of order"},
	cdr.CallerGaveUp:    {16, "Caller gave up"},
	cdr.UnknownNumber:   {1, "Unallocated number"},
	cdr.NumberSuspended: {29, "Number suspended"},
	cdr.NumberFrozen:    {29, "Number frozen"},
	cdr.NumberNotOpen:   {1, "Number not open"},
	cdr.NoCredit:        {29, "Not enough credit"},
	cdr.TooManyCalls:    {34, "Too many calls"},
	cdr.CapReached:      {29, "Monthly cap reached"},
	cdr.NoTarget:        {3, "No phone to ring"},
	cdr.TrunkNotAllowed: {21, "Unknown trunk"},
	cdr.ChargingDown:    {41, "Charging unavailable"},
	cdr.NodeStopped:     {41, "Node stopped"},
	cdr.NodeLost:        {41, "Node lost"},
	cdr.CallerLost:      {102, "Answer never acknowledged"},
	cdr.InternalError:   {41, "Internal error"},
}

// reason is the Reason header field of a refusal or of a BYE.
func reason(why cdr.Cause) wire.Header {
	r, ok := reasons[why]
	if !ok {
		r.cause, r.text = 31, "Normal, unspecified"
	}
	return wire.Header{Name: "Reason", Value: "Q.850;cause=" + strconv.Itoa(r.cause) + `;text="` + r.text + `"`}
}

// cancelReason is the Reason header field of a CANCEL. A phone that stops
// ringing because another one answered must not show a missed call.
func cancelReason(why cdr.Cause) wire.Header {
	if why == cdr.Answered {
		return wire.Header{Name: "Reason", Value: `SIP;cause=200;text="Call completed elsewhere"`}
	}
	return reason(why)
}
