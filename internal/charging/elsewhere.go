package charging

import (
	"context"
	"time"

	"sibai/internal/cdr"
)

// Elsewhere is the node number of holds of calls that no node runs: another
// switch carries them and asks for their credit. Nobody renews their leases but
// that switch, and no node's start settles them.
const Elsewhere = 0

// Reservation is what ReserveElsewhere answers.
type Reservation struct {
	Answer
	// Again is set when the call was there before: Answer is what it was
	// answered then, and this request changed nothing.
	Again bool
}

// ReserveElsewhere is Reserve for a call that another switch carries. Its hold
// outlives this process, and the reaper settles it when the lease, counted from
// now, has passed without an ExtendElsewhere.
func (s *Service) ReserveElsewhere(req ReserveRequest, lease time.Duration, done func(Reservation, error)) {
	op := &ReserveOp{Request: req, Node: Elsewhere, LeaseUntil: s.cfg.Now().Add(lease)}
	s.patiently(op, func(err error) {
		if err != nil {
			done(Reservation{}, err)
			return
		}
		done(Reservation{op.Answer, op.Again}, nil)
	})
}

// ExtendElsewhere is Extend for a call that another switch carries; it renews
// the lease, from now.
func (s *Service) ExtendElsewhere(req ExtendRequest, lease time.Duration, done func(Answer, error)) {
	op := &ExtendOp{Request: req, LeaseUntil: s.cfg.Now().Add(lease)}
	s.patiently(op, func(err error) {
		if err != nil {
			done(Answer{}, err)
			return
		}
		done(op.Answer, nil)
	})
}

// RecordElsewhere is Record that answers with the record of the call, which is
// another one when the call had ended before.
func (s *Service) RecordElsewhere(rec cdr.Record, done func(cdr.Record, error)) {
	s.end(Item{Call: rec.Call, Record: &RecordRequest{Shard: ShardOf(rec.Customer), Record: rec}}, func(op Op, err error) {
		if err != nil {
			done(cdr.Record{}, err)
			return
		}
		done(booked(op), nil)
	})
}

// Held reads the open holds of calls with the terms they were reserved under.
// Calls that hold nothing are left out.
func (s *Service) Held(ctx context.Context, calls []CallKey) ([]*Hold, error) {
	return s.store.Held(ctx, calls)
}

// Ended reads the records of calls that ended. Others are left out.
func (s *Service) Ended(ctx context.Context, calls []CallKey) ([]cdr.Record, error) {
	return s.store.Ended(ctx, calls)
}

// Granted is the total billable time that the hold pays for.
func (h *Hold) Granted() time.Duration { return h.granted() }

// First is the answer that Reserve gave.
func (h *Hold) First() Answer { return h.Grants[0].answer() }
