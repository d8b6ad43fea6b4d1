package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"time"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// checkpointEvery is how often pages are moved from the WAL into the database
// while something is written.
const checkpointEvery = time.Second

// checkpointer moves committed pages from the WAL into the database beside the
// writer, which would otherwise stand still for it. A WAL that is written to
// without a pause never becomes empty that way: at wal_autocheckpoint the
// writer does the little that is left, and begins the file anew.
type checkpointer struct {
	commits atomic.Int64
	stop    context.CancelFunc
	ended   chan struct{}
}

func (s *Store) startCheckpoints() error {
	conn, err := engine.OpenConn(filepath.Join(s.dir, File), engine.OpenReadWrite)
	if err != nil {
		return err
	}
	conn.SetBusyTimeout(0) // somebody else does it
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA synchronous(FULL)", nil); err != nil {
		return errors.Join(err, conn.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	s.checkpoints.stop, s.checkpoints.ended = stop, make(chan struct{})
	go s.checkpoints.run(ctx, conn)
	return nil
}

func (c *checkpointer) run(ctx context.Context, conn *engine.Conn) {
	defer close(c.ended)
	defer func() { _ = conn.Close() }() // it has no transaction
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	var done int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := c.commits.Load(); now != done {
			// A failure is the writer's to meet: its own checkpoint, and at the
			// latest its next commit, has the same disk.
			_ = sqlitex.ExecuteTransient(conn, "PRAGMA wal_checkpoint(PASSIVE)", nil)
			done = now
		}
	}
}

// end stops the checkpoints; without a start it does nothing.
func (c *checkpointer) end() {
	if c.stop != nil {
		c.stop()
		<-c.ended
	}
}
