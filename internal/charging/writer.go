package charging

import (
	"context"
	"errors"
	"runtime"

	"sibai/internal/fault"
)

// write is the one goroutine that commits what is in a queue: it takes an
// operation, adds what else waits, and answers all once the batch is durable.
// Idle it makes batches of one; under load they grow by themselves. Where another
// writer goes on meanwhile, it lets those run first who are ready to, such as the
// callers that it has just answered: what they ask next comes into this batch, and
// a larger one costs less for each.
func (s *Service) write(queue <-chan job) {
	batch := make([]job, 0, s.cfg.Batch)
	for j := range queue {
		if len(s.queues) > 1 {
			runtime.Gosched()
		}
		batch = s.gather(append(batch[:0], j), queue)
		s.commit(batch)
		clear(batch)
	}
}

// gather adds what waits in a queue to a batch.
func (s *Service) gather(batch []job, queue <-chan job) []job {
	for len(batch) < s.cfg.Batch {
		select {
		case j, ok := <-queue:
			if !ok {
				return batch
			}
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit does a batch and answers it.
func (s *Service) commit(batch []job) {
	ops := make([]Op, len(batch))
	for i, j := range batch {
		ops[i] = j.op
	}
	err := s.persist(ops)
	if errors.Is(err, ErrRejected) && len(batch) > 1 {
		// One bad row must not take the others with it.
		s.log.Error("a batch was rejected; its operations are done one by one", "operations", len(batch), "error", err)
		for i := range batch {
			s.commit(batch[i : i+1])
		}
		return
	}
	if err != nil {
		s.log.Error("operations were not done", "operations", len(batch), "error", err)
		err = fault.Wrap(err, fault.StoreFailed, "what", "commit")
	}
	for _, j := range batch {
		if err != nil {
			j.done(err)
		} else {
			j.done(j.op.Err())
		}
	}
}

// persist commits a batch, sending it again while its outcome is unknown:
// every operation is idempotent. The batch is not bound to any caller's
// context, for many wait for it.
func (s *Service) persist(ops []Op) error {
	pause := s.cfg.RetryPause
	for try := 0; ; try++ {
		err := s.store.Commit(context.Background(), s.cfg.Rules, ops)
		switch {
		case err == nil, errors.Is(err, ErrRejected):
			s.health.answered(s.cfg.Now())
			return err
		default:
			s.health.failed(s.cfg.Now(), err)
		}
		if try == s.cfg.Retries {
			return err
		}
		s.log.Warn("a commit failed and is tried again", "try", try+1, "operations", len(ops), "error", err)
		s.cfg.sleep(pause)
		pause *= 2
	}
}
