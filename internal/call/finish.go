package call

import (
	"slices"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/routing"
)

const longestRetry = 30 * time.Second

// finish ends the call with its cause: legs are dropped, the caller is told,
// and the CDR is made durable. It runs once.
func (c *Call) finish(why cdr.Cause) {
	if c.ended {
		return
	}
	c.ended = true
	c.phase = Ending
	c.meter.stop()
	c.rec.Cause, c.rec.EndedAt = why, c.loop.Now()
	talked := c.answered != 0
	if talked {
		c.rec.Talk = c.elapsed()
		c.rec.Billable = c.rec.Talk
		if c.rec.EndedBy != cdr.Called {
			c.sig.Drop(c.answered, why)
			c.closeLeg(c.answered, routing.Answered, 200)
		}
	}
	c.dropLegs(c.answered, why)
	switch {
	case talked && c.rec.EndedBy != cdr.Caller && why != cdr.CallerLost:
		c.sig.Hangup(why)
	case !talked:
		c.rec.Status = Status(why)
		if why != cdr.CallerGaveUp {
			c.sig.Reject(c.rec.Status, why)
		}
	}
	c.say("ended", "cause", string(why), "by", string(c.rec.EndedBy))
	c.show()
	c.conclude()
}

// conclude makes the CDR durable once nothing of the call's credit is still
// on its way to the store: an Extend that came after the Settle would find
// no hold.
func (c *Call) conclude() {
	if c.hold == asking || c.meter.asking {
		return
	}
	if c.hold == holding {
		c.settle(c.svc.cfg.RetrySettle)
	} else {
		c.record(c.svc.cfg.RetrySettle)
	}
}

func (c *Call) settle(pause time.Duration) {
	req := charging.SettleRequest{Bill: c.line.Bill, Record: c.rec}
	c.svc.cfg.Charger.Settle(req, func(rec cdr.Record, err error) {
		c.loop.Post(func() {
			switch {
			case fault.CodeOf(err) == fault.SettlementKept:
				c.kept()
				return
			case err != nil:
				c.loop.After(pause, func() { c.settle(min(2*pause, longestRetry)) })
				return
			}
			c.rec = rec
			c.over()
		})
	})
}

func (c *Call) record(pause time.Duration) {
	c.svc.cfg.Charger.Record(c.rec, func(err error) {
		c.loop.Post(func() {
			switch {
			case fault.CodeOf(err) == fault.SettlementKept:
				c.kept()
				return
			case err != nil:
				c.loop.After(pause, func() { c.record(min(2*pause, longestRetry)) })
				return
			}
			c.over()
		})
	})
}

// over is the last thing a call does.
func (c *Call) over() {
	c.svc.done(c)
	c.svc.cfg.Observer.Ended(c.rec, c.line.CustomerName)
}

// kept is the last thing of a call whose CDR the store did not take in time
// and that charging promised to book: who made the Charger hears of it then.
func (c *Call) kept() {
	c.svc.done(c)
	c.svc.cfg.Observer.Changed(*c.view.Load())
}

func (c *Call) say(code string, args ...string) {
	c.rec.Steps = append(c.rec.Steps, routing.NewStep(code, args...))
}

// show publishes the call's view.
func (c *Call) show() {
	v := &View{
		Call: c.rec.Call, Phase: c.phase, Number: c.rec.Number, Caller: c.rec.Caller,
		Customer: c.rec.Customer, CustomerName: c.line.CustomerName,
		StartedAt: c.rec.StartedAt, AnsweredAt: c.rec.AnsweredAt,
		Trunk: c.rec.Trunk, Steps: slices.Clip(c.rec.Steps), Legs: slices.Clone(c.rec.Legs),
		bill: c.line.Bill, metered: c.hold == holding,
	}
	if c.hold == holding {
		start := c.rec.AnsweredAt
		if start.IsZero() {
			start = c.rec.StartedAt
		}
		if held, err := c.line.Bill.Tariff.Meter(c.line.Bill.Class, start).Cost(c.meter.answer.Granted); err == nil {
			v.Held = held
		}
	}
	for id := LegID(1); id <= c.lastLeg; id++ {
		if c.legs[id].live {
			v.Targets = append(v.Targets, c.rec.Legs[c.legs[id].at].Target)
		}
	}
	c.view.Store(v)
	c.svc.cfg.Observer.Changed(*v)
}
