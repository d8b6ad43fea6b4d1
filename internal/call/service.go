package call

import (
	"context"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// Config is what every call of a node shares.
type Config struct {
	Node     int
	Lines    Lines
	Charger  Charger
	Observer Observer
	NewID    func() int64 // time-ordered, never the same twice
	// RetrySettle is the first pause before a settlement is sent again after
	// the store failed; it doubles up to 30 s. 0 takes one second.
	RetrySettle time.Duration
}

// Service accepts calls and keeps the list of those that run. It implements
// Accepter.
type Service struct {
	cfg Config

	mu      sync.Mutex // guards what follows; held for map work only
	running map[cdr.ID]*Call
	idle    chan struct{} // closed while no call runs
}

// NewService makes the service of one node.
func NewService(cfg Config) *Service {
	if cfg.RetrySettle == 0 {
		cfg.RetrySettle = time.Second
	}
	s := &Service{cfg: cfg, running: map[cdr.ID]*Call{}, idle: make(chan struct{})}
	close(s.idle)
	return s
}

// Incoming starts a call. It runs on loop, as everything of that call will.
func (s *Service) Incoming(in Incoming, sig Signals, loop Loop) Events {
	c := newCall(s, in, sig, loop)
	s.mu.Lock()
	if len(s.running) == 0 {
		s.idle = make(chan struct{})
	}
	s.running[c.rec.Call] = c
	s.mu.Unlock()
	c.begin()
	return c
}

func (s *Service) done(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.running[c.rec.Call]; !ok {
		return
	}
	delete(s.running, c.rec.Call)
	if len(s.running) == 0 {
		close(s.idle)
	}
}

// Running lists the calls that run now, in no order. Safe from any goroutine.
func (s *Service) Running() []View {
	calls := s.snapshot()
	views := make([]View, len(calls))
	for i, c := range calls {
		views[i] = *c.view.Load()
	}
	return views
}

// Proofs lists the signs of life of all calls that hold credit. Safe from any
// goroutine.
func (s *Service) Proofs(now time.Time) []charging.Proof {
	calls := s.snapshot()
	proofs := make([]charging.Proof, 0, len(calls))
	for _, c := range calls {
		if p, ok := c.view.Load().proof(now); ok {
			proofs = append(proofs, p)
		}
	}
	return proofs
}

func (s *Service) snapshot() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]*Call, 0, len(s.running))
	for _, c := range s.running {
		calls = append(calls, c)
	}
	return calls
}

// Wait returns when no call runs and every CDR is durable, or when ctx ends.
func (s *Service) Wait(ctx context.Context) error {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// EndAll ends every running call; each is settled as if it had been hung up
// now. It returns at once; Wait waits for them.
func (s *Service) EndAll(why cdr.Cause) {
	for _, c := range s.snapshot() {
		c.loop.Post(func() { c.endByPlatform(why) })
	}
}
