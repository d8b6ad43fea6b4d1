package apikey_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/fault"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type shelf struct {
	keys  []apikey.Key
	err   error
	reads int
	used  map[apikey.ID]time.Time
}

func (s *shelf) APIKeys(context.Context) ([]apikey.Key, error) { s.reads++; return s.keys, s.err }
func (s *shelf) AddAPIKey(_ context.Context, k apikey.Key) error {
	s.keys = append(s.keys, k)
	return nil
}
func (s *shelf) RevokeAPIKey(_ context.Context, key apikey.ID, at time.Time) (apikey.Key, error) {
	s.keys[0].RevokedAt = at
	return s.keys[0], nil
}
func (s *shelf) UsedAPIKeys(_ context.Context, used map[apikey.ID]time.Time) error {
	s.used = used
	return s.err
}

func made(t *testing.T, id apikey.ID) (apikey.Key, string) {
	t.Helper()
	k, secret, err := apikey.Make(id, apikey.Wish{Client: "pbx-1", Scopes: apikey.Operator.Scopes()}, at)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func TestRingKnowsTheKeysThatCount(t *testing.T) {
	t.Parallel()
	k, secret := made(t, 5)
	_, other := made(t, 5) // the same id with another secret
	store := &shelf{keys: []apikey.Key{k}}
	revision := int64(1)
	ring := apikey.NewRing(store, func() int64 { return revision }, slog.New(slog.DiscardHandler))
	if err := ring.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func(secret string, want fault.Code) {
		t.Helper()
		got, err := ring.Check(t.Context(), secret)
		if fault.CodeOf(err) != want || (err == nil && got.Client != "pbx-1") {
			t.Errorf("Check(%.20q) = %+v, %v; want %q", secret, got.ID, err, want)
		}
	}
	check(secret, "")
	check("", fault.KeyMissing)
	for _, wrong := range []string{other, secret[:len(secret)-1], secret + "x", strings.ToUpper(secret), "sibai_", "sibai_0000000000005_", "x"} {
		check(wrong, fault.KeyWrong)
	}
	if store.reads != 1 {
		t.Errorf("%d readings though nothing changed", store.reads)
	}
	store.err = errors.New("away")
	revision++
	check(secret, "") // what is known goes on counting
	store.err = nil
	store.keys[0].RevokedAt = at
	revision++
	deadline := time.Now().Add(10 * time.Second)
	for { // after a failure it is read again within a second
		if _, err := ring.Check(t.Context(), secret); fault.CodeOf(err) == fault.KeyWrong {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a revoked key still counts")
		}
		time.Sleep(10 * time.Millisecond)
	}
	ring.Stop(t.Context())
	if len(store.used) != 1 || store.used[5].IsZero() {
		t.Errorf("the use was noted as %v", store.used)
	}
	ring.Stop(t.Context())
}

func TestMakeRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	read := []apikey.Scope{apikey.Read}
	for _, c := range []struct {
		client, customer, name string
		scopes                 []apikey.Scope
	}{
		{"", "", "", read}, {"PBX", "", "", read}, {"a b", "", "", read}, {strings.Repeat("a", 65), "", "", read},
		{"a", "", strings.Repeat("n", 129), read}, {"a", "", "", nil}, {"a", "", "", []apikey.Scope{"admin"}},
		{"a", "", "", []apikey.Scope{apikey.OrdersWrite}}, {"", "tea", "", read}, {"a", "tea", "", []apikey.Scope{apikey.OrdersWrite}},
	} {
		wish := apikey.Wish{Client: c.client, Customer: c.customer, Name: c.name, Scopes: c.scopes}
		if _, secret, err := apikey.Make(1, wish, at); fault.CodeOf(err) != fault.InputInvalid || secret != "" {
			t.Errorf("Make(%.80v) = %v", wish, err)
		}
	}
	a, one := made(t, 1)
	b, two := made(t, 2)
	if one == two || a.Hash == b.Hash || strings.Contains(one, a.Client) || len(one) != len("sibai_")+13+1+43 {
		t.Errorf("secrets %q, %q", one, two)
	}
	if id, err := apikey.ParseID(a.ID.String()); err != nil || id != 1 {
		t.Errorf("ParseID = %v, %v", id, err)
	}
	if _, err := apikey.ParseID("num_0000000000001"); fault.CodeOf(err) != fault.KeyNotFound {
		t.Errorf("ParseID = %v", err)
	}
}
