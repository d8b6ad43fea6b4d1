package charging

import (
	"errors"
	"sync"

	"sibai/internal/cdr"
	"sibai/internal/fault"
)

// ending is the end of a call on its way to the store, by way of the spool if
// need be:
//
//	asked ──the store did it────────────────────▶ over
//	  │
//	  ├──it failed, or Patience passed──▶ keeping ──durable──▶ kept: answered SettlementKept
//	  │                                      │                   │ tried each second
//	  │                                      ▼ the spool failed  ▼
//	  └──refused──▶ over                   over: answered the error   over: Late is told
//
// The store's outcome may come at any moment of this; the first one counts,
// for the operation is idempotent.
type ending struct {
	svc  *Service
	item Item

	mu      sync.Mutex // guards what follows; nothing is called with it held
	done    func(Op, error)
	stop    func() // of the timer of Patience; nil without one
	exposed bool   // the spool has a promise of the call
	trying  bool   // an operation is in a queue or with the store
	keeping bool   // the spool is at it
	kept    bool   // it is in the spool
	over    bool
	failed  error // the store's last failure
	refused error // why the store refuses what is kept
}

// end brings the end of a call to the store. done gets the operation that did
// it, or an error: SettlementKept when it is in the spool.
func (s *Service) end(item Item, done func(Op, error)) {
	if s.cfg.Spool == nil {
		s.try(&ending{svc: s, item: item, done: done}, nil)
		return
	}
	if s.kept.has(item.Call) {
		done(nil, keptFault(item.Call)) // what was promised first counts
		return
	}
	e := &ending{svc: s, item: item, done: done, exposed: s.exposure.has(item.Call)}
	if e.exposed && item.Settle != nil {
		e.item.Promise = s.exposure.end(item.Settle)
	}
	e.item.KeptAt = s.cfg.Now()
	if s.health.cut(e.item.KeptAt) {
		e.keeping = true
		e.failed = errAway
		s.keep(e)
		return
	}
	if s.cfg.Patience > 0 {
		e.stop = s.cfg.after(s.cfg.Patience, e.overdue)
	}
	e.trying = true
	s.try(e, nil)
}

func (s *Service) keep(e *ending) { s.keeper.add(keepJob{item: e.item, done: e.spooled}) }

func keptFault(call cdr.ID) error { return fault.New(fault.SettlementKept, "call", call) }

// try sends the ending's operation; then, which may be nil, is told the
// outcome.
func (s *Service) try(e *ending, then func(error)) {
	item := e.item
	e.mu.Lock()
	if e.kept {
		item = e.item.late(s.cfg.Now())
	}
	e.mu.Unlock()
	op := s.op(&item)
	s.send(op, func(err error) {
		e.stored(op, err)
		if then != nil {
			then(err)
		}
	})
}

// stored is the outcome of one try.
func (e *ending) stored(op Op, err error) {
	e.mu.Lock()
	e.trying = false
	switch {
	case e.over:
		e.mu.Unlock()
	case err == nil, !again(err) && e.done != nil, e.svc.cfg.Spool == nil:
		done, kept := e.done, e.kept || e.exposed && err == nil
		e.done, e.over = nil, true
		if e.stop != nil {
			e.stop()
		}
		e.mu.Unlock()
		if settle, ok := op.(*SettleOp); ok && err == nil && settle.Promise != nil {
			e.svc.exposure.settle(settle.Promise.account(), settle.Promise.owed)
		}
		if kept {
			e.svc.forget(e)
		}
		if done != nil {
			done(op, err)
		} else {
			e.svc.bookedLate(booked(op))
		}
	case !again(err):
		first := e.refused == nil
		e.refused = err
		e.mu.Unlock()
		if first {
			e.svc.log.Error("the store refuses the end of a call; it stays in the spool", "call", e.item.Call.String(), "error", err)
		}
	default:
		e.failed = err
		keep := e.done != nil && !e.keeping
		e.keeping = e.keeping || keep
		e.mu.Unlock()
		if keep {
			e.svc.keep(e)
		}
	}
}

// overdue keeps what the store has not done in time.
func (e *ending) overdue() {
	e.mu.Lock()
	keep := !e.over && !e.keeping && e.done != nil
	e.keeping = e.keeping || keep
	e.mu.Unlock()
	if keep {
		e.svc.health.failed(e.svc.cfg.Now(), e.svc.slow())
		e.svc.keep(e)
	}
}

// spooled is the spool's answer.
func (e *ending) spooled(err error) {
	e.mu.Lock()
	e.keeping = false
	switch {
	case e.over: // the store did it meanwhile
		e.mu.Unlock()
		if err == nil {
			e.svc.unspool(e.item.Call)
		}
	case err == nil:
		done := e.done
		e.done, e.kept = nil, true
		e.svc.kept.add(e)
		e.mu.Unlock()
		done(nil, keptFault(e.item.Call))
	case e.failed != nil: // neither took it
		done := e.done
		e.done, e.over = nil, true
		err = errors.Join(e.failed, err)
		e.mu.Unlock()
		e.svc.kept.failed()
		done(nil, err)
	default: // the store has not answered yet
		e.mu.Unlock()
	}
}

// idle takes the ending for a try, if it may be tried.
func (e *ending) idle(refusedToo bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.trying || e.over || (e.refused != nil && !refusedToo) {
		return false
	}
	e.trying = true
	return true
}

func (e *ending) isRefused() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.refused != nil
}
