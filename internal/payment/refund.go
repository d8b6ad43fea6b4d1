package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// RefundID names a refund. Providers get it as the merchant's refund number.
type RefundID int64

// String shows the id as rfd_….
func (i RefundID) String() string { return id.Format("rfd", int64(i)) }

// ParseRefundID reads what String wrote. Faults: payment_not_found.
func ParseRefundID(s string) (RefundID, error) {
	v, err := id.Parse("rfd", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.PaymentNotFound, "payment", s)
	}
	return RefundID(v), nil
}

// RefundState is where a refund is. The values are stored and published.
type RefundState string

// The states of a refund; doc.go draws how they follow each other.
const (
	Asking  RefundState = "asked"
	Taken   RefundState = "taken"   // from the account; the provider works on it
	Undoing RefundState = "undoing" // refused; to be given back to the account
	Done    RefundState = "done"
	Failed  RefundState = "failed" // the account has it
)

// Refund is a part of a payment that goes back.
type Refund struct {
	Shard     int
	ID        RefundID
	Payment   ID
	Key       string // the staff's own name for it, once a payment
	Amount    money.Amount
	State     RefundState
	CreatedAt time.Time
	DueAt     time.Time // when the job looks at it next; zero: never
	Txn       ledger.ID // that took it from the account; 0 before
	Reference string    // the provider's own number
	Why       string    // it failed: the code of a fault, or the provider's words
	Waits     string    // why the provider gave no answer just now, as Why; kept by its event only
}

// patience is how long a refund is left to who began it before the job goes on.
const patience = time.Minute

// maxKey is the longest key of a refund, in bytes.
const maxKey = 64

// Refund gives a part of a payment back over its provider, from the free cash
// of the customer; why is who wants it and for what, and is kept with it. Doing it
// again with the same key goes on with it and answers what became of it. One whose
// provider gave no answer is under way, and Waits says why. A refund with an ID beside
// an error has begun: the job goes on with it, unless it has failed. Faults:
// payment_not_found, payment_state, money_range, money_not_fen, provider_off,
// refund_over, refund_key_reused, refund_unpaid, refund_refused.
func (s *Service) Refund(ctx context.Context, payment ID, amount money.Amount, key, why string) (Refund, error) {
	if err := checkSum(amount); err != nil {
		return Refund{}, err
	}
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return Refund{}, fault.New(fault.ValueNotAllowed, "value", "reference "+key, "allowed", "1 to 64 printable bytes")
	}
	var p Payment
	var r Refund
	err := s.store.ChangePayment(ctx, payment, func(f *File) (Writes, error) {
		p = f.Payment
		if i := slices.IndexFunc(f.Refunds, func(r Refund) bool { return r.Key == key }); i >= 0 {
			r = f.Refunds[i]
			if r.Amount != amount {
				return Writes{}, fault.New(fault.RefundKeyReused, "payment", payment, "reference", key)
			}
			return Writes{}, nil
		}
		switch _, err := s.provider(p.Provider); {
		case err != nil:
			return Writes{}, err
		case !p.Booked():
			return Writes{}, fault.New(fault.PaymentState, "payment", payment, "state", p.State)
		case amount > p.Refundable():
			return Writes{}, fault.New(fault.RefundOver, "payment", payment, "amount", amount, "left", p.Refundable())
		}
		at := s.clock()
		r = Refund{Shard: p.Shard, ID: RefundID(s.newID()), Payment: p.ID, Key: key, Amount: amount, State: Asking, CreatedAt: at, DueAt: at.Add(patience)}
		p.Refunding += amount
		return s.write(&p, Event{Kind: RefundAsked, Amount: amount, Currency: Currency, Reference: r.ID.String(), Why: cut(why)}, r)
	})
	if err != nil {
		return Refund{}, err
	}
	if r, err = s.carry(ctx, p, r); r.Waits != "" {
		return r, nil
	}
	return r, err
}

// carry takes a refund as far as it goes now.
func (s *Service) carry(ctx context.Context, p Payment, r Refund) (Refund, error) {
	over, err := s.provider(p.Provider)
	if err != nil {
		return r, err
	}
	if r.State == Asking {
		posted, err := s.bank.Refund(ctx, p.Code, r.Amount, p.Provider, r.ID.String())
		switch {
		case fault.CodeOf(err) == fault.RefundTooMuch:
			return s.failed(ctx, r, string(fault.RefundTooMuch))
		case err != nil:
			return r, err
		}
		if r, err = s.became(ctx, r, func(r *Refund) { r.State, r.Txn = Taken, posted.Txn }, Asking); err != nil {
			return r, err
		}
	}
	if r.State == Taken {
		answer, err := over.Refund(ctx, p, r)
		if err != nil {
			return s.waits(ctx, r, err)
		}
		switch answer.State {
		case Done:
			return s.refunded(ctx, r, answer.Reference)
		case Failed:
			if r, err = s.became(ctx, r, func(r *Refund) { r.State, r.Why = Undoing, cut(answer.Why) }, Taken); err != nil {
				return r, err
			}
		default:
			return s.became(ctx, r, func(r *Refund) { r.DueAt = s.clock().Add(patience) }, Taken)
		}
	}
	if r.State == Undoing {
		if _, err := s.bank.Reverse(ctx, r.Txn); err != nil {
			return r, err
		}
		return s.failed(ctx, r, r.Why)
	}
	return r, r.refusal()
}

// refusal is the fault of a refund that failed; nil of any other.
func (r *Refund) refusal() error {
	switch {
	case r.State != Failed:
		return nil
	case r.Why == string(fault.RefundTooMuch):
		return fault.New(fault.RefundUnpaid, "refund", r.ID, "amount", r.Amount)
	}
	return fault.New(fault.RefundRefused, "refund", r.ID, "reason", r.Why)
}

// became changes a refund that is in a state; one that somebody else took
// further meanwhile is left as it is.
func (s *Service) became(ctx context.Context, r Refund, change func(*Refund), in RefundState) (Refund, error) {
	err := s.store.ChangePayment(ctx, r.Payment, func(f *File) (Writes, error) {
		now := f.refund(r.ID)
		if now == nil {
			return Writes{}, fault.New(fault.PaymentNotFound, "payment", r.Payment)
		}
		r = *now
		if r.State != in {
			return Writes{}, nil
		}
		change(&r)
		return Writes{Payment: f.Payment, Refunds: []Refund{r}}, nil
	})
	return r, err
}

// waits notes why a provider did not answer for a refund, once for each reason in a
// row. The refund stays as it is: whether the provider did something is open. The
// error that it is given comes back, whatever becomes of the note.
func (s *Service) waits(ctx context.Context, r Refund, failure error) (Refund, error) {
	why := string(fault.CodeOf(failure))
	if f := (*fault.Error)(nil); errors.As(failure, &f) && f.Code == fault.ProviderRefused {
		why = fmt.Sprint(f.Params["reason"])
	}
	err := s.store.ChangePayment(ctx, r.Payment, func(f *File) (Writes, error) {
		now, p := f.refund(r.ID), f.Payment
		if now == nil || now.State != Taken {
			return Writes{}, nil
		}
		for _, e := range slices.Backward(f.Events) {
			if e.Kind == RefundWaits && e.Reference == r.ID.String() {
				if e.Why == cut(why) {
					return Writes{}, nil
				}
				break
			}
		}
		return s.write(&p, Event{Kind: RefundWaits, Amount: r.Amount, Currency: Currency, Reference: r.ID.String(), Why: cut(why)}, *now)
	})
	if err == nil {
		r.Waits = why
	}
	return r, errors.Join(failure, err)
}

// refunded ends a refund whose money is on its way to the payer.
func (s *Service) refunded(ctx context.Context, r Refund, reference string) (Refund, error) {
	err := s.store.ChangePayment(ctx, r.Payment, func(f *File) (Writes, error) {
		now, p := f.refund(r.ID), f.Payment
		if now == nil {
			return Writes{}, fault.New(fault.PaymentNotFound, "payment", r.Payment)
		}
		r = *now
		if r.State != Taken {
			if r.State != Done {
				s.log.Error("THE BOOKS MAY BE WRONG: a provider carried out a refund that it had refused", "refund", r.ID.String(), "payment", p.ID.String(), "state", string(r.State))
			}
			return Writes{}, nil
		}
		r.State, r.Reference, r.DueAt = Done, reference, time.Time{}
		p.Refunding -= r.Amount
		p.Refunded += r.Amount
		kind := RefundedPart
		if p.Refunded == p.Received {
			kind = RefundedWhole
		}
		return s.write(&p, Event{Kind: kind, Amount: r.Amount, Currency: Currency, Reference: r.ID.String()}, r)
	})
	return r, err
}

// failed ends a refund whose money the account has.
func (s *Service) failed(ctx context.Context, r Refund, why string) (Refund, error) {
	err := s.store.ChangePayment(ctx, r.Payment, func(f *File) (Writes, error) {
		now, p := f.refund(r.ID), f.Payment
		if now == nil {
			return Writes{}, fault.New(fault.PaymentNotFound, "payment", r.Payment)
		}
		r = *now
		if r.State != Asking && r.State != Undoing {
			return Writes{}, nil
		}
		r.State, r.Why, r.DueAt = Failed, why, time.Time{}
		p.Refunding -= r.Amount
		return s.write(&p, Event{Kind: RefundFailed, Amount: r.Amount, Currency: Currency, Reference: r.ID.String(), Why: why}, r)
	})
	if err != nil {
		return r, err
	}
	return r, r.refusal()
}

func (f *File) refund(id RefundID) *Refund {
	i := slices.IndexFunc(f.Refunds, func(r Refund) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &f.Refunds[i]
}

// maxWhy bounds the words that are kept with an event, in bytes: a name and a reason
// of 200 Chinese characters.
const maxWhy = 800

// cut bounds what is kept of the words of others.
func cut(why string) string {
	why = strings.ToValidUTF8(why, "�")
	if len(why) <= maxWhy {
		return why
	}
	return strings.ToValidUTF8(why[:maxWhy], "")
}
