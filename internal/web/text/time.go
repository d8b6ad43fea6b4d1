package text

import (
	"context"
	"fmt"
	"time"

	"sibai/internal/calendar"
)

// Clock writes an instant as 20:31:07.
func Clock(t time.Time) string { return t.In(calendar.Shanghai).Format("15:04:05") }

// Day writes a date without its year: 11 月 22 日, or 22 Nov.
func Day(ctx context.Context, t time.Time) string {
	t = t.In(calendar.Shanghai)
	if From(ctx) == EN {
		return t.Format("2 Jan")
	}
	return fmt.Sprintf("%d 月 %d 日", t.Month(), t.Day())
}

// Date writes a date with its day of the week: 11 月 22 日 周日, or Sun 22 Nov.
func Date(ctx context.Context, t time.Time) string {
	if From(ctx) == EN {
		return t.In(calendar.Shanghai).Format("Mon 2 Jan")
	}
	weekdays := []string{"日", "一", "二", "三", "四", "五", "六"}
	return Day(ctx, t) + " 周" + weekdays[t.In(calendar.Shanghai).Weekday()]
}

// SameDay says whether two instants share a date in Shanghai.
func SameDay(a, b time.Time) bool {
	return calendar.Day(a) == calendar.Day(b)
}

// Span writes a length of time in whole seconds, cut off: 3 分 42 秒, or
// 3 min 42 s. Below zero counts as zero.
func Span(ctx context.Context, d time.Duration) string {
	h, m, s := split(d)
	hour, minute, second := " 小时 ", " 分 ", " 秒"
	if From(ctx) == EN {
		hour, minute, second = " h ", " min ", " s"
	}
	switch {
	case h > 0:
		return fmt.Sprintf("%d%s%02d%s%02d%s", h, hour, m, minute, s, second)
	case m > 0:
		return fmt.Sprintf("%d%s%02d%s", m, minute, s, second)
	}
	return fmt.Sprintf("%d%s", s, second)
}

// Stopwatch writes a length of time in whole seconds as 3:42 or 1:03:42. The
// page's script writes running calls the same way.
func Stopwatch(d time.Duration) string {
	h, m, s := split(d)
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}

func split(d time.Duration) (hours, minutes, seconds int64) {
	whole := int64(max(d, 0) / time.Second)
	return whole / 3600, whole / 60 % 60, whole % 60
}
