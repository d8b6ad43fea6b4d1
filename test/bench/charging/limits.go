package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// limits are what the machine can do at all.
type limits struct {
	Fdatasync   float64 `json:"fdatasync_per_s"` // one after the other, on a file that grows
	FdatasyncMS float64 `json:"fdatasync_ms"`
	Statements  float64 `json:"postgres_statements_per_s"` // one connection, one row updated and committed by each
}

func (r *runner) limits(ctx context.Context) (l limits, err error) {
	if l.Fdatasync, err = syncs(r.dir); err != nil {
		return l, fmt.Errorf("measure the disk: %w", err)
	}
	l.FdatasyncMS = 1000 / l.Fdatasync
	if l.Statements, err = r.statements(ctx); err != nil {
		return l, fmt.Errorf("measure PostgreSQL: %w", err)
	}
	return l, nil
}

// limitFor is how long each limit is measured.
const limitFor = 2 * time.Second

// syncs appends a page to a file and waits for the disk, over and over.
func syncs(dir string) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "syncs"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	page := make([]byte, 4096)
	n, began := 0, time.Now()
	for ; time.Since(began) < limitFor; n++ {
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// runIn makes a new server one that has run for a while. A server that has makes
// its log in files that it had before; a new one fills each with zeros first,
// several times a second under load.
func (r *runner) runIn(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, r.server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "ALTER SYSTEM SET min_wal_size = '1GB'"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	for range 64 { // files of 16 MB
		if _, err := conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'bench', ''), pg_switch_wal()"); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "CHECKPOINT")
	return err
}

func (r *runner) statements(ctx context.Context) (float64, error) {
	conn, err := pgx.Connect(ctx, r.server.URL("postgres"))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE single (id bigint PRIMARY KEY, n bigint NOT NULL); INSERT INTO single VALUES (1, 0)"); err != nil {
		return 0, err
	}
	n, began := 0, time.Now()
	for ; time.Since(began) < limitFor; n++ {
		if _, err := conn.Exec(ctx, "UPDATE single SET n = n + 1 WHERE id = $1", 1); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// serverTime is the CPU time that a server's processes have taken, those that
// ended included.
func serverTime(pid int) time.Duration {
	// Clock ticks of /proc are hundredths of a second on every Linux that Go
	// runs on. Fields 14 to 17 of stat: user and system time, and those of
	// children that ended.
	const tick = 10 * time.Millisecond
	var sum time.Duration
	add := func(pid string) {
		text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		if err != nil {
			return // it has ended: its parent has its time
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 15 {
			return
		}
		for _, f := range fields[11:15] {
			n, err := strconv.ParseInt(f, 10, 64)
			if err == nil {
				sum += time.Duration(n) * tick
			}
		}
	}
	add(strconv.Itoa(pid))
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err == nil {
		for _, child := range strings.Fields(string(children)) {
			add(child)
		}
	}
	return sum
}
