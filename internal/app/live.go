package app

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/call"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/explain"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/tariff"
	"sibai/internal/web/live"
	"sibai/internal/web/text"
)

// How much the live page shows.
const (
	runningMost = 50
	recentCalls = 20
	walletsRead = 200 // looked at, to find those that need a look
	walletsMost = 50
	numbersMost = 6
)

// liveSource answers the live page from the services.
type liveSource struct {
	n     *Node
	today *today
}

func (n *Node) live() live.Source { return liveSource{n, &today{store: n.store.Money}} }

// today adds up the day's calls. The sum reads each of them, so it is kept for
// a time that grows with what it cost: at most a twentieth of the time goes
// into it, however many pages watch.
type today struct {
	store Money

	mu    sync.Mutex // guards what follows, and is held while the sum is made
	sum   charging.Tally
	since time.Time
	until time.Time
}

func (t *today) tally(ctx context.Context, since time.Time) (charging.Tally, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	began := time.Now()
	if began.Before(t.until) && t.since.Equal(since) {
		return t.sum, nil
	}
	sum, err := t.store.Tally(ctx, since)
	if err != nil {
		return sum, err
	}
	t.sum, t.since, t.until = sum, since, time.Now().Add(max(100*time.Millisecond, 20*time.Since(began)))
	return sum, nil
}

func langOf(l text.Lang) explain.Lang {
	if l == text.EN {
		return explain.EN
	}
	return explain.ZH
}

func (s liveSource) Now(ctx context.Context, lang text.Lang) (live.Snapshot, error) {
	now := time.Now()
	out := live.Snapshot{At: now, SIP: s.n.SIPAddr().String()}
	running := s.n.calls.Running()
	slices.SortFunc(running, func(a, b call.View) int { return cmp.Compare(b.Call, a.Call) })
	running = slices.DeleteFunc(running, func(v call.View) bool { return v.Phase == call.Ending })
	for _, v := range running[:min(len(running), runningMost)] {
		out.Running = append(out.Running, liveCall(v, lang))
	}
	recent, err := s.n.charging.CDRs(ctx, charging.CDRFilter{Limit: recentCalls})
	if err != nil {
		return out, err
	}
	for _, rec := range recent {
		out.Recent = append(out.Recent, s.ended(rec, lang))
	}
	tally, err := s.today.tally(ctx, calendar.Midnight(now))
	if err != nil {
		return out, err
	}
	out.Today = live.Today{Running: len(running), Calls: tally.Calls, Answered: tally.Answered, Charged: tally.Charged}
	lines := s.n.dir.Lines()
	if out.Wallets, err = s.wallets(ctx, lines, now); err != nil {
		return out, err
	}
	for _, line := range lines {
		if line.State == number.Active {
			out.Numbers = append(out.Numbers, line.Number)
		}
	}
	slices.Sort(out.Numbers)
	out.Numbers = out.Numbers[:min(len(out.Numbers), numbersMost)]
	return out, nil
}

// wallets lists each customer once, those that need a look first.
func (s liveSource) wallets(ctx context.Context, lines map[string]directory.Line, now time.Time) ([]live.Wallet, error) {
	byAccount := map[charging.AccountID]directory.Line{}
	for _, line := range lines {
		if line.Bill.Account != 0 { // else the number is locked, rests, or is nobody's
			byAccount[line.Bill.Account] = line
		}
	}
	accounts := make([]directory.Line, 0, len(byAccount))
	for _, line := range byAccount {
		accounts = append(accounts, line)
	}
	slices.SortFunc(accounts, func(a, b directory.Line) int { return cmp.Compare(a.Customer, b.Customer) })
	var out []live.Wallet
	for _, line := range accounts[:min(len(accounts), walletsRead)] {
		view, err := s.n.charging.Balances(ctx, line.Bill.Shard, line.Bill.Account)
		if err != nil {
			return nil, err
		}
		w := live.Wallet{
			ID: line.Customer.String(), Customer: line.CustomerName, Available: view.Available(now), Included: view.Included(now),
			Suspended: view.State != charging.AccountActive || line.CustomerState != catalog.CustomerActive,
		}
		for _, b := range view.Buckets {
			if b.Unit == ledger.SEC {
				continue
			}
			if b.Kind == charging.Extension {
				w.Extensions += b.Balance - b.Held
				continue
			}
			switch b.Kind {
			case charging.Cash:
				w.Cash += b.Balance
			case charging.Bonus:
				w.Bonus += b.Balance
			case charging.Package:
				if b.ExpiresAt.IsZero() || now.Before(b.ExpiresAt) {
					w.Package += b.Balance
				} else {
					w.Package += b.Held // only what calls hold is still of use
				}
			}
			w.Held += b.Held
		}
		if l, ok := s.n.dir.Find(line.Number, now); ok {
			// Low: the next call could not pay its first increment.
			w.Low = w.Available < firstCost(l.Bill.Tariff) && w.Included < l.Bill.Tariff.First.Length
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b live.Wallet) int { return cmp.Compare(rank(a), rank(b)) })
	return out[:min(len(out), walletsMost)], nil
}

func firstCost(v tariff.Version) money.Amount {
	sum, err := v.Connection.Add(v.First.Price)
	if err != nil {
		return v.First.Price
	}
	return sum
}

func rank(w live.Wallet) int {
	switch {
	case w.Suspended:
		return 0
	case w.Low:
		return 1
	}
	return 2
}

func (s liveSource) Call(ctx context.Context, id string, lang text.Lang) (live.Call, bool, error) {
	key, err := cdr.ParseID(id)
	if err != nil {
		return live.Call{}, false, nil //nolint:nilerr // no call has such an id
	}
	for _, v := range s.n.calls.Running() {
		if v.Call == key {
			return liveCall(v, lang), true, nil
		}
	}
	rec, ok, err := s.n.store.Money.CDR(ctx, key)
	if err != nil || !ok {
		return live.Call{}, false, err
	}
	return s.ended(rec, lang), true, nil
}

func (s liveSource) Subscribe(ctx context.Context) <-chan struct{} { return s.n.ticker.reader(ctx) }

func liveCall(v call.View, lang text.Lang) live.Call {
	out := live.Call{
		ID: v.Call.String(), State: live.Ringing, Number: v.Number, Customer: v.CustomerName, Caller: v.Caller,
		StartedAt: v.StartedAt, AnsweredAt: v.AnsweredAt, Trunk: v.Trunk, Legs: v.Legs, Charge: v.Held,
		Why: explain.Why(cdr.Record{Steps: v.Steps}, langOf(lang)),
	}
	if !v.AnsweredAt.IsZero() {
		out.State = live.Talking
		out.Talk = time.Since(v.AnsweredAt)
	}
	if len(v.Targets) > 0 {
		out.Phone = v.Targets[0]
	}
	return out
}

func (s liveSource) ended(rec cdr.Record, lang text.Lang) live.Call {
	out := live.Call{
		ID: rec.Call.String(), State: live.Ended, Trunk: rec.Trunk, Number: rec.Number, Caller: rec.Caller,
		StartedAt: rec.StartedAt, PlatformAnsweredAt: rec.PlatformAnsweredAt, AnsweredAt: rec.AnsweredAt, EndedAt: rec.EndedAt,
		Talk: rec.Talk, Billable: rec.Billable, Cause: rec.Cause, Status: rec.Status, EndedBy: rec.EndedBy,
		Recovered: rec.Recovered, Charge: rec.Charge, Lines: rec.Lines, Legs: rec.Legs, Why: explain.Why(rec, langOf(lang)),
		Charges: explain.Lines(rec, langOf(lang)),
	}
	if line, ok := s.n.dir.Line(rec.Number); ok && int64(line.Customer) == rec.Customer {
		out.Customer = line.CustomerName
	}
	for _, leg := range rec.Legs {
		if leg.Outcome == "answered" {
			out.Phone = leg.Target
		}
	}
	return out
}
