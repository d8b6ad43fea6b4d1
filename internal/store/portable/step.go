package portable

import (
	"context"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
)

// Move lets f decide on a number and writes what it says; business writes are done
// one at a time, so nobody changes it meanwhile. It implements inventory.Store.
func (s *Store) Move(ctx context.Context, digits string, f func(inventory.Held) (inventory.Moved, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		found, err := among[numberRow](ctx, in, "digits", []string{digits})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NumberNotStocked, "number", digits)
		}
		held, err := heldOf(ctx, in, found[0])
		if err != nil {
			return err
		}
		m, err := f(held)
		if err != nil {
			return err
		}
		e := m.Event
		if err := becameBy(ctx, in, found, e.State, e.At, e.Why, e.Who); err != nil {
			return err
		}
		if e.State == number.Quarantine {
			err = giveUp(ctx, in, found[0].Shard, found[0].ID, m.Until)
		} else {
			_, err = in.NewUpdate().Model((*numberRow)(nil)).Conn(in.tx).Set("state = ?", string(e.State)).Where("id = ?", found[0].ID).Exec(ctx)
		}
		if err != nil {
			return failed(err, "change the state of a number")
		}
		if e.Was == number.Quarantine {
			if _, err := in.NewDelete().Model((*restRow)(nil)).Conn(in.tx).Where("number = ?", found[0].ID).Exec(ctx); err != nil {
				return failed(err, "end a quarantine")
			}
		}
		return bump(ctx, in)
	})
}

// heldOf is a number as a step by hand finds it.
func heldOf(ctx context.Context, s session, r numberRow) (inventory.Held, error) {
	h := inventory.Held{State: number.State(r.State), Resting: catalog.DefaultArrears().Quarantine}
	rules, err := readArrearsRules(ctx, s)
	if err != nil {
		return h, err
	}
	if rules != nil {
		h.Resting = rules.Quarantine
	}
	by, err := rented(ctx, s, r.Digits)
	h.Ruled = by.Last != nil && by.Last.Standing()
	return h, err
}
