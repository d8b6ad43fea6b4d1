package billing

import (
	"context"
	"fmt"

	"sibai/internal/catalog"
	"sibai/internal/charging"
)

// stand sees how the customer stands after its bills: it alerts a low balance
// once per crossing, and moves the stage of arrears.
func (j *job) stand(ctx context.Context) error {
	view := j.c.View
	if j.moved {
		var err error
		if view, err = j.svc.bank.Balances(ctx, j.c.Shard, j.c.AccountID()); err != nil {
			return fmt.Errorf("read the balance: %w", err)
		}
	}
	if view == nil {
		return nil
	}
	was := j.c.Arrears
	credit, included := view.Credit(j.at)
	low := j.c.LowBalance > 0 && credit <= j.c.LowBalance
	if low && !was.Low {
		j.notify(Item{Kind: LowBalance, Balance: credit, Threshold: j.c.LowBalance})
	}
	j.c.Arrears.Low = low
	if j.rules != nil {
		x := standing{low: low, active: view.State == charging.AccountActive}
		x.broke = j.owes() || j.needsCredit() && !included && credit <= j.rules.AtMost
		if err := j.move(ctx, x, view.State); err != nil {
			return err
		}
	}
	if j.c.Arrears != was {
		j.writes.Arrears = append(j.writes.Arrears, j.c)
	}
	return nil
}

// owes reports whether something is due that the account could not pay.
func (j *job) owes() bool {
	for _, t := range j.c.Terms {
		if r := j.rental(t.Subscription); t.due(j.at) && r != nil && r.billed() {
			return true
		}
	}
	for _, t := range j.c.TrueUps {
		if r := j.rental(t.Subscription); t.PaidAt.IsZero() && r != nil && r.billed() {
			return true
		}
	}
	return false
}

// needsCredit reports whether the customer has a number whose calls cost it
// money.
func (j *job) needsCredit() bool {
	for _, r := range j.c.Rentals {
		if r.live() && r.Plan.Kind != catalog.Flat {
			return true
		}
	}
	return false
}

// move takes the customer to its next stage, and the account with it. An
// account that the operator stopped is left alone.
func (j *job) move(ctx context.Context, x standing, state charging.AccountState) error {
	was := j.c.Arrears
	if was.Stage == "" {
		was.Stage, was.Since = StageActive, j.at
	}
	live := false
	for _, r := range j.c.Rentals {
		live = live || r.live()
	}
	if live && was.Stage == StageQuarantine { // it rents again
		was.Stage, was.Since = StageActive, j.at
	}
	if !live || state == charging.AccountSuspended || state == charging.AccountFrozen {
		return nil
	}
	next := was.next(x, *j.rules, j.at)
	key := j.c.accountKey()
	switch {
	case j.dry:
	case next.Stage == StageSuspended && was.Stage != StageSuspended:
		done, err := j.svc.bank.SuspendForArrears(ctx, key, j.rules.AtMost, j.owes())
		if err != nil {
			return fmt.Errorf("suspend for arrears: %w", err)
		}
		if !done { // a top-up came first
			return nil
		}
	case state == charging.AccountArrears && !next.Stage.stopped() && next.Stage != StageQuarantine:
		if err := j.svc.bank.EndArrears(ctx, key); err != nil {
			return fmt.Errorf("end arrears: %w", err)
		}
	}
	j.c.Arrears = next
	if next.Stage != was.Stage {
		j.notify(Item{Kind: StageChanged, Was: was.Stage, Stage: next.Stage})
	}
	if next.Stage == StageQuarantine && was.Stage != StageQuarantine {
		j.release()
	}
	return nil
}

// release gives up the customer's numbers: they rest before they are sold
// again.
func (j *job) release() {
	for _, r := range j.c.Rentals {
		if !r.live() {
			continue
		}
		j.writes.Release = append(j.writes.Release, Release{
			Shard: j.c.Shard, Number: r.Number, Subscription: r.Subscription.ID, At: j.at, Until: j.at.Add(j.rules.Quarantine),
		})
		j.notify(Item{Kind: NumberLost, Number: r.Digits})
	}
}
