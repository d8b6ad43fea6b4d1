package webhook

import (
	"context"
	"errors"
	"sync"
)

// round is one turn of a node: who is being asked, and who is left for the next one.
type round struct {
	s     *Service
	mu    sync.Mutex // held while a delivery is claimed, so that busy is right
	busy  map[ID]int // requests under way
	out   map[ID]bool
	taken int
	err   error
}

// work tries what is due until nothing is, or the store fails.
func (t *round) work(ctx context.Context) {
	for ctx.Err() == nil && t.one(ctx) {
	}
}

// one tries one delivery; ok is false when there is none to try.
func (t *round) one(ctx context.Context) (ok bool) {
	d, e, ok := t.claim(ctx)
	if !ok {
		return false
	}
	taken, took, err := t.s.try(ctx, d, e, t.s.clock())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[e.ID]--
	if taken {
		t.taken++
	}
	// Else an endpoint that is down or slow has a node wait for each of its events,
	// while other customers' events are not even read.
	if !taken || took > slow {
		t.out[e.ID] = true
	}
	t.err = errors.Join(t.err, err)
	return err == nil
}

// claim takes a delivery of an endpoint that has room in this round.
func (t *round) claim(ctx context.Context) (d Delivery, e Endpoint, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var but []ID
	for id, n := range t.busy {
		if n >= perEndpoint && !t.out[id] {
			but = append(but, id)
		}
	}
	for id := range t.out {
		but = append(but, id)
	}
	at := t.s.clock()
	d, e, ok, err := t.s.store.TakeDelivery(ctx, at, at.Add(claimFor), but)
	if err != nil {
		t.err = errors.Join(t.err, err)
		return d, e, false
	}
	if ok {
		t.busy[e.ID]++
	}
	return d, e, ok
}
