package call

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/number"
	"sibai/internal/routing"
)

// Charger keeps the credit of calls; charging.Service implements it. Every
// method returns at once. done is called once, from any goroutine, when the
// outcome is durable; an error means that nothing is known to have happened,
// and the same request may be sent again. The fault SettlementKept alone says
// that the call's end is durable and will be booked without being sent again.
type Charger interface {
	Reserve(req charging.ReserveRequest, done func(charging.Answer, error))
	Extend(req charging.ExtendRequest, done func(charging.Answer, error))
	// Settle charges or releases the call and answers with its finished CDR.
	Settle(req charging.SettleRequest, done func(cdr.Record, error))
	// Record keeps the CDR of a call for which nothing was reserved.
	Record(rec cdr.Record, done func(error))
}

// Line is a rented number as a call needs it: in what state it is, who pays,
// who rings.
type Line struct {
	Number       string
	State        number.State
	Customer     int64
	CustomerName string
	Bill         charging.Bill
	Profile      routing.Profile
}

// Lines answers from memory and never blocks; what it gives holds for the
// whole call.
type Lines interface {
	// Find looks a number up; its Bill carries the tariff in force at at.
	Find(number string, at time.Time) (Line, bool)
}

// Observer sees calls come, change and end, for logs, metrics and live pages.
// Its methods are called on the call's Loop and must not block.
type Observer interface {
	Changed(View)
	// Ended comes once a call, after its CDR is durable in the store; for one
	// that was kept elsewhere in the meantime the Charger's owner brings it.
	Ended(rec cdr.Record, customer string)
}
