package reconcile

import (
	"hash/fnv"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/id"
)

// The parts of ids under which notices of differences are kept, so that a day is told
// once, however often it is compared.
const (
	noticePart = 2
	shortPart  = 3
)

// Notice tells staff of differences that nobody dealt with yet; nil without any.
func (r *Result) Notice() *billing.Notice {
	open := r.Open()
	day, err := calendar.ParseDay(r.Day)
	if open == 0 || err != nil {
		return nil
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(r.Provider + " " + r.Day))
	named := func(part int) int64 { return id.Named(day.Add(24*time.Hour), part, hash.Sum64()) }
	return &billing.Notice{
		ID: named(noticePart), Short: named(shortPart), At: r.At, Item: billing.Item{Kind: billing.BillDiffers, Subject: r.Provider, Until: r.Day, Count: open},
	}
}
