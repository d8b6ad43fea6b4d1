package portable_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/store/portable"
)

var _ apikey.Store = (*portable.Store)(nil)

func TestAPIKeys(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		revision := func() int64 {
			v, err := w.store.Revision(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		one, _, err := apikey.Make(1, apikey.Wish{Client: "pbx-1", Name: "总机", Scopes: []apikey.Scope{apikey.Charge, apikey.Read}}, june)
		if err != nil {
			t.Fatal(err)
		}
		two, _, err := apikey.Make(2, apikey.Wish{Customer: "hangzhou-tea", Scopes: []apikey.Scope{apikey.OrdersRead}}, june)
		if err != nil {
			t.Fatal(err)
		}
		before := revision()
		for _, k := range []apikey.Key{two, one} {
			if err := w.store.AddAPIKey(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		if revision() != before+2 {
			t.Error("the nodes are not told of new keys")
		}
		later := june.Add(time.Hour)
		revoked, err := w.store.RevokeAPIKey(t.Context(), 2, later)
		if err != nil || !revoked.RevokedAt.Equal(later) || revision() != before+3 {
			t.Errorf("revoked: %+v, %v", revoked, err)
		}
		if again, err := w.store.RevokeAPIKey(t.Context(), 2, later.Add(time.Hour)); err != nil || !again.RevokedAt.Equal(later) {
			t.Errorf("revoked again: %+v, %v", again, err)
		}
		if _, err := w.store.RevokeAPIKey(t.Context(), 3, later); fault.CodeOf(err) != fault.KeyNotFound {
			t.Errorf("a key that never was: %v", err)
		}
		before = revision()
		for _, used := range []time.Time{later, june} { // never back
			if err := w.store.UsedAPIKeys(t.Context(), map[apikey.ID]time.Time{1: used, 9: used}); err != nil {
				t.Fatal(err)
			}
		}
		if revision() != before {
			t.Error("a use makes every node read everything")
		}
		one.LastUsedAt, two.RevokedAt = later, later
		got, err := w.store.APIKeys(t.Context())
		if err != nil || cmp.Diff([]apikey.Key{one, two}, got) != "" {
			t.Errorf("%v\n%s", err, cmp.Diff([]apikey.Key{one, two}, got))
		}
	})
}
