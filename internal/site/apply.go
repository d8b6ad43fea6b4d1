package site

import (
	"context"
	"fmt"
	"time"
)

// Applier compares sites with what is stored, and makes them true.
type Applier struct {
	store Store
	bank  Bank
	newID func() int64
	now   func() time.Time
}

// New makes an Applier. newID gives time-ordered ids, never the same twice;
// now nil means time.Now. bank may be nil when only Plan is used.
func New(store Store, bank Bank, newID func() int64, now func() time.Time) *Applier {
	if now == nil {
		now = time.Now
	}
	return &Applier{store: store, bank: bank, newID: newID, now: now}
}

// Plan says what Apply would do, and writes nothing. The error joins every
// conflict with what is stored (fault.KindConflict).
func (a *Applier) Plan(ctx context.Context, s *Site) ([]Change, error) {
	state, err := a.store.State(ctx, s.names())
	if err != nil {
		return nil, fmt.Errorf("plan the site: %w", err)
	}
	d, err := decide(s, state, a.now(), a.newID)
	if err != nil {
		return nil, err
	}
	return d.changes, nil
}

// Apply makes the site true and says what it did. All rows are written in one
// transaction, with the accounts of new customers; then the payments that are
// not booked yet are booked, each once. After an error nothing is written,
// unless a payment could not be booked: then the rows are, and applying the
// same file again books what is left.
func (a *Applier) Apply(ctx context.Context, s *Site) ([]Change, error) {
	// Compare over a read first: a file that changes no row must not hold the
	// writer, which calls wait for.
	at := a.now()
	state, err := a.store.State(ctx, s.names())
	if err != nil {
		return nil, fmt.Errorf("compare the site: %w", err)
	}
	d, err := decide(s, state, at, a.newID)
	if err != nil {
		return nil, err
	}
	if !d.writes.Empty() {
		err = a.store.Update(ctx, s.names(), func(state State) (Writes, error) {
			var err error
			if d, err = decide(s, state, at, a.newID); err != nil {
				return Writes{}, err
			}
			return d.writes, nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, t := range d.topUps {
		if _, err := a.bank.TopUp(ctx, t); err != nil {
			return nil, fmt.Errorf("the rows are written, top-up %s %s is not booked: %w", t.Channel, t.Reference, err)
		}
	}
	return d.changes, nil
}

func (s *Site) names() Names {
	var n Names
	for _, c := range s.Customers {
		n.Customers = append(n.Customers, c.Code)
		for _, number := range c.Numbers {
			n.Numbers = append(n.Numbers, number.Digits)
		}
		for _, t := range c.TopUps {
			n.Payments = append(n.Payments, Payment{t.Channel, t.Reference})
		}
	}
	return n
}
