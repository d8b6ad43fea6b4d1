package charging_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "run the simulation with this seed only, and tell its story")
	seedsFlag = flag.Int("seeds", simSeeds, "how many seeds the simulation runs")
)

// How long the world goes on with faults, and what a lease is.
const (
	simFaulty = 25 * time.Minute
	simRest   = 20 * time.Minute
	simLease  = 30 * time.Second
	simCalls  = 45
)

func newSim(seed uint64, broken breakage) *sim {
	s := &sim{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 400)), now: storetest.Start,
		store: storetest.NewMemory(), lines: map[string]call.Line{}, byID: map[cdr.ID]*simCall{}, broken: broken,
	}
	for i := range s.nodes {
		s.nodes[i] = &simNode{sim: s, number: i + 1, spool: storetest.NewSpool(1 << 20)}
	}
	return s
}

// simulate runs one seed and says what went wrong.
func simulate(seed uint64, broken breakage) *sim {
	s := newSim(seed, broken)
	s.store.Spoil = broken.writes
	if seed%2 == 1 {
		s.exposure = money.Amount(1 + s.rng.Int64N(600_000))
	}
	for i, n := range s.nodes {
		n.start()
		for account := charging.AccountID(1); i == 0 && account <= 3; account++ {
			if _, err := n.open(account); err != nil {
				s.wrong("open: %v", err)
			}
		}
	}
	for i := range 6 {
		s.line(i, charging.AccountID(i%3+1))
	}
	for range simCalls {
		s.at(time.Duration(s.rng.Int64N(int64(simFaulty))), s.dial)
	}
	for i := range 8 {
		s.pay(i)
	}
	s.faults()
	for range 10 { // the promises hold at every moment, not only at the end
		s.run(simFaulty / 10)
		s.audit()
	}
	// No more faults: everything must come to an exact end.
	s.quiet = true
	for _, n := range s.nodes {
		n.reach(true)
		n.stalled = time.Time{}
	}
	s.run(simRest)
	s.finish()
	return s
}

func (n *simNode) open(account charging.AccountID) (bool, error) {
	for {
		if opened, err := n.charging.OpenAccount(context.Background(), shard, account); err == nil {
			return opened, nil
		}
	}
}

// pay brings a payment to one node or to both, again and again until it is
// taken, as a channel does.
func (s *sim) pay(i int) {
	t := charging.TopUp{
		Shard: shard, Account: charging.AccountID(i%3 + 1), Channel: "bank", Reference: fmt.Sprint(i),
		Amount: money.Amount(1 + s.rng.Int64N(1_200_000)), At: s.now,
		Bucket: []charging.BucketKind{charging.Cash, charging.Cash, charging.Bonus}[s.rng.IntN(3)],
	}
	taken := false
	when := time.Duration(s.rng.Int64N(int64(simFaulty)))
	if i < 3 {
		when = 0
	}
	for _, n := range s.nodes {
		var try func()
		try = func() {
			if !n.ready {
				s.at(time.Second, try)
				return
			}
			if _, err := n.charging.TopUp(context.Background(), t); err != nil {
				s.at(s.some(20*time.Second), try)
				return
			}
			if !taken {
				taken = true
				s.came += t.Amount
				s.say("%s came to account %d", t.Amount, t.Account)
			}
		}
		s.at(when+s.some(time.Second), try)
		if s.chance(60) {
			break // only the first node hears of it
		}
	}
}

// faults lets nodes die, the store hang, and the way to it be cut for one node
// or both.
func (s *sim) faults() {
	for range s.rng.IntN(4) {
		n := s.nodes[s.rng.IntN(2)]
		s.at(time.Duration(s.rng.Int64N(int64(simFaulty))), func() {
			if n.life != 0 {
				n.crashed(time.Second + s.some(2*time.Minute))
			}
		})
	}
	for range s.rng.IntN(4) {
		n, both, long := s.nodes[s.rng.IntN(2)], s.chance(60), time.Second+s.some(4*time.Minute)
		s.at(time.Duration(s.rng.Int64N(int64(simFaulty))), func() {
			for _, m := range s.nodes {
				if m == n || both {
					m.reach(false)
					m.at(long, func() { m.reach(true) })
				}
			}
		})
	}
	for range s.rng.IntN(4) {
		n, long := s.nodes[s.rng.IntN(2)], s.some(20*time.Second)
		s.at(time.Duration(s.rng.Int64N(int64(simFaulty))), func() {
			n.stall(long)
		})
	}
}

func (s *sim) audit() {
	report, err := charging.Audit(context.Background(), s.store)
	if err != nil {
		s.wrong("audit: %v", err)
		return
	}
	for _, c := range report.Checks {
		if !c.OK {
			s.wrong("%s (%s): %d bad, first %s", c.Name, c.Says, c.Bad, c.FirstBad)
		}
	}
}

// finish checks the end: every promise, every call, every fen.
func (s *sim) finish() {
	s.audit()
	var left, charged money.Amount
	for account := charging.AccountID(1); account <= 3; account++ {
		v, err := s.store.Account(context.Background(), charging.AccountKey{Shard: shard, ID: account})
		if err != nil || v == nil {
			s.wrong("account %d: %v", account, err)
			continue
		}
		for _, b := range v.Buckets {
			left += b.Balance
			if b.Held != 0 {
				s.wrong("%s are still held on account %d", b.Held, account)
			}
			// Each life of a node may have risked the exposure: a new one does
			// not know what the account owes.
			if risk := s.exposure * money.Amount(s.nodes[0].lives+s.nodes[1].lives); b.Balance < -risk || b.Overdraft > risk {
				s.wrong("account %d is overspent: %s, overdraft %s, %s were risked", account, b.Balance, b.Overdraft, risk)
			}
		}
	}
	records, err := s.store.CDRs(context.Background(), charging.CDRFilter{Limit: charging.MaxCDRs})
	if err != nil {
		s.wrong("CDRs: %v", err)
	}
	s.closed = map[cdr.ID]cdr.Record{}
	for _, r := range records {
		s.closed[r.Call] = r
		charged += r.Charge
		if s.byID[r.Call] == nil && r.Cause != cdr.NodeLost {
			s.wrong("%s has a CDR and nobody made it", r.Call)
		}
	}
	if left+charged != s.came {
		s.wrong("%s came, %s were charged, %s are left", s.came, charged, left)
	}
	for _, c := range s.calls {
		c.check()
	}
	for _, n := range s.nodes {
		if items := n.spool.Items(); len(items) != 0 {
			s.wrong("%d calls are left in the spool of node %d, first %s, ended %t; %+v", len(items), n.number, items[0].Call, items[0].Settle != nil, n.charging.Stats())
		}
		if running := n.service.Running(); len(running) != 0 {
			s.wrong("%d calls still run on node %d, first: %s, %s, %v", len(running), n.number, running[0].Call, running[0].Phase, running[0].Steps)
		}
	}
}

// Thousands of worlds, each from its seed: lost answers, requests that come
// twice and in another order, nodes that die, a store that is away or hangs.
// Nothing is lost, nothing is paid twice, and every fen is accounted for.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *seedFlag != 0 {
		s := simulate(*seedFlag, breakage{})
		t.Logf("the story of seed %d:\n%s", *seedFlag, strings.Join(s.story, "\n"))
		report(t, s)
		return
	}
	seeds := *seedsFlag
	if testing.Short() {
		seeds = min(seeds, 200)
	}
	var next, calls, kept, promised atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !t.Failed() {
				seed := next.Add(1)
				if seed > int64(seeds) {
					return
				}
				s := simulate(uint64(seed), breakage{})
				calls.Add(int64(len(s.calls)))
				for _, n := range s.nodes {
					kept.Add(int64(n.charging.Stats().EverKept))
					promised.Add(int64(n.charging.Stats().EverPromised))
				}
				report(t, s)
			}
		})
	}
	wg.Wait()
	t.Logf("%d worlds, %d calls, %d ends kept in a spool, %d calls on a promise", seeds, calls.Load(), kept.Load(), promised.Load())
	if kept.Load() == 0 || promised.Load() == 0 {
		t.Error("no world had an outage that mattered")
	}
}

func report(t *testing.T, s *sim) {
	t.Helper()
	if len(s.problems) > 0 {
		t.Errorf("seed %d (go test ./internal/charging -run TestSimulation -seed %d -v tells its story):\n%s",
			s.seed, s.seed, strings.Join(s.problems, "\n"))
	}
}

// A simulation that finds nothing proves nothing: whatever is broken on
// purpose, it must find soon.
func TestSimulationFinds(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]breakage{
		"a fen too much is taken from a bucket": {writes: func(w *charging.Writes) {
			if len(w.Transactions) > 0 && len(w.Buckets) > 0 {
				w.Buckets[0].Balance -= 10_000
			}
		}},
		"a fen too much is charged, and booked well": {writes: func(w *charging.Writes) {
			for i, c := range w.Closed {
				if c.Record.Charge > 0 && len(w.Transactions) == 1 && len(w.Buckets) == 1 && i == 0 {
					const fen = 10_000
					c.Record.Charge += fen
					c.Reserved += fen
					c.Record.Lines[0].Amount += fen
					entries := w.Transactions[0].Entries
					entries[0].Amount -= fen
					entries[len(entries)-1].Amount += fen
					w.Buckets[0].Balance -= fen
				}
			}
		}},
		"a hold stays when its call is settled":          {writes: func(w *charging.Writes) { w.GoneHolds = nil }},
		"a settlement leaves no CDR":                     {writes: func(w *charging.Writes) { w.Closed = nil }},
		"a charge is not in the ledger":                  {writes: func(w *charging.Writes) { w.Transactions = nil }},
		"a payment is forgotten":                         {writes: func(w *charging.Writes) { w.Receipts = nil }},
		"what is held back is forgotten":                 {writes: func(w *charging.Writes) { forgetHeld(w.Buckets) }},
		"an extension is granted and not reserved":       {writes: func(w *charging.Writes) { grantMore(w.Holds) }},
		"renewals do not last":                           {writes: func(w *charging.Writes) { oldLease(w.Holds) }},
		"what was risked is not recorded":                {writes: func(w *charging.Writes) { forgetOverdraft(slices.Concat(w.Buckets, w.NewBuckets)) }},
		"an unanswered call is billed":                   {writes: billRinging},
		"a node does not book what its spool has":        {noReplay: true},
		"a node does not prove that its calls live":      {noProofs: true},
		"a settlement forgets a concurrent call's usage": {writes: func(w *charging.Writes) { freeUsage(w.Usages) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 60; seed++ {
				if problems := tried(seed, broken); len(problems) > 0 {
					t.Logf("found by seed %d: %s", seed, problems[0])
					return
				}
			}
			t.Error("60 worlds did not show it")
		})
	}
}

// tried simulates; a program that is broken may as well panic.
func tried(seed uint64, broken breakage) (problems []string) {
	defer func() {
		if r := recover(); r != nil {
			problems = append(problems, fmt.Sprint("panic: ", r))
		}
	}()
	return simulate(seed, broken).problems
}

func forgetHeld(buckets []*charging.Bucket) {
	for _, b := range buckets {
		b.Held = 0
	}
}

func forgetOverdraft(buckets []*charging.Bucket) {
	for _, b := range buckets {
		b.Overdraft = 0
	}
}

func grantMore(holds []*charging.Hold) {
	for _, h := range holds {
		if n := len(h.Grants); n > 1 {
			h.Grants[n-1].Granted += time.Minute
		}
	}
}

func oldLease(holds []*charging.Hold) {
	for _, h := range holds {
		h.LeaseUntil = h.OpenedAt.Add(time.Minute)
	}
}

func billRinging(w *charging.Writes) {
	for _, c := range w.Closed {
		if c.Record.AnsweredAt.IsZero() && c.Record.Cause == cdr.NoAnswer {
			c.Record.Billable = time.Second
		}
	}
}

func freeUsage(usages []*charging.Usage) {
	for _, u := range usages {
		u.InUse = max(0, u.InUse-1)
	}
}
