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
		proofs = s.cfg.Proofs(s.cfg.Now())
		s.proveSpooled(proofs)
	}
	if s.renewing.Load() > 0 {
		return nil // the store has not answered the last ones: more would only wait
	}
	for _, e := range s.kept.all() {
		if p, ok := e.item.proof(); ok {
			proofs = append(proofs, p)
		}
	}
	s.Renew(proofs)
	return nil
}

// reap renews first: after a time without the store this node's own calls have
// old leases too, and their renewals must be in the queue before the reaper.
// So have the calls of all nodes, which get the time of one lease to renew
// theirs.
func (s *Service) reap(ctx context.Context) error {
	if err := s.renew(ctx); err != nil {
		return err
	}
	if !s.health.steady(s.cfg.Now(), s.cfg.Lease) {
		return nil
	}
	_, err := s.Reap(ctx)
	return err
}

// reapPage is how many lost calls are settled at a time.
const reapPage = 256

// Reap settles every call whose lease is over at its last proof, and returns
// how many it settled. The Service does it every ReapEvery.
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
		now := s.cfg.Now()
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
