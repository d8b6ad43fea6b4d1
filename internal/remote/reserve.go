package remote

import (
	"context"
	"strconv"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

// Reserve asks for credit for a new call.
type Reserve struct {
	Number    string        // the 400 number that was called
	Caller    string        // as it came; empty when withheld
	At        time.Time     // when the call came in; zero takes now
	Class     string        // of the tariff's classes; "" for none
	Extension int64         // whose sub-wallet pays first; 0 for nobody's
	Lease     time.Duration // MinLease to MaxLease; 0 takes the time to ring, the time granted and a minute
}

// Grant answers Reserve and Extend.
type Grant struct {
	ID       cdr.ID        // what the call is called here
	Granted  time.Duration // total billable time that is paid for
	ExtendAt time.Duration // billable time at which to ask again
	// Final: no more was to be had. Unless an Extend at ExtendAt gets more, end
	// the call at Granted.
	Final bool
	// Capped is set with Final when a monthly cap is what ends the call.
	Capped bool
	// Refused says why nothing was granted, or how the call ended that was to be
	// extended; empty otherwise.
	Refused cdr.Cause
}

func grant(call cdr.ID, a charging.Answer) Grant {
	return Grant{ID: call, Granted: a.Granted, ExtendAt: a.ExtendAt, Final: a.Final, Capped: a.CapReached, Refused: a.Refused}
}

// Reserve asks for credit before a phone rings. Faults: input_invalid,
// clock_apart, call_reused, and the store's.
func (s *Service) Reserve(ctx context.Context, name Name, r Reserve) (Grant, error) {
	now := s.now()
	if err := r.check(name, now); err != nil {
		return Grant{}, err
	}
	if t, ok := s.calls.get(name); ok {
		return s.again(ctx, name, &r, &found{terms: t})
	}
	given := r
	if r.At.IsZero() {
		r.At = now
	}
	r.At = r.At.Truncate(time.Microsecond)
	t, why := s.terms(name, &r)
	lease := s.lease(r.Lease, charging.LongestRing+max(t.bill.MinGrant, t.bill.Tariff.First.Length, time.Minute))
	t.expires = now.Add(lease + time.Hour)
	// Sent again without its time, it may have come to the window before. It is
	// looked for under its own shard alone, as it is in this window.
	if before := now.Add(-2 * maxApart); name.id(before, t.bill.Shard, 0) != name.id(r.At, t.bill.Shard, 0) {
		f, err := s.look(ctx, name, name.keysIn(before, t.bill.Shard))
		if err != nil {
			return Grant{}, err
		}
		if f != nil {
			return s.again(ctx, name, &given, f)
		}
	}
	for try := range byte(tries) {
		t.id = name.id(r.At, t.bill.Shard, try)
		t.draft.Call = t.id
		g, again, err := s.reserve(ctx, t, why, lease)
		if err != nil {
			return Grant{}, err
		}
		if !again {
			if g.Refused == "" {
				s.calls.put(name, t, now)
			}
			return g, nil
		}
		f, err := s.look(ctx, name, []charging.CallKey{{Shard: t.bill.Shard, ID: t.id}})
		if err != nil {
			return Grant{}, err
		}
		if f != nil {
			return s.again(ctx, name, &given, f)
		}
	}
	return Grant{}, fault.New(fault.CallReused, "call", name.Call, "field", "id", "had", t.id, "given", name.Call)
}

// terms finds whose number was called and under what terms; why says why the
// call is refused before any credit is asked for.
func (s *Service) terms(name Name, r *Reserve) (t terms, why cdr.Cause) {
	t.bill.Shard = charging.ShardOf(0)
	t.draft = cdr.Record{
		Trunk: name.trunk(), SIPCallID: name.Call, Number: r.Number,
		Caller: clip(phone.Normalise(r.Caller).Digits), CallerRaw: r.Caller, StartedAt: r.At,
	}
	say := func(code string, args ...string) {
		t.draft.Steps = append(t.draft.Steps, routing.NewStep(code, args...))
	}
	say("switch_asks", "client", name.Client)
	dialled, err := number.FromTrunk(r.Number)
	var line call.Line
	ok := err == nil
	if ok {
		t.draft.Number = dialled
		line, ok = s.lines.Find(dialled, r.At)
	}
	if !ok {
		say("unknown_number", "number", r.Number)
		return t, cdr.UnknownNumber
	}
	t.bill = line.Bill
	t.bill.Class, t.bill.Extension = r.Class, r.Extension
	t.draft.Customer, t.draft.Account = line.Customer, int64(line.Bill.Account)
	t.draft.Subscription, t.draft.TariffID = int64(line.Bill.Subscription), int64(line.Bill.Tariff.ID)
	if why = routing.Refusal(line.State); why != "" {
		say("state_refused", "state", string(line.State))
		return t, why
	}
	say("state_open")
	return t, ""
}

// reserve asks charging, and keeps a refusal with its CDR. again says that there
// was a call of this id already: nothing was changed.
func (s *Service) reserve(ctx context.Context, t terms, why cdr.Cause, lease time.Duration) (g Grant, again bool, err error) {
	steps := t.draft.Steps
	if why == "" {
		req := charging.ReserveRequest{Call: t.id, Bill: t.bill, At: t.draft.StartedAt, Draft: t.draft}
		a, err := await(ctx, func(done func(charging.Reservation, error)) { s.charger.ReserveElsewhere(req, lease, done) })
		if err != nil || a.Again || a.Refused == "" {
			return grant(t.id, a.Answer), a.Again, err
		}
		why = a.Refused
		steps = append(steps[:len(steps):len(steps)], routing.NewStep("credit_refused", "cause", string(why)))
	} else if held, err := s.charger.Held(ctx, []charging.CallKey{{Shard: t.bill.Shard, ID: t.id}}); err != nil || len(held) > 0 {
		return Grant{}, true, err // a record would give the hold back
	}
	rec := t.draft
	rec.Steps = steps
	rec.Cause, rec.Status, rec.EndedAt = why, call.Status(why), s.now()
	kept, err := await(ctx, func(done func(cdr.Record, error)) { s.charger.RecordElsewhere(rec, done) })
	switch {
	case fault.CodeOf(err) == fault.SettlementKept: // it will have its record
	case err != nil:
		return Grant{}, false, err
	case !sameRecord(&kept, &rec):
		return Grant{}, true, nil
	default:
		s.ended(kept)
	}
	return Grant{ID: t.id, Final: true, Refused: why}, false, nil
}

// sameRecord reports whether a record is the one that was to be kept.
func sameRecord(kept, rec *cdr.Record) bool {
	return kept.SIPCallID == rec.SIPCallID && kept.Trunk == rec.Trunk && kept.Cause == rec.Cause &&
		kept.EndedAt.UnixMicro() == rec.EndedAt.UnixMicro()
}

// again answers a reservation of a call that is there already.
func (s *Service) again(ctx context.Context, name Name, r *Reserve, f *found) (Grant, error) {
	if err := r.same(name, f); err != nil {
		return Grant{}, err
	}
	if f.rec != nil && f.rec.AnsweredAt.IsZero() && f.rec.Talk == 0 && refusal(f.rec.Cause) {
		return Grant{ID: f.id, Final: true, Refused: f.rec.Cause}, nil
	}
	if f.hold != nil {
		s.calls.put(name, f.terms, s.now())
		return grant(f.id, f.hold.First()), nil
	}
	req := charging.ReserveRequest{Call: f.id, Bill: f.bill, At: f.draft.StartedAt, Draft: f.draft}
	a, err := await(ctx, func(done func(charging.Reservation, error)) {
		s.charger.ReserveElsewhere(req, s.lease(r.Lease, s.step), done)
	})
	return grant(f.id, a.Answer), err
}

// refusal reports whether a cause is one that Reserve answers.
func refusal(c cdr.Cause) bool {
	switch c {
	case cdr.UnknownNumber, cdr.NumberSuspended, cdr.NumberFrozen, cdr.NumberNotOpen, cdr.NoCredit, cdr.TooManyCalls, cdr.CapReached:
		return true
	}
	return false
}

// same finds out whether a reservation says what the first one of the call did.
func (r *Reserve) same(name Name, f *found) error {
	had := &f.draft
	dialled := r.Number
	if d, err := number.FromTrunk(r.Number); err == nil {
		dialled = d
	}
	differ := func(field, was, is string) error {
		return fault.New(fault.CallReused, "call", name.Call, "field", field, "had", was, "given", is)
	}
	switch {
	case had.Number != dialled:
		return differ("number", had.Number, dialled)
	case had.CallerRaw != r.Caller:
		return differ("caller", had.CallerRaw, r.Caller)
	case !r.At.IsZero() && had.StartedAt.UnixMicro() != r.At.UnixMicro():
		return differ("at", had.StartedAt.UTC().Format(time.RFC3339Nano), r.At.UTC().Format(time.RFC3339Nano))
	case f.rec == nil && f.bill.Class != r.Class:
		return differ("class", f.bill.Class, r.Class)
	case f.rec == nil && f.bill.Extension != r.Extension:
		return differ("extension", strconv.FormatInt(f.bill.Extension, 10), strconv.FormatInt(r.Extension, 10))
	}
	return nil
}

func (r *Reserve) check(name Name, now time.Time) error {
	if err := name.check(); err != nil {
		return err
	}
	var bad fault.Invalid
	text := func(field, value string, limit int) {
		if len(value) > limit {
			bad.Add(field, 0, fault.ValueTooLong, "limit", limit)
		}
	}
	if r.Number == "" {
		bad.Add("number", 0, fault.FieldMissing, "field", "number", "example", "4001234567")
	}
	text("number", r.Number, 128)
	text("caller", r.Caller, 128)
	text("class", r.Class, 64)
	if r.Extension < 0 {
		bad.Add("extension", 0, fault.ValueRange, "value", r.Extension, "min", 0, "max", int64(1)<<62)
	}
	checkLease(&bad, r.Lease)
	if err := bad.Err(); err != nil {
		return err
	}
	return near("at", r.At, now)
}

func checkLease(bad *fault.Invalid, d time.Duration) {
	if d != 0 && (d < MinLease || d > MaxLease) {
		bad.Add("lease_seconds", 0, fault.ValueRange, "value", d.Seconds(), "min", MinLease.Seconds(), "max", MaxLease.Seconds())
	}
}

// near refuses an instant that cannot be now.
func near(field string, at, now time.Time) error {
	if at.IsZero() {
		return nil
	}
	if apart := at.Sub(now).Abs(); apart > maxApart {
		return fault.New(fault.ClockApart, "field", field, "given", at.Format(time.RFC3339),
			"apart", apart.Round(time.Second), "example", now.Format(time.RFC3339))
	}
	return nil
}

// lease is the lease of a hold: what the switch wants, or else the time that may
// pass until its next request and a minute.
func (s *Service) lease(wanted, until time.Duration) time.Duration {
	if wanted != 0 {
		return wanted
	}
	return min(until+grace, MaxLease)
}

func clip(s string) string {
	if len(s) > 128 {
		return s[:128]
	}
	return s
}
