package charging

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// keeper writes into the spool what its callers bring, many with one sync.
type keeper struct {
	svc  *Service
	wake chan struct{} // has one place: there is work, or none will come

	mu     sync.Mutex // guards what follows
	jobs   []keepJob
	closed bool
}

// keepJob is an item to be kept, and who is told when it is durable or failed.
type keepJob struct {
	item Item
	done func(error)
}

func newKeeper(s *Service) *keeper { return &keeper{svc: s, wake: make(chan struct{}, 1)} }

// add brings an item. Its done is called, from another goroutine unless the
// keeper is closed.
func (k *keeper) add(j keepJob) {
	k.mu.Lock()
	closed := k.closed
	if !closed {
		k.jobs = append(k.jobs, j)
	}
	k.mu.Unlock()
	if closed {
		j.done(fault.New(fault.ChargingStopped))
		return
	}
	k.nudge()
}

func (k *keeper) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// close lets run return once everything that was brought is done.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.nudge()
}

func (k *keeper) run() {
	for {
		<-k.wake
		for k.step() {
		}
		k.mu.Lock()
		closed := k.closed && len(k.jobs) == 0
		k.mu.Unlock()
		if closed {
			return
		}
	}
}

// step keeps what waits and says whether there was anything.
func (k *keeper) step() bool {
	k.mu.Lock()
	jobs := k.jobs
	k.jobs = nil
	k.mu.Unlock()
	if len(jobs) == 0 {
		return false
	}
	k.keep(jobs)
	return true
}

func (k *keeper) keep(jobs []keepJob) {
	spool := k.svc.cfg.Spool
	used, limit := spool.Used()
	items := make([]Item, 0, len(jobs))
	fit := make([]keepJob, 0, len(jobs))
	for _, j := range jobs {
		// Calls that cost nothing leave half of the spool to those that do.
		if j.item.Promise == nil && !j.item.CDR().Metered() && used > limit/2 {
			j.done(fault.New(fault.SpoolFull, "file", "spool", "limit", limit>>20, "calls", k.svc.kept.len()))
			continue
		}
		items, fit = append(items, j.item), append(fit, j)
	}
	if len(fit) == 0 {
		return
	}
	err := spool.Keep(items)
	if err != nil && len(fit) > 1 { // what fits by itself is kept
		for i := range fit {
			fit[i].done(spool.Keep(items[i : i+1]))
		}
		return
	}
	for _, j := range fit {
		j.done(err)
	}
}

// keptSet are the endings that are in the spool.
type keptSet struct {
	mu    sync.Mutex
	calls map[cdr.ID]*ending

	everKept, everBooked, everFailed uint64
}

func (k *keptSet) add(e *ending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls[e.item.Call] = e
	k.everKept++
}

func (k *keptSet) remove(call cdr.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.calls[call] != nil {
		delete(k.calls, call)
		k.everBooked++
	}
}

func (k *keptSet) failed() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.everFailed++
}

func (k *keptSet) has(call cdr.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.calls[call] != nil
}

func (k *keptSet) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.calls)
}

// all lists the endings, oldest call first.
func (k *keptSet) all() []*ending {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := make([]*ending, 0, len(k.calls))
	for _, e := range k.calls {
		list = append(list, e)
	}
	slices.SortFunc(list, func(x, y *ending) int { return cmp.Compare(x.item.Call, y.item.Call) })
	return list
}

// Stats is how a Service stands with its store and its spool.
type Stats struct {
	Promised             int          // calls accepted while the store was away that it does not have yet
	Risked               money.Amount // what they may cost
	EverPromised         uint64
	Away                 bool // the store does not answer
	Kept                 int  // calls in the spool
	Refused              int  // of them, those that the store refuses
	SpoolBytes           int64
	SpoolLimit           int64
	EverKept, EverBooked uint64 // calls that went into the spool, and from it into the store
	EverFailed           uint64 // times that neither took the end of a call
}

// Stats says how the Service stands. Safe from any goroutine.
func (s *Service) Stats() Stats {
	st := Stats{Away: s.health.isAway()}
	for _, e := range s.kept.all() {
		st.Kept++
		if e.isRefused() {
			st.Refused++
		}
	}
	s.kept.mu.Lock()
	st.EverKept, st.EverBooked, st.EverFailed = s.kept.everKept, s.kept.everBooked, s.kept.everFailed
	s.kept.mu.Unlock()
	st.Promised, st.Risked, st.EverPromised = s.exposure.sum()
	if s.cfg.Spool != nil {
		st.SpoolBytes, st.SpoolLimit = s.cfg.Spool.Used()
	}
	return st
}

func (s *Service) forget(e *ending) {
	s.exposure.remove(e.item.Call)
	s.kept.remove(e.item.Call)
	s.unspool(e.item.Call)
}

func (s *Service) unspool(call cdr.ID) {
	if err := s.cfg.Spool.Forget([]cdr.ID{call}); err != nil {
		s.log.Warn("what is booked could not be taken out of the spool; it is booked again at the next start, which changes nothing", "call", call.String(), "error", err)
	}
}

func (s *Service) bookedLate(rec cdr.Record) {
	if s.cfg.Late != nil {
		s.cfg.Late(rec)
	}
}

const (
	drainEvery = time.Second
	drainWave  = 1024
	// refusedEvery is how many drains pass before the store is asked again
	// for what it refused.
	refusedEvery = 600
)

// drain tries what is kept: one at a time while the store is away, else many.
// With nothing to try it looks by itself whether the store is back. It waits
// for nothing.
func (s *Service) drain(context.Context) error {
	s.drains++
	away, most := s.health.isAway(), drainWave
	if away {
		most = 1
	}
	promises := s.exposure.adoptable(most)
	s.adopt(promises, nil)
	for _, e := range s.kept.all() {
		if most == 0 {
			break
		}
		if e.idle(s.drains%refusedEvery == 0) {
			s.try(e, nil)
			most--
		}
	}
	if away && most > 0 && len(promises) == 0 && s.probing.CompareAndSwap(false, true) {
		s.send(&RenewOp{}, func(error) { s.probing.Store(false) }) // of no call: it changes nothing
	}
	return nil
}

// found takes over what a former process kept.
func (s *Service) found(item Item) {
	if item.Promise != nil && !s.exposure.has(item.Call) {
		s.exposure.mu.Lock()
		s.exposure.calls[item.Call] = &promised{promise: item.Promise, amount: item.Promise.Amount, ended: item.Ended()}
		s.exposure.mu.Unlock()
	}
	if item.Ended() && !s.kept.has(item.Call) {
		s.kept.add(&ending{svc: s, item: item, kept: true})
	}
}

// adoptFound brings the promises of calls that a former process ran to the
// store, where they are reaped as all that it ran.
func (s *Service) adoptFound(ctx context.Context) error {
	for {
		list := s.exposure.adoptable(drainWave)
		if len(list) == 0 {
			return nil
		}
		outcomes := make(chan error, len(list))
		s.adopt(list, func(err error) { outcomes <- err })
		s.cfg.pump()
		var failed error
		for range list {
			select {
			case err := <-outcomes:
				if err != nil && again(err) {
					failed = errors.Join(failed, err)
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if failed != nil || len(list) < drainWave {
			return failed
		}
	}
}

// Replay books what a former process of this node kept in the spool, and
// returns how many calls that were. A node calls it at its start, after Start
// and before ReapNode, so that a call is charged for as long as it lasted and
// not to its last proof. What the store refuses stays in the spool; an error
// says that the store did not take it.
func (s *Service) Replay(ctx context.Context) (int, error) {
	if s.cfg.Spool == nil {
		return 0, nil
	}
	for _, item := range s.cfg.Spool.Items() {
		s.found(item)
	}
	if err := s.adoptFound(ctx); err != nil {
		return 0, err
	}
	total, list := 0, s.kept.all()
	for len(list) > 0 {
		wave := list[:min(drainWave, len(list))]
		list = list[len(wave):]
		outcomes := make(chan error, len(wave))
		sent := 0
		for _, e := range wave {
			if e.idle(true) {
				s.try(e, func(err error) { outcomes <- err })
				sent++
			}
		}
		s.cfg.pump()
		var failed error
		for range sent {
			select {
			case err := <-outcomes:
				if err == nil {
					total++
				} else if again(err) {
					failed = errors.Join(failed, err)
				}
			case <-ctx.Done():
				return total, ctx.Err()
			}
		}
		if failed != nil {
			return total, failed
		}
	}
	return total, nil
}
