package app

import (
	"context"
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/webhook"
)

// hookEvery is how often it is looked for what customers' programs are told.
const hookEvery = 5 * time.Second

// facts reads what happened from both stores. It implements webhook.Facts.
type facts struct{ *Store }

// Events implements webhook.Facts. Calls are found by when they began: one that
// began before calls is not told.
func (f facts) Events(ctx context.Context, c catalog.Customer, types []webhook.Type, since, calls time.Time) ([]webhook.Event, error) {
	list, err := f.Catalog.Events(ctx, c, types, since)
	if err != nil || !slices.Contains(types, webhook.CallEnded) {
		return list, err
	}
	filter := charging.CDRFilter{Customer: int64(c.ID), Since: calls, OldestFirst: true, Limit: charging.MaxCDRs}
	for {
		records, err := f.Money.CDRs(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			data := map[string]any{
				"call": r.Call.String(), "number": r.Number, "caller": r.Caller, "started_at": r.StartedAt.UTC(), "ended_at": r.EndedAt.UTC(),
				"cause": string(r.Cause), "talk_seconds": r.Talk.Seconds(), "billable_seconds": r.Billable.Seconds(), "charge": r.Charge.String(), "currency": "CNY",
			}
			if !r.AnsweredAt.IsZero() {
				data["answered_at"] = r.AnsweredAt.UTC()
			}
			list = append(list, webhook.Event{ID: r.Call.String(), Type: webhook.CallEnded, At: r.EndedAt, Data: data})
		}
		if len(records) < charging.MaxCDRs {
			return list, nil
		}
		filter.After = &records[len(records)-1]
	}
}

// startHooks tells customers' programs what happened; other nodes that share the
// store do so too.
func (n *Node) startHooks() {
	ctx, cancel := context.WithCancel(context.Background())
	n.stopHooks = func() {
		cancel()
		n.hooking.Wait()
	}
	n.hooking.Go(func() {
		tick := time.NewTicker(hookEvery)
		defer tick.Stop()
		for {
			if _, err := n.hooks.Turn(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("customers' programs could not all be told; it is tried again", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}
