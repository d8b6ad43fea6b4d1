package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/app"
	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/siptest"
	"sibai/internal/site"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const siteText = `
trunks:
  - {code: carrier, inbound: [%q]}
  - {code: phones, outbound: {address: %q}}
tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}
plans:
  - {code: p, name: p, kind: buyout, tariff: minute}
customers:
  - code: c
    name: 测试
    top_ups: [{channel: bank, reference: "1", amount: 1}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008266688", plan: p, targets: ["13800000001"]}]
`

func settings(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.HTTP.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	cfg.SIP.Listen = []string{"udp:127.0.0.1:0"}
	return cfg
}

var quiet = slog.New(slog.DiscardHandler)

// ended passes on the CDRs of a node.
type ended chan cdr.Record

func (ended) Changed(call.View)                {}
func (e ended) Ended(rec cdr.Record, _ string) { e <- rec }
func (e ended) one(t *testing.T) (rec cdr.Record) {
	t.Helper()
	select {
	case rec = <-e:
	case <-time.After(20 * time.Second):
		t.Fatal("no CDR came")
	}
	return rec
}

func TestLifeOfANode(t *testing.T) {
	t.Parallel()
	carrier, err := siptest.NewCarrier("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer phones.Stop()
	phones.Set("13800000001", siptest.Behaviour{})
	text := []byte(fmt.Sprintf(siteText, carrier.Addr(), phones.Addr()))
	cfg, records := settings(t), make(ended, 8)
	node, err := app.Start(t.Context(), cfg, quiet, app.WithObserver(records))
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		if err := node.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	defer stop()

	// A site is applied by the node that runs, and holds for the next call.
	changes, err := app.Apply(t.Context(), cfg, "site.yaml", text, false, quiet)
	if err != nil || !site.Changed(changes) {
		t.Fatalf("apply: %v %v", changes, err)
	}
	if changes, err = app.Apply(t.Context(), cfg, "site.yaml", text, false, quiet); err != nil || site.Changed(changes) {
		t.Fatalf("apply again: %v %v", changes, err)
	}
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(strings.Replace(string(text), "0.10", "0.12", 1)), false, quiet); fault.KindOf(err) != fault.KindConflict {
		t.Errorf("a published tariff was changed: %v", err)
	}
	for path, want := range map[string]int{"/": 200, "/readyz": 200, "/healthz": 200, "/none": 404} {
		if got := get(t, "http://"+node.HTTPAddr()+path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}

	// A call that runs when the node stops is ended and settled.
	plan := siptest.Plan{Proxy: node.SIPAddr(), Number: "4008266688", Caller: "13712342286"}
	answered := make(chan struct{})
	plan.Progress = func(what string) {
		if what == "200 OK" {
			close(answered)
		}
	}
	outcome := make(chan siptest.Outcome, 1)
	go func() {
		out, err := carrier.Dial(context.Background(), plan)
		if err != nil {
			t.Error(err)
		}
		outcome <- out
	}()
	<-answered
	stop()
	if out := <-outcome; out.EndedBy != siptest.Called || !strings.Contains(out.Reason, "cause=") {
		t.Errorf("the caller saw %+v", out)
	}
	rec := records.one(t)
	if rec.Cause != cdr.NodeStopped || rec.Charge != 100_000 { // one started minute at ¥0.10
		t.Errorf("CDR %+v", rec)
	}
	stop() // twice is safe

	store, err := app.ReadStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if kept, ok, err := store.Money.CDR(t.Context(), rec.Call); err != nil || !ok || kept.Charge != rec.Charge {
		t.Errorf("kept %+v, %v, %v", kept, ok, err)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestAddressInUseLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := settings(t)
	cfg.Admin.Listen = taken.Addr().String()
	if _, err := app.Start(t.Context(), cfg, quiet); fault.CodeOf(err) != fault.AddressInUse {
		t.Fatalf("started on an address in use: %v", err)
	}
	// The data directory is free again.
	cfg.Admin.Listen = ""
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Start(t.Context(), cfg, quiet); fault.CodeOf(err) != fault.StoreLocked {
		t.Errorf("two nodes share a data directory: %v", err)
	}
	if err := node.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDryRunMakesNothing(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	text := []byte(fmt.Sprintf(siteText, "127.0.0.1", "127.0.0.1:5080"))
	changes, err := app.Apply(t.Context(), cfg, "site.yaml", text, true, quiet)
	if err != nil || !site.Changed(changes) {
		t.Fatalf("dry run: %v %v", changes, err)
	}
	if _, err := app.ReadStore(t.Context(), cfg); fault.CodeOf(err) != fault.StoreMissing {
		t.Errorf("a dry run made a store: %v", err)
	}
}
