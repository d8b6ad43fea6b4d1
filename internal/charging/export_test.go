package charging

import (
	"context"
	"time"
)

// Simulated makes a Service of this Config that does nothing by itself: a
// simulation turns it by hand.
func (c Config) Simulated(after func(time.Duration, func()) (stop func()), pump func()) Config {
	c.after, c.pump = after, pump
	c.sleep = func(time.Duration) {}
	return c
}

// Turn does the next batch of a queue, and says whether there was one.
func (s *Service) Turn() bool {
	for _, queue := range s.queues {
		select {
		case j := <-queue:
			s.commit(s.gather([]job{j}, queue))
			return true
		default:
		}
	}
	return false
}

// TurnKeeper writes into the spool what waits for it, and says whether there
// was anything.
func (s *Service) TurnKeeper() bool { return s.keeper.step() }

// The periodic tasks.

func (s *Service) TickRenew() error { return s.renew(context.Background()) }
func (s *Service) TickReap() error  { return s.reap(context.Background()) }
func (s *Service) TickDrain() error { return s.drain(context.Background()) }
