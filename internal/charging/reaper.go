package charging

import (
	"context"
	"errors"
	"time"

	"sibai/internal/ledger"
)

// every calls f at each tick until ctx ends.
func (s *Service) every(ctx context.Context, d time.Duration, f func(context.Context) error) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := f(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("a periodic task of charging failed; it is tried again", "error", err)
			}
		}
	}
}

// renew proves the calls that run, and those whose end waits in the spool: no
// reaper may settle them at an earlier proof.
func (s *Service) renew(context.Context) error {
	var proofs []Proof
	if s.cfg.Proofs != nil {
		proofs = s.cfg.Proofs(s.now())
		s.proveSpooled(proofs)
	}
	if s.renewing.Load() > 0 {
		return nil // the store has not answered the last ones: more would only wait
	}
	if !s.health.isAway() { // they may be many, and what is kept is booked as soon as it is back
		for _, e := range s.kept.all() {
			if p, ok := e.item.proof(); ok {
				proofs = append(proofs, p)
			}
		}
	}
	s.Renew(proofs)
	return nil
}

// reap settles the calls that are lost. It renews first: after a time without
// the store this node's own calls have old leases too, and their renewals must
// be in the queue before the reaper.
//
// A lease that is over is no proof that its node is: clocks differ, and after
// an outage nobody had a chance to renew. So a call is settled only when its
// lease has been over, and the same, for as long as a lease lives by this
// node's own clock.
func (s *Service) reap(ctx context.Context) error {
	if err := s.renew(ctx); err != nil {
		return err
	}
	if s.health.isAway() {
		s.watching = nil // others cannot renew either
		return nil
	}
	now := s.now()
	lost, err := s.store.Lost(ctx, now, -1, watchPage)
	if err != nil {
		return err
	}
	lost = s.watch(lost, now)
	for len(lost) > 0 {
		page := lost[:min(reapPage, len(lost))]
		lost = lost[len(page):]
		if _, err := s.settlePage(ctx, page, now, -1); err != nil {
			return err
		}
	}
	return nil
}

// watched is the lease of a call that looks lost, and since when it does.
type watched struct{ lease, since time.Time }

// watchPage is how many calls that look lost are watched at a time.
const watchPage = 4096

// watch returns those of the calls listed whose lease has not changed for as
// long as a lease lives.
func (s *Service) watch(lost []*Hold, now time.Time) []*Hold {
	seen := make(map[CallKey]watched, len(lost))
	var ripe []*Hold
	for _, h := range lost {
		w, ok := s.watching[h.Key]
		if !ok || !w.lease.Equal(h.LeaseUntil) {
			w = watched{h.LeaseUntil, now}
		}
		seen[h.Key] = w
		if now.Sub(w.since) >= s.cfg.Lease {
			ripe = append(ripe, h)
		}
	}
	s.watching = seen
	return ripe
}

// now is the clock as this process has kept it since its start: it does not
// jump when the wall clock is set, so that no lease does.
func (s *Service) now() time.Time { return s.born.Add(s.cfg.Now().Sub(s.born)) }

// reapPage is how many lost calls are settled at a time.
const reapPage = 256

// Reap settles every call whose lease is over at its last proof, and returns
// how many it settled. The Service itself waits until it is sure that nobody
// runs them.
func (s *Service) Reap(ctx context.Context) (int, error) { return s.settleLost(ctx, -1) }

// ReapNode settles what is held for a node, whatever its lease: the node's
// former process is gone. A node calls it at its start, after Start and before
// it takes calls.
func (s *Service) ReapNode(ctx context.Context, node int) (int, error) {
	return s.settleLost(ctx, node)
}

func (s *Service) settleLost(ctx context.Context, node int) (int, error) {
	total := 0
	for {
		now := s.now()
		lost, err := s.store.Lost(ctx, now, node, reapPage)
		if err != nil {
			return total, err
		}
		settled, err := s.settlePage(ctx, lost, now, node)
		total += settled
		// A page that settled nothing would come again unchanged.
		if err != nil || settled == 0 || len(lost) < reapPage {
			return total, err
		}
	}
}

// settlePage settles lost calls in one batch and says how many it settled.
func (s *Service) settlePage(ctx context.Context, lost []*Hold, now time.Time, node int) (int, error) {
	ops := make([]*ReapOp, len(lost))
	answers := make(chan error, len(lost))
	for i, h := range lost {
		ops[i] = &ReapOp{Lost: h, Now: now, OfNode: node >= 0 && h.Node == node, Txn: ledger.ID(s.ids.Next())}
		s.send(ops[i], func(err error) { answers <- err })
	}
	s.cfg.pump()
	var failed error
	for range ops {
		select {
		case err := <-answers:
			failed = errors.Join(failed, err)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	settled := 0
	for _, op := range ops {
		if op.Err() != nil || !op.Reaped {
			continue
		}
		settled++
		s.log.Warn("a lost call was settled at its last proof",
			"call", op.Lost.Key.ID.String(), "node", op.Lost.Node, "billable", op.Record.Billable, "charge", op.Record.Charge)
		if s.cfg.Reaped != nil {
			s.cfg.Reaped(op.Record)
		}
	}
	return settled, failed
}
