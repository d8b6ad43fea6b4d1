package statement

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Movement is an entry on one bucket of a customer, with its reason.
type Movement struct {
	At     time.Time    `json:"at"`
	Txn    ledger.ID    `json:"-"`
	Name   string       `json:"transaction"` // txn_…
	Kind   ledger.Kind  `json:"kind"`
	Key    string       `json:"key"` // what it was made from
	Bucket int64        `json:"-"`
	Unit   ledger.Unit  `json:"unit"`
	Amount money.Amount `json:"amount"` // micro-yuan or seconds, by Unit

	// Of a call.
	Call     cdr.ID        `json:"-"`
	Number   string        `json:"number,omitempty"`
	Billable time.Duration `json:"-"`

	Paid    string       `json:"bucket"`  // kind of the bucket
	Balance money.Amount `json:"balance"` // of all buckets of the unit, after it
	Text    string       `json:"text"`
}

// Account is a customer's account as it is now.
type Account struct {
	Code, Name string
	ID         charging.AccountID
	Buckets    []charging.Bucket
}

// Journal is where movements come from; a store implements it.
type Journal interface {
	// Movements reads, in one consistent read, the account of a customer by its
	// code, and gives move every entry on its buckets, in no order. A code that
	// nobody has is ReferenceMissing.
	Movements(ctx context.Context, customer string, move func(Movement) error) (Account, error)
}

// Balance is what all buckets of one unit had and have.
type Balance struct {
	Unit    ledger.Unit  `json:"unit"`
	Opening money.Amount `json:"opening"`
	In      money.Amount `json:"in"`
	Out     money.Amount `json:"out"` // zero or less
	Closing money.Amount `json:"closing"`
}

// Statement is an account's movements in a period.
type Statement struct {
	Customer  string     `json:"customer"`
	Name      string     `json:"name"`
	Account   string     `json:"account"`
	From      string     `json:"from"` // first day
	To        string     `json:"to"`   // last day
	Balances  []Balance  `json:"balances"`
	Movements []Movement `json:"movements"`
}

// sums are those of one bucket.
type sums struct{ before, within, after money.Amount }

// Of makes the statement of a customer from the midnight from up to to, with
// words in a language.
func Of(ctx context.Context, journal Journal, customer string, from, to time.Time, l explain.Lang) (Statement, error) {
	s := Statement{
		Customer: customer, From: calendar.Day(from), To: calendar.Day(to.AddDate(0, 0, -1)), Movements: []Movement{}, Balances: []Balance{},
	}
	totals := map[int64]*sums{}
	account, err := journal.Movements(ctx, customer, func(m Movement) error {
		t := totals[m.Bucket]
		if t == nil {
			t = &sums{}
			totals[m.Bucket] = t
		}
		sum := &t.within
		switch {
		case m.At.Before(from):
			sum = &t.before
		case !m.At.Before(to):
			sum = &t.after
		default:
			s.Movements = append(s.Movements, m)
		}
		var err error
		if *sum, err = sum.Add(m.Amount); err != nil {
			return fault.Wrap(err, fault.AmountOverflow)
		}
		return nil
	})
	if err != nil {
		return Statement{}, err
	}
	s.Name, s.Account = account.Name, account.ID.String()
	if err := s.tie(account, totals); err != nil {
		return Statement{}, err
	}
	s.tell(account, l)
	return s, nil
}

// tie checks that the entries make the balances, and adds the buckets up.
func (s *Statement) tie(account Account, totals map[int64]*sums) error {
	of := map[ledger.Unit]*Balance{ledger.CNY: {Unit: ledger.CNY}}
	for _, b := range account.Buckets {
		t := totals[b.ID]
		if t == nil {
			t = &sums{}
		}
		delete(totals, b.ID)
		if have := t.before + t.within + t.after; have != b.Balance {
			return fault.New(fault.StatementBroken, "bucket", ledger.BucketOf(int64(account.ID), b.ID), "balance", int64(b.Balance), "entries", int64(have))
		}
		if of[b.Unit] == nil {
			of[b.Unit] = &Balance{Unit: b.Unit}
		}
		of[b.Unit].Opening += t.before
	}
	for id, t := range totals {
		return fault.New(fault.StatementBroken, "bucket", ledger.BucketOf(int64(account.ID), id), "balance", "none", "entries", int64(t.before+t.within+t.after))
	}
	for _, m := range s.Movements {
		if m.Amount > 0 {
			of[m.Unit].In += m.Amount
		} else {
			of[m.Unit].Out += m.Amount
		}
	}
	for _, unit := range []ledger.Unit{ledger.CNY, ledger.SEC} {
		if b := of[unit]; b != nil {
			b.Closing = b.Opening + b.In + b.Out
			s.Balances = append(s.Balances, *b)
		}
	}
	return nil
}

// tell puts the movements in order, with the balance after each and its words.
func (s *Statement) tell(account Account, l explain.Lang) {
	slices.SortFunc(s.Movements, func(a, b Movement) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Txn, b.Txn), cmp.Compare(a.Unit, b.Unit), cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Bucket, b.Bucket))
	})
	running := map[ledger.Unit]money.Amount{}
	for _, b := range s.Balances {
		running[b.Unit] = b.Opening
	}
	kinds := map[int64]string{}
	for _, b := range account.Buckets {
		kinds[b.ID] = string(b.Kind)
	}
	for i := range s.Movements {
		m := &s.Movements[i]
		running[m.Unit] += m.Amount
		m.Balance, m.Paid, m.Name = running[m.Unit], kinds[m.Bucket], m.Txn.String()
		m.Text = Reason(*m, l)
	}
}
