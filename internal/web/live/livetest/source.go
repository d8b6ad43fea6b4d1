// Package livetest is a Source for tests of the pages: made-up calls of every
// kind that may stand on the Live page, which a test can change.
package livetest

import (
	"context"
	"sync"

	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/web/live"
	"sibai/internal/web/text"
)

// Source serves one Snapshot. The zero Source serves an empty one.
type Source struct {
	mu       sync.Mutex
	snapshot func(text.Lang) live.Snapshot
	err      error
	readers  map[chan struct{}]struct{}
	stopped  bool
}

// Set replaces what the Source serves and ticks every subscriber.
func (s *Source) Set(snapshot func(text.Lang) live.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = snapshot
	s.tick()
}

// Fail makes every later read fail with err; nil mends it.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.tick()
}

func (s *Source) tick() {
	for c := range s.readers {
		select {
		case c <- struct{}{}:
		default: // a tick is waiting already
		}
	}
}

// Readers is how many subscriptions are open.
func (s *Source) Readers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.readers)
}

// Stop closes every subscription, as a program that stops does.
func (s *Source) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for c := range s.readers {
		close(c)
	}
	s.readers = nil
}

// Now implements live.Source.
func (s *Source) Now(ctx context.Context, lang text.Lang) (live.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return live.Snapshot{}, s.err
	}
	if s.snapshot == nil {
		return live.Snapshot{}, ctx.Err()
	}
	return s.snapshot(lang), ctx.Err()
}

// Call implements live.Source.
func (s *Source) Call(ctx context.Context, id string, lang text.Lang) (live.Call, bool, error) {
	now, err := s.Now(ctx, lang)
	if err != nil {
		return live.Call{}, false, err
	}
	for _, c := range append(now.Running, now.Recent...) {
		if c.ID == id {
			c.Charges = explain.Lines(cdr.Record{Lines: c.Lines, Charge: c.Charge}, explain.Lang(lang))
			return c, true, nil
		}
	}
	return live.Call{}, false, nil
}

// Subscribe implements live.Source.
func (s *Source) Subscribe(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		close(c)
		return c
	}
	if s.readers == nil {
		s.readers = make(map[chan struct{}]struct{})
	}
	s.readers[c] = struct{}{}
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, open := s.readers[c]; open {
			delete(s.readers, c)
			close(c)
		}
	})
	return c
}
