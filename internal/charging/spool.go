package charging

import (
	"errors"
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/ledger"
)

// Spool keeps the ends of calls on the node's own disk while the store is slow
// or away. What was kept survives the loss of the process and of power.
// Implementations are safe for concurrent use.
type Spool interface {
	// Keep makes items durable, each in place of what was kept of its call.
	// After an error none of them is kept.
	Keep(items []Item) error
	// Forget drops what is kept of calls. It need not be durable: an item that
	// comes back is booked again, which changes nothing.
	Forget(calls []cdr.ID) error
	// Items lists what is kept, oldest first.
	Items() []Item
	// Used is how many bytes are kept of how many that may be.
	Used() (bytes, limit int64)
}

// Item is what a Spool keeps of one call: its end, which is either Settle or
// Record, or the Promise that it runs on, or a Promise with the Settle that
// ended it.
type Item struct {
	Call    cdr.ID         `json:"call"`
	KeptAt  time.Time      `json:"kept_at"`
	Promise *Promise       `json:"promise,omitempty"`
	Settle  *SettleRequest `json:"settle,omitempty"`
	Record  *RecordRequest `json:"record,omitempty"`
}

// Sound reports whether the item is one of those that charging keeps.
func (i *Item) Sound() bool {
	if i.Promise != nil {
		return i.Record == nil && len(i.Promise.Grants) > 0
	}
	return (i.Settle == nil) != (i.Record == nil)
}

// Ended reports whether the item has the end of its call; else the call runs on
// a promise, or did when its node was lost.
func (i *Item) Ended() bool { return i.Settle != nil || i.Record != nil }

// RecordRequest keeps the CDR of a call that reserved nothing. Idempotent by
// the record's Call.
type RecordRequest struct {
	Shard  int        `json:"shard"`
	Record cdr.Record `json:"record"`
}

// CDR is the record of the item's call, before it is charged; of a call that
// runs, what was known when it was accepted.
func (i *Item) CDR() *cdr.Record {
	switch {
	case i.Settle != nil:
		return &i.Settle.Record
	case i.Record != nil:
		return &i.Record.Record
	}
	return &i.Promise.Request.Draft
}

// proof keeps the hold of a call whose end waits from being reaped at an
// earlier proof.
func (i *Item) proof() (p Proof, ok bool) {
	if i.Settle == nil {
		return p, false
	}
	rec := &i.Settle.Record
	p = Proof{Call: i.Call, Bill: i.Settle.Bill, Elapsed: rec.Billable, MeterStartedAt: rec.AnsweredAt}
	if !rec.PlatformAnsweredAt.IsZero() {
		p.MeterStartedAt = rec.PlatformAnsweredAt
	}
	return p, true
}

// late is the item as it is booked after it was kept: its record says so.
func (i *Item) late(now time.Time) Item {
	rec := *i.CDR()
	steps := make([]cdr.Step, len(rec.Steps), len(rec.Steps)+1)
	copy(steps, rec.Steps)
	rec.Steps = append(steps, cdr.Step{Code: "settled_late", Args: map[string]string{
		"seconds": strconv.FormatInt(int64(now.Sub(i.KeptAt)/time.Second), 10),
	}})
	if i.Settle != nil {
		return Item{Call: i.Call, Promise: i.Promise, Settle: &SettleRequest{Bill: i.Settle.Bill, Record: rec}}
	}
	return Item{Call: i.Call, Record: &RecordRequest{Shard: i.Record.Shard, Record: rec}}
}

// op makes the operation that books the item.
func (s *Service) op(i *Item) Op {
	if i.Settle != nil {
		op := &SettleOp{Request: *i.Settle, Txn: ledger.ID(s.ids.Next()), Promise: i.Promise.copied()}
		if s.texts != nil {
			op.Request.Record = inMicroseconds(op.Request.Record) // as Decide does
			op.Texts, _ = s.texts.CDRTexts(&op.Request.Record)    // the writer tells of the error
		}
		return op
	}
	return &RecordOp{Shard: i.Record.Shard, Record: i.Record.Record}
}

// booked is the record that an operation of op left.
func booked(o Op) cdr.Record {
	if settle, ok := o.(*SettleOp); ok {
		return settle.Record
	}
	return o.(*RecordOp).Record
}

// again says whether an operation that failed may be done later: its outcome
// is not known, or the store did not take it. Otherwise it was refused.
func again(err error) bool {
	if errors.Is(err, ErrRejected) {
		return false
	}
	var known *fault.Error
	return !errors.As(err, &known) || known.Kind == fault.KindUnavailable
}
