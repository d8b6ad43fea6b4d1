package charging_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
	"sibai/internal/tariff"
)

// prices are the tariffs of the table below.
var prices = func() map[string][]tariff.Version {
	inc := func(seconds int, price money.Amount) tariff.Increment {
		return tariff.Increment{Length: time.Duration(seconds) * time.Second, Price: price}
	}
	flat := func(seconds int, price money.Amount) tariff.Rate {
		return tariff.Rate{First: inc(seconds, price), Next: inc(seconds, price)}
	}
	plain := func(r tariff.Rate) tariff.Version {
		return tariff.Version{ID: 1, Code: "t", Version: 1, Connection: r.Connection, First: r.First, Next: r.Next}
	}
	hour := func(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
	minute, connected := plain(flat(60, 100_000)), plain(flat(60, 100_000))
	connected.Connection = 20_000
	split := plain(tariff.Rate{Connection: 50_000, First: inc(180, 220_000), Next: inc(60, 110_000)})
	night := plain(flat(60, 120_000))
	night.Bands = []tariff.Band{{Name: "night", From: hour(22), To: hour(6), Rate: flat(60, 60_000)}}
	fine := plain(flat(60, 120_000))
	six := flat(6, 15_000)
	six.Connection = 10_000
	fine.Bands = []tariff.Band{{Name: "fine", From: hour(18), To: hour(19), Rate: six}}
	week := plain(flat(60, 100_000))
	week.Bands = []tariff.Band{
		{Name: "holiday", Days: tariff.Holiday, From: 0, To: hour(24), Rate: flat(60, 50_000)},
		{Name: "friday", Days: tariff.Friday, From: hour(22), To: hour(6), Rate: flat(60, 40_000)},
		{Name: "weekend", Days: tariff.Saturday | tariff.Sunday, From: 0, To: hour(24), Rate: flat(60, 80_000)},
	}
	october, err := calendar.ParseDay("2026-10-01")
	if err != nil {
		panic(err)
	}
	week.Holidays = []tariff.Date{tariff.DateOf(october), tariff.DateOf(october) + 1}
	classed := plain(flat(60, 100_000))
	classed.Classes = []tariff.Class{
		{Name: "overseas", Rate: flat(60, 300_000), Bands: []tariff.Band{{Name: "night", From: hour(22), To: hour(6), Rate: flat(60, 200_000)}}},
		{Name: "mobile", Rate: flat(60, 150_000)},
	}
	april, err := calendar.ParseDay("2026-04-01")
	if err != nil {
		panic(err)
	}
	dearer := plain(flat(60, 200_000))
	dearer.ID, dearer.Version, dearer.Effective = 2, 2, april
	all := map[string][]tariff.Version{
		"minute": {minute}, "six": {plain(flat(6, 10_800))}, "second": {plain(flat(1, 1_800))}, "odd": {plain(flat(60, 108_000))},
		"split": {split}, "connected": {connected}, "free": {plain(flat(60, 0))}, "freeafter": {plain(tariff.Rate{First: inc(60, 300_000), Next: inc(60, 0)})},
		"night": {night}, "fine": {fine}, "week": {week}, "classed": {classed}, "change": {minute, dearer},
	}
	return all
}()

const (
	noon   = "2026-03-04 12:00:00" // a Wednesday
	plenty = "cash 1000"
)

// Each row is a call: under a tariff, begun at a time in Shanghai, answered at
// once, talking as long as the row says or as it is granted, on an account with
// these buckets (a package in yuan is "package", in seconds "seconds"; the days
// that it lasts may follow). It costs want, or is refused with want, and leaves
// the buckets so.
var conformance = []struct {
	tariff, class, begins, talks, have string
	want, left                         string
	because                            string
}{
	// Increments.
	{"minute", "", noon, "0s", plenty, "0.10", "cash 999.90", "answered and hung up in one tick: one started minute × 0.10"},
	{"minute", "", noon, "1us", plenty, "0.10", "cash 999.90", "a microsecond starts the first minute: 0.10"},
	{"minute", "", noon, "1s", plenty, "0.10", "cash 999.90", "1 s is in the first minute: 0.10"},
	{"minute", "", noon, "60s", plenty, "0.10", "cash 999.90", "exactly 60 s is one minute: 0.10"},
	{"minute", "", noon, "60.000001s", plenty, "0.20", "cash 999.80", "a microsecond more starts the second: 2 × 0.10"},
	{"minute", "", noon, "61s", plenty, "0.20", "cash 999.80", "61 s are 2 started minutes × 0.10"},
	{"minute", "", noon, "3599s", plenty, "6.00", "cash 994.00", "3599 s are 60 started minutes × 0.10"},
	{"minute", "", noon, "24h", plenty, "144.00", "cash 856.00", "24 h are 1440 minutes × 0.10"},
	{"minute", "", noon, "24h1us", plenty, "144.10", "cash 855.90", "a microsecond more is minute 1441"},
	{"odd", "", noon, "125s", plenty, "0.324", "cash 999.676", "125 s are 3 minutes × 0.108"},
	{"odd", "", noon, "24h", plenty, "155.52", "cash 844.48", "1440 × 0.108"},
	{"six", "", noon, "0s", plenty, "0.0108", "cash 999.9892", "one started 6 s × 0.0108"},
	{"six", "", noon, "6s", plenty, "0.0108", "cash 999.9892", "exactly 6 s is one"},
	{"six", "", noon, "7s", plenty, "0.0216", "cash 999.9784", "7 s are 2 × 0.0108"},
	{"six", "", noon, "125s", plenty, "0.2268", "cash 999.7732", "125 s are 21 × 0.0108"},
	{"second", "", noon, "125s", plenty, "0.225", "cash 999.775", "125 × 0.0018"},
	{"second", "", noon, "24h", plenty, "155.52", "cash 844.48", "86400 × 0.0018"},
	// Connection fee, first and next increments that differ.
	{"connected", "", noon, "0s", plenty, "0.12", "cash 999.88", "0.02 for the connection + 0.10"},
	{"connected", "", noon, "61s", plenty, "0.22", "cash 999.78", "0.02 + 2 × 0.10"},
	{"split", "", noon, "180s", plenty, "0.27", "cash 999.73", "0.05 + 0.22 for the first 3 minutes"},
	{"split", "", noon, "181s", plenty, "0.38", "cash 999.62", "0.05 + 0.22 + one further 0.11"},
	{"split", "", noon, "24h", plenty, "158.34", "cash 841.66", "0.05 + 0.22 + 1437 × 0.11 = 0.27 + 158.07"},
	{"free", "", noon, "0s", "", "0.00", "", "a flat plan's call costs 0, also without any bucket"},
	{"free", "", noon, "24h", plenty, "0.00", "cash 1000.00", "1440 × 0"},
	{"freeafter", "", noon, "24h", plenty, "0.30", "cash 999.70", "0.30 for the first minute, the others are free"},
	// Bands over midnight.
	{"night", "", noon, "120s", plenty, "0.24", "cash 999.76", "by day: 2 × 0.12"},
	{"night", "", "2026-03-04 22:00:00", "120s", plenty, "0.12", "cash 999.88", "at 22:00:00 the night has begun: 2 × 0.06"},
	{"night", "", "2026-03-04 21:59:59", "60s", plenty, "0.12", "cash 999.88", "the minute began by day: 0.12, though 59 s of it are night"},
	{"night", "", "2026-03-04 21:59:59", "61s", plenty, "0.18", "cash 999.82", "0.12, then a minute that begins at 22:00:59: 0.06"},
	{"night", "", "2026-03-04 21:59:30", "150s", plenty, "0.24", "cash 999.76", "0.12 + 2 × 0.06: minutes begin at 21:59:30, 22:00:30, 22:01:30"},
	{"night", "", "2026-03-04 23:59:00", "120s", plenty, "0.12", "cash 999.88", "over midnight it stays night: 2 × 0.06"},
	{"night", "", "2026-03-05 05:59:59", "61s", plenty, "0.18", "cash 999.82", "0.06, then a minute that begins at 06:00:59: 0.12"},
	{"night", "", "2026-03-05 05:59:00", "61s", plenty, "0.18", "cash 999.82", "0.06, then a minute that begins at 06:00:00: 0.12"},
	{"night", "", "2026-03-05 00:00:00", "24h", plenty, "144.00", "cash 856.00", "360 × 0.06 + 960 × 0.12 + 120 × 0.06 = 21.60 + 115.20 + 7.20"},
	{"night", "", "2026-03-05 22:00:00", "24h", plenty, "144.00", "cash 856.00", "480 × 0.06 + 960 × 0.12 = 28.80 + 115.20"},
	// Bands with increments of another length.
	{"fine", "", "2026-03-04 17:59:57", "3s", plenty, "0.12", "cash 999.88", "a minute by day: 0.12"},
	{"fine", "", "2026-03-04 17:59:30", "70s", plenty, "0.15", "cash 999.85", "a minute 0.12 to 18:00:30, then 10 s are 2 × 0.015; the connection was by day: 0"},
	{"fine", "", "2026-03-04 18:30:00", "60s", plenty, "0.16", "cash 999.84", "0.01 for the connection + 10 × 0.015"},
	{"fine", "", "2026-03-04 18:59:57", "12s", plenty, "0.145", "cash 999.855", "0.01 + 0.015 to 19:00:03, then a minute 0.12"},
	{"fine", "", "2026-03-04 00:00:00", "24h", plenty, "174.60", "cash 825.40", "1080 × 0.12 + 600 × 0.015 + 300 × 0.12 = 129.60 + 9.00 + 36.00"},
	// Weekdays and holidays.
	{"week", "", "2026-03-05 23:00:00", "60s", plenty, "0.10", "cash 999.90", "a Thursday night: 0.10"},
	{"week", "", "2026-03-06 21:59:00", "120s", plenty, "0.14", "cash 999.86", "Friday 21:59 0.10, then Friday night 0.04"},
	{"week", "", "2026-03-07 05:59:00", "120s", plenty, "0.12", "cash 999.88", "Saturday 05:59 is still Friday's night 0.04, then weekend 0.08"},
	{"week", "", "2026-03-07 23:00:00", "60s", plenty, "0.08", "cash 999.92", "Saturday night: weekend 0.08"},
	{"week", "", "2026-03-08 23:59:00", "120s", plenty, "0.18", "cash 999.82", "Sunday 0.08, then Monday 0.10"},
	{"week", "", "2026-09-30 23:59:30", "61s", plenty, "0.15", "cash 999.85", "Wednesday 0.10, then a minute that begins on the holiday at 00:00:30: 0.05"},
	{"week", "", "2026-10-02 22:30:00", "60s", plenty, "0.05", "cash 999.95", "2 October is a Friday and a holiday: the holiday's 0.05"},
	{"week", "", "2026-10-03 00:30:00", "60s", plenty, "0.08", "cash 999.92", "the night after a Friday that was a holiday is no Friday's: weekend 0.08"},
	{"week", "", "2026-10-01 00:00:00", "24h", plenty, "72.00", "cash 928.00", "a holiday: 1440 × 0.05"},
	// Classes.
	{"classed", "", noon, "61s", plenty, "0.20", "cash 999.80", "no class: 2 × 0.10"},
	{"classed", "mobile", noon, "61s", plenty, "0.30", "cash 999.70", "2 × 0.15"},
	{"classed", "overseas", noon, "61s", plenty, "0.60", "cash 999.40", "2 × 0.30"},
	{"classed", "overseas", "2026-03-04 21:59:30", "61s", plenty, "0.50", "cash 999.50", "0.30, then the class's own night 0.20"},
	{"classed", "mobile", "2026-03-04 23:00:00", "60s", plenty, "0.15", "cash 999.85", "this class has no night"},
	{"classed", "moon", noon, "60s", plenty, "0.10", "cash 999.90", "a class that the tariff does not name: 0.10"},
	// A new version in mid-call.
	{"change", "", "2026-03-31 23:58:00", "300s", plenty, "0.50", "cash 999.50", "authorised under version 1: 5 × 0.10, though version 2 took effect after 2 minutes"},
	{"change", "", "2026-03-31 23:59:59", "24h", plenty, "144.00", "cash 856.00", "version 1 to the end: 1440 × 0.10"},
	{"change", "", "2026-04-01 00:00:00", "300s", plenty, "1.00", "cash 999.00", "version 2: 5 × 0.20"},
	// Buckets that run out, also in mid-increment.
	{"minute", "", noon, "30s", "package 0.05; cash 1", "0.10", "package 0.00; cash 0.95", "one minute: 0.05 of the package + 0.05 of cash"},
	{"minute", "", noon, "150s", "bonus 0.15; cash 1", "0.30", "bonus 0.00; cash 0.85", "3 minutes: 0.10 bonus, 0.05 + 0.05, 0.10 cash"},
	{"minute", "", noon, "600s", "cash 0.25", "0.20", "cash 0.05", "0.25 pays for 2 minutes; then the call is cut"},
	{"minute", "", noon, "60s", "cash 0.099999", "insufficient_credit", "cash 0.099999", "a micro-yuan short of the first minute"},
	{"minute", "", noon, "120s", "extension 0.10; cash 1", "0.20", "extension 0.00; cash 0.90", "the call's own sub-wallet first"},
	{"minute", "", noon, "300s", "package 0.10 9; package 0.15 3; bonus 0.10; cash 1", "0.50", "package 0.00; package 0.00; bonus 0.00; cash 0.85", "the package that expires first 0.15, the other 0.10, bonus 0.10, cash 0.15"},
	// Included call time.
	{"minute", "", noon, "0s", "seconds 600", "0.00", "seconds 540", "one started minute takes 60 s"},
	{"minute", "", noon, "61s", "seconds 600; cash 1", "0.00", "seconds 480; cash 1.00", "2 started minutes take 120 s"},
	{"minute", "", noon, "150s", "seconds 90; cash 1", "0.20", "seconds 30; cash 0.80", "60 s for the first; 30 s are less than a minute, so 2 × 0.10"},
	{"six", "", noon, "100s", "seconds 90; cash 1", "0.0216", "seconds 0; cash 0.9784", "17 × 6 s: 15 of them take 90 s, 2 × 0.0108"},
	{"minute", "", noon, "60s", "seconds 40 3; seconds 40 9", "0.00", "seconds 0; seconds 20", "one minute of two packages: 40 s + 20 s"},
	{"minute", "", noon, "60s", "seconds 59", "insufficient_credit", "seconds 59", "59 s are no whole minute and there is no money"},
	{"minute", "", noon, "180s", "package 0.10 3; seconds 60 9; cash 1", "0.20", "package 0.00; seconds 0; cash 0.90", "by expiry: 0.10 package, 60 s, 0.10 cash"},
	{"minute", "", noon, "120s", "seconds 60 3; package 0.10 9; cash 1", "0.10", "seconds 0; package 0.00; cash 1.00", "by expiry: 60 s, then 0.10 package"},
	{"connected", "", noon, "60s", "seconds 600; cash 0.02", "0.02", "seconds 540; cash 0.00", "a connection is no time: 0.02 cash; the minute takes 60 s"},
	{"connected", "", noon, "60s", "seconds 600", "insufficient_credit", "seconds 600", "nothing pays for the connection"},
	{"free", "", noon, "300s", "seconds 60", "0.00", "seconds 60", "what costs nothing takes no included time"},
	{"fine", "", "2026-03-04 17:59:30", "70s", "seconds 70; cash 1", "0.015", "seconds 4; cash 0.985", "a minute takes 60 s, one 6 s of the 10 left, the second 6 s is more than 4 s: 0.015"},
	{"minute", "", noon, "24h", "seconds 86400", "0.00", "seconds 0", "24 h take 86400 s"},
	{"minute", "", noon, "600s", "seconds 90; cash 0.25", "0.20", "seconds 30; cash 0.05", "60 s, then 2 × 0.10; then the call is cut"},
}

func TestTariffConformance(t *testing.T) {
	t.Parallel()
	if len(conformance) < 60 {
		t.Fatalf("%d rows", len(conformance))
	}
	for i, row := range conformance {
		t.Run(fmt.Sprintf("%02d %s %s", i, row.tariff, row.talks), func(t *testing.T) {
			t.Parallel()
			begins, err := time.ParseInLocation(time.DateTime, row.begins, calendar.Shanghai)
			if err != nil {
				t.Fatal(err)
			}
			talks, err := time.ParseDuration(row.talks)
			if err != nil {
				t.Fatal(err)
			}
			v, ok := tariff.InForce(prices[row.tariff], begins)
			if !ok {
				t.Fatalf("no tariff %q", row.tariff)
			}
			c := &conforming{T: t, store: storetest.NewMemory(), key: charging.AccountKey{Shard: shard, ID: 1}}
			c.do(&charging.OpenOp{Key: c.key, At: begins})
			for n, text := range strings.Split(row.have, "; ") {
				c.fill(n, text, begins)
			}
			b := charging.Bill{Shard: shard, Account: 1, Subscription: 1, Tariff: v, Class: row.class, Extension: 7}
			if row.have == plenty { // the tariff alone says the same
				c.tariffAlone(&v, row.class, begins, talks, row.want)
			}
			got := c.call(b, begins, talks)
			if left := c.left(); got != row.want || left != row.left {
				t.Errorf("%s\ncost %s and left %q\nwant %s and %q", row.because, got, left, row.want, row.left)
			}
			storetest.Audited(t, c.store)
		})
	}
}

// conforming is one row's account in a store of its own.
type conforming struct {
	*testing.T
	store *storetest.Memory
	key   charging.AccountKey
}

func (c *conforming) do(op charging.Op) {
	c.Helper()
	if err := c.store.Commit(context.Background(), charging.Rules{}, []charging.Op{op}); err != nil || op.Err() != nil {
		c.Fatalf("%T: %v, %v", op, err, op.Err())
	}
}

// fill makes the n-th bucket: its kind, what it has, and the days it lasts.
func (c *conforming) fill(n int, text string, at time.Time) {
	c.Helper()
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	days := 30
	if len(words) > 2 {
		days, _ = strconv.Atoi(words[2])
	}
	if words[0] == "seconds" {
		seconds, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			c.Fatal(err)
		}
		c.do(&charging.TopUpOp{
			TopUp: charging.TopUp{
				Shard: shard, Account: 1, Bucket: charging.Package, Seconds: seconds, Channel: "plan", Reference: fmt.Sprint(n),
				At: at, ExpiresAt: at.AddDate(0, 0, days),
			},
			Txn: ledger.ID(100 + n), Bucket: int64(200 + n),
		})
		return
	}
	amount, err := money.Parse(words[1])
	if err != nil {
		c.Fatal(err)
	}
	top := charging.TopUp{Shard: shard, Account: 1, Bucket: charging.BucketKind(words[0]), Amount: amount, Channel: "bank", Reference: fmt.Sprint(n), At: at}
	switch top.Bucket {
	case charging.Package:
		top.ExpiresAt = at.AddDate(0, 0, days)
	case charging.Extension:
		top.Extension = 7
	}
	c.do(&charging.TopUpOp{TopUp: top, Txn: ledger.ID(100 + n), Bucket: int64(200 + n)})
}

// call makes the call and says what it cost, or why it was refused.
func (c *conforming) call(b charging.Bill, at time.Time, talks time.Duration) string {
	c.Helper()
	r := &charging.ReserveOp{Request: charging.ReserveRequest{Call: 1, Bill: b, At: at, Draft: cdr.Record{Call: 1, Customer: customer}}, LeaseUntil: at.Add(time.Minute)}
	c.do(r)
	if r.Answer.Refused != "" {
		return string(r.Answer.Refused)
	}
	granted := r.Answer
	for n := 1; granted.Granted < talks; n++ {
		e := &charging.ExtendOp{
			Request:    charging.ExtendRequest{Call: 1, Bill: b, Sequence: n, Elapsed: granted.ExtendAt, At: at.Add(granted.ExtendAt)},
			LeaseUntil: at.Add(granted.Granted + time.Minute),
		}
		c.do(e)
		if e.Answer.Granted == granted.Granted {
			break
		}
		granted = e.Answer
	}
	talks = min(talks, granted.Granted)
	s := &charging.SettleOp{Txn: 1, Request: charging.SettleRequest{Bill: b, Record: cdr.Record{
		Call: 1, Customer: customer, StartedAt: at, AnsweredAt: at, EndedAt: at.Add(talks), Talk: talks, Billable: talks, Cause: cdr.Answered,
	}}}
	c.do(s)
	if err := storetest.Rated(&b.Tariff, b.Class, at, &s.Record); err != nil {
		c.Error(err)
	}
	return s.Record.Charge.String()
}

// tariffAlone rates the call without any account, and turns the price back
// into time.
func (c *conforming) tariffAlone(v *tariff.Version, class string, begins time.Time, talks time.Duration, want string) {
	c.Helper()
	meter := v.Meter(class, begins)
	cost, err := meter.Cost(talks)
	if err != nil || cost.String() != want {
		c.Errorf("the tariff says %s, %v, want %s", cost, err, want)
	}
	lines, err := meter.Itemise(talks)
	var sum money.Amount
	for _, l := range lines {
		sum += l.Amount
	}
	if err != nil || sum != cost {
		c.Errorf("its lines sum to %s, %v", sum, err)
	}
	if d, ok := meter.Affordable(cost); !ok || d < talks {
		c.Errorf("%s pays for %s only", cost, d)
	}
	if d, ok := meter.Affordable(cost - 1); cost > 0 && ok && d >= talks && talks > 0 {
		c.Errorf("a micro-yuan less pays for %s as well", d)
	}
}

func (c *conforming) left() string {
	v, err := c.store.Account(context.Background(), c.key)
	if err != nil {
		c.Fatal(err)
	}
	var list []string
	for _, b := range v.Buckets {
		text := fmt.Sprintf("%s %s", b.Kind, b.Balance)
		if b.Unit == ledger.SEC {
			text = fmt.Sprintf("seconds %d", int64(b.Balance))
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}
