package portable_test

import (
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/realname"
)

// A number goes through its life by hand, with who and why in its history. Its
// customer has it until it rests, nobody after; it rests as long as the rules say.
func TestMoveByHand(t *testing.T) { on(t, testMoveByHand) }

func testMoveByHand(t *testing.T, w *world) {
	w.apply(t, example(t))
	at := june
	s := inventory.New(w.store, counter(), func() time.Time { return at })
	step := func(to number.State, why string, code fault.Code) {
		t.Helper()
		if err := s.Move(t.Context(), inventory.Step{Digits: teaNumber, To: to, Why: why, Who: "he"}); fault.CodeOf(err) != code {
			t.Fatalf("to %s: %v, want %q", to, err, code)
		}
		at = at.Add(time.Hour)
	}
	step(number.Suspended, " ", fault.ReasonMissing)
	step(number.Suspended, strings.Repeat("长", 201), fault.ValueTooLong)
	step("asleep", "x", fault.ValueNotAllowed)
	step(number.Quarantine, "x", fault.NumberStateStep)
	step(number.Frozen, "x", fault.NumberRuled)
	step(number.Suspended, " 客户要求 ", "")
	if line := w.load(t).Lines[teaNumber]; line.State != number.Suspended {
		t.Errorf("calls find it %s", line.State)
	}
	step(number.Suspended, "again", fault.NumberStateStep)
	step(number.Active, "恢复", "")
	step(number.Closing, "退订", "")
	step(number.Active, "保留", "")
	step(number.Closing, "退订", "")
	began := at
	step(number.Quarantine, "退订", "")
	st, err := s.Standing(t.Context(), teaNumber)
	if err != nil || st.State != number.Quarantine || st.Owner != "" {
		t.Errorf("%+v, %v", st, err)
	}
	if line := w.load(t).Lines[teaNumber]; line.Customer != 0 || line.Bill.Subscription != 0 || len(line.Profile.Targets) > 0 {
		t.Errorf("of its old owner is left %+v", line)
	}
	rest := 90 * 24 * time.Hour
	for _, c := range []struct {
		at   time.Time
		over int
	}{{began.Add(rest - time.Second), 0}, {began.Add(rest), 1}} {
		if over, err := w.store.Rested(t.Context(), c.at, true); err != nil || len(over) != c.over {
			t.Errorf("rested at %v: %v, %v", c.at, over, err)
		}
	}
	step(number.Available, "提前", "")
	if over, err := w.store.Rested(t.Context(), began.Add(2*rest), false); err != nil || len(over) != 0 {
		t.Errorf("it still rests: %v, %v", over, err)
	}
	step(number.Active, "x", fault.NumberStateStep)
	events, err := s.History(t.Context(), teaNumber)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		told = append(told, string(e.State)+" "+e.Why+" "+e.Who)
	}
	if got, want := strings.Join(told, "; "), "active site ; suspended 客户要求 he; active 恢复 he; closing 退订 he; active 保留 he; closing 退订 he; quarantine 退订 he; available 提前 he"; got != want {
		t.Errorf("history\n%s, want\n%s", got, want)
	}
	if err := s.Move(t.Context(), inventory.Step{Digits: "4008269999", To: number.Active, Why: "x"}); fault.CodeOf(err) != fault.NumberNotStocked {
		t.Errorf("a number that there is not: %v", err)
	}
}

// What a rule froze, two people open; closing it does not go around them. A number of
// an order is the order's.
func TestMoveRuled(t *testing.T) { on(t, testMoveRuled) }

func testMoveRuled(t *testing.T, w *world) {
	r := newRegistry(t, w)
	s := inventory.New(w.store, counter(), func() time.Time { return june })
	for _, who := range []string{"chen", "lin"} {
		if _, err := r.Freeze(t.Context(), teaNumber, realname.UnlawfulUse, "", who); err != nil {
			t.Fatal(err)
		}
	}
	move := func(to number.State) fault.Code {
		return fault.CodeOf(s.Move(t.Context(), inventory.Step{Digits: teaNumber, To: to, Why: "x", Who: "he"}))
	}
	for _, to := range []number.State{number.Active, number.Closing, number.Active} {
		if want := map[number.State]fault.Code{number.Active: fault.NumberRuled}[to]; move(to) != want {
			t.Errorf("to %s: want %q", to, want)
		}
	}
	if _, err := r.Lift(t.Context(), teaNumber, "", "lin"); err != nil {
		t.Fatal(err)
	}
	if code := move(number.Active); code != "" || r.state(t) != number.Active {
		t.Errorf("lifted, then kept: %q, %s", code, r.state(t))
	}
}
