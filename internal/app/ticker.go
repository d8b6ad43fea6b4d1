package app

import (
	"context"
	"sync"

	"sibai/internal/call"
	"sibai/internal/cdr"
)

// ticker tells live pages that something changed. A reader that is busy finds
// one tick waiting, however much happened.
type ticker struct {
	mu      sync.Mutex // guards what follows
	readers map[chan struct{}]struct{}
	closed  bool
}

func newTicker() *ticker { return &ticker{readers: map[chan struct{}]struct{}{}} }

func (t *ticker) changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for r := range t.readers {
		select {
		case r <- struct{}{}:
		default:
		}
	}
}

func (t *ticker) Changed(call.View)        { t.changed() }
func (t *ticker) Ended(cdr.Record, string) { t.changed() }

// reader gives the ticks to one reader until ctx ends or the ticker closes;
// then the channel is closed.
func (t *ticker) reader(ctx context.Context) <-chan struct{} {
	r := make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(r)
		return r
	}
	t.readers[r] = struct{}{}
	context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, ok := t.readers[r]; ok {
			delete(t.readers, r)
			close(r)
		}
	})
	return r
}

// close ends every reader's channel. Closing twice is safe.
func (t *ticker) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for r := range t.readers {
		close(r)
	}
	t.readers = map[chan struct{}]struct{}{}
}
