package portable_test

import (
	"sync"
	"testing"

	"sibai/internal/fault"
	"sibai/internal/identity"
)

// invitedTo lets somebody into a customer from the terminal.
func invitedTo(t *testing.T, people *identity.Service, customer, login string, role identity.Role) identity.Invited {
	t.Helper()
	in, err := people.InviteMember(t.Context(), identity.Actor{}, customer, identity.Invitation{Name: login, Login: login, Role: role}, "terminal")
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// A customer's owner gets the link of who it invites, so whoever has the password
// then need not have the address. It must not come into the office with it.
func TestNoWayIntoTheOffice(t *testing.T) { on(t, testNoWayIntoTheOffice) }

func testNoWayIntoTheOffice(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	tea := comesIn(t, people, invitedTo(t, people, "tea", "tea@example.com", identity.Owner), false)
	in, err := people.InviteMember(ctx, tea, "tea", identity.Invitation{Name: "李", Login: "li@example.com", Role: identity.Viewer}, "")
	if err != nil {
		t.Fatal(err)
	}
	planted := comesIn(t, people, in, false) // by the owner, in the name of li
	link, err := people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: "李", Login: "li@example.com", Role: identity.Admin}, "terminal")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := people.SignIn(ctx, "li@example.com", goodPassword, "192.0.2.9"); fault.CodeOf(err) != fault.SignInWrong {
		a, err := people.Actor(ctx, identity.Session{Person: p.ID, Epoch: p.Epoch}, true)
		t.Errorf("who planted a password is %q of the operator, %v", a.Role, err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: planted.Person.ID, Epoch: planted.Person.Epoch}, true); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session from before leads into the office: %v", err)
	}
	if link.Key == "" {
		t.Fatal("the one who is meant has no way in")
	}
	if li := comesIn(t, people, link, true); li.Role != identity.Admin {
		t.Errorf("%+v", li)
	}
	unused, err := people.InviteMember(ctx, tea, "tea", identity.Invitation{Name: "周", Login: "zhou@example.com", Role: identity.Viewer}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: "周", Login: "zhou@example.com", Role: identity.Cashier}, "terminal"); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Accept(ctx, unused.Key, goodPassword, ""); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("the owner's link sets the password of staff: %v", err)
	}
	again, err := people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: "李", Login: "li@example.com", Role: identity.Reviewer}, "terminal")
	if err != nil || again.Key != "" {
		t.Errorf("another role of staff asks for another password: %q, %v", again.Key, err)
	}
	if _, err := people.SignIn(ctx, "li@example.com", goodPassword, "192.0.2.9"); err != nil {
		t.Errorf("after another role: %v", err)
	}
}

// Once somebody has a password, no link from before sets another.
func TestLinksEndWithThePassword(t *testing.T) { on(t, testLinksEndWithThePassword) }

func testLinksEndWithThePassword(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	first := invitedTo(t, people, "tea", "wang@example.com", identity.Viewer)
	second := invitedTo(t, people, "tea", "wang@example.com", identity.Viewer)
	other := invitedTo(t, people, "rice", "chen@example.com", identity.Viewer)
	wang := comesIn(t, people, second, false)
	if _, err := people.Accept(ctx, first.Key, "another password entirely", ""); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("an older link set the password anew: %v", err)
	}
	comesIn(t, people, other, false) // somebody else's link stands
	lost, err := people.NewLink(ctx, identity.Actor{}, "wang@example.com", "terminal")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.ChangePassword(ctx, wang.Person.ID, goodPassword, "five even less related words", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Welcome(ctx, lost.Key); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("a link from before the change: %v", err)
	}
}

// The last owner does not become less by an invitation, either.
func TestLastOwnerStaysOne(t *testing.T) { on(t, testLastOwnerStaysOne) }

func testLastOwnerStaysOne(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	tea := comesIn(t, people, invitedTo(t, people, "tea", "tea@example.com", identity.Owner), false)
	less := identity.Invitation{Name: "x", Login: "tea@example.com", Role: identity.Viewer}
	if _, err := people.InviteMember(ctx, tea, "tea", less, ""); fault.CodeOf(err) != fault.LastOwner {
		t.Errorf("the last owner became a viewer: %v", err)
	}
	invitedTo(t, people, "tea", "second@example.com", identity.Owner)
	if _, err := people.InviteMember(ctx, tea, "tea", less, ""); err != nil {
		t.Errorf("one of two owners: %v", err)
	}
}

// Guesses at once are counted like guesses one after the other.
func TestGuessesAtOnce(t *testing.T) { on(t, testGuessesAtOnce) }

func testGuessesAtOnce(t *testing.T, w *world) {
	people, ctx := newPeople(t, w), t.Context()
	comesIn(t, people, invitedTo(t, people, "tea", "wang@example.com", identity.Owner), false)
	var group sync.WaitGroup
	results := make(chan error, 24)
	for range cap(results) {
		group.Go(func() {
			_, err := people.SignIn(ctx, "wang@example.com", "guess", "192.0.2.9")
			results <- err
		})
	}
	group.Wait()
	close(results)
	looked := 0
	for err := range results {
		switch fault.CodeOf(err) {
		case fault.SignInWrong:
			looked++
		case fault.SignInLocked:
		default:
			t.Errorf("a guess: %v", err)
		}
	}
	if looked != 8 {
		t.Errorf("%d of 24 guesses at once were looked at, want 8", looked)
	}
}

// Who is blocked comes in by no way, on no side, until that is lifted; a customer's
// owner cannot lift it.
func TestBlock(t *testing.T) { on(t, testBlock) }

func testBlock(t *testing.T, w *world) {
	people, r := withCodes(t, w)
	ctx := t.Context()
	owner := invitedTo(t, people, "tea", "wang@example.com", identity.Owner)
	wang := comesIn(t, people, r.links[owner.Person.Login], false)
	link, err := people.NewLink(ctx, identity.Actor{}, "wang@example.com", "terminal")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Block(ctx, wang, "wang@example.com", false, "", ""); fault.CodeOf(err) != fault.NotAllowed {
		t.Errorf("by an owner: %v", err)
	}
	if _, err := people.Block(ctx, identity.Actor{}, "nobody@example.com", false, "", ""); fault.CodeOf(err) != fault.PersonNotFound {
		t.Errorf("nobody: %v", err)
	}
	boss := identity.Actor{Person: identity.Person{ID: wang.Person.ID}, Role: identity.Admin}
	if _, err := people.Block(ctx, boss, "wang@example.com", false, "gone", ""); fault.CodeOf(err) != fault.OwnBlock {
		t.Errorf("oneself: %v", err)
	}
	boss.Person = identity.Person{ID: 7, Name: "赵"}
	if _, err := people.Block(ctx, boss, "wang@example.com", false, " ", ""); fault.CodeOf(err) != fault.ReasonMissing {
		t.Errorf("without a reason: %v", err)
	}
	if p, err := people.Block(ctx, boss, "wang@example.com", false, "phone  lost", "203.0.113.9"); err != nil || !p.Disabled {
		t.Fatalf("%+v, %v", p, err)
	}
	if list, err := people.Blocked(ctx, boss); err != nil || len(list) != 1 || list[0].Login != "wang@example.com" {
		t.Errorf("blocked: %+v, %v", list, err)
	}
	if list, err := people.Traces(ctx, boss, identity.TraceFilter{Action: "person_blocked"}); err != nil || len(list) != 1 || list[0].Who != "赵" || list[0].Detail != "phone lost" {
		t.Errorf("its trace: %+v, %v", list, err)
	}
	invitedTo(t, people, "rice", "wang@example.com", identity.Owner)
	if _, err := people.SignIn(ctx, "wang@example.com", goodPassword, ""); fault.CodeOf(err) != fault.SignInWrong {
		t.Errorf("the password: %v", err)
	}
	if _, err := people.Welcome(ctx, link.Key); fault.CodeOf(err) != fault.LinkOver {
		t.Errorf("a link: %v", err)
	}
	if _, err := people.AskCode(ctx, "wang@example.com", "zh", ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := people.EnterCode(ctx, "wang@example.com", r.codes["wang@example.com"], ""); fault.CodeOf(err) != fault.SignInWrong {
		t.Errorf("a code: %v", err)
	}
	if _, err := people.Actor(ctx, identity.Session{Person: wang.Person.ID, Epoch: wang.Person.Epoch}, false); fault.CodeOf(err) != fault.SignedOut {
		t.Errorf("a session: %v", err)
	}
	if _, err := people.Block(ctx, identity.Actor{}, "wang@example.com", true, "", "terminal"); err != nil {
		t.Fatal(err)
	}
	if _, err := people.SignIn(ctx, "wang@example.com", goodPassword, ""); err != nil {
		t.Errorf("let in again: %v", err)
	}
}
