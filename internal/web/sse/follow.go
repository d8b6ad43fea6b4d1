package sse

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	// Heartbeat is how often a silent stream is beaten.
	Heartbeat = 20 * time.Second
	// life ends a stream so that readers spread over the nodes anew; the
	// browser comes back by itself.
	life = 10 * time.Minute
)

// Follow looks again and again, every so often, and sends what changed, until
// the reader leaves or done is closed. What it looks at is in the store, so it
// does not matter which node changed it.
func Follow(w http.ResponseWriter, r *http.Request, done <-chan struct{}, every time.Duration, look func(context.Context) ([]Fragment, error)) error {
	ctx, cancel := context.WithTimeout(r.Context(), life)
	defer cancel()
	parts, err := look(ctx)
	if err != nil {
		return err
	}
	out := Open(w, r)
	defer out.Close()
	if err := out.Retry(); err != nil {
		return Quietly(err)
	}
	tick, beat := time.NewTicker(every), time.NewTicker(Heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	for {
		if err := out.Update(ctx, parts); err != nil {
			return Quietly(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			return nil
		case <-beat.C:
			if err := out.Beat(); err != nil {
				return Quietly(err)
			}
		case <-tick.C:
			if parts, err = look(ctx); ctx.Err() != nil {
				return nil
			} else if err != nil {
				return fmt.Errorf("continue a stream: %w", err)
			}
		}
	}
}
