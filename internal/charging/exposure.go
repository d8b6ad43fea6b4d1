package charging

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
)

// exposure is what a node risks: the calls that it granted time to while the
// store was away, until the store has them. Per account it is never more than
// Config.Exposure, and what an account owes of earlier ones counts until a
// call is reserved in the usual way again.
type exposure struct {
	mu    sync.Mutex // guards what follows
	calls map[cdr.ID]*promised
	owed  map[AccountKey]money.Amount
	ever  uint64
}

// promised is a call that the store does not know yet.
type promised struct {
	promise *Promise
	amount  money.Amount // what is risked: the promise's, or what the call cost in the end
	ended   bool         // its end is on the way, and with it the promise
	trying  bool
}

func newExposure() exposure {
	return exposure{calls: map[cdr.ID]*promised{}, owed: map[AccountKey]money.Amount{}}
}

// risked sums what is risked on an account. The caller has the lock.
func (x *exposure) risked(account AccountKey) money.Amount {
	sum := x.owed[account]
	for _, c := range x.calls {
		if c.promise.account() == account {
			sum = addCapped(sum, c.amount)
		}
	}
	return sum
}

// running counts the promised calls of a subscription that have not ended. The
// caller has the lock.
func (x *exposure) running(b *Bill) (n int) {
	for _, c := range x.calls {
		if p := &c.promise.Request.Bill; !c.ended && p.Account == b.Account && p.Subscription == b.Subscription {
			n++
		}
	}
	return n
}

// of is the promise of a call, to go with an operation of it; nil when the
// store has it, or none was made.
func (x *exposure) of(call cdr.ID) *Promise {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.calls[call]; c != nil {
		return c.promise.copied()
	}
	return nil
}

func (x *exposure) has(call cdr.ID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.calls[call] != nil
}

func (x *exposure) remove(call cdr.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.calls, call)
}

// settle notes what an account owes once a promise is kept, 0 once it was able
// to reserve by itself.
func (x *exposure) settle(account AccountKey, owed money.Amount) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if owed > 0 {
		x.owed[account] = owed
	} else {
		delete(x.owed, account)
	}
}

// end notes what a call that ended cost at most.
func (x *exposure) end(req *SettleRequest) *Promise {
	x.mu.Lock()
	defer x.mu.Unlock()
	c := x.calls[req.Record.Call]
	if c == nil {
		return nil
	}
	c.ended = true
	rec, p := &req.Record, c.promise.copied()
	if !rec.Metered() {
		c.amount = 0
		return p
	}
	start := instant(rec.EndedAt.Add(-rec.Billable))
	if cost, err := req.Bill.Tariff.Meter(req.Bill.Class, start).Cost(min(rec.Billable, p.granted())); err == nil {
		c.amount = min(c.amount, cost)
	}
	return p
}

// sum is what is risked in all.
func (x *exposure) sum() (calls int, amount money.Amount, ever uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.calls {
		amount = addCapped(amount, c.amount)
	}
	return len(x.calls), amount, x.ever
}

// promise answers a Reserve that the store failed, from the exposure: durable
// in the spool before it is answered.
func (s *Service) promise(req ReserveRequest, failed error, done func(Answer, error)) {
	x := &s.exposure
	bill := &req.Bill
	account := AccountKey{bill.Shard, bill.Account}
	if checkReserve(&req) != nil {
		done(Answer{}, failed)
		return
	}
	x.mu.Lock()
	if c := x.calls[req.Call]; c != nil { // asked again
		g := c.promise.Grants[0]
		x.mu.Unlock()
		done(promisedAnswer(g), nil)
		return
	}
	if n := x.running(bill); bill.MaxConcurrent > 0 && n >= bill.MaxConcurrent {
		x.mu.Unlock()
		done(Answer{Refused: cdr.TooManyCalls}, nil)
		return
	}
	g, amount, ok := s.cfg.Rules.promise(bill, req.At, 0, s.cfg.Rules.minGrant(bill), s.cfg.Exposure-x.risked(account))
	if !ok {
		x.mu.Unlock()
		done(Answer{}, failed)
		return
	}
	p := &Promise{Request: req, Node: s.cfg.Node, Bucket: s.ids.Next(), Grants: []Grant{g}, Amount: amount}
	x.calls[req.Call] = &promised{promise: p, amount: amount}
	x.ever++
	item := s.promiseItem(p)
	x.mu.Unlock()
	s.keeper.add(keepJob{item: item, done: func(err error) {
		if err != nil {
			x.remove(req.Call)
			done(Answer{}, errors.Join(failed, err))
			return
		}
		s.promiseKept(req.Call)
		s.log.Warn("a call is accepted while the store is away", "call", req.Call.String(), "account", bill.Account.String(), "granted", g.Granted, "risked", amount.String())
		done(promisedAnswer(g), nil)
	}})
}

func promisedAnswer(g Grant) Answer {
	a := g.answer()
	a.Promised = true
	return a
}

func (s *Service) promiseItem(p *Promise) Item {
	return Item{Call: p.Request.Call, KeptAt: s.cfg.Now(), Promise: p.copied()}
}

// promiseMore answers an Extend of a promised call that the store failed.
func (s *Service) promiseMore(req ExtendRequest, failed error, done func(Answer, error)) {
	x := &s.exposure
	x.mu.Lock()
	c := x.calls[req.Call]
	if c == nil || c.ended || req.Sequence > len(c.promise.Grants) || req.Sequence < 1 {
		x.mu.Unlock()
		done(Answer{}, failed)
		return
	}
	if req.Sequence < len(c.promise.Grants) {
		g := c.promise.Grants[req.Sequence]
		x.mu.Unlock()
		done(promisedAnswer(g), nil)
		return
	}
	rules, bill := s.cfg.Rules, &c.promise.Request.Bill
	had, least := c.promise.granted(), rules.minGrant(bill)
	step := min(max(least, had), max(least, rules.MaxStep))
	room := s.cfg.Exposure - (x.risked(c.promise.account()) - c.amount)
	g, amount, ok := rules.promise(bill, c.promise.Request.At, had, had+step, room)
	if !ok {
		x.mu.Unlock()
		done(Answer{}, failed)
		return
	}
	more := c.promise.copied()
	more.Grants, more.Amount = append(more.Grants, g), amount
	more.prove(req.Elapsed, req.MeterStartedAt)
	was := c.promise
	c.promise, c.amount = more, amount
	item := s.promiseItem(more)
	x.mu.Unlock()
	s.keeper.add(keepJob{item: item, done: func(err error) {
		if err != nil {
			x.mu.Lock()
			if x.calls[req.Call] == c && c.promise == more {
				c.promise, c.amount = was, was.Amount
			}
			x.mu.Unlock()
			done(Answer{}, errors.Join(failed, err))
			return
		}
		s.promiseKept(req.Call)
		done(promisedAnswer(g), nil)
	}})
}

// promiseKept takes a promise out of the spool that came there after the store
// had it.
func (s *Service) promiseKept(call cdr.ID) {
	if !s.exposure.has(call) && !s.kept.has(call) {
		s.unspool(call)
	}
}

func (p *Promise) prove(elapsed time.Duration, started time.Time) {
	p.Elapsed = max(p.Elapsed, elapsed)
	if p.MeterStartedAt.IsZero() {
		p.MeterStartedAt = instant(started)
	}
}

// adopted notes that the store has a promise. One that grew meanwhile stays.
func (s *Service) adopted(p *Promise) {
	if p == nil {
		return
	}
	x := &s.exposure
	call := p.Request.Call
	x.mu.Lock()
	c := x.calls[call]
	done := c != nil && len(c.promise.Grants) == len(p.Grants)
	if done && !c.ended {
		delete(x.calls, call)
	}
	x.mu.Unlock()
	x.settle(p.account(), p.owed)
	if done && !c.ended {
		s.unspool(call)
	}
}

// proveSpooled writes the signs of life of promised calls into the spool: for
// the store does not take them.
func (s *Service) proveSpooled(proofs []Proof) {
	x := &s.exposure
	for _, proof := range proofs {
		x.mu.Lock()
		c := x.calls[proof.Call]
		if c == nil || c.ended || proof.MeterStartedAt.IsZero() {
			x.mu.Unlock()
			continue
		}
		next := c.promise.copied()
		next.prove(proof.Elapsed, proof.MeterStartedAt)
		c.promise = next
		item := s.promiseItem(next)
		x.mu.Unlock()
		// A proof that is lost is followed by the next.
		s.keeper.add(keepJob{item: item, done: func(error) { s.promiseKept(item.Call) }})
	}
}

// adoptable takes up to most promised calls for a try.
func (x *exposure) adoptable(most int) (list []*Promise) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.calls {
		if !c.ended && !c.trying {
			list = append(list, c.promise.copied())
		}
	}
	slices.SortFunc(list, func(a, b *Promise) int { return cmp.Compare(a.Request.Call, b.Request.Call) })
	list = list[:min(most, len(list))]
	for _, p := range list {
		x.calls[p.Request.Call].trying = true
	}
	return list
}

// adopt brings promises to the store; each outcome is told to then, which may
// be nil.
func (s *Service) adopt(list []*Promise, then func(error)) {
	for _, p := range list {
		s.send(&AdoptOp{Promise: p, LeaseUntil: s.lease(s.now())}, func(err error) {
			s.exposure.tried(p.Request.Call)
			if err == nil {
				s.adopted(p)
			} else if !again(err) {
				s.log.Error("the store refuses a call that was accepted while it was away; it stays in the spool", "call", p.Request.Call.String(), "error", err)
			}
			if then != nil {
				then(err)
			}
		})
	}
}

func (x *exposure) tried(call cdr.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.calls[call]; c != nil {
		c.trying = false
	}
}
