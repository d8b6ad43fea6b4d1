// Package limit counts what somebody at a network address does, and says when it is
// too much: looking numbers up one by one, having contracts checked, locking numbers.
// The counts are in the store, so that they hold on every node and across a restart.
//
// It refuses to know who is at an address: many may share one, so the rules leave an
// office room.
package limit

import (
	"context"
	"strconv"
	"time"

	"sibai/internal/fault"
)

// Store counts. An adapter implements it.
type Store interface {
	// Strike counts a try of each subject, and says how many there were.
	Strike(ctx context.Context, subjects []string, at time.Time, forget time.Duration) ([]int, error)
	// ForgetTries removes counts that nothing was added to since an instant.
	ForgetTries(ctx context.Context, before time.Time) error
}

// Rule is how often something may be done from one address.
type Rule struct {
	Name   string // of what; stored
	Most   int
	Within time.Duration
}

// Service counts. Its methods are safe for concurrent use, by several processes too.
type Service struct {
	store Store
	now   func() time.Time
}

// New makes a Service; now nil means time.Now.
func New(store Store, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store, now}
}

// Allow counts a try from an address and refuses it when there were too many: the
// fault too_many, with the minutes until the count begins anew.
func (s *Service) Allow(ctx context.Context, r Rule, address string) error {
	at := s.now().UTC()
	slot := at.Truncate(r.Within)
	subject := r.Name + "/" + address + "/" + strconv.FormatInt(slot.Unix(), 36)
	counts, err := s.store.Strike(ctx, []string{subject}, at, r.Within)
	if err != nil {
		return err
	}
	if counts[0] > r.Most {
		wait := slot.Add(r.Within).Sub(at)
		return fault.New(fault.TooMany, "minutes", int(wait/time.Minute)+1)
	}
	return nil
}

// keep is how long counts stay that nothing is added to; longer than any rule.
const keep = 48 * time.Hour

// Purge removes counts of long ago.
func (s *Service) Purge(ctx context.Context) error {
	return s.store.ForgetTries(ctx, s.now().UTC().Add(-keep))
}
