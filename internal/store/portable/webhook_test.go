package portable_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/store/portable"
	"sibai/internal/webhook"
)

var _ webhook.Store = (*portable.Store)(nil)

// receiver is a customer's program that answers as it is told, and checks
// signatures by the standard's own library.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	secret string
	got    map[string]int // by webhook-id
	bodies []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: 204, got: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if hook, err := webhooks.NewWebhook(r.secret); err != nil {
			t.Error(err)
		} else if err := hook.VerifyIgnoringTimestamp(body, q.Header); err != nil {
			t.Error(err) // the world's clock stands in June
		}
		r.got[q.Header.Get("webhook-id")]++
		r.bodies = append(r.bodies, string(body))
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, "said")
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(status int, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
	if secret != "" {
		r.secret = secret
	}
}

// without calls: those are the store of money's.
type noCalls struct{ *portable.Store }

func (f noCalls) Events(ctx context.Context, c catalog.Customer, types []webhook.Type, since, _ time.Time) ([]webhook.Event, error) {
	return f.Store.Events(ctx, c, types, since)
}

func newHooks(t *testing.T, w *world) (*webhook.Service, *post) {
	t.Helper()
	p := newPost(t, w)
	return webhook.New(w.store, noCalls{w.store}, true, counter(), func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}, slog.New(slog.DiscardHandler)), p
}

// What was noted of a customer is told once, signed, also with the secret of before
// after a rotation; nothing from before the endpoint, and nothing of others.
func TestWebhook(t *testing.T) { on(t, testWebhook) }

func testWebhook(t *testing.T, w *world) {
	hooks, p := newHooks(t, w)
	ctx := t.Context()
	const code = "hangzhou-tea"
	c, _, err := w.store.Find(ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	p.note(code) // before
	w.later(time.Hour)
	r := newReceiver(t)
	e, err := hooks.Add(ctx, c, r.URL, []webhook.Type{webhook.Noticed, webhook.OrderMoved})
	if err != nil {
		t.Fatal(err)
	}
	r.set(204, e.Secret)
	w.later(time.Minute)
	p.note(code)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := hooks.Turn(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(r.got) != 1 {
		t.Fatalf("%v", r.got)
	}
	for id, n := range r.got {
		if n != 1 {
			t.Errorf("%s was told %d times", id, n)
		}
	}
	var body struct {
		Type string
		Data map[string]string
	}
	if err := json.Unmarshal([]byte(r.bodies[0]), &body); err != nil || body.Type != "notice.created" || body.Data["kind"] != string(billing.LowBalance) || body.Data["text_zh"] == "" {
		t.Errorf("%s, %v", r.bodies[0], err)
	}
	if _, err := hooks.Rotate(ctx, c, e.ID); err != nil {
		t.Fatal(err)
	}
	if err := hooks.Ping(ctx, c, e.ID); err != nil {
		t.Fatal(err)
	}
	if taken, err := hooks.Turn(ctx); err != nil || taken != 1 { // checked with the former secret
		t.Errorf("%d, %v", taken, err)
	}
	_, tried, err := hooks.Endpoint(ctx, c, e.ID)
	if err != nil || len(tried) != 2 || tried[0].State != webhook.Done || tried[0].Status != 204 {
		t.Errorf("%+v, %v", tried, err)
	}
	for _, d := range tried {
		if d.Type == webhook.Noticed {
			if err := hooks.Replay(ctx, c, e.ID, d.Event); err != nil {
				t.Fatal(err)
			}
			if taken, err := hooks.Turn(ctx); err != nil || taken != 1 || r.got[d.Event] != 2 {
				t.Errorf("replayed: %d, %v, %v", taken, err, r.got)
			}
		}
	}
	other := catalog.Customer{ID: c.ID + 1, Shard: c.Shard, Code: "other"}
	if _, _, err := hooks.Endpoint(ctx, other, e.ID); fault.CodeOf(err) != fault.WebhookNotFound {
		t.Errorf("another customer's: %v", err)
	}
	if err := hooks.Remove(ctx, other, e.ID); fault.CodeOf(err) != fault.WebhookNotFound {
		t.Errorf("another customer's removed: %v", err)
	}
	if err := hooks.Remove(ctx, c, e.ID); err != nil {
		t.Fatal(err)
	}
}

// What is not taken is tried later and later; an endpoint that takes nothing for
// five days is switched off, and told what it missed once it is on again.
func TestWebhookFails(t *testing.T) { on(t, testWebhookFails) }

func testWebhookFails(t *testing.T, w *world) {
	hooks, p := newHooks(t, w)
	ctx := t.Context()
	const code = "hangzhou-tea"
	c, _, err := w.store.Find(ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t)
	e, err := hooks.Add(ctx, c, r.URL, []webhook.Type{webhook.Noticed})
	if err != nil {
		t.Fatal(err)
	}
	r.set(503, e.Secret)
	w.later(time.Minute)
	p.note(code)
	tries := func() (n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, times := range r.got {
			n += times
		}
		return n
	}
	turn := func(after time.Duration, want int) {
		t.Helper()
		w.later(after)
		if _, err := hooks.Turn(ctx); err != nil {
			t.Fatal(err)
		}
		if got := tries(); got != want {
			t.Errorf("%d tries, want %d", got, want)
		}
	}
	turn(0, 1)
	turn(4*time.Second, 1) // a wait is shorter by up to a tenth
	turn(time.Second, 2)
	turn(26*time.Second, 2)
	turn(4*time.Second, 3)
	_, tried, err := hooks.Endpoint(ctx, c, e.ID)
	if err != nil || len(tried) != 1 || tried[0].Status != 503 || tried[0].Answer != "said" || tried[0].State != webhook.Queued {
		t.Errorf("%+v, %v", tried, err)
	}
	turn(5*24*time.Hour, 4) // switched off by this one
	list, err := hooks.Endpoints(ctx, c)
	if err != nil || list[0].OffAt.IsZero() {
		t.Fatalf("%+v, %v", list, err)
	}
	p.note(code)
	turn(24*time.Hour, 4)
	notices, err := w.store.Notices(ctx, billing.NoticeFilter{Customer: code, Kind: billing.WebhookOff})
	if err != nil || len(notices) != 1 || !strings.Contains(r.URL, notices[0].Item.Host) || notices[0].Item.Host == "" {
		t.Errorf("its owner is told: %+v, %v", notices, err)
	}
	r.set(204, "")
	if err := hooks.SwitchOn(ctx, c, e.ID); err != nil {
		t.Fatal(err)
	}
	turn(0, 7) // the first again, what was missed, and that it was off
	for _, d := range []struct {
		after time.Duration
		left  int
	}{{29 * 24 * time.Hour, 2}, {3 * 24 * time.Hour, 0}} { // of thirty days
		turn(d.after, 7)
		if _, tried, err = hooks.Endpoint(ctx, c, e.ID); err != nil || len(tried) != d.left {
			t.Errorf("%d are kept after %s, want %d: %v", len(tried), d.after, d.left, err)
		}
	}
}

// Nobody has a node ask its own network.
func TestWebhookAddresses(t *testing.T) { on(t, testWebhookAddresses) }

func testWebhookAddresses(t *testing.T, w *world) {
	newHooks(t, w)
	ctx := t.Context()
	c, _, err := w.store.Find(ctx, "hangzhou-tea")
	if err != nil {
		t.Fatal(err)
	}
	hooks := webhook.New(w.store, noCalls{w.store}, false, counter(), func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	types := []webhook.Type{webhook.Noticed}
	for _, address := range []string{"", "http://crm.example.com/x", "https://user:pass@crm.example.com/", "ftp://crm.example.com/", "https:///x", "https://a.example/#x"} {
		if _, err := hooks.Add(ctx, c, address, types); fault.CodeOf(err) != fault.InputInvalid {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := hooks.Add(ctx, c, "https://crm.example.com/", []webhook.Type{"all"}); fault.CodeOf(err) != fault.InputInvalid {
		t.Error(err)
	}
	for _, address := range []string{"https://127.0.0.1:9/", "https://localhost:9/", "https://[::1]:9/", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://100.64.0.1/"} {
		e, err := hooks.Add(ctx, c, address, types)
		if err != nil {
			t.Fatal(err)
		}
		if err := hooks.Ping(ctx, c, e.ID); err != nil {
			t.Fatal(err)
		}
		if taken, err := hooks.Turn(ctx); err != nil || taken != 0 {
			t.Errorf("%d, %v", taken, err)
		}
		_, tried, err := hooks.Endpoint(ctx, c, e.ID)
		if err != nil || len(tried) != 1 || tried[0].Attempts != 1 || tried[0].Status != 0 {
			t.Errorf("%s: %+v, %v", address, tried, err)
		} else if want := "is not on the internet"; !strings.Contains(tried[0].Answer, want) {
			t.Errorf("%s: %q", address, tried[0].Answer)
		}
	}
}
