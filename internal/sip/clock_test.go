package sip

import (
	"testing"
	"time"
	"unsafe"
)

// wallSet is an instant as it would have been read had the wall clock shown d
// more: its monotonic part, which time.Time has no way to set, stays.
func wallSet(t time.Time, d time.Duration) time.Time {
	const hasMonotonic, secondsShift = 1 << 63, 30
	wall := (*uint64)(unsafe.Pointer(&t)) // the first field of time.Time: a flag, 33 bits of seconds, 30 of nanoseconds
	if *wall&hasMonotonic == 0 {
		panic("an instant without a monotonic part")
	}
	*wall += uint64(int64(d/time.Second)) << secondsShift
	return t
}

// The machine's clock is set by hours while a call runs: the call's own clock
// goes on evenly.
func TestClockSetInMidCall(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		// The clock that shows now was set by step after the call had come in.
		s := &session{began: wallSet(time.Now(), -step)}
		real := time.Now()
		first := s.Now()
		if set := real.Round(0).Sub(s.began.Round(0)).Round(time.Hour); set != step {
			t.Fatalf("the test sets the clock by %s, not %s", set, step)
		}
		second := s.Now()
		for _, at := range []time.Time{first, second} {
			if wall, lasted := at.Round(0).Sub(s.began.Round(0)), at.Sub(s.began); wall != lasted || lasted < 0 || lasted > time.Minute {
				t.Errorf("clock set by %s: the wall says %s since the call came in, the monotonic clock %s", step, wall, lasted)
			}
		}
		if second.Before(first) {
			t.Errorf("clock set by %s: %s came before %s", step, first, second)
		}
	}
}
