package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"
)

// awakeFor bounds how long a connection is asked for its answer over and over: longer
// than a commit takes on a disk worth the name.
const awakeFor = 500 * time.Microsecond

// awake is a connection whose reader does not sleep while one batch alone is committed.
// To wake a thread on a processor that has gone idle takes longer than PostgreSQL takes
// for the statements of a lone call: two such wakings were a third of its reserve. With
// a second batch at hand there is better work for the processor, and the reader sleeps.
type awake struct {
	net.Conn
	raw     syscall.RawConn
	batches *atomic.Int32 // that are committed at once
}

// staysAwake dials connections that are awake.
func staysAwake(dial pgconn.DialFunc, batches *atomic.Int32) pgconn.DialFunc {
	if runtime.GOMAXPROCS(0) < 2 {
		return dial // the server, or whoever else, needs the only processor
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		plain, ok := conn.(syscall.Conn)
		if !ok {
			return conn, nil
		}
		raw, err := plain.SyscallConn()
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return &awake{conn, raw, batches}, nil
	}
}

// Read implements net.Conn. Deadlines hold: whoever has waited for awakeFor goes on to
// wait as every connection does.
func (c *awake) Read(b []byte) (n int, err error) {
	if len(b) == 0 || c.batches.Load() != 1 {
		return c.Conn.Read(b)
	}
	var failed error
	err = c.raw.Read(func(fd uintptr) (done bool) {
		for began := time.Now(); ; runtime.Gosched() {
			n, failed = unix.Read(int(fd), b) //nolint:gosec // a file descriptor
			if !errors.Is(failed, unix.EAGAIN) && !errors.Is(failed, unix.EINTR) {
				return true
			}
			if c.batches.Load() != 1 || time.Since(began) > awakeFor {
				return false
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, os.NewSyscallError("read", failed)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
