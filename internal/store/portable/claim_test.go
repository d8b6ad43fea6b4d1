package portable_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/charging"
	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/store/portable"
	"sibai/internal/store/storetest"
	"sibai/internal/tasks"
	"sibai/internal/vault"
)

var _ claim.Store = (*portable.Store)(nil)

// drawer keeps slips as they are.
type drawer struct{ kept map[string][]byte }

func (d drawer) Accept(_ context.Context, name string, data []byte) (vault.Clean, error) {
	if string(data) == "<html>" {
		return vault.Clean{}, fault.New(fault.FileType, "name", name, "got", "text/html")
	}
	return vault.Clean{Type: vault.PDF, Data: data}, nil
}

func (d drawer) Put(_ context.Context, name string, data []byte) (string, error) {
	d.kept[name] = data
	return "header", nil
}

func (d drawer) Delete(_ context.Context, name string) error {
	delete(d.kept, name)
	return nil
}

func (d drawer) Get(_ context.Context, name, _ string) ([]byte, error) { return d.kept[name], nil }

// claims is the service over a world, with a bank that can be away.
type claims struct {
	*claim.Service
	w      *world
	drawer drawer
	away   atomic.Bool
	booked atomic.Int64
}

func (c *claims) TopUp(ctx context.Context, customer string, t charging.TopUp) (charging.Credit, error) {
	if c.away.Load() {
		return charging.Credit{}, errors.New("the store is away")
	}
	return billing.New(c.w.store, c.w.charging, counter(), c.clock, slog.New(slog.DiscardHandler)).TopUp(ctx, customer, t)
}

func (c *claims) clock() time.Time {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return c.w.now
}

func newClaims(t *testing.T, w *world) *claims {
	t.Helper()
	w.set(june)
	w.apply(t, peopleSite)
	c := &claims{w: w, drawer: drawer{map[string][]byte{}}}
	c.Service = claim.New(claim.Parts{
		Store: w.store, Bank: c, Slips: c.drawer, FourEyes: 10_000 * money.Yuan, NewID: counter(), Now: c.clock,
		Log: slog.New(slog.DiscardHandler), Booked: func(context.Context, claim.Claim) { c.booked.Add(1) },
	})
	return c
}

func (c *claims) file(t *testing.T, amount string) claim.Claim {
	t.Helper()
	filed, err := c.File(t.Context(), claim.Statement{Customer: "tea", Payer: "杭州示例茶业有限公司", Amount: amount, Day: calendar.Day(c.clock()), Slip: []byte("%PDF"), SlipName: "slip.pdf"})
	if err != nil {
		t.Fatal(err)
	}
	return filed
}

func (c *claims) cash(t *testing.T) money.Amount {
	t.Helper()
	customer, _, err := c.w.store.Find(t.Context(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	view, err := c.w.charging.Balances(t.Context(), customer.Shard, charging.AccountID(customer.Account))
	if err != nil {
		t.Fatal(err)
	}
	var sum money.Amount
	for _, b := range view.Buckets {
		if b.Kind == charging.Cash {
			sum += b.Balance
		}
	}
	storetest.Audited(t, c.w.db)
	return sum
}

// What really came is booked once, however many approve it at once, and though the
// process dies between the approval and the booking.
func TestClaim(t *testing.T) { on(t, testClaim) }

func testClaim(t *testing.T, w *world) {
	c, ctx := newClaims(t, w), t.Context()
	before := c.cash(t)
	filed := c.file(t, "1,000.00")
	if kind, slip, err := c.Slip(ctx, filed.ID); err != nil || kind != vault.PDF || string(slip) != "%PDF" {
		t.Errorf("the slip: %s %q %v", kind, slip, err)
	}
	w.waits(t, tasks.Claims, 1)
	c.away.Store(true)
	found := claim.Finding{Received: 998*money.Yuan + 50*money.Fen, Reference: " 2026-0087 ", Who: "he"}
	if _, err := c.Approve(ctx, filed.ID, found); err == nil {
		t.Fatal("booked by a bank that is away")
	}
	if now, err := c.Read(ctx, filed.ID); err != nil || now.State != claim.Approved || now.Booked() {
		t.Fatalf("%+v, %v", now, err)
	}
	c.away.Store(false)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := c.Approve(ctx, filed.ID, found); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := c.Turn(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := c.cash(t) - before; got != found.Received || c.booked.Load() != 1 {
		t.Errorf("%s came, told %d times", got, c.booked.Load())
	}
	now, err := c.Read(ctx, filed.ID)
	if err != nil || !now.Booked() || now.Reference != "2026-0087" || now.DecidedBy != "he" {
		t.Errorf("%+v, %v", now, err)
	}
	// The same line for another claim, other figures for this one, and a rejection of
	// what is approved.
	second := c.file(t, "998.50")
	if _, err := c.Approve(ctx, second.ID, found); fault.CodeOf(err) != fault.ClaimReference {
		t.Errorf("a line twice: %v", err)
	}
	other := found
	other.Received = money.Yuan
	if _, err := c.Approve(ctx, filed.ID, other); fault.CodeOf(err) != fault.ClaimState {
		t.Errorf("other figures: %v", err)
	}
	if _, err := c.Reject(ctx, filed.ID, claim.NotFound, "", "he"); fault.CodeOf(err) != fault.ClaimState {
		t.Errorf("rejected after it was approved: %v", err)
	}
	if _, err := c.Reject(ctx, second.ID, claim.Duplicate, "同一笔", "he"); err != nil {
		t.Error(err)
	}
	if got := c.cash(t) - before; got != found.Received {
		t.Errorf("%s after all", got)
	}
	w.waits(t, tasks.Claims, 0)
	list, err := c.List(ctx, claim.Filter{Customer: "tea", State: claim.Rejected})
	if err != nil || len(list) != 1 || list[0].ID != second.ID || list[0].Note != "同一笔" {
		t.Errorf("%+v, %v", list, err)
	}
}

// Large sums need two people who found the same.
func TestClaimFourEyes(t *testing.T) { on(t, testClaimFourEyes) }

func testClaimFourEyes(t *testing.T, w *world) {
	c, ctx := newClaims(t, w), t.Context()
	before := c.cash(t)
	filed := c.file(t, "20000")
	found := claim.Finding{Received: 20_000 * money.Yuan, Reference: "L-1", Who: "he"}
	if got, err := c.Approve(ctx, filed.ID, found); err != nil || got.State != claim.Filed || got.ProposedBy != "he" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := c.Approve(ctx, filed.ID, found); fault.CodeOf(err) != fault.FourEyes {
		t.Errorf("the same person: %v", err)
	}
	less := found
	less.Who, less.Received = "lin", 12_000*money.Yuan
	if got, err := c.Approve(ctx, filed.ID, less); err != nil || got.State != claim.Filed || got.ProposedBy != "lin" {
		t.Errorf("another figure is a new proposal: %+v, %v", got, err)
	}
	if c.cash(t) != before {
		t.Error("booked before two agreed")
	}
	less.Who = "he"
	if got, err := c.Approve(ctx, filed.ID, less); err != nil || !got.Booked() || c.cash(t)-before != less.Received {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestClaimRefused(t *testing.T) { on(t, testClaimRefused) }

func testClaimRefused(t *testing.T, w *world) {
	c, ctx := newClaims(t, w), t.Context()
	today := calendar.Day(c.clock())
	for name, s := range map[string]struct {
		in   claim.Statement
		want fault.Code
	}{
		"all fields":  {claim.Statement{Customer: "tea", Amount: "x", Day: "y"}, fault.InputInvalid},
		"parts":       {claim.Statement{Customer: "tea", Payer: "p", Amount: "1.001", Day: today}, fault.InputInvalid},
		"ahead":       {claim.Statement{Customer: "tea", Payer: "p", Amount: "1", Day: calendar.Day(c.clock().AddDate(0, 0, 1))}, fault.InputInvalid},
		"long ago":    {claim.Statement{Customer: "tea", Payer: "p", Amount: "1", Day: "2020-01-01"}, fault.InputInvalid},
		"nobody":      {claim.Statement{Customer: "none", Payer: "p", Amount: "1", Day: today}, fault.CustomerNotFound},
		"no document": {claim.Statement{Customer: "tea", Payer: "p", Amount: "1", Day: today, Slip: []byte("<html>")}, fault.FileType},
	} {
		if _, err := c.File(ctx, s.in); fault.CodeOf(err) != s.want {
			t.Errorf("%s: %v, want %s", name, err, s.want)
		}
	}
	for range 5 {
		c.file(t, "1")
	}
	if _, err := c.File(ctx, claim.Statement{Customer: "tea", Payer: "p", Amount: "1", Day: today, Slip: []byte("%PDF")}); fault.CodeOf(err) != fault.ClaimsWaiting {
		t.Errorf("a sixth that waits: %v", err)
	}
	if len(c.drawer.kept) != 5 {
		t.Errorf("%d slips are kept of five claims", len(c.drawer.kept))
	}
	list, err := c.List(ctx, claim.Filter{})
	if err != nil || len(list) != 5 {
		t.Fatal(list, err)
	}
	for _, f := range []claim.Finding{{Received: 0, Reference: "a"}, {Received: money.Micro, Reference: "a"}, {Received: money.Yuan}} {
		if _, err := c.Approve(ctx, list[0].ID, f); err == nil {
			t.Errorf("%+v was approved", f)
		}
	}
	if _, err := c.Reject(ctx, list[0].ID, "because", "", "he"); fault.CodeOf(err) != fault.ValueNotAllowed {
		t.Error(err)
	}
}
