package console

import (
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
)

var noon = time.Date(2026, 6, 10, 4, 0, 0, 0, time.UTC)

func rec(hoursAgo int, caller, number string, answered bool, charge money.Amount) cdr.Record {
	r := cdr.Record{Caller: caller, Number: number, StartedAt: noon.Add(-time.Duration(hoursAgo) * time.Hour), Charge: charge, Cause: cdr.NoAnswer}
	if answered {
		r.AnsweredAt, r.Cause = r.StartedAt.Add(5*time.Second), cdr.Answered
	}
	return r
}

func TestMissed(t *testing.T) {
	t.Parallel()
	list := []cdr.Record{
		rec(1, "13700000001", "4001", false, 0),  // again, and again in vain
		rec(2, "13700000002", "4001", true, 100), // reached somebody at last
		rec(3, "13700000001", "4001", false, 0),
		rec(4, "13700000002", "4001", false, 0),
		rec(5, "13700000001", "4002", false, 0), // another number of the customer
		rec(6, "", "4001", false, 0),            // whom would one call?
		rec(7, "13700000001", "4001", true, 100),
		rec(8, "13700000001", "4001", false, 0), // before it was answered once
		rec(200, "13700000003", "4001", false, 0),
	}
	got := missed(list, noon)
	if len(got) != 2 || got[0].times != 2 || got[0].last.StartedAt != list[0].StartedAt || got[1].last.Number != "4002" || got[1].times != 1 {
		t.Errorf("%+v", got)
	}
	if len(missed(nil, noon)) != 0 {
		t.Error("somebody called")
	}
}

func TestRunsOut(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	for _, c := range []struct {
		name      string
		list      []cdr.Record
		full      bool
		available money.Amount
		want      time.Time
	}{
		{"a yuan a day, ten yuan", []cdr.Record{rec(1, "1", "4", true, 14*money.Yuan)}, false, 10 * money.Yuan, day(10)},
		{"the latest calls cover a day only", []cdr.Record{rec(1, "1", "4", true, 5*money.Yuan), rec(24, "1", "4", true, 5*money.Yuan)}, true, 25 * money.Yuan, day(2)},
		{"for years", []cdr.Record{rec(1, "1", "4", true, money.Fen)}, false, 10_000_000_000 * money.Yuan / 1000, time.Time{}},
		{"calls cost nothing", []cdr.Record{rec(1, "1", "4", true, 0)}, false, money.Yuan, time.Time{}},
		{"nothing is there", []cdr.Record{rec(1, "1", "4", true, money.Yuan)}, false, 0, time.Time{}},
		{"less than a fen", []cdr.Record{rec(1, "1", "4", true, 1)}, false, money.Fen, day(14)},
		{"no calls", nil, false, money.Yuan, time.Time{}},
	} {
		got, ok := runsOut(c.list, c.full, c.available, noon)
		if ok == c.want.IsZero() || !got.Equal(c.want) {
			t.Errorf("%s: %s %v, want %s", c.name, got, ok, c.want)
		}
	}
}
