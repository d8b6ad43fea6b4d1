package portable_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/webhook"
)

// An endpoint that does not answer holds nobody else's events, however many wait for
// it, and is not asked again and again in one turn.
func TestWebhookSlow(t *testing.T) { on(t, testWebhookSlow) }

func testWebhookSlow(t *testing.T, w *world) {
	hooks, _ := newHooks(t, w)
	ctx := t.Context()
	c, _, err := w.store.Find(ctx, "hangzhou-tea")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	release, told := make(chan struct{}), make(chan struct{}, 1)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer slow.Close()
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told <- struct{}{} }))
	defer quick.Close()
	types := []webhook.Type{webhook.Noticed}
	a, err := hooks.Add(ctx, c, slow.URL, types)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hooks.Add(ctx, c, quick.URL, types)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 { // more than a node asks at once
		if err := hooks.Ping(ctx, c, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.later(time.Second)
	if err := hooks.Ping(ctx, c, b.ID); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() {
		_, err := hooks.Turn(ctx)
		over <- err
	}()
	select {
	case <-told:
	case <-time.After(8 * time.Second): // before the slow one's time is over
		t.Error("the quick one waits for the slow one")
	}
	close(release)
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n > 2 {
		t.Errorf("the slow one was asked %d times in one turn", n)
	}
}

// unread cannot read what happened to one customer.
type unread struct {
	noCalls
	customer string
}

func (u unread) Events(ctx context.Context, c catalog.Customer, types []webhook.Type, since, calls time.Time) ([]webhook.Event, error) {
	if c.Code == u.customer {
		return nil, errors.New("a row that nobody can read")
	}
	return u.noCalls.Events(ctx, c, types, since, calls)
}

// What cannot be read of one customer keeps nobody else from being told, and is said.
func TestWebhookUnread(t *testing.T) { on(t, testWebhookUnread) }

func testWebhookUnread(t *testing.T, w *world) {
	newHooks(t, w)
	ctx := t.Context()
	c, _, err := w.store.Find(ctx, "hangzhou-tea")
	if err != nil {
		t.Fatal(err)
	}
	hooks := webhook.New(w.store, unread{noCalls{w.store}, "broken"}, true, counter(), func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	var told atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	defer server.Close()
	types := []webhook.Type{webhook.Noticed}
	if _, err := hooks.Add(ctx, catalog.Customer{ID: c.ID + 1, Shard: c.Shard, Code: "broken"}, server.URL, types); err != nil {
		t.Fatal(err)
	}
	e, err := hooks.Add(ctx, c, server.URL, types)
	if err != nil {
		t.Fatal(err)
	}
	if err := hooks.Ping(ctx, c, e.ID); err != nil {
		t.Fatal(err)
	}
	if taken, err := hooks.Turn(ctx); err == nil || taken != 1 || told.Load() != 1 {
		t.Errorf("%d were taken, %d told, %v", taken, told.Load(), err)
	}
}
