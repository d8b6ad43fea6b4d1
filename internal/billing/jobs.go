package billing

import (
	"context"
	"fmt"
	"time"
)

// JobRun is what a job did last.
type JobRun struct {
	Name       string
	Node       int
	StartedAt  time.Time
	FinishedAt time.Time // of the last run that came to an end; zero before the first
	Items      int
	Failed     int
	Error      string
}

// Jobs keeps which node does a job, and what it did. An adapter implements it.
type Jobs interface {
	// Claim gives a job to a node until an instant; claimed is false when it is
	// claimed already at at.
	Claim(ctx context.Context, name string, node int, at, until time.Time) (claimed bool, err error)
	// Finish records a run; nobody claims the job before next.
	Finish(ctx context.Context, run JobRun, next time.Time) error
	// LastRun reads the last run; ok is false when the job never ran.
	LastRun(ctx context.Context, name string) (run JobRun, ok bool, err error)
}

// JobName is the name of the billing job.
const JobName = "billing"

// claimFor is how long a run may take before another node tries it too; two at
// once take nothing twice.
const claimFor = 15 * time.Minute

// Turn runs the billing if no node did within nine tenths of every, and records it. ran is
// false when it was not this node's turn.
func (s *Service) Turn(ctx context.Context, jobs Jobs, node int, every time.Duration) (report Report, ran bool, err error) {
	at := s.now()
	if ran, err = jobs.Claim(ctx, JobName, node, at, at.Add(claimFor)); err != nil || !ran {
		return report, false, err
	}
	report, err = s.Run(ctx)
	run := JobRun{Name: JobName, Node: node, StartedAt: at, FinishedAt: s.now(), Items: len(report.Items), Failed: len(report.Failed)}
	if err != nil {
		run.Error = err.Error()
	}
	if ferr := jobs.Finish(ctx, run, at.Add(every-every/10)); ferr != nil && err == nil {
		err = fmt.Errorf("record the run: %w", ferr)
	}
	return report, true, err
}
