package live

import (
	"context"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
	"sibai/internal/web/text"
)

// Source is what the Live page reads. Every method may be called from many
// goroutines at once.
type Source interface {
	// Now is everything on the Live page at one instant, with sentences in
	// lang. An open page asks at most once per half second, and only after a
	// tick, so answering from memory or a short-lived cache is worth it.
	Now(ctx context.Context, lang text.Lang) (Snapshot, error)

	// Call is one call by its id as cdr.ID prints it, running or ended, with
	// sentences in lang. ok is false when there is no such call, which
	// includes an id that cannot be read.
	Call(ctx context.Context, id string, lang text.Lang) (call Call, ok bool, err error)

	// Subscribe ticks whenever something that Now shows has changed. Ticks
	// are coalesced: a reader that is busy finds one tick waiting, however
	// much happened. The channel is closed when ctx ends and when the program
	// stops; the page's stream ends with it, so that a server can shut down.
	Subscribe(ctx context.Context) <-chan struct{}
}

// Snapshot is what the Live page shows.
type Snapshot struct {
	At      time.Time // when it was taken
	Today   Today
	Running []Call   // newest first; some fifty are enough, Today.Running counts them all
	Recent  []Call   // ended calls, newest first; some twenty are enough
	Wallets []Wallet // one per customer, those that need a look first
	Numbers []string // 400 numbers in service, ten digits; a few are enough, for "call one of these"
	SIP     string   // where a trunk sends calls, such as 127.0.0.1:5060; empty when this node takes none
}

// Today counts from 00:00 in Asia/Shanghai.
type Today struct {
	Running  int          // calls now: ringing or talking
	Calls    int          // calls that ended today
	Answered int          // of those, answered
	Charged  money.Amount // what they cost their customers
}

// State is where a call is.
type State string

// The states of a call.
const (
	Ringing State = "ringing" // not answered yet
	Talking State = "talking"
	Ended   State = "ended"
)

// Call is one call. Instants that have not come are zero, and so is what is
// known only at the end while the call runs.
type Call struct {
	ID       string // as cdr.ID prints it, call_…
	State    State
	Trunk    string // code of the trunk it came from
	Number   string // the dialled number, ten digits where it is one
	Customer string // name of the number's customer; empty when it is nobody's
	Caller   string // digits, empty when withheld; the page masks them
	Region   string // the caller's region in words; empty when unknown
	Phone    string // the phone that answered, or rings; digits, the page masks them

	StartedAt          time.Time
	PlatformAnsweredAt time.Time // set when Sibai itself answered: the meter starts here
	AnsweredAt         time.Time // a phone answered: else the meter starts here
	EndedAt            time.Time
	Talk               time.Duration
	Billable           time.Duration

	Cause   cdr.Cause
	Status  int // SIP status the caller got
	EndedBy cdr.Side
	// Recovered says that the node that ran the call was lost and the reaper
	// settled it at the last instant it is proven to have lasted.
	Recovered bool

	Charge money.Amount // while the call runs, what the time granted to it costs; 0 hides it
	Lines  []cdr.Line   // sum to Charge once the call has ended
	// Charges are the lines and their sum in words, in the asked language.
	Charges []string
	Legs    []cdr.Leg // phones rung, in order
	Why     []string  // sentences in the order decided, in the asked language
}

// Wallet is what one customer has.
type Wallet struct {
	ID        string // as the customer's id prints, cust_…
	Customer  string // name
	Cash      money.Amount
	Bonus     money.Amount
	Package   money.Amount
	Overdraft money.Amount // how far below zero the account may go
	Held      money.Amount // for calls in progress
	Available money.Amount // what new calls may still reserve
	// Included is the call time of packages that new calls may still reserve.
	Included time.Duration
	// Extensions is what the sub-wallets of extensions have, each for its own
	// calls only; it is in no other sum.
	Extensions money.Amount
	Low        bool // below the customer's own alert threshold
	Suspended  bool // in arrears: new calls are refused
}
