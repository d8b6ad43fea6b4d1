package console

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
)

const (
	lookedBack = 14 * 24 * time.Hour // for the forecast
	missedBack = 7 * 24 * time.Hour  // for calls to be called back
	mostCalls  = 1000                // that the overview reads
	mostMissed = 8                   // that it lists
	farAhead   = 365                 // days: beyond that no day is named
)

// missedCall is a caller whom nobody has answered since.
type missedCall struct {
	last  cdr.Record
	times int // in vain, since somebody last answered
}

// missed lists whom to call back, the latest first: callers of the last week who
// reached nobody and have not been answered on that number since. list is the
// latest first. Callers who withheld their number cannot be called back.
func missed(list []cdr.Record, at time.Time) (out []missedCall) {
	type key struct{ caller, number string }
	answered, place := map[key]bool{}, map[key]int{}
	for i := range list {
		r := &list[i]
		k := key{r.Caller, r.Number}
		switch {
		case r.Caller == "" || answered[k] || r.StartedAt.Before(at.Add(-missedBack)):
		case !r.AnsweredAt.IsZero():
			answered[k] = true
		default:
			if j, ok := place[k]; ok {
				out[j].times++
				continue
			}
			place[k] = len(out)
			out = append(out, missedCall{*r, 1})
		}
	}
	return out
}

// runsOut is the day on which what is available is used up when calls go on costing
// what they cost lately; ok is false when they cost nothing, or when it lasts for a
// year. list is the latest first, of at most lookedBack, whole unless it is full.
func runsOut(list []cdr.Record, full bool, available money.Amount, at time.Time) (day time.Time, ok bool) {
	span := lookedBack
	if full {
		span = at.Sub(list[len(list)-1].StartedAt)
	}
	var cost money.Amount
	for i := range list {
		cost += list[i].Charge
	}
	if cost <= 0 || available <= 0 || span < time.Hour {
		return time.Time{}, false
	}
	// Whole days, in fen: no product is near the bounds.
	const fen = int64(money.Fen)
	days := int64(available) / fen * int64(span/time.Hour) / max(1, int64(cost)/fen) / 24
	if days >= farAhead {
		return time.Time{}, false
	}
	return at.AddDate(0, 0, int(days)), true
}
