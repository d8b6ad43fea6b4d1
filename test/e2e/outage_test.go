package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/siptest"
	"sibai/test/e2e"
	"sibai/test/parts"
	"sibai/test/pgtest"
)

// outage is a node on a PostgreSQL server of its own that can be killed, with
// callers who hang up when they are told.
type outage struct {
	*bench
	cluster  *pgtest.Cluster
	carrier  *siptest.Carrier
	mu       sync.Mutex
	talked   map[string]time.Duration // by SIP Call-ID, of answered calls
	statuses []int
}

func newOutage(t *testing.T, settings string) *outage {
	t.Helper()
	cluster, err := pgtest.New(t.Context(), parts.Need(t, "initdb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	o := newCallers(t, onDatabase(cluster.URL("postgres"))+"\n"+settings)
	o.cluster = cluster
	return o
}

// newCallers is an outage without a server: the node has a store of its own.
func newCallers(t *testing.T, settings string) *outage {
	t.Helper()
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	phones.Set(target, siptest.Behaviour{})
	carrier, err := siptest.NewCarrier("127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	return &outage{bench: serve(t, phones.Addr(), settings), carrier: carrier, talked: map[string]time.Duration{}}
}

// dial makes calls and returns once each is answered or refused. Those that
// are answered talk until stop is called.
func (o *outage) dial(calls int) (stop func()) {
	ctx, cancel := context.WithCancel(o.ctx)
	var settled, ended sync.WaitGroup
	for range calls {
		settled.Add(1)
		once := sync.OnceFunc(settled.Done)
		ended.Go(func() {
			out, err := o.carrier.Dial(ctx, siptest.Plan{Proxy: o.SIP, Number: dialled, Caller: caller, Progress: func(what string) {
				if what == "200 OK" {
					once()
				}
			}})
			once()
			if err != nil && ctx.Err() == nil {
				o.Errorf("a call: %v", err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			o.statuses = append(o.statuses, out.Status)
			if out.Answered {
				o.talked[out.CallID] = out.Talk
			}
		})
	}
	settled.Wait()
	return func() { cancel(); ended.Wait() }
}

// spool lists what waits in the node's spool.
func (o *outage) spool() (items []charging.Item, err error) {
	text, err := o.Installation.Run(o.ctx, "spool", "--json")
	if err == nil {
		err = json.Unmarshal(text, &items)
	}
	return items, err
}

// awaitSpool waits until so many calls that ended are in the spool.
func (o *outage) awaitSpool(n int) {
	o.Helper()
	err := e2e.Poll(o.ctx, func() (bool, error) {
		items, err := o.spool()
		ended := 0
		for i := range items {
			if items[i].Ended() {
				ended++
			}
		}
		return ended == n, err
	})
	if err != nil {
		items, _ := o.spool()
		o.Fatalf("%d calls wait in the spool, want %d: %v\n%s", len(items), n, err, o.Log())
	}
}

func (o *outage) metric(name string) string {
	o.Helper()
	req, err := http.NewRequestWithContext(o.ctx, http.MethodGet, fmt.Sprintf("http://%s/metrics", o.Admin), http.NoBody)
	if err != nil {
		o.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	o.Errorf("there is no metric %s", name)
	return ""
}

// PostgreSQL is killed while calls talk. They talk on, hang up, and are kept in
// the spool; new calls are refused. The node is killed too. When both are back,
// each call is charged for as long as it lasted, not to its last proof.
func TestStoreAwayAndNodeKilled(t *testing.T) {
	t.Parallel()
	o := newOutage(t, "charging: {patience: 500ms, renew: 200ms, lease: 60s}")
	const calls = 8
	hangUp := o.dial(calls)
	o.cluster.Kill()
	// Longer than a proof is old: recovered calls would be shorter.
	refusal, err := o.carrier.Dial(o.ctx, siptest.Plan{Proxy: o.SIP, Number: dialled, Caller: caller})
	if err != nil || refusal.Status != 503 {
		t.Errorf("a new call while the store is away: %+v, %v", refusal, err)
	}
	if got := o.metric("sibai_store_away"); got != "1" {
		t.Errorf("sibai_store_away is %s", got)
	}
	hangUp()
	o.awaitSpool(calls + 1)
	items, err := o.spool()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := o.Installation.Run(o.ctx, "explain", items[0].Call.String()); err != nil || !strings.Contains(string(text), "not charged yet") {
		t.Errorf("explain: %v\n%s", err, text)
	}
	if text, _ := o.Installation.Run(o.ctx, "doctor"); !strings.Contains(string(text), "9 calls wait for the store") {
		t.Errorf("doctor:\n%s", text)
	}
	o.node.Kill()
	if err := o.cluster.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	o.start()
	if err := o.AwaitCalls(o.ctx, calls+1); err != nil {
		t.Fatal(err)
	}
	o.expect(calls+1, func(r *cdr.Record) bool {
		if r.SIPCallID == refusal.CallID {
			return r.Cause == cdr.ChargingDown && r.Status == 503 && r.Charge == 0
		}
		talked, ok := o.talked[r.SIPCallID]
		last := r.Steps[len(r.Steps)-1]
		return ok && r.Cause == cdr.Answered && !r.Recovered && r.Charge == 12*fen && last.Code == "settled_late" &&
			r.Billable > talked-500*time.Millisecond && r.Billable < talked+500*time.Millisecond
	})
	o.finish(calls * 12 * fen)
}

// finish stops the node and checks its books and its spool. It logged errors:
// the store was away.
func (o *outage) finish(revenue int64) {
	o.Helper()
	if err := o.node.Stop(o.ctx); err != nil {
		o.Fatal(err)
	}
	if items, err := o.spool(); err != nil || len(items) != 0 {
		o.Errorf("%d items are left in the spool, %v", len(items), err)
	}
	if got := o.books()["revenue/calls"]; got != revenue {
		o.Errorf("revenue is %d micro-yuan, want %d", got, revenue)
	}
}

// The operator takes the risk: while PostgreSQL is away, calls go through up to
// the exposure and are charged when it is back; a call that runs on is extended
// as every other.
func TestAcceptedWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	o := newOutage(t, "charging: {patience: 500ms, renew: 200ms, lease: 60s, store_away: accept, exposure: 0.40}")
	o.cluster.Kill()
	// 0.12 each: three fit into 0.40. Ask for more, one after the other.
	first := o.dial(2)
	second := o.dial(1)
	third := o.dial(2)
	third()
	if got := o.metric("sibai_promised_calls"); got != "3" {
		t.Errorf("sibai_promised_calls is %s", got)
	}
	if got := o.metric("sibai_risked_micro_yuan"); got != fmt.Sprint(36*fen) {
		t.Errorf("sibai_risked_micro_yuan is %s", got)
	}
	first()
	o.awaitSpool(4) // two that talked, two that were refused
	if err := o.cluster.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	if err := o.AwaitCalls(o.ctx, 4); err != nil {
		t.Fatal(err)
	}
	second()
	if err := o.AwaitCalls(o.ctx, 5); err != nil {
		t.Fatal(err)
	}
	promised := 0
	o.expect(5, func(r *cdr.Record) bool {
		if _, ok := o.talked[r.SIPCallID]; !ok {
			return r.Cause == cdr.ChargingDown && r.Charge == 0
		}
		for _, s := range r.Steps {
			if s.Code == "credit_promised" {
				promised++
			}
		}
		return r.Cause == cdr.Answered && r.Charge == 12*fen && !r.Recovered
	})
	if promised != 3 {
		t.Errorf("%d of 3 records say that the call was accepted on the operator's risk", promised)
	}
	o.finish(3 * 12 * fen)
}

// 500 calls talk when the node is killed. It starts again while they talk on,
// and they hang up: each is charged what it is proven to have lasted, and
// nothing is held any more.
func TestManyCallsUpAtTheKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("500 calls")
	}
	const calls = 500
	o := newCallers(t, "charging: {renew: 500ms, lease: 60s}")
	hangUp := o.dial(calls)
	o.awaitProofs(calls)
	o.node.Kill()
	o.start()
	hangUp()
	if len(o.talked) != calls {
		t.Errorf("%d of %d calls were answered", len(o.talked), calls)
	}
	books := o.stop()
	o.expect(calls, func(r *cdr.Record) bool {
		return r.Cause == cdr.NodeLost && r.Recovered && r.Billable > 0 && r.Billable <= o.talked[r.SIPCallID]+100*time.Millisecond && r.Charge == 12*fen
	})
	if books["revenue/calls"] != calls*12*fen || books["bucket/cash"]+books["bucket/bonus"] != 101*yuan-calls*12*fen {
		t.Errorf("the books are %v", books)
	}
}

// awaitProofs waits until the store knows of so many calls that they talk.
func (o *outage) awaitProofs(calls int) {
	o.Helper()
	cfg, err := config.Load(filepath.Join(o.Dir, "sibai.yaml"), nil, nil)
	if err != nil {
		o.Fatal(err)
	}
	store, err := app.ReadStore(o.ctx, cfg)
	if err != nil {
		o.Fatal(err)
	}
	defer store.Close()
	if err := e2e.Poll(o.ctx, func() (bool, error) {
		held, err := store.Money.Lost(o.ctx, time.Now().Add(time.Hour), -1, 2*calls)
		proven := 0
		for _, h := range held {
			if !h.MeterStartedAt.IsZero() {
				proven++
			}
		}
		return proven == calls, err
	}); err != nil {
		o.Fatalf("waiting for proofs of %d calls: %v\n%s", calls, err, o.Log())
	}
}

// The node is stopped in peace while PostgreSQL is away: its calls end, wait in
// the spool, and are charged by the next process.
func TestStopWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	o := newOutage(t, "charging: {patience: 500ms, renew: 200ms, lease: 60s}\nstop: {grace: 200ms}")
	const calls = 4
	hangUp := o.dial(calls)
	o.cluster.Kill()
	if err := o.node.Stop(o.ctx); err != nil {
		t.Fatal(err)
	}
	hangUp()
	o.awaitSpool(calls)
	if err := o.cluster.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	o.start()
	if err := o.AwaitCalls(o.ctx, calls); err != nil {
		t.Fatal(err)
	}
	o.expect(calls, func(r *cdr.Record) bool {
		return r.Cause == cdr.NodeStopped && !r.Recovered && r.Charge == 12*fen && r.EndedBy == cdr.Platform
	})
	o.finish(calls * 12 * fen)
}
