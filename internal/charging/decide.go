package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
)

// Decide does the operations of a batch, in their order, on loaded rows: it
// fills in each operation's result and says what to write. It is pure. An
// operation that fails changes nothing and does not disturb the others.
func Decide(rules Rules, loaded *Loaded, ops []Op) *Writes {
	d := &decision{Loaded: loaded, rules: rules.withDefaults()}
	for _, op := range ops {
		op.fail(op.decide(d))
	}
	return d.finish()
}

// decision is a batch in the making. The touched lists have every row whose
// mark was set, once, so that what is written does not depend on map order.
type decision struct {
	*Loaded
	rules  Rules
	accts  []*Account
	bkts   []*Bucket
	uses   []*Usage
	held   []*Hold
	writes Writes
}

func (d *decision) finish() *Writes {
	w := &d.writes
	for _, a := range d.accts {
		if a.mark == fresh {
			w.NewAccounts = append(w.NewAccounts, a)
		} else {
			w.Accounts = append(w.Accounts, a)
		}
	}
	for _, b := range d.bkts {
		if b.Balance >= b.Held {
			b.Overdraft = 0
		}
		if b.mark == fresh {
			w.NewBuckets = append(w.NewBuckets, b)
		} else {
			w.Buckets = append(w.Buckets, b)
		}
	}
	for _, u := range d.uses {
		if u.mark == fresh {
			w.NewUsages = append(w.NewUsages, u)
		} else {
			w.Usages = append(w.Usages, u)
		}
	}
	for _, h := range d.held {
		switch h.mark {
		case fresh:
			w.NewHolds = append(w.NewHolds, h)
		case changed:
			w.Holds = append(w.Holds, h)
		case renewed:
			w.Renewed = append(w.Renewed, h)
		case gone:
			w.GoneHolds = append(w.GoneHolds, h.Key)
		}
	}
	return w
}

func (d *decision) touchAccount(a *Account) {
	if a.mark == stored {
		a.mark = changed
		d.accts = append(d.accts, a)
	}
}

func (d *decision) touchBucket(b *Bucket) {
	if b.mark == stored {
		b.mark = changed
		d.bkts = append(d.bkts, b)
	}
}

func (d *decision) touchHold(h *Hold) {
	d.renewHold(h)
	if h.mark == renewed {
		h.mark = changed
	}
}

// renewHold is touchHold for a hold of which only its proof changes.
func (d *decision) renewHold(h *Hold) {
	if h.mark == stored {
		h.mark = renewed
		d.held = append(d.held, h)
	}
}

func (d *decision) addHold(h *Hold) {
	h.mark = fresh
	d.holds[h.Key] = h
	d.held = append(d.held, h)
}

func (d *decision) removeHold(h *Hold) {
	delete(d.holds, h.Key)
	switch h.mark {
	case stored:
		d.held = append(d.held, h)
		h.mark = gone
	case changed, renewed:
		h.mark = gone
	case fresh:
		h.mark = never
	}
}

// use finds the row that counts a subscription's calls, to change it.
func (d *decision) use(a *Account, s SubscriptionID) *Usage {
	u := a.usage(s)
	if u == nil {
		u = &Usage{Account: a.Key, Subscription: s, mark: fresh}
		a.usages = append(a.usages, u)
		d.uses = append(d.uses, u)
	} else if u.mark == stored {
		u.mark = changed
		d.uses = append(d.uses, u)
	}
	return u
}

func (d *decision) close(c *Closed) {
	c.Record = inMicroseconds(c.Record)
	d.closed[c.Key] = c
	d.writes.Closed = append(d.writes.Closed, c)
}

func (a *Account) usage(s SubscriptionID) *Usage {
	for _, u := range a.usages {
		if u.Subscription == s {
			return u
		}
	}
	return nil
}

// open counts the holds on the account.
func (a *Account) open() int64 {
	var n int64
	for _, u := range a.usages {
		n += int64(u.InUse)
	}
	return n
}

func (d *decision) account(k AccountKey) (*Account, error) {
	if a := d.accounts[k]; a != nil {
		return a, nil
	}
	return nil, fault.New(fault.AccountNotFound, "account", k.ID)
}

// instant is a time as rows keep it.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Round(0).UTC().Truncate(time.Microsecond)
}

// inMicroseconds makes a CDR what reading it back will give, so that the
// first answer equals every later one.
func inMicroseconds(r cdr.Record) cdr.Record {
	for _, t := range []*time.Time{&r.StartedAt, &r.RingingAt, &r.AnsweredAt, &r.PlatformAnsweredAt, &r.EndedAt} {
		*t = instant(*t)
	}
	r.Talk = r.Talk.Truncate(time.Microsecond)
	r.Billable = r.Billable.Truncate(time.Microsecond)
	legs := make([]cdr.Leg, len(r.Legs))
	for i, l := range r.Legs {
		for _, t := range []*time.Time{&l.InvitedAt, &l.RingingAt, &l.AnsweredAt, &l.EndedAt} {
			*t = instant(*t)
		}
		legs[i] = l
	}
	if r.Legs != nil {
		r.Legs = legs
	}
	return r
}
