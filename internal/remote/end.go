package remote

import (
	"context"
	"strconv"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/routing"
)

// Settle ends a call that somebody answered.
type Settle struct {
	Talk       time.Duration // billable time, of the switch's monotonic clock
	AnsweredAt time.Time     // when the meter started; zero takes EndedAt less Talk
	EndedAt    time.Time     // zero takes now
	EndedBy    cdr.Side      // "" takes the caller
	Cause      cdr.Cause     // Answered, CreditExhausted, CapReached or CallerLost; "" takes Answered
	Target     string        // the phone that answered, for the record; may be empty
}

// Release ends a call that nobody answered: it costs nothing.
type Release struct {
	EndedAt time.Time // zero takes now
	// Cause is Busy, NoAnswer, Rejected, Unreachable, CallerGaveUp or NoTarget; ""
	// takes NoAnswer.
	Cause  cdr.Cause
	Status int    // the SIP status that the caller got; 0 takes the cause's
	Target string // the phone that was rung, for the record; may be empty
}

var (
	settleCauses  = []cdr.Cause{cdr.Answered, cdr.CreditExhausted, cdr.CapReached, cdr.CallerLost}
	releaseCauses = []cdr.Cause{cdr.Busy, cdr.NoAnswer, cdr.Rejected, cdr.Unreachable, cdr.CallerGaveUp, cdr.NoTarget}
	sides         = []cdr.Side{cdr.Caller, cdr.Called, cdr.Platform}
)

// SettleCauses are the causes that Settle takes.
func SettleCauses() []cdr.Cause { return settleCauses }

// ReleaseCauses are the causes that Release takes.
func ReleaseCauses() []cdr.Cause { return releaseCauses }

// Settle charges a call and answers with its CDR. A call that the reaper settled
// before is answered with that CDR, whose Recovered is set. Faults:
// input_invalid, client_call_not_found, call_ended_otherwise, settlement_kept
// (the store is away; it is durable and will be booked), and the store's.
func (s *Service) Settle(ctx context.Context, name Name, r Settle) (cdr.Record, error) {
	var bad fault.Invalid
	if r.Talk < 0 || r.Talk > MaxTalk {
		bad.Add("talk_seconds", 0, fault.ValueRange, "value", r.Talk.Seconds(), "min", 0, "max", MaxTalk.Seconds())
	}
	oneOf(&bad, "cause", &r.Cause, cdr.Answered, settleCauses)
	oneOf(&bad, "ended_by", &r.EndedBy, cdr.Caller, sides)
	checkTarget(&bad, r.Target)
	if err := bad.Err(); err != nil {
		return cdr.Record{}, err
	}
	t, ended, err := s.ending(ctx, name, r.EndedAt)
	if err != nil {
		return cdr.Record{}, err
	}
	rec := t.draft
	rec.EndedAt, rec.AnsweredAt = ended, r.AnsweredAt
	if rec.AnsweredAt.IsZero() {
		rec.AnsweredAt = ended.Add(-r.Talk)
	}
	if rec.AnsweredAt.After(rec.EndedAt) {
		return cdr.Record{}, near("answered_at", rec.AnsweredAt, rec.EndedAt.Add(-r.Talk))
	}
	rec.Talk, rec.Billable = r.Talk.Truncate(time.Microsecond), r.Talk.Truncate(time.Microsecond)
	rec.Cause, rec.EndedBy, rec.Status = r.Cause, r.EndedBy, 200
	leg(&rec, r.Target, string(routing.Answered), 200)
	return s.end(ctx, name, t, rec)
}

// Release gives a call's credit back and answers with its CDR. Faults as
// Settle's.
func (s *Service) Release(ctx context.Context, name Name, r Release) (cdr.Record, error) {
	var bad fault.Invalid
	oneOf(&bad, "cause", &r.Cause, cdr.NoAnswer, releaseCauses)
	if r.Status != 0 && (r.Status < 300 || r.Status > 699) {
		bad.Add("status", 0, fault.ValueRange, "value", r.Status, "min", 300, "max", 699)
	}
	checkTarget(&bad, r.Target)
	if err := bad.Err(); err != nil {
		return cdr.Record{}, err
	}
	t, ended, err := s.ending(ctx, name, r.EndedAt)
	if err != nil {
		return cdr.Record{}, err
	}
	rec := t.draft
	rec.AnsweredAt, rec.Talk, rec.Billable, rec.EndedBy = time.Time{}, 0, 0, "" // should the call have ended before
	rec.EndedAt, rec.Cause, rec.Status = ended, r.Cause, r.Status
	if rec.Status == 0 {
		rec.Status = call.Status(rec.Cause)
	}
	leg(&rec, r.Target, string(rec.Cause), rec.Status)
	return s.end(ctx, name, t, rec)
}

// ending finds a call and the instant at which it ended.
func (s *Service) ending(ctx context.Context, name Name, ended time.Time) (terms, time.Time, error) {
	now := s.now()
	if ended.After(now.Add(maxApart)) {
		return terms{}, ended, near("ended_at", ended, now)
	}
	if ended.IsZero() {
		ended = now
	}
	t, err := s.find(ctx, name)
	return t, ended, err
}

func (s *Service) end(ctx context.Context, name Name, t terms, rec cdr.Record) (cdr.Record, error) {
	rec.Steps = append(rec.Steps[:len(rec.Steps):len(rec.Steps)], routing.NewStep("ended", "cause", string(rec.Cause), "by", string(rec.EndedBy)))
	booked, err := await(ctx, func(done func(cdr.Record, error)) {
		s.charger.Settle(charging.SettleRequest{Bill: t.bill, Record: rec}, done)
	})
	if err != nil {
		return cdr.Record{}, err
	}
	s.calls.forget(name)
	if !booked.Recovered && (booked.Talk != rec.Talk || booked.AnsweredAt.IsZero() != rec.AnsweredAt.IsZero()) {
		return booked, fault.New(fault.CallEndedOtherwise, "call", name.Call, "cause", booked.Cause, "had", decimal(booked.Talk), "given", decimal(rec.Talk))
	}
	if !t.over && !booked.Recovered {
		s.ended(booked)
	}
	return booked, nil
}

func decimal(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// leg notes which phone it was.
func leg(rec *cdr.Record, target, outcome string, status int) {
	if target != "" {
		rec.Legs = []cdr.Leg{{Target: target, InvitedAt: rec.StartedAt, AnsweredAt: rec.AnsweredAt, EndedAt: rec.EndedAt, Status: status, Outcome: outcome}}
	}
}

func checkTarget(bad *fault.Invalid, target string) {
	if len(target) > 64 {
		bad.Add("target", 0, fault.ValueTooLong, "limit", 64)
	}
}

// oneOf looks that a word is one of a few; an empty one takes the usual.
func oneOf[T ~string](bad *fault.Invalid, field string, value *T, usual T, allowed []T) {
	if *value == "" {
		*value = usual
	}
	list := ""
	for _, a := range allowed {
		if *value == a {
			return
		}
		list += ", " + string(a)
	}
	bad.Add(field, 0, fault.ValueNotAllowed, "value", string(*value), "allowed", list[2:])
}

// Call is how a call stands.
type Call struct {
	ID     cdr.ID
	Hold   *charging.Hold // while it runs
	Record cdr.Record     // the draft while it runs, then the CDR
	Ended  bool
}

// Call reads a call. Faults: client_call_not_found, and the store's.
func (s *Service) Call(ctx context.Context, name Name) (Call, error) {
	if err := name.check(); err != nil {
		return Call{}, err
	}
	var keys []charging.CallKey
	if t, ok := s.calls.get(name); ok {
		keys = []charging.CallKey{{Shard: t.bill.Shard, ID: t.id}}
	} else {
		keys = name.keys(s.now().Add(maxApart), Remembered)
	}
	f, err := s.look(ctx, name, keys)
	switch {
	case err != nil:
		return Call{}, err
	case f == nil:
		return Call{}, fault.New(fault.ClientCallNotFound, "call", name.Call, "days", int(Remembered/(24*time.Hour)))
	case f.hold != nil:
		return Call{ID: f.id, Hold: f.hold, Record: f.draft}, nil
	}
	return Call{ID: f.id, Record: *f.rec, Ended: true}, nil
}
