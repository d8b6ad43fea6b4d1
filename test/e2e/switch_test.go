package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/test/e2e"
	"sibai/test/pgtest"
)

// 500 calls of another switch are up when the node dies (kill -9). It is
// started again, and each call is settled when its people hang up: exactly what
// is due is charged, whatever was sent twice.
func TestCallsOfASwitchOutliveTheNode(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]func(*testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": func(t *testing.T) string { return onDatabase(pgtest.Database(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				t.Skip("with -short no program is started")
			}
			switchAndNode(t, store(t))
		})
	}
}

func switchAndNode(t *testing.T, store string) {
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	api, setting, err := e2e.APIListen()
	if err != nil {
		t.Fatal(err)
	}
	in, err := e2e.Install(path, t.TempDir(), setting+"\n"+store)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Apply(ctx, strings.Replace(siteOf(netip.MustParseAddrPort("127.0.0.1:9")), "amount: 100}", "amount: 1000}", 1)); err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, Installation: in, ctx: ctx}
	b.start()
	pbx, err := in.NewSwitch(ctx, api, "pbx-1") // beside the serving node
	if err != nil {
		t.Fatal(err)
	}
	const calls = 500
	// all does something for every call, 32 at once, each twice.
	all := func(what func(i int, call string) error) {
		t.Helper()
		var group sync.WaitGroup
		places := make(chan struct{}, 32)
		for i := range calls {
			places <- struct{}{}
			group.Go(func() {
				defer func() { <-places }()
				for range 2 {
					if err := what(i, fmt.Sprintf("%d@pbx/1", i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
	}
	ask := func(call, operation string, body map[string]any, granted int64) error {
		c, err := pbx.Ask(ctx, call, operation, body)
		if err == nil && (c.Granted != granted || c.Refused != "") {
			err = fmt.Errorf("%s of %s: %+v, want %d s", operation, call, c, granted)
		}
		return err
	}
	all(func(_ int, call string) error {
		return ask(call, "reserve", map[string]any{"number": dialled, "caller": caller}, 60)
	})
	all(func(i int, call string) error {
		if i%2 == 0 {
			return nil
		}
		return ask(call, "extend", map[string]any{"sequence": 1, "elapsed_seconds": 50}, 120)
	})
	b.node.Kill()
	b.start()
	var mu sync.Mutex
	charged := map[string]int64{}
	all(func(i int, call string) error {
		if i%10 == 0 {
			c, err := pbx.Ask(ctx, call, "release", map[string]any{"cause": "no_answer"})
			if err == nil && c.Charge.Micro != 0 {
				err = fmt.Errorf("%s was released for %d", call, c.Charge.Micro)
			}
			return err
		}
		talk, want := 30, int64(12*fen)
		if i%2 == 1 {
			talk, want = 61+i%50, 22*fen
		}
		c, err := pbx.Ask(ctx, call, "settle", map[string]any{"talk_seconds": talk})
		if err == nil && (c.Charge.Micro != want || c.Recovered) {
			err = fmt.Errorf("%s: %+v, want %d", call, c, want)
		}
		mu.Lock()
		defer mu.Unlock()
		charged[call] = c.Charge.Micro
		return err
	})
	sum := int64(0)
	for _, each := range charged {
		sum += each
	}
	books := b.stop()
	// 200 calls of one minute at 0.12, 250 of two at 0.22, 50 that nobody answered.
	if want := int64(200*12*fen + 250*22*fen); books["revenue/calls"] != want || sum != want {
		t.Errorf("revenue is %d, the answers sum to %d; due are %d", books["revenue/calls"], sum, want)
	}
	records, err := in.Calls(ctx)
	if err != nil || len(records) != calls {
		t.Errorf("%d records, %v", len(records), err)
	}
}
