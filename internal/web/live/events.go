package live

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sibai/internal/web/sse"
	"sibai/internal/web/text"
)

// pace is the shortest time between two updates of one page: a reader sees no
// more, and a busy node must not draw pages all day.
const pace = 500 * time.Millisecond

// fragments are the parts of the page that are replaced.
func fragments(s Snapshot) []sse.Fragment {
	return []sse.Fragment{
		{Event: "today", Part: today(s)}, {Event: "running", Part: running(s)},
		{Event: "recent", Part: recent(s)}, {Event: "wallets", Part: wallets(s)},
	}
}

// events sends the parts of the page that changed, whenever something did. The
// first message brings a page up to date that was drawn a moment before.
func (h handlers) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ticks := h.source.Subscribe(ctx)
	s, err := h.source.Now(ctx, text.From(ctx))
	if err != nil {
		return fmt.Errorf("begin a live stream: %w", err)
	}
	out := sse.Open(w, r)
	defer out.Close()
	if err := out.Retry(); err != nil {
		return sse.Quietly(err)
	}
	for {
		if err := out.Update(ctx, fragments(s)); err != nil {
			return sse.Quietly(err)
		}
		if !wait(ctx, pace) {
			return nil
		}
		if more, err := next(ctx, ticks, out); err != nil || !more {
			return sse.Quietly(err)
		}
		if s, err = h.source.Now(ctx, text.From(ctx)); err != nil {
			return fmt.Errorf("continue a live stream: %w", err)
		}
	}
}

// next waits for a tick; it says false when the stream is over.
func next(ctx context.Context, ticks <-chan struct{}, out *sse.Stream) (bool, error) {
	beat := time.NewTicker(sse.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case _, ok := <-ticks:
			return ok, nil
		case <-beat.C:
			if err := out.Beat(); err != nil {
				return false, err
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
