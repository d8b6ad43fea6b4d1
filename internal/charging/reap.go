package charging

import (
	"slices"
	"strconv"
	"time"

	"sibai/internal/cdr"
)

func (o *ReapOp) decide(d *decision) error {
	if c := d.closed[o.Lost.Key]; c != nil {
		// Sent again after an unknown outcome, the call may be our own work.
		o.Reaped = o.Reaped && c.Record.Recovered && (c.Txn == o.Txn || c.Txn == 0)
		o.Record = c.Record
		return nil
	}
	o.Record = cdr.Record{}
	h := d.holds[o.Lost.Key]
	if h == nil || o.Lost.Bill == nil || o.Lost.Draft == nil {
		o.Reaped = false // what an undone try said
		return nil       // settled meanwhile
	}
	renewed := !h.LeaseUntil.Before(o.Now) || !h.LeaseUntil.Equal(o.Lost.LeaseUntil)
	if mine := o.OfNode && h.Node == o.Lost.Node; !mine && renewed {
		o.Reaped = false // what an undone try said
		return nil       // its node came back
	}
	var err error
	o.Record, err = d.settle(h, o.Lost.Bill, lostRecord(h, *o.Lost.Draft, o.Now), o.Txn, nil)
	o.Reaped = err == nil
	return err
}

// lostRecord makes the CDR of a call whose node was lost: what was known when
// it was reserved, and what its proofs showed since.
func lostRecord(h *Hold, rec cdr.Record, now time.Time) cdr.Record {
	rec.Call, rec.Node = h.Key.ID, h.Node
	rec.Cause, rec.Recovered = cdr.NodeLost, true
	lost := func(code, seconds string) {
		if h.Node == Elsewhere {
			code = "switch_" + code
		}
		rec.Steps = append(slices.Clip(rec.Steps), cdr.Step{Code: code, Args: map[string]string{"seconds": seconds}})
	}
	if h.MeterStartedAt.IsZero() {
		rec.EndedAt = instant(now)
		lost("lost_unanswered", "0")
		return rec
	}
	lost("lost_talking", strconv.FormatInt(int64(h.Elapsed.Round(time.Second)/time.Second), 10))
	if rec.AnsweredAt.IsZero() && rec.PlatformAnsweredAt.IsZero() {
		rec.AnsweredAt = h.MeterStartedAt
	}
	rec.Talk, rec.Billable = h.Elapsed, h.Elapsed
	rec.EndedAt = h.MeterStartedAt.Add(h.Elapsed)
	rec.Status, rec.EndedBy = 200, cdr.Platform
	return rec
}
