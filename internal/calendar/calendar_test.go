package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
)

func TestDaysStartInShanghai(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 16, 0, 0, 0, time.UTC) // 1 July, 00:00
	if got := calendar.Day(at); got != "2026-07-01" {
		t.Errorf("day %s", got)
	}
	if got := calendar.Day(at.Add(-time.Nanosecond)); got != "2026-06-30" {
		t.Errorf("the instant before: %s", got)
	}
	if got, err := calendar.ParseDay("2026-07-01"); err != nil || !got.Equal(at) {
		t.Errorf("parsed %v, %v", got, err)
	}
	if _, err := calendar.ParseDay("2026-02-30"); err == nil {
		t.Error("30 February was accepted")
	}
}

func TestMidnight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), 0)
		start := calendar.Midnight(at)
		if start.After(at) || at.Sub(start) >= 24*time.Hour || calendar.Day(start) != calendar.Day(at) || !calendar.Midnight(start).Equal(start) {
			t.Fatalf("midnight of %v is %v", at, start)
		}
	})
}
