package portable_test

import (
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/limit"
	"sibai/internal/store/portable"
)

var _ limit.Store = (*portable.Store)(nil)

// One address may do so much in a while, others as much; counts of long ago are gone.
func TestLimit(t *testing.T) { on(t, testLimit) }

func testLimit(t *testing.T, w *world) {
	ctx := t.Context()
	s := limit.New(w.store, func() time.Time { return w.now })
	rule := limit.Rule{Name: "verify", Most: 3, Within: 10 * time.Minute}
	try := func(address string, want fault.Code) {
		t.Helper()
		if err := s.Allow(ctx, rule, address); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	for range 3 {
		try("203.0.113.9", "")
	}
	try("203.0.113.9", fault.TooMany)
	try("203.0.113.10", "")
	other := rule
	other.Name = "order"
	if err := s.Allow(ctx, other, "203.0.113.9"); err != nil {
		t.Error(err)
	}
	w.later(10 * time.Minute)
	try("203.0.113.9", "") // who goes on slowly is not locked out for ever
	w.later(49 * time.Hour)
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	tries, err := w.store.Tries(ctx, []string{"verify/203.0.113.9"}, w.now, time.Hour)
	if err != nil || tries[0] != 0 {
		t.Errorf("%v, %v", tries, err)
	}
}
