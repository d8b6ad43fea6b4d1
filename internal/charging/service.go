package charging

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/ledger"
)

// Service keeps credit for the calls of one node. It groups operations that
// wait into batches, commits each durably, and answers afterwards. It has one
// writer, or as many as a Parallel store asks for; operations of one shard are
// done in the order in which they came.
//
// Every done function is called exactly once, from a goroutine of the Service
// or, when the queue is full, the store away or the Service stopped, from the
// caller's; it must not block. An error means that the outcome is not known to
// have happened; the same request may be sent again. All methods are safe for
// concurrent use.
type Service struct {
	store Store
	cfg   Config
	ids   *id.Generator
	log   *slog.Logger
	texts Texter // nil for a store that keeps none

	queues  []chan job // one for each writer; a shard is always in the same one
	health  health
	keeper  *keeper
	kept    keptSet
	drains  int         // of drain alone
	probing atomic.Bool // drain's look for the store is on its way

	born     time.Time
	watching map[CallKey]watched // of reap alone

	exposure exposure

	renewing atomic.Int64 // renewals that the store has not answered

	mu      sync.RWMutex // guards closing of queues against sends
	started bool
	stopped bool
	cancel  context.CancelFunc // ends the periodic tasks; nil before Start
	running sync.WaitGroup
	keeping sync.WaitGroup // outlives running: what a last batch fails to do is kept
}

// job is an operation that waits, and what to do once it is durable or failed.
type job struct {
	op   Op
	done func(error)
}

// New makes a Service on a store. ids numbers transactions and buckets; it may
// be the generator that numbers calls. Nothing runs before Start.
func New(store Store, cfg Config, ids *id.Generator, log *slog.Logger) *Service {
	cfg = cfg.withDefaults()
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Service{store: store, cfg: cfg, ids: ids, log: log, health: health{log: log}, exposure: newExposure(), born: cfg.Now()}
	s.keeper, s.kept.calls = newKeeper(s), map[cdr.ID]*ending{}
	s.texts, _ = store.(Texter)
	writers := 1
	if p, ok := store.(Parallel); ok {
		writers = p.Writers()
	}
	for range writers {
		s.queues = append(s.queues, make(chan job, max(1, cfg.Queue/writers)))
	}
	return s
}

// Start starts the writers, the renewal of leases and the reaper. Starting
// twice does nothing; a stopped Service stays stopped.
func (s *Service) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.stopped {
		return
	}
	s.started = true
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	for _, queue := range s.queues {
		s.running.Go(func() { s.write(queue) })
	}
	s.running.Go(func() { s.every(ctx, s.cfg.RenewEvery, s.renew) })
	s.running.Go(func() { s.every(ctx, s.cfg.ReapEvery, s.reap) })
	if s.cfg.Spool != nil {
		s.running.Go(func() { s.every(ctx, drainEvery, s.drain) })
		s.keeping.Go(s.keeper.run)
	}
}

// Stop takes no more operations, does those that wait, keeps in the spool the
// ends of calls that the store does not take, and returns when all are
// answered. Stopping twice is safe.
func (s *Service) Stop() {
	s.mu.Lock()
	first := !s.stopped
	s.stopped = true
	if first {
		if s.cancel != nil {
			s.cancel()
		}
		for _, queue := range s.queues {
			close(queue)
		}
	}
	started := s.started
	s.mu.Unlock()
	if first && !started {
		for _, queue := range s.queues {
			for j := range queue {
				j.done(fault.New(fault.ChargingStopped))
			}
		}
	}
	s.running.Wait()
	s.keeper.close()
	s.keeping.Wait()
}

// send queues an operation. It never blocks.
func (s *Service) send(op Op, done func(error)) {
	s.mu.RLock()
	stopped, queued := s.stopped, false
	if !stopped {
		select {
		case s.queueOf(op) <- job{op, done}:
			queued = true
		default:
		}
	}
	s.mu.RUnlock()
	switch {
	case queued:
	case stopped:
		done(fault.New(fault.ChargingStopped))
	default:
		done(fault.New(fault.ChargingQueueFull))
	}
}

// patiently is send that gives up after Patience. The operation may still
// happen then.
func (s *Service) patiently(op Op, done func(error)) {
	if s.cfg.Patience <= 0 {
		s.send(op, done)
		return
	}
	if s.health.cut(s.cfg.Now()) {
		done(errAway)
		return
	}
	var answered atomic.Bool
	stop := s.cfg.after(s.cfg.Patience, func() {
		if answered.CompareAndSwap(false, true) {
			err := s.slow()
			s.health.failed(s.cfg.Now(), err)
			done(err)
		}
	})
	s.send(op, func(err error) {
		if answered.CompareAndSwap(false, true) {
			stop()
			done(err)
		}
	})
}

func (s *Service) slow() error { return fault.New(fault.StoreSlow, "after", s.cfg.Patience) }

// queueOf is the queue that an operation waits in. A shard out of range has
// one too: Decide refuses the operation.
func (s *Service) queueOf(op Op) chan job {
	return s.queues[uint(op.shard())%uint(len(s.queues))]
}

// wait queues an operation and waits for it to be durable. When ctx ends
// first the operation may still happen.
func (s *Service) wait(ctx context.Context, op Op) error {
	answer := make(chan error, 1)
	s.send(op, func(err error) { answer <- err })
	s.cfg.pump()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) lease(at time.Time) time.Time { return at.Add(s.cfg.Lease) }

// Reserve asks for credit before a phone rings. A refusal is an Answer. While
// the store is away, time is granted from Config.Exposure, and the Answer says
// Promised.
func (s *Service) Reserve(req ReserveRequest, done func(Answer, error)) {
	op := &ReserveOp{Request: req, Node: s.cfg.Node, LeaseUntil: s.lease(s.now())}
	if s.texts != nil {
		op.Texts, _ = s.texts.HoldTexts(&op.Request.Bill, &op.Request.Draft) // the writer tells of the error
	}
	s.patiently(op, func(err error) {
		switch {
		case err == nil:
			if s.cfg.Exposure > 0 && op.Answer.Refused == "" {
				s.exposure.settle(AccountKey{req.Bill.Shard, req.Bill.Account}, 0)
			}
			done(op.Answer, nil)
		case s.cfg.Exposure > 0 && s.cfg.Spool != nil && again(err):
			s.promise(req, err, done)
		default:
			done(Answer{}, err)
		}
	})
}

// Extend asks for more time. Of a call that was settled meanwhile (by the
// reaper) it answers Final and Refused with the cause in its CDR.
func (s *Service) Extend(req ExtendRequest, done func(Answer, error)) {
	promise := s.exposure.of(req.Call)
	op := &ExtendOp{Request: req, Promise: promise, LeaseUntil: s.lease(s.now())}
	s.patiently(op, func(err error) {
		switch {
		case err == nil:
			s.adopted(promise)
			done(op.Answer, nil)
		case promise != nil && again(err):
			s.promiseMore(req, err, done)
		default:
			done(Answer{}, err)
		}
	})
}

// Settle ends a call and answers with its finished CDR: charged if the meter
// started, which is when Record says that somebody answered or has billable
// time, released if not. The fault SettlementKept says that the store did not
// take it in time and that it is durable in the spool: it will be booked, and
// Config.Late be told the record.
func (s *Service) Settle(req SettleRequest, done func(cdr.Record, error)) {
	s.end(Item{Call: req.Record.Call, Settle: &req}, func(op Op, err error) {
		if err != nil {
			done(cdr.Record{}, err)
			return
		}
		o := op.(*SettleOp)
		if o.Capped {
			s.log.Warn("a call outlasted its grant and is charged for the grant only",
				"call", o.Record.Call.String(), "billable", req.Record.Billable, "charge", o.Record.Charge)
		}
		done(o.Record, nil)
	})
}

// Record keeps the CDR of a call that reserved nothing. Idempotent by call.
// SettlementKept means what it means for Settle.
func (s *Service) Record(rec cdr.Record, done func(error)) {
	s.end(Item{Call: rec.Call, Record: &RecordRequest{Shard: ShardOf(rec.Customer), Record: rec}}, func(_ Op, err error) { done(err) })
}

// Renew renews the leases of calls that run. Calls that are not held are left
// alone.
func (s *Service) Renew(proofs []Proof) {
	until := s.lease(s.now())
	var failed, left atomic.Int64
	left.Store(int64(len(proofs)))
	s.renewing.Add(int64(len(proofs)))
	for _, p := range proofs {
		s.send(&RenewOp{Proof: p, LeaseUntil: until}, func(err error) {
			s.renewing.Add(-1)
			if err != nil {
				failed.Add(1)
			}
			if left.Add(-1) == 0 && failed.Load() > 0 {
				s.log.Warn("leases were not renewed", "calls", failed.Load(), "of", len(proofs), "error", err)
			}
		})
	}
}

// TopUp books money that came in. Idempotent by channel and reference: a
// payment that was booked before is answered with Again; one that differs
// from what was booked is a conflict.
func (s *Service) TopUp(ctx context.Context, t TopUp) (Credit, error) {
	op := &TopUpOp{TopUp: t, Txn: ledger.ID(s.ids.Next()), Bucket: s.ids.Next()}
	if err := s.wait(ctx, op); err != nil {
		return Credit{}, err
	}
	return Credit{Txn: op.Booked, Amount: t.Amount, Again: op.Booked != op.Txn, Restored: op.Restored}, nil
}

// OpenAccount makes an account; it reports false when the account existed.
func (s *Service) OpenAccount(ctx context.Context, shard int, account AccountID) (bool, error) {
	op := &OpenOp{Key: AccountKey{shard, account}, At: s.cfg.Now()}
	err := s.wait(ctx, op)
	return err == nil && op.Opened, err
}

// SetAccountState lets an account be charged or not. Calls that run go on.
func (s *Service) SetAccountState(ctx context.Context, shard int, account AccountID, state AccountState) error {
	return s.wait(ctx, &StateOp{Key: AccountKey{shard, account}, State: state})
}

// Balances reads an account with its buckets.
func (s *Service) Balances(ctx context.Context, shard int, account AccountID) (*AccountView, error) {
	v, err := s.store.Account(ctx, AccountKey{shard, account})
	if err == nil && v == nil {
		err = fault.New(fault.AccountNotFound, "account", account)
	}
	return v, err
}

// CDR reads the record of a call that ended.
func (s *Service) CDR(ctx context.Context, call cdr.ID) (cdr.Record, error) {
	rec, ok, err := s.store.CDR(ctx, call)
	if err == nil && !ok {
		err = fault.New(fault.CallNotFound, "call", call)
	}
	return rec, err
}

// CDRs lists records, the latest start first.
func (s *Service) CDRs(ctx context.Context, filter CDRFilter) ([]cdr.Record, error) {
	return s.store.CDRs(ctx, filter)
}

// Audit checks the promises of money on the store as it is now.
func (s *Service) Audit(ctx context.Context) (*Report, error) { return Audit(ctx, s.store) }
