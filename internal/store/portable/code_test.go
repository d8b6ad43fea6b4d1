package portable_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/identity"
)

// runner is a courier that remembers what it carried.
type runner struct {
	mu    sync.Mutex
	codes map[string]string // the last by login
	links map[string]identity.Invited
}

func (r *runner) Reaches(login string) bool { return login != "13900139000" }

func (r *runner) Invites(login string) bool { return r.Reaches(login) }

func (r *runner) SendCode(_ context.Context, login, _, code string, _ time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes[login] = code
	return nil
}

func (r *runner) SendLink(_ context.Context, in identity.Invited, _, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links[in.Person.Login] = in
	return nil
}

func withCodes(t *testing.T, w *world) (*identity.Service, *runner) {
	t.Helper()
	w.apply(t, peopleSite)
	r := &runner{codes: map[string]string{}, links: map[string]identity.Invited{}}
	return identity.New(w.store, r, counter(), func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}, slog.New(slog.DiscardHandler)), r
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Who has a login signs up with a code that was sent to it, once, and has an
// enterprise with an account; the same login signs in with the next code.
func TestSignUpByCode(t *testing.T) { on(t, testSignUpByCode) }

func testSignUpByCode(t *testing.T, w *world) {
	people, r := withCodes(t, w)
	ctx := t.Context()
	known, err := people.AskCode(ctx, " Boss@New.example ", "zh", "192.0.2.1")
	if err != nil || known != "boss@new.example" || len(r.codes[known]) != 6 {
		t.Fatal(known, err, r.codes)
	}
	if _, err := people.AskCode(ctx, known, "zh", "192.0.2.1"); fault.CodeOf(err) != fault.CodeTooSoon {
		t.Errorf("another at once: %v", err)
	}
	wrong := "000000"
	if wrong == r.codes[known] {
		wrong = "000001"
	}
	if _, _, err := people.EnterCode(ctx, known, wrong, ""); fault.CodeOf(err) != fault.CodeWrong {
		t.Errorf("wrong: %v", err)
	}
	if _, is, err := people.EnterCode(ctx, "Boss@new.example", " "+r.codes[known]+" ", ""); err != nil || is {
		t.Fatalf("%v, known %v", err, is)
	}
	if _, _, err := people.EnterCode(ctx, known, r.codes[known], ""); fault.CodeOf(err) != fault.CodeOver {
		t.Errorf("used twice: %v", err)
	}
	if _, err := people.SignUp(ctx, known, "王小明", " ", ""); fault.CodeOf(err) != fault.CompanyName {
		t.Errorf("no enterprise: %v", err)
	}
	p, err := people.SignUp(ctx, known, "王小明", "杭州新客户有限公司", "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := people.SignUp(ctx, known, "王小明", "杭州新客户有限公司", ""); err != nil || again.ID != p.ID {
		t.Errorf("the form sent twice: %+v, %v", again, err)
	}
	list, err := people.Memberships(ctx, p.ID)
	if err != nil || len(list) != 1 || list[0].Role != identity.Owner || list[0].Company != "杭州新客户有限公司" {
		t.Fatalf("%+v, %v", list, err)
	}
	a, err := people.Actor(ctx, identity.Session{Person: p.ID, Epoch: p.Epoch}, false)
	if err != nil || a.Customer.Account == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	w.later(2 * time.Minute)
	if _, err := people.AskCode(ctx, known, "zh", ""); err != nil {
		t.Fatal(err)
	}
	back, is, err := people.EnterCode(ctx, known, r.codes[known], "")
	if err != nil || !is || back.ID != p.ID || back.Epoch != p.Epoch {
		t.Errorf("%+v, %v, %v", back, is, err)
	}
	if _, err := people.SetPassword(ctx, p.ID, goodPassword, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := people.SignIn(ctx, known, goodPassword, ""); err != nil {
		t.Error(err)
	}
}

// A code is guessed five times at most, also by many at once; codes are sent so
// often and no more, and not where nothing reaches.
func TestCodeLimits(t *testing.T) { on(t, testCodeLimits) }

func testCodeLimits(t *testing.T, w *world) {
	people, r := withCodes(t, w)
	ctx := t.Context()
	if _, err := people.AskCode(ctx, "13900139000", "zh", ""); fault.CodeOf(err) != fault.CodeNoChannel {
		t.Errorf("no channel: %v", err)
	}
	if _, err := people.AskCode(ctx, "li@example.com", "zh", ""); err != nil {
		t.Fatal(err)
	}
	var looked sync.WaitGroup
	var mu sync.Mutex
	found := map[fault.Code]int{}
	for i := range 24 {
		looked.Go(func() {
			code := "99999" + string(rune('0'+i%10))
			if code == r.codes["li@example.com"] {
				code = "888888"
			}
			_, _, err := people.EnterCode(ctx, "li@example.com", code, "")
			mu.Lock()
			defer mu.Unlock()
			found[fault.CodeOf(err)]++
		})
	}
	looked.Wait()
	if found[fault.CodeWrong] != 5 || found[fault.CodeOver] != 19 {
		t.Errorf("%v", found)
	}
	if _, _, err := people.EnterCode(ctx, "li@example.com", r.codes["li@example.com"], ""); fault.CodeOf(err) != fault.CodeOver {
		t.Errorf("the right one after five wrong ones: %v", err)
	}
	w.later(time.Minute)
	if _, err := people.AskCode(ctx, "li@example.com", "zh", ""); err != nil {
		t.Fatal(err)
	}
	w.later(11 * time.Minute)
	if _, _, err := people.EnterCode(ctx, "li@example.com", r.codes["li@example.com"], ""); fault.CodeOf(err) != fault.CodeOver {
		t.Errorf("after eleven minutes: %v", err)
	}
	var last error
	sent := 2
	for range 6 {
		w.later(2 * time.Minute)
		if _, last = people.AskCode(ctx, "li@example.com", "zh", ""); last == nil {
			sent++
		}
	}
	if sent != 5 || fault.CodeOf(last) != fault.CodesTooMany {
		t.Errorf("%d were sent, then %v", sent, last)
	}
}

// Invitations are sent to who is invited, and who invites gets no link; a password
// that was set before anybody proved the login ends when somebody does.
func TestSentInvitation(t *testing.T) { on(t, testSentInvitation) }

func testSentInvitation(t *testing.T, w *world) {
	people, r := withCodes(t, w)
	ctx := t.Context()
	in := invitedTo(t, people, "tea", "wang@example.com", identity.Owner)
	carried := r.links["wang@example.com"]
	if !in.Sent || in.Key != "" || carried.Key == "" {
		t.Fatalf("%+v, carried %+v", in, carried)
	}
	tea := comesIn(t, people, carried, false)
	if tea.Person.Proven.IsZero() {
		t.Error("who came by a link that was sent has not proved the login")
	}
	// Another customer invites the same person: there is a password, so no link.
	if invitedTo(t, people, "rice", "wang@example.com", identity.Viewer); r.links["wang@example.com"].Key != "" {
		t.Error("a link for who has a password")
	}
	if _, err := people.SignIn(ctx, "wang@example.com", goodPassword, ""); err != nil {
		t.Errorf("a proven person's password is gone: %v", err)
	}
	// A mobile that no message reaches: the owner gets the link, and may plant a
	// password. Who proves the login later is rid of it.
	planted, err := people.InviteMember(ctx, tea, "tea", identity.Invitation{Name: "李", Login: "13900139000", Role: identity.Viewer}, "")
	if err != nil || planted.Key == "" || planted.Sent {
		t.Fatalf("%+v, %v", planted, err)
	}
	by := comesIn(t, people, planted, false)
	deaf := identity.New(w.store, everywhere{r}, counter(), func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	if _, err := deaf.AskCode(ctx, "13900139000", "zh", ""); err != nil {
		t.Fatal(err)
	}
	p, is, err := deaf.EnterCode(ctx, "13900139000", r.codes["13900139000"], "")
	if err != nil || !is || p.Password != "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: by.Person.ID, Epoch: by.Person.Epoch}, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("the planter's session: %v", err)
	}
	if _, err := people.SignIn(ctx, "13900139000", goodPassword, ""); fault.CodeOf(err) != fault.SignInWrong {
		t.Errorf("the planted password: %v", err)
	}
}

// everywhere reaches every login.
type everywhere struct{ *runner }

func (everywhere) Reaches(string) bool { return true }
