package charging

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/fault"
)

// probePause is how long after a failure of the store nothing waits for it.
// Then one operation may look whether it is back.
const probePause = time.Second

// errAway answers what is not even tried because the store failed just now.
var errAway = fault.New(fault.StoreFailed, "what", "it was away a moment ago")

// health is what is known of the store.
type health struct {
	log  *slog.Logger
	away atomic.Bool // written with mu held

	mu    sync.Mutex // guards what follows
	since time.Time  // when it went away
	until time.Time  // nothing waits for it before
}

// failed notes that the store failed or was too slow.
func (h *health) failed(now time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = now.Add(probePause)
	if !h.away.Load() {
		h.since = now
		h.away.Store(true)
		h.log.Error("the store is away: running calls go on with what they were granted", "error", err)
	}
}

// answered notes that the store did a batch.
func (h *health) answered(now time.Time) {
	if !h.away.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away.Load() {
		h.away.Store(false)
		h.until = time.Time{}
		h.log.Warn("the store answers again", "away", now.Sub(h.since).Round(time.Millisecond))
	}
}

func (h *health) isAway() bool { return h.away.Load() }

// cut reports whether nothing should wait for the store now.
func (h *health) cut(now time.Time) bool {
	if !h.away.Load() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.until)
}
