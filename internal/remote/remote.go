package remote

import (
	"context"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// Charger keeps the credit; charging.Service implements it. done is called once
// from any goroutine, when the outcome is durable.
type Charger interface {
	ReserveElsewhere(req charging.ReserveRequest, lease time.Duration, done func(charging.Reservation, error))
	ExtendElsewhere(req charging.ExtendRequest, lease time.Duration, done func(charging.Answer, error))
	Settle(req charging.SettleRequest, done func(cdr.Record, error))
	RecordElsewhere(rec cdr.Record, done func(cdr.Record, error))
	Held(ctx context.Context, calls []charging.CallKey) ([]*charging.Hold, error)
	Ended(ctx context.Context, calls []charging.CallKey) ([]cdr.Record, error)
}

// Name is how a switch names a call: its client, and a text of its own.
type Name struct {
	Client string // of the API key
	Call   string // 1 to MaxName bytes
}

// MaxName is the longest name of a call, in bytes.
const MaxName = 128

// Remembered is how long after its reservation a call is still known by its
// name, at least.
const Remembered = 48 * time.Hour

// How long a hold may live without a sign of its switch.
const (
	MinLease = 10 * time.Second
	MaxLease = 24 * time.Hour
	// grace is what the default lease adds to the time that the switch was
	// granted, for requests that are late.
	grace = time.Minute
)

// maxApart is how far the clocks of switch and node may be apart.
const maxApart = 5 * time.Minute

// MaxTalk is the longest talk that a settlement may say.
const MaxTalk = 7 * 24 * time.Hour

// Service charges calls for switches. Safe for concurrent use; every method
// waits for the outcome to be durable or ctx to end.
type Service struct {
	charger Charger
	lines   call.Lines
	step    time.Duration
	ended   func(cdr.Record)
	now     func() time.Time
	calls   memory
}

// Config sets a Service up.
type Config struct {
	Charger     Charger
	Lines       call.Lines
	LongestStep time.Duration // that an extension adds, as in charging.Rules
	// Ended is told each CDR that a request wrote; nil tells nobody. It must not
	// block.
	Ended func(cdr.Record)
	Now   func() time.Time // nil takes time.Now
}

// New makes a Service.
func New(cfg Config) *Service {
	s := &Service{charger: cfg.Charger, lines: cfg.Lines, step: max(cfg.LongestStep, time.Minute), ended: cfg.Ended, now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if s.ended == nil {
		s.ended = func(cdr.Record) {}
	}
	s.calls.known = map[Name]terms{}
	return s
}

// terms are what a call was reserved under.
type terms struct {
	id      cdr.ID
	bill    charging.Bill
	draft   cdr.Record
	expires time.Time // of being remembered here
	over    bool      // the call has ended: these are of its CDR
}

// answer is what an asynchronous operation came to.
type answer[T any] struct {
	value T
	err   error
}

// await starts an operation and waits for it.
func await[T any](ctx context.Context, start func(done func(T, error))) (T, error) {
	c := make(chan answer[T], 1)
	start(func(v T, err error) { c <- answer[T]{v, err} })
	select {
	case a := <-c:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
