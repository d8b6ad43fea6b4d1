package demo

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

// pastCall is a call that was made before the demo began.
type pastCall struct {
	ago    time.Duration
	caller string
	talk   time.Duration // 0: nobody answered
	end    routing.Outcome
}

// pastCalls are two to five a day for a month, most of them by day, some of which
// nobody answered.
func pastCalls() (list []pastCall) {
	for d := 29; d >= 0; d-- {
		for i := range 2 + (d*7)%4 {
			n := 31*d + 17*i
			c := pastCall{
				ago:    time.Duration(d)*day + time.Duration(2+(n*13)%9)*time.Hour + time.Duration(n%53)*time.Minute,
				caller: fmt.Sprintf("13%d%08d", 5+n%5, 20000000+7919*(n%23)), talk: time.Duration(20+(n*37)%280) * time.Second,
			}
			switch n % 5 {
			case 0:
				c.talk, c.end = 0, routing.NoAnswer
			case 3:
				if n%2 == 0 {
					c.talk, c.end = 0, routing.Busy
				}
			}
			list = append(list, c)
		}
	}
	return list
}

// call plays a call as the node would have: the number is found, phones ring by its
// profile, credit is held and extended, and the call settled.
func (s *story) call(ctx context.Context, c pastCall) error {
	dir := directory.New(s.store.Catalog, 0, s.log)
	if err := dir.Refresh(ctx); err != nil {
		return err
	}
	line, ok := dir.Find(s.by["open"].Items[0].Digits, s.now())
	if !ok {
		return fmt.Errorf("the number %s is not there", s.by["open"].Items[0].Digits)
	}
	began := s.now()
	way := routing.Decide(line.Profile, routing.Situation{State: line.State})
	rec := cdr.Record{
		Call: cdr.ID(s.ids.Next()), Node: s.cfg.Node, Trunk: "carrier", Number: line.Number, Caller: phone.Normalise(c.caller).Digits, CallerRaw: c.caller,
		Customer: line.Customer, Account: int64(line.Bill.Account), Subscription: int64(line.Bill.Subscription), StartedAt: began, RingingAt: began.Add(time.Second),
	}
	rec.SIPCallID = rec.Call.String() + "@demo"
	bill := line.Bill
	answer, err := await(func(done func(charging.Answer, error)) {
		s.bank.Reserve(charging.ReserveRequest{Call: rec.Call, Bill: bill, At: began, Draft: rec}, done)
	})
	if err != nil {
		return err
	}
	if answer.Refused != "" {
		return fmt.Errorf("a call was refused: %s", answer.Refused)
	}
	at := s.ring(&rec, way, c, began)
	if rec.Cause == cdr.Answered {
		for i := 1; c.talk > answer.Granted; i++ {
			s.ago(s.end.Sub(at.Add(answer.ExtendAt)))
			if answer, err = await(func(done func(charging.Answer, error)) {
				s.bank.Extend(charging.ExtendRequest{Call: rec.Call, Bill: bill, Sequence: i, Elapsed: answer.ExtendAt, At: s.now(), MeterStartedAt: at}, done)
			}); err != nil {
				return err
			}
		}
	}
	s.ago(s.end.Sub(rec.EndedAt))
	_, err = await(func(done func(cdr.Record, error)) {
		s.bank.Settle(charging.SettleRequest{Bill: bill, Record: rec}, done)
	})
	return err
}

// ring rings the phones of a call and says when the meter starts.
func (s *story) ring(rec *cdr.Record, way *routing.Decision, c pastCall, at time.Time) time.Time {
	steps := []cdr.Step{}
	say := func(code string, args ...string) { steps = append(steps, routing.NewStep(code, args...)) }
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	end := func() {
		say("ended", "cause", string(rec.Cause), "by", string(rec.EndedBy))
		rec.Steps = append(way.Steps, steps...)
	}
	last := routing.Outcome("")
	for {
		ring, ok := way.Next(last)
		if !ok {
			break
		}
		for _, t := range ring.Targets {
			say("rings", "target", t.Phone, "seconds", seconds(t.RingFor))
			leg := cdr.Leg{Target: t.Phone, Trunk: t.Trunk, InvitedAt: at, RingingAt: at.Add(time.Second), Outcome: string(c.end), EndedAt: at.Add(t.RingFor), Status: 487}
			switch {
			case c.talk > 0:
				leg.AnsweredAt, leg.Outcome, leg.Status = at.Add(6*time.Second), string(routing.Answered), 200
				leg.EndedAt = leg.AnsweredAt.Add(c.talk)
				rec.Legs = append(rec.Legs, leg)
				rec.AnsweredAt, rec.EndedAt, rec.Talk, rec.Billable = leg.AnsweredAt, leg.EndedAt, c.talk, c.talk
				rec.Cause, rec.Status, rec.EndedBy = cdr.Answered, 200, cdr.Caller
				say("answered", "target", t.Phone, "seconds", seconds(rec.AnsweredAt.Sub(rec.StartedAt)))
				end()
				return rec.AnsweredAt
			case c.end == routing.Busy:
				leg.RingingAt, leg.EndedAt, leg.Status = time.Time{}, at.Add(time.Second), 486
			}
			say("leg_"+string(c.end), "target", t.Phone, "status", strconv.Itoa(leg.Status))
			rec.Legs, at = append(rec.Legs, leg), leg.EndedAt
		}
		last = c.end
	}
	rec.EndedAt, rec.Cause, rec.Status = at, cdr.NoAnswer, 480
	if c.end == routing.Busy {
		rec.Cause, rec.Status = cdr.Busy, 486
	}
	end()
	return at
}

// await waits for what charging answers.
func await[T any](ask func(done func(T, error))) (T, error) {
	type said struct {
		what T
		err  error
	}
	back := make(chan said, 1)
	ask(func(what T, err error) { back <- said{what, err} })
	got := <-back
	return got.what, got.err
}
