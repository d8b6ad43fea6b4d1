package portable_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/store/portable"
)

var _ identity.Store = (*portable.Store)(nil)

const peopleSite = `
customers:
  - {code: tea, name: 杭州示例茶业有限公司}
  - {code: rice, name: 宁波示例米业有限公司}
`

func newPeople(t *testing.T, w *world) *identity.Service {
	t.Helper()
	w.apply(t, peopleSite)
	return identity.New(w.store, nil, counter(), func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}, slog.New(slog.DiscardHandler))
}

const goodPassword = "four unrelated words"

// comesIn takes an invitation up, and returns who acts then.
func comesIn(t *testing.T, people *identity.Service, in identity.Invited, staff bool) identity.Actor {
	t.Helper()
	p, err := people.Accept(t.Context(), in.Key, goodPassword, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	a, err := people.Actor(t.Context(), identity.Session{Person: p.ID, Epoch: p.Epoch}, staff)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A link lets in once; then the password does, and a new one ends the sessions of
// the old.
func TestInvitation(t *testing.T) { on(t, testInvitation) }

func testInvitation(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	admin, err := people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: "李 管理", Login: "Li@Example.com", Role: identity.Admin}, "terminal")
	if err != nil || admin.Person.Login != "li@example.com" {
		t.Fatalf("%+v, %v", admin, err)
	}
	if _, err := people.Accept(ctx, admin.Key, "short", ""); fault.CodeOf(err) != fault.PasswordWeak {
		t.Errorf("a weak password: %v", err)
	}
	li := comesIn(t, people, admin, true)
	if _, err := people.Accept(ctx, admin.Key, goodPassword, ""); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("the link was used twice: %v", err)
	}
	for _, try := range []struct {
		login, password string
		want            fault.Code
	}{
		{"li@example.com", goodPassword, ""}, {" LI@example.com ", goodPassword, ""},
		{"li@example.com", goodPassword + "x", fault.SignInWrong}, {"nobody@example.com", goodPassword, fault.SignInWrong}, {"", "", fault.SignInWrong},
	} {
		if _, err := people.SignIn(ctx, try.login, try.password, "192.0.2.2"); fault.CodeOf(err) != try.want {
			t.Errorf("%q: %v, want %q", try.login, err, try.want)
		}
	}
	session := identity.Session{Person: li.Person.ID, Epoch: li.Person.Epoch}
	if _, err := people.ChangePassword(ctx, li.Person.ID, goodPassword, "five even less related words", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Actor(ctx, session, true); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session of the old password: %v", err)
	}
	late, err := people.InviteStaff(ctx, li, identity.Invitation{Name: "周", Login: "13800138000", Role: identity.Reviewer}, "")
	if err != nil {
		t.Fatal(err)
	}
	w.set(june.Add(8 * 24 * time.Hour))
	if _, err := people.Welcome(ctx, late.Key); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("after eight days: %v", err)
	}
	if again, err := people.NewLink(ctx, li, "13800138000", ""); err != nil || again.Key == late.Key {
		t.Errorf("a new link: %v", err)
	} else if zhou := comesIn(t, people, again, true); zhou.Role != identity.Reviewer || zhou.Allow(identity.ManageStaff) == nil {
		t.Errorf("%+v", zhou)
	}
	if _, err := people.Dismiss(ctx, li, "13800138000", ""); err != nil {
		t.Fatal(err)
	}
	traces, err := people.Traces(ctx, li, identity.TraceFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, x := range traces {
		actions = append(actions, x.Action)
	}
	if got := strings.Join(actions, " "); got != "staff_dismissed password_set link_made staff_invited password_set signed_in signed_in signed_in password_set staff_invited" {
		t.Errorf("traces: %s", got)
	}
}

// Guesses are counted in the store: neither another process nor a restart gives
// new ones.
func TestGuesses(t *testing.T) { on(t, testGuesses) }

func testGuesses(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	in, err := people.InviteMember(ctx, identity.Actor{}, "tea", identity.Invitation{Name: "王", Login: "wang@example.com", Role: identity.Owner}, "")
	if err != nil {
		t.Fatal(err)
	}
	comesIn(t, people, in, false)
	for i := range 8 {
		if _, err := people.SignIn(ctx, "wang@example.com", "guess", "192.0.2.9"); fault.CodeOf(err) != fault.SignInWrong {
			t.Fatalf("guess %d: %v", i+1, err)
		}
	}
	other := identity.New(portableOf(w), nil, counter(), func() time.Time { return w.now }, nil)
	for _, p := range []*identity.Service{people, other} {
		if _, err := p.SignIn(ctx, "wang@example.com", goodPassword, "198.51.100.1"); fault.CodeOf(err) != fault.SignInLocked {
			t.Errorf("after eight guesses: %v", err)
		}
	}
	w.set(june.Add(16 * time.Minute))
	if _, err := people.SignIn(ctx, "wang@example.com", goodPassword, "198.51.100.1"); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
	for range 60 { // as guesses of 60 logins do
		if _, err := w.store.Strike(ctx, []string{"address/203.0.113.5"}, w.now, 15*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := people.SignIn(ctx, "wang@example.com", goodPassword, "203.0.113.5"); fault.CodeOf(err) != fault.SignInLocked {
		t.Errorf("from an address that guessed 60 logins: %v", err)
	}
}

func portableOf(w *world) *portable.Store { return w.over(w.db.Read(), w.db.Write) }

// One customer's owner has no say in another's, and gets nobody else's link.
func TestMembersOfTwoCustomers(t *testing.T) { on(t, testMembersOfTwoCustomers) }

func testMembersOfTwoCustomers(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	owner := func(customer, login string) identity.Actor {
		in, err := people.InviteMember(ctx, identity.Actor{}, customer, identity.Invitation{Name: customer, Login: login, Role: identity.Owner}, "")
		if err != nil {
			t.Fatal(err)
		}
		return comesIn(t, people, in, false)
	}
	tea, rice := owner("tea", "tea@example.com"), owner("rice", "rice@example.com")
	if _, err := people.InviteMember(ctx, tea, "rice", identity.Invitation{Name: "x", Login: "x@example.com", Role: identity.Owner}, ""); fault.CodeOf(err) != fault.NotAllowed {
		t.Errorf("into another customer: %v", err)
	}
	if _, err := people.InviteMember(ctx, tea, "tea", identity.Invitation{Name: "x", Login: "x@example.com", Role: identity.Admin}, ""); fault.CodeOf(err) != fault.ValueNotAllowed {
		t.Errorf("a role of staff: %v", err)
	}
	// Somebody who is invited elsewhere, and has no password yet.
	pending, err := people.InviteMember(ctx, rice, "rice", identity.Invitation{Name: "陈", Login: "chen@example.com", Role: identity.Finance}, "")
	if err != nil || pending.Key == "" {
		t.Fatal(err)
	}
	taken, err := people.InviteMember(ctx, tea, "tea", identity.Invitation{Name: "陈", Login: "chen@example.com", Role: identity.Viewer}, "")
	if err != nil || taken.Key != "" {
		t.Errorf("a link for somebody else's member: %q, %v", taken.Key, err)
	}
	chen, err := people.Accept(ctx, pending.Key, goodPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	for customer, role := range map[string]identity.Role{"tea": identity.Viewer, "rice": identity.Finance} {
		a, err := people.Actor(ctx, identity.Session{Person: chen.ID, Epoch: chen.Epoch, Customer: customer}, false)
		if err != nil || a.Role != role || a.Customer.Code != customer {
			t.Errorf("%s: %+v, %v", customer, a, err)
		}
	}
	if err := people.Remove(ctx, tea, rice.Person.ID, ""); fault.CodeOf(err) != fault.PersonNotFound {
		t.Errorf("another customer's owner was removed: %v", err)
	}
	if err := people.Remove(ctx, tea, tea.Person.ID, ""); fault.CodeOf(err) != fault.LastOwner {
		t.Errorf("the last owner was removed: %v", err)
	}
	if err := people.Remove(ctx, tea, chen.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: chen.ID, Epoch: chen.Epoch, Customer: "tea"}, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session of who was removed: %v", err)
	}
	if _, ok, err := people.Found(ctx, catalog.Customer{ID: tea.Customer.ID, Shard: tea.Customer.Shard, Code: "tea"}, "x", "y@example.com", ""); ok || err != nil {
		t.Errorf("a customer with members was founded anew: %v", err)
	}
	for _, x := range mustTraces(t, people, tea) {
		if x.Customer != tea.Customer.ID {
			t.Errorf("a trace of another customer: %+v", x)
		}
	}
}

func mustTraces(t *testing.T, people *identity.Service, a identity.Actor) []identity.Trace {
	t.Helper()
	list, err := people.Traces(t.Context(), a, identity.TraceFilter{})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

// A session is found by its token alone, which the store does not have.
func TestSessions(t *testing.T) { on(t, testSessions) }

func testSessions(t *testing.T, w *world) {
	sessions := w.store.Sessions()
	if err := sessions.Commit("token", []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := sessions.Commit("over", []byte("data"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]bool{"token": true, "over": false, "tokem": false} {
		if data, ok, err := sessions.Find(token); err != nil || ok != want || ok && string(data) != "data" {
			t.Errorf("%s: %q %v, %v", token, data, ok, err)
		}
	}
	rows, err := w.db.Read().QueryContext(t.Context(), "SELECT token FROM web_session")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kept string
		if err := rows.Scan(&kept); err != nil || strings.Contains(kept, "token") || len(kept) != 64 {
			t.Errorf("the store has %q, %v", kept, err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	if err := sessions.Delete("token"); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := sessions.Find("token"); ok {
		t.Error("a session that was ended is there")
	}
}
