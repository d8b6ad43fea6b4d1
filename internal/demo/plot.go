package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/notify"
	"sibai/internal/realname"
)

// beat is something that happens so long ago.
type beat struct {
	ago  time.Duration
	what string
	do   func(context.Context) error
}

// play lets everything happen in its order.
func (s *story) play(ctx context.Context) error {
	beats := s.plot()
	for i, f := range lives {
		beats = append(beats, beat{f.ago, f.state, func(ctx context.Context) error { return s.order(ctx, i) }})
	}
	for _, c := range pastCalls() {
		beats = append(beats, beat{c.ago, "a call", func(ctx context.Context) error { return s.call(ctx, c) }})
	}
	slices.SortStableFunc(beats, func(a, b beat) int { return int((b.ago - a.ago) / time.Second) })
	for _, b := range beats {
		s.ago(b.ago)
		if err := b.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", b.what, err)
		}
	}
	return nil
}

// plot is what follows later than an order: two customers run out of money and go
// through the stages of arrears as far as their time allows, a number is frozen by
// two of the staff, one customer pays in, and what is due of orders is done.
func (s *story) plot() (beats []beat) {
	at := func(ago time.Duration, what string, do func(context.Context) error) {
		beats = append(beats, beat{ago, what, do})
	}
	bill := func(who string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.bills.RunFor(ctx, s.by[who].Code)
			return err
		}
	}
	for who, days := range map[string][]int{"closing": {96, 88, 57, 26}, "suspended": {20, 12}} {
		at(time.Duration(days[0])*day, who+" takes its money back", func(ctx context.Context) error { return s.empty(ctx, who) })
		for _, d := range days {
			at(time.Duration(d)*day-time.Hour, who+" is billed", bill(who))
		}
	}
	at(58*day, "open pays in", func(ctx context.Context) error {
		o := s.by["open"]
		if err := s.told.SetContact(ctx, notify.Contact{Customer: o.Code, Email: "tea@demo.example", Lang: "zh"}); err != nil {
			return err
		}
		asked, err := s.till.Ask(ctx, o.Code, 300*money.Yuan, "", 2*time.Hour)
		if err != nil {
			return err
		}
		return s.tell(ctx, asked.Payment, 0)
	})
	at(7*day, "open asks for a payment and leaves it", func(ctx context.Context) error {
		_, err := s.till.Ask(ctx, s.by["open"].Code, 500*money.Yuan, "", 2*time.Hour)
		return err
	})
	for i, who := range []string{"李审核", "陈主管"} {
		at(5*day-time.Duration(i)*time.Hour, "a number is frozen", func(ctx context.Context) error {
			_, err := s.names.Freeze(ctx, s.by["frozen"].Items[0].Digits, realname.UnlawfulUse, "收到多起投诉：被用于推销", who)
			return err
		})
	}
	for _, ago := range []time.Duration{4*day + 12*time.Hour, day, time.Hour} {
		at(ago, "what is due", s.turn)
	}
	return beats
}

// empty gives a customer its cash back.
func (s *story) empty(ctx context.Context, who string) error {
	o := s.by[who]
	view, err := s.bank.Balances(ctx, o.Shard, charging.AccountID(o.Account))
	if err != nil {
		return err
	}
	for _, b := range view.Buckets {
		if b.Kind == charging.Cash && b.Balance > 0 {
			if _, err := s.bills.Refund(ctx, o.Code, b.Balance, "bank", "demo-"+who); err != nil {
				return err
			}
		}
	}
	return nil
}
