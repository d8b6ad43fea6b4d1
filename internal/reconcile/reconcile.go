package reconcile

import (
	"cmp"
	"slices"
	"time"

	"sibai/internal/money"
	"sibai/internal/payment"
)

// Line is a line of a bill.
type Line struct {
	Payment   payment.ID       // 0: the merchant's number is none of ours
	Number    string           // the merchant's number of the payment, as it stands there
	Refund    payment.RefundID // of a line about a refund that is one of ours
	Back      string           // the merchant's number of the refund; empty: the line is about a payment
	Reference string           // the provider's number of the payment
	Amount    money.Amount     // positive, also of refunds
	At        time.Time        // zero when the bill does not say
}

// Kind is how something differs. The values are stored and published.
type Kind string

// The kinds of difference.
const (
	UnknownHere  Kind = "unknown_here"  // the bill has what is not ours
	MissingThere Kind = "missing_there" // we have what the bill has not
	OtherAmount  Kind = "other_amount"
	NotBooked    Kind = "not_booked"     // the provider has money of a payment that is not booked
	OtherNumber  Kind = "other_number"   // the provider's number is another one
	NotDone      Kind = "not_done"       // the provider gave back what is not given back in the books
	Twice        Kind = "twice"          // two lines about one payment
	OfAnotherDay Kind = "of_another_day" // a payment that is booked on another day
)

// Difference is something that differs.
type Difference struct {
	Seq       int // from 1, in the order of a result
	Kind      Kind
	Number    string // the merchant's number of the payment
	Back      string // of the refund; empty: it is about the payment
	Customer  string // code; empty: not known
	Theirs    money.Amount
	Ours      money.Amount
	Reference string
	SettledAt time.Time // zero: open
	SettledBy string
	Why       string
}

// key is what a difference is known by when a day is compared anew.
func (d Difference) key() [5]string {
	return [5]string{string(d.Kind), d.Number, d.Back, d.Theirs.String(), d.Ours.String()}
}

// Result is what came of comparing a day.
type Result struct {
	Provider    string
	Day         string // 2026-11-24
	At          time.Time
	Lines       int // of the bill
	Same        int // that are the same on both sides
	Theirs      money.Amount
	Ours        money.Amount // payments less refunds of the day
	Differences []Difference
}

// Open counts the differences that nobody settled.
func (r *Result) Open() (n int) {
	for _, d := range r.Differences {
		if d.SettledAt.IsZero() {
			n++
		}
	}
	return n
}

// Own is what the books have: the payments of a provider whose money came on the day,
// those that the bill names, and their refunds.
type Own struct {
	Payments []payment.Payment
	Refunds  []payment.Refund
}

// compare says how a bill and the books differ on a day, from its midnight to the
// next.
func compare(lines []Line, own Own, from, until time.Time) (r Result) {
	payments, refunds := map[payment.ID]payment.Payment{}, map[payment.RefundID]payment.Refund{}
	today := func(t time.Time) bool { return !t.Before(from) && t.Before(until) }
	for _, p := range own.Payments {
		payments[p.ID] = p
		if p.Booked() && today(p.PaidAt) {
			r.Ours += p.Received
		}
	}
	for _, f := range own.Refunds {
		refunds[f.ID] = f
		if f.State == payment.Done && today(f.CreatedAt) {
			r.Ours -= f.Amount
		}
	}
	paid, back := map[payment.ID]bool{}, map[payment.RefundID]bool{}
	r.Lines = len(lines)
	for _, l := range lines {
		var d Difference
		if l.Back == "" {
			r.Theirs += l.Amount
			p, ok := payments[l.Payment]
			d = ofPayment(l, p, ok && l.Payment != 0, paid[l.Payment], today)
			paid[l.Payment] = true
		} else {
			r.Theirs -= l.Amount
			f, ok := refunds[l.Refund]
			d = ofRefund(l, f, ok && l.Refund != 0, back[l.Refund])
			d.Customer = payments[f.Payment].Code
			back[l.Refund] = true
		}
		if d.Kind == "" {
			r.Same++
			continue
		}
		r.Differences = append(r.Differences, d)
	}
	for _, p := range own.Payments {
		if p.Booked() && today(p.PaidAt) && !paid[p.ID] {
			r.Differences = append(r.Differences, Difference{Kind: MissingThere, Number: p.ID.String(), Customer: p.Code, Ours: p.Received, Reference: p.Reference})
		}
	}
	for _, f := range own.Refunds {
		if f.State == payment.Done && today(f.CreatedAt) && !back[f.ID] {
			r.Differences = append(r.Differences, Difference{
				Kind: MissingThere, Number: f.Payment.String(), Back: f.ID.String(), Customer: payments[f.Payment].Code, Ours: f.Amount, Reference: f.Reference,
			})
		}
	}
	slices.SortStableFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Back, b.Back), cmp.Compare(a.Kind, b.Kind))
	})
	for i := range r.Differences {
		r.Differences[i].Seq = i + 1
	}
	return r
}

// ofPayment says how a line about a payment differs; without a kind it does not.
func ofPayment(l Line, p payment.Payment, known, again bool, today func(time.Time) bool) Difference {
	d := Difference{Number: l.Number, Theirs: l.Amount, Reference: l.Reference, Customer: p.Code, Ours: p.Received}
	switch {
	case !known:
		d.Kind = UnknownHere
	case again:
		d.Kind = Twice
	case !p.Booked():
		d.Kind, d.Ours = NotBooked, 0
	case p.Received != l.Amount:
		d.Kind = OtherAmount
	case p.Reference != l.Reference:
		d.Kind = OtherNumber
	case !today(p.PaidAt):
		d.Kind = OfAnotherDay
	}
	return d
}

// ofRefund says how a line about a refund differs.
func ofRefund(l Line, f payment.Refund, known, again bool) Difference {
	d := Difference{Number: l.Number, Back: l.Back, Theirs: l.Amount, Ours: f.Amount, Reference: l.Reference}
	switch {
	case !known:
		d.Kind = UnknownHere
	case again:
		d.Kind = Twice
	case f.Amount != l.Amount:
		d.Kind = OtherAmount
	case f.State == payment.Failed || f.State == payment.Undoing:
		d.Kind, d.Ours = NotDone, 0
	}
	return d
}

// keep takes over what was settled of differences that are there again.
func (r *Result) keep(former *Result) {
	settled := map[[5]string]Difference{}
	if former != nil {
		for _, d := range former.Differences {
			if !d.SettledAt.IsZero() {
				settled[d.key()] = d
			}
		}
	}
	for i, d := range r.Differences {
		if had, ok := settled[d.key()]; ok {
			r.Differences[i].SettledAt, r.Differences[i].SettledBy, r.Differences[i].Why = had.SettledAt, had.SettledBy, had.Why
		}
	}
}
