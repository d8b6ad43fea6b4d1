package app

import (
	"context"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/charging"
)

// auditJob is the name that nodes share the nightly audit by.
const auditJob = "audit"

const (
	// auditBound is how long an audit may take before another node tries it.
	auditBound = 6 * time.Hour
	// auditOverdue is how old the last audit is when one was missed.
	auditOverdue = 25 * time.Hour
	// auditDelay is how long after a start a missed audit is made up for.
	auditDelay = time.Minute
)

// partMaker is a store whose tables lie in parts that are made ahead.
type partMaker interface {
	MakeParts(ctx context.Context, now time.Time) error
}

// startNightly audits the books every night, on this node or another one that
// shares the store.
func (n *Node) startNightly() {
	at, ok := n.cfg.Audit.Time()
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stopNightly = func() {
		cancel()
		n.nights.Wait()
	}
	n.nights.Go(func() {
		for wait := n.untilFirstAudit(ctx, at, time.Now()); ; wait = untilNext(at, time.Now()) {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			n.nightly(ctx, time.Now())
		}
	})
}

// untilFirstAudit makes up for a night in which no node ran.
func (n *Node) untilFirstAudit(ctx context.Context, at time.Duration, now time.Time) time.Duration {
	wait := untilNext(at, now)
	last, ok, err := n.store.Catalog.LastRun(ctx, auditJob)
	if err == nil && ok && now.Sub(last.FinishedAt) > auditOverdue {
		wait = min(wait, auditDelay)
	}
	return wait
}

// untilNext is how long it is to a time of day in Shanghai, more than zero.
func untilNext(at time.Duration, now time.Time) time.Duration {
	next := calendar.Midnight(now).Add(at) // Shanghai has no summer time
	if !next.After(now) {
		next = next.Add(24 * time.Hour)
	}
	return next.Sub(now)
}

// nightly makes the store ready for the coming months and, on one node, audits
// the books.
func (n *Node) nightly(ctx context.Context, now time.Time) {
	if store, ok := n.store.Money.(partMaker); ok {
		if err := store.MakeParts(ctx, now); err != nil && ctx.Err() == nil {
			n.log.Error("the parts of the coming months were not made; rows go to the rest until they are", "error", err)
		}
	}
	n.purgeAnswers(ctx)
	if err := n.limits.Purge(ctx); err != nil && ctx.Err() == nil {
		n.log.Warn("old counts of tries stay for another night", "error", err)
	}
	claimed, err := n.store.Catalog.Claim(ctx, auditJob, n.cfg.Node, now, now.Add(auditBound))
	if err != nil && ctx.Err() == nil {
		n.log.Error("the nightly audit was not begun", "error", err)
	}
	if err != nil || !claimed {
		return
	}
	report, err := charging.Audit(ctx, n.store.Money)
	if ctx.Err() != nil {
		return // the node stops; tomorrow is another night
	}
	run := billing.JobRun{Name: auditJob, Node: n.cfg.Node, StartedAt: now, FinishedAt: time.Now()}
	switch {
	case err != nil:
		run.Error = err.Error()
		n.log.Error("the nightly audit did not come to its end", "error", err)
	case !report.OK():
		run.Items = len(report.Checks)
		for _, c := range report.Checks {
			if !c.OK {
				run.Failed++
				n.log.Error("THE BOOKS ARE NOT RIGHT", "check", c.Name, "says", c.Says, "rows", c.Bad, "first", c.FirstBad)
			}
		}
	default:
		run.Items = len(report.Checks)
		n.log.Info("the books are right", "checks", len(report.Checks), "took", run.FinishedAt.Sub(now))
	}
	n.metrics.audited(run)
	if err := n.store.Catalog.Finish(ctx, run, now.Add(auditBound)); err != nil && ctx.Err() == nil {
		n.log.Error("the nightly audit was not recorded", "error", err)
	}
}
