package call

import (
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// meter is the credit side of a talking call: what is granted, and the timers
// that ask for more and cut.
type meter struct {
	answer   charging.Answer
	sequence int
	asking   bool
	failed   bool // the last Extend got no answer
	overdue  bool // the grant is used up and the answer to an Extend is awaited
	stopAsk  func()
	stopCut  func()
}

func (m *meter) stop() {
	if m.stopAsk != nil {
		m.stopAsk()
	}
	if m.stopCut != nil {
		m.stopCut()
	}
}

// retryExtend is the pause before credit is asked for again after the store
// failed; the call goes on meanwhile on what it was granted.
const retryExtend = time.Second

// awaitAnswer is how long a call whose grant is used up lives on while the
// answer to its Extend is on the way. Time beyond the grant is charged only if
// that answer covers it, so this bounds what the operator may give away.
const awaitAnswer = time.Second

func (c *Call) elapsed() time.Duration { return c.loop.Now().Sub(c.rec.AnsweredAt) }

// schedule sets the timers anew from the last answer.
func (c *Call) schedule() {
	m := &c.meter
	m.stop()
	elapsed := c.elapsed()
	m.stopCut = c.loop.After(max(0, m.answer.Granted-elapsed), c.cut)
	if m.answer.ExtendAt > elapsed || !m.answer.Final {
		m.stopAsk = c.loop.After(max(0, m.answer.ExtendAt-elapsed), c.extend)
	}
}

func (c *Call) extend() {
	m := &c.meter
	if c.ended || m.asking {
		return
	}
	m.asking = true
	if !m.failed {
		m.sequence++ // a failed request is sent again under its own number
	}
	c.svc.cfg.Charger.Extend(charging.ExtendRequest{
		Call: c.rec.Call, Bill: c.line.Bill, Sequence: m.sequence, Elapsed: c.elapsed(), At: c.loop.Now(),
		MeterStartedAt: c.rec.AnsweredAt,
	}, func(a charging.Answer, err error) {
		c.loop.Post(func() { c.extended(a, err) })
	})
}

func (c *Call) extended(a charging.Answer, err error) {
	m := &c.meter
	m.asking = false
	if c.ended {
		c.conclude() // the settlement waited for this answer
		return
	}
	m.failed = err != nil
	if err != nil && m.overdue {
		c.cut()
		return
	}
	if err != nil {
		m.stopAsk = c.loop.After(retryExtend, c.extend)
		return
	}
	final := m.answer.Final
	more := a.Granted > m.answer.Granted
	if a.Refused != "" || !more {
		// No more to be had now: what was granted stands. Without progress it
		// is not asked again at once, or a refusal would spin.
		m.answer.Final, m.answer.CapReached = true, a.CapReached
		if a.Refused == "" && a.ExtendAt > m.answer.ExtendAt {
			m.answer.ExtendAt = a.ExtendAt
		}
	} else {
		m.answer = a
	}
	if more {
		c.say("credit_extended", "seconds", seconds(a.Granted))
	}
	if m.answer.Final && !final {
		why := "credit_final"
		if m.answer.CapReached {
			why = "credit_capped"
		}
		c.say(why, "seconds", seconds(m.answer.Granted))
	}
	m.overdue = false
	if more {
		c.show()
	}
	c.schedule()
}

// cut ends a call whose granted time is used up.
func (c *Call) cut() {
	if c.ended {
		return
	}
	if m := &c.meter; m.asking && !m.overdue {
		m.overdue = true
		m.stopCut = c.loop.After(awaitAnswer, c.cut)
		return
	}
	c.say("cut", "seconds", seconds(c.meter.answer.Granted))
	c.rec.EndedBy = cdr.Platform
	if c.meter.failed || c.meter.asking {
		c.finish(cdr.ChargingDown)
		return
	}
	if c.meter.answer.CapReached {
		c.finish(cdr.CapReached)
		return
	}
	c.finish(cdr.CreditExhausted)
}

// seconds writes a length for a trace: whole seconds where it is whole, else
// with milliseconds.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Round(time.Millisecond).Seconds(), 'f', -1, 64)
}
