package sipp_test

import (
	"context"
	"testing"
	"time"

	"sibai/test/parts"
	"sibai/test/sipp"
)

// direct lets callers call phones with nothing between, so that a mistake in a
// scenario is not taken for one of ours.
func direct(t *testing.T, caller, phone sipp.Options) (callers, phones sipp.Stats, p *sipp.Process) {
	t.Helper()
	parts.Need(t, "sipp")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	phone.Dir, caller.Dir = t.TempDir(), t.TempDir()
	p, err := sipp.Start(ctx, phone)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	caller.Remote = p.Addr()
	caller.Inject = []sipp.Numbers{{Number: "4001234567", Caller: "13712342286"}}
	callers, err = sipp.Run(ctx, caller)
	if err != nil {
		t.Fatalf("%v\nphones: %s", err, p.Errors())
	}
	phones, err = p.Stop()
	if err != nil {
		t.Fatal(err)
	}
	return callers, phones, p
}

func TestScenariosFitEachOther(t *testing.T) {
	t.Parallel()
	const calls = 20
	for name, c := range map[string]struct {
		caller, phone sipp.Options
		last          string // what the phones log of each call
	}{
		"caller hangs up": {sipp.Options{Scenario: sipp.Basic}, sipp.Options{Scenario: sipp.Answer}, "ended"},
		"phone hangs up":  {sipp.Options{Scenario: sipp.Wait}, sipp.Options{Scenario: sipp.HangUp}, "ended"},
		"busy":            {sipp.Options{Scenario: sipp.ExpectBusy}, sipp.Options{Scenario: sipp.Busy}, "called"},
		"given up":        {sipp.Options{Scenario: sipp.Cancel}, sipp.Options{Scenario: sipp.NoAnswer}, "cancelled"},
	} {
		for _, loss := range []struct {
			name          string
			caller, phone int
		}{{"", 0, 0}, {", caller loses", 3, 0}, {", phone loses", 0, 3}} {
			t.Run(name+loss.name, func(t *testing.T) {
				t.Parallel()
				caller, phone := c.caller, c.phone
				caller.Calls, caller.Rate, caller.Lost, phone.Lost = calls, 20, loss.caller, loss.phone
				caller.Pause, phone.Pause = time.Second, 100*time.Millisecond
				callers, phones, p := direct(t, caller, phone)
				if callers.Success != calls || phones.Success != calls || phones.Failed != 0 {
					t.Errorf("callers %+v, phones %+v\n%s", callers, phones, p.Errors())
				}
				over, err := p.Logged(c.last)
				if err != nil || len(over) != calls {
					t.Errorf("%d calls logged as %s, %v; want %d", len(over), c.last, err, calls)
				}
			})
		}
	}
}

func TestAFailedCallIsAnError(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	phone, err := sipp.Start(t.Context(), sipp.Options{Scenario: sipp.Busy, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Stop()
	stats, err := sipp.Run(t.Context(), sipp.Options{Scenario: sipp.Basic, Dir: t.TempDir(), Remote: phone.Addr(),
		Inject: []sipp.Numbers{{Number: "4001234567", Caller: "13712342286"}}})
	if err == nil || stats.Failed != 1 {
		t.Errorf("a busy phone's call: %+v, %v; want one failed and an error", stats, err)
	}
}

func TestADeadlineEndsSIPp(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	phone, err := sipp.Start(t.Context(), sipp.Options{Scenario: sipp.NoAnswer, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := sipp.Run(ctx, sipp.Options{Scenario: sipp.Basic, Dir: t.TempDir(), Remote: phone.Addr(),
		Inject: []sipp.Numbers{{Number: "4001234567"}}}); err == nil {
		t.Error("a call that never ends was no error")
	}
}
