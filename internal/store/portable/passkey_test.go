package portable_test

import (
	"testing"
	"time"

	"sibai/internal/identity"
	"sibai/internal/passkey"
	"sibai/internal/store/portable"
)

var _ passkey.Store = (*portable.Store)(nil)

// A passkey is one person's, on one side: nobody else lists or removes it, and it is
// added once.
func TestPasskeys(t *testing.T) { on(t, testPasskeys) }

func testPasskeys(t *testing.T, w *world) {
	ctx := t.Context()
	key := func(id string, person identity.ID, side passkey.Side) passkey.Key {
		return passkey.Key{ID: id, Person: person, Side: side, Name: "iPhone", Data: []byte("{}"), AddedAt: june}
	}
	add := func(k passkey.Key, most int, want bool) {
		t.Helper()
		if added, err := w.store.AddPasskey(ctx, k, most); err != nil || added != want {
			t.Errorf("%s: %v, %v", k.ID, added, err)
		}
	}
	add(key("a", 1, passkey.Console), 2, true)
	add(key("a", 1, passkey.Console), 2, false)
	add(key("a", 2, passkey.Office), 2, false) // another's
	add(key("b", 1, passkey.Console), 2, true)
	add(key("c", 1, passkey.Console), 2, false) // so many
	add(key("d", 1, passkey.Office), 2, true)
	used := key("b", 1, passkey.Console)
	used.Data, used.UsedAt = []byte(`{"n":1}`), june.Add(time.Hour)
	if err := w.store.UsePasskey(ctx, used); err != nil {
		t.Fatal(err)
	}
	list, err := w.store.Passkeys(ctx, 1, passkey.Console)
	if err != nil || len(list) != 2 || list[0].ID+list[1].ID != "ab" && list[0].ID+list[1].ID != "ba" {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, k := range list {
		if k.ID == "b" && (string(k.Data) != `{"n":1}` || !k.UsedAt.Equal(used.UsedAt)) {
			t.Errorf("%+v", k)
		}
	}
	for _, c := range []struct {
		person identity.ID
		side   passkey.Side
		want   bool
	}{{2, passkey.Console, false}, {1, passkey.Office, false}, {1, passkey.Console, true}, {1, passkey.Console, false}} {
		if ok, err := w.store.RemovePasskey(ctx, c.person, c.side, "a"); err != nil || ok != c.want {
			t.Errorf("%+v: %v, %v", c, ok, err)
		}
	}
}
