package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
)

// Config sets a Service up. Zero values take the defaults named.
type Config struct {
	Rules Rules
	Node  int // the number of this node, kept with its holds
	// Lease is how long a hold lives without a sign of life before the reaper
	// settles it; default 30 s. It must be several times RenewEvery.
	Lease      time.Duration
	RenewEvery time.Duration // between renewals of running calls; default 5 s
	ReapEvery  time.Duration // between looks for lost calls; default 10 s
	Queue      int           // operations that may wait, of all writers; default 16,384
	Batch      int           // most operations of one commit; default 1,024
	// Retries is how often a batch is sent again after an unknown outcome,
	// with pauses from RetryPause doubling; default 3 and 20 ms.
	Retries    int
	RetryPause time.Duration
	// Proofs lists the signs of life of the calls that run on this node and
	// hold credit. It is called every RenewEvery from a goroutine of the
	// Service; nil renews nothing.
	Proofs func(now time.Time) []Proof
	// Reaped is told each CDR that the reaper wrote; nil tells nobody. It must
	// not block.
	Reaped func(cdr.Record)
	// Patience is how long Reserve and Extend wait for the store before they
	// fail with StoreSlow, and Settle and Record before they are kept in the
	// Spool; 0 waits without bound.
	Patience time.Duration
	// Spool keeps the ends of calls that the store does not take; without one
	// they fail.
	Spool Spool
	// Exposure is what a node may risk on each account while the store is away:
	// new calls get time worth so much, durable in the Spool. 0 refuses them.
	Exposure money.Amount
	// Late is told each CDR that was booked from the Spool; nil tells nobody.
	// It must not block.
	Late func(cdr.Record)
	// Now is the clock; nil takes time.Now.
	Now func() time.Time

	// after and sleep are time.AfterFunc and time.Sleep, pump does nothing; a
	// simulation has its own: its only goroutine does in pump what the writers
	// must do before a wait can end.
	after func(time.Duration, func()) (stop func())
	sleep func(time.Duration)
	pump  func()
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	count := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	set(&c.Lease, 30*time.Second)
	set(&c.RenewEvery, 5*time.Second)
	set(&c.ReapEvery, 10*time.Second)
	set(&c.RetryPause, 20*time.Millisecond)
	count(&c.Queue, 16384)
	count(&c.Batch, 1024)
	count(&c.Retries, 3)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.after == nil {
		c.after = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
	if c.sleep == nil {
		c.sleep = time.Sleep
	}
	if c.pump == nil {
		c.pump = func() {}
	}
	c.Rules = c.Rules.withDefaults()
	return c
}
