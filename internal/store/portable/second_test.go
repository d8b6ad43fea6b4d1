package portable_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/identity"
)

// appCode is what an authenticator app shows, written apart from the program's own.
func appCode(secret identity.Secret, at time.Time) string {
	var step [8]byte
	binary.BigEndian.PutUint64(step[:], uint64(at.Unix()/30)) //nolint:gosec // after 1970
	mac := hmac.New(sha1.New, secret)
	mac.Write(step[:])
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

func (w *world) clockNow() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// secured is a member with an app, how it signs in by password, and its codes.
func secured(t *testing.T, w *world, people *identity.Service, login string) (identity.Person, identity.Secret, []string) {
	t.Helper()
	ctx := t.Context()
	a := comesIn(t, people, invitedTo(t, people, "tea", login, identity.Owner), false)
	secret, err := people.BeginSecond(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, shown, err := people.ConfirmSecond(ctx, a, "000000x", ""); fault.CodeOf(err) != fault.SecondWrong || shown.String() != secret.String() {
		t.Fatalf("a wrong first code: %v, shown %s", err, shown)
	}
	p, codes, _, err := people.ConfirmSecond(ctx, a, appCode(secret, w.clockNow()), "")
	if err != nil || len(codes) != 10 || p.Epoch == a.Person.Epoch {
		t.Fatalf("%+v, %v, %v", p, codes, err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: a.Person.ID, Epoch: a.Person.Epoch}, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session from before: %v", err)
	}
	return p, secret, codes
}

// half is the session of a person whose second step is missing.
func (w *world) half(p identity.Person) identity.Session {
	return identity.Session{Person: p.ID, Epoch: p.Epoch, Began: w.clockNow()}
}

// A password alone opens nothing for who has an app; a code of the app does, once,
// and each recovery code once.
func TestSecondStep(t *testing.T) { on(t, testSecondStep) }

func testSecondStep(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	p, secret, codes := secured(t, w, people, "wang@example.com")
	in := w.half(p)
	if _, err := people.Actor(ctx, in, false); fault.CodeOf(err) != fault.SecondNeeded {
		t.Fatalf("with the password alone: %v", err)
	}
	// The code that set the app up is used up.
	if _, err := people.PassSecond(ctx, in, appCode(secret, w.clockNow()), ""); fault.CodeOf(err) != fault.SecondWrong {
		t.Errorf("the first code again: %v", err)
	}
	w.later(30 * time.Second)
	typed := appCode(secret, w.clockNow())
	var group sync.WaitGroup
	results := make(chan error, 4)
	for range cap(results) {
		group.Go(func() {
			_, err := people.PassSecond(ctx, in, typed[:3]+" "+typed[3:], "")
			results <- err
		})
	}
	group.Wait()
	close(results)
	passed := 0
	for err := range results {
		switch fault.CodeOf(err) {
		case "":
			passed++
		case fault.SecondWrong, fault.SecondLocked:
		default:
			t.Errorf("at once: %v", err)
		}
	}
	if passed != 1 {
		t.Errorf("a code let in %d times", passed)
	}
	w.later(2 * time.Hour)
	in = w.half(p)
	at, err := people.PassSecond(ctx, in, strings.ToLower(codes[3]), "")
	if err != nil {
		t.Fatal(err)
	}
	if in.Second = at; in.Second.IsZero() {
		t.Fatal("no instant")
	}
	a, err := people.Actor(ctx, in, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.PassSecond(ctx, w.half(p), codes[3], ""); fault.CodeOf(err) != fault.SecondWrong {
		t.Errorf("a recovery code again: %v", err)
	}
	if n, err := people.RecoveryLeft(ctx, a); err != nil || n != 9 {
		t.Errorf("%d recovery codes left, %v", n, err)
	}
	// New ones end the old ones.
	fresh, err := people.NewRecovery(ctx, a, codes[4], "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.PassSecond(ctx, w.half(p), codes[5], ""); fault.CodeOf(err) != fault.SecondWrong {
		t.Errorf("an old recovery code: %v", err)
	}
	off, err := people.DropSecond(ctx, a, fresh[0], "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: off.ID, Epoch: off.Epoch}, false); err != nil {
		t.Errorf("one step again: %v", err)
	}
	if _, err := people.Actor(ctx, in, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session from before: %v", err)
	}
}

// The second step is guessed five times an hour, a half session holds a quarter of
// an hour, and a secret that nobody confirmed as long.
func TestSecondStepLimits(t *testing.T) { on(t, testSecondStepLimits) }

func testSecondStepLimits(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	p, secret, codes := secured(t, w, people, "wang@example.com")
	in := w.half(p)
	looked := 0
	for i := range 9 {
		_, err := people.PassSecond(ctx, in, fmt.Sprintf("x%d", i), "")
		if fault.CodeOf(err) == fault.SecondWrong {
			looked++
		} else if fault.CodeOf(err) != fault.SecondLocked {
			t.Fatal(err)
		}
	}
	if looked != 5 {
		t.Errorf("%d guesses were looked at", looked)
	}
	if _, err := people.PassSecond(ctx, in, codes[0], ""); fault.CodeOf(err) != fault.SecondLocked {
		t.Errorf("the right one after that: %v", err)
	}
	list, err := people.Traces(ctx, identity.Actor{Role: identity.Admin}, identity.TraceFilter{Action: "second_guessed"})
	if err != nil || len(list) != 5 {
		t.Errorf("%d traces of guesses, %v", len(list), err)
	}
	w.later(16 * time.Minute)
	if _, err := people.Actor(ctx, in, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("half a session after a quarter of an hour: %v", err)
	}
	w.later(time.Hour)
	if _, err := people.PassSecond(ctx, in, appCode(secret, w.clockNow()), ""); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a code for it: %v", err)
	}
	if _, err := people.PassSecond(ctx, w.half(p), appCode(secret, w.clockNow()), ""); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	// Another person's confirmation that comes too late.
	late := comesIn(t, people, invitedTo(t, people, "tea", "late@example.com", identity.Viewer), false)
	unused, err := people.BeginSecond(ctx, late)
	if err != nil {
		t.Fatal(err)
	}
	w.later(15 * time.Minute)
	if _, _, _, err := people.ConfirmSecond(ctx, late, appCode(unused, w.clockNow()), ""); fault.CodeOf(err) != fault.SecondOver {
		t.Errorf("too late: %v", err)
	}
}

// Staff who need an app have none until they set it up, keep it, and lose it at the
// terminal only. What somebody else planted does not stay.
func TestSecondStepOfStaff(t *testing.T) { on(t, testSecondStepOfStaff) }

func testSecondStepOfStaff(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	p, _, _ := secured(t, w, people, "li@example.com")
	people.RequireSecond()
	in, err := people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: "李", Login: "li@example.com", Role: identity.Admin}, "")
	if err != nil || !in.Person.Second.IsZero() || in.Person.Epoch == p.Epoch {
		t.Fatalf("the app that a member planted came along: %+v, %v", in.Person, err)
	}
	if p, err = people.Accept(ctx, in.Key, goodPassword, ""); err != nil {
		t.Fatal(err)
	}
	a, err := people.Actor(ctx, identity.Session{Person: p.ID, Epoch: p.Epoch}, true)
	if fault.CodeOf(err) != fault.SecondMissing || a.Person.ID != p.ID {
		t.Fatalf("staff without an app: %+v, %v", a, err)
	}
	secret, err := people.BeginSecond(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	w.later(10 * time.Minute)
	p, codes, _, err := people.ConfirmSecond(ctx, a, appCode(secret, w.clockNow()), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.BeginSecond(ctx, a); fault.CodeOf(err) != fault.SecondOn {
		t.Errorf("another app beside it: %v", err)
	}
	full := identity.Session{Person: p.ID, Epoch: p.Epoch, Second: w.clockNow()}
	if a, err = people.Actor(ctx, full, true); err != nil {
		t.Fatal(err)
	}
	if _, err := people.DropSecond(ctx, a, codes[0], ""); fault.CodeOf(err) != fault.SecondRequired {
		t.Errorf("switched off: %v", err)
	}
	if _, err := people.ForgetSecond(ctx, identity.Actor{Person: p, Role: identity.Sales}, "li@example.com", ""); fault.CodeOf(err) != fault.NotAllowed {
		t.Errorf("taken by sales: %v", err)
	}
	if _, err := people.ForgetSecond(ctx, identity.Actor{}, "nobody@example.com", ""); fault.CodeOf(err) != fault.PersonNotFound {
		t.Errorf("of nobody: %v", err)
	}
	if p, err = people.ForgetSecond(ctx, identity.Actor{}, "li@example.com", "terminal"); err != nil || !p.Second.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := people.Actor(ctx, full, true); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session from before: %v", err)
	}
}
