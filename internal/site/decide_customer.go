package site

import (
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/number"
)

func (d *decision) customer(c Customer, segments number.Segments) {
	var was []fact
	own := c.Customer
	if stored, ok := d.state.Customers[c.Code]; ok {
		own.ID, own.Shard, own.Account = stored.ID, stored.Shard, stored.Account
		if c.KeepState {
			own.State = stored.State
		}
		was = customerFacts(stored)
	} else {
		own.ID, own.Account = catalog.CustomerID(d.newID()), d.newID()
		own.Shard = charging.ShardOf(int64(own.ID))
	}
	if d.note(compare("customer", c.Code, was, customerFacts(own))) {
		d.writes.Customers = append(d.writes.Customers, own)
	}
	for _, t := range c.TopUps {
		d.topUp(own, t)
	}
	for _, t := range c.Targets {
		d.target(own, t)
	}
	for _, n := range c.Numbers {
		d.number(own, n, segments)
	}
}

func (d *decision) topUp(own catalog.Customer, t TopUp) {
	name := t.Channel + " " + t.Reference
	account := charging.AccountID(own.Account)
	if b, ok := d.state.Booked[Payment{t.Channel, t.Reference}]; ok {
		changed := func(field, was, is string) {
			if was != is {
				was, is = none(was), none(is)
				d.conflict(topUpKey(t.Channel, t.Reference), fault.TopUpChanged, "channel", t.Channel, "reference", t.Reference, "field", field, "old", was, "new", is)
			}
		}
		if b.Account != account {
			d.conflict(topUpKey(t.Channel, t.Reference), fault.TopUpElsewhere, "channel", t.Channel, "reference", t.Reference)
			return
		}
		changed("amount", sum(b.Amount), sum(t.Amount))
		changed("seconds", count(int(b.Seconds)), count(int(t.Seconds)))
		changed("bucket", string(b.Bucket), string(t.Bucket))
		changed("extension", count(int(b.Extension)), count(int(t.Extension)))
		d.note(Change{Action: Unchanged, Entity: "top-up", Name: name})
		return
	}
	expires := ""
	if !t.ExpiresAt.IsZero() {
		expires = calendar.Day(t.ExpiresAt.Add(-time.Second))
		if !d.at.Before(t.ExpiresAt) {
			d.conflict(topUpKey(t.Channel, t.Reference), fault.TopUpExpired, "channel", t.Channel, "reference", t.Reference, "expires", expires)
			return
		}
	}
	d.note(compare("top-up", name, nil, []fact{
		{"customer", own.Code}, {"amount", sum(t.Amount)}, {"seconds", count(int(t.Seconds))},
		{"bucket", string(t.Bucket)}, {"extension", count(int(t.Extension))}, {"expires_on", expires},
	}))
	d.topUps = append(d.topUps, charging.TopUp{
		Shard: own.Shard, Account: account, Bucket: t.Bucket, Amount: t.Amount, Seconds: t.Seconds, Extension: t.Extension,
		Channel: t.Channel, Reference: t.Reference, At: d.at, ExpiresAt: t.ExpiresAt,
	})
}

func (d *decision) target(own catalog.Customer, t catalog.Target) {
	var was []fact
	t.Customer, t.Shard = own.ID, own.Shard
	if stored, ok := d.state.Targets[own.ID][t.Phone]; ok {
		t.ID, was = stored.ID, targetFacts(stored)
	} else {
		t.ID = catalog.TargetID(d.newID())
	}
	if d.note(compare("target", t.Phone+" of "+own.Code, was, targetFacts(t))) {
		d.writes.Targets = append(d.writes.Targets, t)
	}
}

func (d *decision) number(own catalog.Customer, n Number, segments number.Segments) {
	stored, known := d.state.Rentals[n.Digits]
	shown := number.Format(n.Digits, "")
	if known && stored.Owner != 0 && stored.Owner != own.ID {
		d.conflict(numberKey(n.Digits), fault.NumberOwnedElsewhere, "number", shown, "owner", stored.OwnerCode)
		return
	}
	rented := known && stored.Owner == own.ID
	if rented && n.KeepState {
		n.State = stored.State
	}
	if known && !d.mayBecome(stored, n.State, rented) {
		d.conflict(numberKey(n.Digits), fault.NumberStateStep, "number", shown, "from", string(stored.State), "to", string(n.State), "allowed", stateNames(stored.State.Next()))
		return
	}
	if n.State == number.Active {
		d.priced(n.Digits, n.Plan)
	}
	r := stored
	if !known {
		issuer, _ := segments.Issuer(n.Digits)
		r = Rental{ID: number.ID(d.newID()), Digits: n.Digits, Issuing: issuer, Serving: issuer}
	}
	var was, wasProfile []fact
	if rented {
		was = rentalFacts(stored, d.planCode(stored.Subscription.Plan))
		if stored.Profile.Version > 0 {
			wasProfile = profileFacts(stored.Profile)
		}
	} else {
		r.Owner, r.OwnerCode = own.ID, own.Code
		r.Subscription = catalog.Subscription{ID: d.newID(), Shard: own.Shard, Customer: own.ID, Number: r.ID, StartedAt: d.at}
		r.Profile.Version = 0
	}
	r.State, r.Grouping = n.State, n.Grouping
	r.Subscription.Plan, r.Subscription.MaxConcurrent = d.planIDs[n.Plan], n.MaxConcurrent
	r.Subscription.CapAmount, r.Subscription.CapCalls = n.CapAmount, n.CapCalls
	if d.note(compare("number", n.Digits, was, rentalFacts(r, n.Plan))) {
		d.writes.Rentals = append(d.writes.Rentals, r)
	}
	if d.note(compare("profile of", n.Digits, wasProfile, profileFacts(n.Profile))) {
		n.Profile.Version = r.Profile.Version + 1
		d.writes.Profiles = append(d.writes.Profiles, Profile{Shard: own.Shard, Number: r.ID, Customer: own.ID, Profile: n.Profile})
	}
}

// mayBecome reports whether a stored number may take a state now. One of the
// inventory is sold and opened in one go; the steps between leave no trace.
func (d *decision) mayBecome(stored Rental, to number.State, rented bool) bool {
	if !rented {
		return stored.State == number.Available
	}
	return stored.State == to || stored.State.CanBecome(to)
}

// priced refuses an active number whose calls have no price yet.
func (d *decision) priced(digits, planCode string) {
	p := d.planOf[planCode]
	versions := d.tariffs[p.Tariff]
	if len(versions) == 0 {
		return // refused with the tariff itself
	}
	if first := versions[0].Effective; first.After(d.at) {
		d.conflict(numberKey(digits), fault.TariffNotInForce, "number", number.Format(digits, ""), "tariff", p.Tariff, "effective", calendar.Day(first))
	}
}
