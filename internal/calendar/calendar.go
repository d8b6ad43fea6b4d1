// Package calendar is the days of mainland China: one zone, without summer
// time. Tariffs take effect, packages expire and counts start at its
// midnights, wherever the machine stands.
package calendar

import "time"

// Shanghai is the zone of every clock shown and of every day. China has kept
// UTC+8 without summer time since 1992, so no zone file is needed.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Midnight is the start of the day that an instant lies in.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Shanghai)
}

// ParseDay reads a day such as 2026-07-01 as the instant of its start.
func ParseDay(s string) (time.Time, error) { return time.ParseInLocation(time.DateOnly, s, Shanghai) }

// Day writes the day of an instant as ParseDay reads it.
func Day(t time.Time) string { return t.In(Shanghai).Format(time.DateOnly) }
