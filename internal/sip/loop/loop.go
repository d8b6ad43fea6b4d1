package loop

import (
	"sync"
	"sync/atomic"
	"time"
)

// Loop runs functions and timers one at a time, in the order posted.
type Loop struct {
	before  func()
	onPanic func(value any)

	mu       sync.Mutex
	queue    []func()
	closing  bool          // Close was called
	closed   bool          // the goroutine is gone
	draining bool          // after closed: somebody runs the queue
	wake     chan struct{} // holds one token while the queue has something new
	done     chan struct{}

	waiting atomic.Int64 // posted and not yet begun

	timers heap // only touched on the loop
}

// New starts a loop. before is called on it before each function and timer;
// onPanic with what recover returned where one panicked. Neither may panic.
func New(before func(), onPanic func(value any)) *Loop {
	l := &Loop{before: before, onPanic: onPanic, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// Post runs f on the loop, after all that was posted before. It may be called
// from any goroutine and does not wait for f. After Close there is no
// goroutine for it any more: then f runs before Post returns, or on another
// Post that is running; still one function at a time. So what a call has to
// put in order is put in order whenever its answers come.
func (l *Loop) Post(f func()) {
	l.waiting.Add(1)
	l.mu.Lock()
	l.queue = append(l.queue, f)
	if l.closed {
		l.drain()
		return
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// drain runs the queue after the goroutine has ended. Called with the lock
// held; returns without it.
func (l *Loop) drain() {
	if l.draining {
		l.mu.Unlock()
		return
	}
	l.draining = true
	for len(l.queue) > 0 {
		batch := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, f := range batch {
			l.waiting.Add(-1)
			l.do(f)
		}
		l.mu.Lock()
	}
	l.draining = false
	l.mu.Unlock()
}

// Len is how many functions wait to be run, those included that the loop has
// taken from the queue already but not begun.
func (l *Loop) Len() int { return int(l.waiting.Load()) }

// Close lets what is queued run, drops the timers, and waits for the
// goroutine to end. Twice is safe. It must not be called on the loop.
func (l *Loop) Close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	<-l.done
}

func (l *Loop) run() {
	defer close(l.done)
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	var batch []func()
	for {
		l.mu.Lock()
		batch, l.queue = l.queue, batch[:0]
		l.closed = l.closing && len(batch) == 0
		closed := l.closed
		l.mu.Unlock()
		if closed {
			return
		}
		for i, f := range batch {
			batch[i] = nil
			l.waiting.Add(-1)
			l.do(f)
		}
		l.due()
		if len(batch) > 0 {
			continue
		}
		if at, ok := l.timers.next(); ok {
			alarm.Reset(time.Until(at))
		} else {
			alarm.Reset(time.Hour)
		}
		select {
		case <-l.wake:
		case <-alarm.C:
		}
	}
}

// due runs the timers whose time has come.
func (l *Loop) due() {
	if len(l.timers) == 0 {
		return
	}
	now := time.Now()
	for {
		at, ok := l.timers.next()
		if !ok || at.After(now) {
			return
		}
		l.do(l.timers.pop())
	}
}

func (l *Loop) do(f func()) {
	defer func() {
		if v := recover(); v != nil {
			l.onPanic(v)
		}
	}()
	l.before()
	f()
}
