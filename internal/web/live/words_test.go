package live

import (
	"testing"

	"sibai/internal/cdr"
	"sibai/internal/money"
	"sibai/internal/web/ui"
)

func TestPartial(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line cdr.Line
		want bool
	}{
		{cdr.Line{Increments: 2, Price: 108_000, Amount: 216_000}, false},
		{cdr.Line{Increments: 1, Price: 108_000, Amount: 50_000, Shared: true}, true},
		{cdr.Line{Price: 108_000, Amount: 58_000, Shared: true}, true},
		{cdr.Line{Rule: "connection", Increments: 1, Price: 5 * money.Fen, Amount: 5 * money.Fen}, false},
	} {
		if partial(c.line) != c.want {
			t.Errorf("%+v: want %t", c.line, c.want)
		}
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for cause, want := range map[cdr.Cause]ui.Look{
		cdr.Answered: ui.Well, cdr.NoAnswer: ui.Check, cdr.CallerGaveUp: ui.Plain, cdr.NoCredit: ui.Hole, cdr.InternalError: ui.Hole,
	} {
		if got := causeLook(cause); got != want {
			t.Errorf("%s looks %q, want %q", cause, got, want)
		}
	}
}
