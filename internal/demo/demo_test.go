package demo

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/siptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestScriptHasAsManyCallsAsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 500).Draw(t, "calls")
		sum := 0
		for _, s := range script(n) {
			sum += s.size()
		}
		if sum != n {
			t.Fatalf("%d calls asked, %d in the script", n, sum)
		}
	})
}

// One whole round: every scenario is played over real SIP, every charge is the
// one worked out by hand, the books are right and nothing is overspent.
func TestWholeRound(t *testing.T) {
	if testing.Short() {
		t.Skip("real calls take some seconds")
	}
	t.Parallel()
	want, names := 0, map[string]bool{}
	for _, s := range scenarios {
		want += s.size()
		names[s.name.en] = true
	}
	var out bytes.Buffer
	summary, err := Run(t.Context(), Options{
		Calls: want, HTTP: "127.0.0.1:0", Public: "127.0.0.1:0", Lang: explain.EN, Show: NewLines(&out), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !summary.OK() || summary.Calls != want {
		t.Errorf("%+v", summary)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != want+1 {
		t.Fatalf("%d lines, want %d calls and a summary", len(lines), want)
	}
	for _, line := range lines[:want] {
		var c Call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		delete(names, c.Scenario)
		if c.Type != "call" || c.Wrong != "" || c.ChargeMicro != c.ExpectedMicro || c.Why == "" || c.Number == "" {
			t.Errorf("%s", line)
		}
	}
	if len(names) > 0 {
		t.Errorf("not played: %v", names)
	}
	var last map[string]any
	if err := json.Unmarshal([]byte(lines[want]), &last); err != nil || last["type"] != "summary" || last["audit_ok"] != true || last["overspend_micro"] != 0.0 {
		t.Errorf("summary %s, %v", lines[want], err)
	}
}

// A demo that could not see a mistake would prove nothing.
func TestMistakesAreSeen(t *testing.T) {
	t.Parallel()
	s := scenarios[0]
	good := cdr.Record{Cause: s.cause, Status: 200, Charge: s.expected, Lines: []cdr.Line{{Amount: s.expected}}}
	good.AnsweredAt = good.AnsweredAt.AddDate(2025, 0, 0)
	heard := siptest.Outcome{Status: 200, Answered: true, Audio: siptest.Audio{Sent: 10, Heard: 9}}
	if c := judge(s, heard, good, explain.EN); c.Wrong != "" {
		t.Fatalf("a good call is called wrong: %s", c.Wrong)
	}
	for name, change := range map[string]func(*cdr.Record, *siptest.Outcome){
		"charge too high":    func(r *cdr.Record, _ *siptest.Outcome) { r.Charge++; r.Lines[0].Amount++ },
		"lines do not sum":   func(r *cdr.Record, _ *siptest.Outcome) { r.Lines[0].Amount-- },
		"another cause":      func(r *cdr.Record, _ *siptest.Outcome) { r.Cause = cdr.Busy },
		"another status":     func(_ *cdr.Record, o *siptest.Outcome) { o.Status = 486 },
		"not answered there": func(_ *cdr.Record, o *siptest.Outcome) { o.Answered = false },
		"silence":            func(_ *cdr.Record, o *siptest.Outcome) { o.Audio.Heard = 0 },
	} {
		rec, out := good, heard
		rec.Lines = []cdr.Line{good.Lines[0]}
		change(&rec, &out)
		if c := judge(s, out, rec, explain.EN); c.Wrong == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}
