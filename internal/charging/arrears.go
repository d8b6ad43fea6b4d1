package charging

import (
	"context"
	"time"

	"sibai/internal/ledger"
	"sibai/internal/money"
)

// AccountArrears is suspended for want of credit, by the arrears job: a top-up
// makes it active in the same commit. The other states are the operator's, and
// no payment undoes them.
const AccountArrears AccountState = "arrears"

// ArrearsOp suspends an account that is out of credit, or opens it again.
type ArrearsOp struct {
	outcome
	Key AccountKey
	At  time.Time
	// Open makes an account in arrears active again. Otherwise an active one is
	// suspended if its credit is AtMost or less, so that a top-up that came
	// first wins; with Owing it is suspended whatever its credit.
	Open   bool
	AtMost money.Amount
	Owing  bool
	Done   bool // the account has the state that was asked for
}

func (o *ArrearsOp) keys(k *Keys) { k.account(o.Key) }
func (o *ArrearsOp) shard() int   { return o.Key.Shard }

func (o *ArrearsOp) decide(d *decision) error {
	o.Done = false
	a, err := d.account(o.Key)
	if err != nil {
		return err
	}
	from, to := AccountActive, AccountArrears
	if o.Open {
		from, to = to, from
	}
	if a.State == from && (o.Open || o.Owing || !a.credit(instant(o.At), o.AtMost)) {
		d.touchAccount(a)
		a.State = to
	}
	o.Done = a.State == to
	return nil
}

// credit reports whether an account has included time or more than an amount
// of money, held or free, for all its calls.
func (a *Account) credit(at time.Time, moreThan money.Amount) bool {
	var sum money.Amount
	for _, b := range a.buckets {
		switch {
		case b.Kind == Extension || b.expired(at):
		case b.Unit == ledger.SEC && b.Balance > 0:
			return true
		case b.Unit == ledger.CNY:
			sum = addCapped(sum, b.Balance)
		}
	}
	return sum > moreThan
}

// Credit is the money of an account that pays for all its calls, held or free,
// and whether it has included call time.
func (v *AccountView) Credit(at time.Time) (sum money.Amount, included bool) {
	for i := range v.Buckets {
		b := &v.Buckets[i]
		switch {
		case b.Kind == Extension || b.expired(at):
		case b.Unit == ledger.SEC:
			included = included || b.Balance > 0
		default:
			sum = addCapped(sum, b.Balance)
		}
	}
	return sum, included
}

// SuspendForArrears suspends an active account whose credit is atMost or less,
// or that owes a fee; done is false when it was left as it is.
func (s *Service) SuspendForArrears(ctx context.Context, key AccountKey, atMost money.Amount, owing bool) (done bool, err error) {
	op := &ArrearsOp{Key: key, At: s.cfg.Now(), AtMost: atMost, Owing: owing}
	err = s.wait(ctx, op)
	return err == nil && op.Done, err
}

// EndArrears opens an account that is suspended for arrears; one in another
// state is left as it is.
func (s *Service) EndArrears(ctx context.Context, key AccountKey) error {
	return s.wait(ctx, &ArrearsOp{Key: key, At: s.cfg.Now(), Open: true})
}
