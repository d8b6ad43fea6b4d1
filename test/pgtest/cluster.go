package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"sibai/test/parts"
)

// Cluster is a PostgreSQL server with a directory of its own.
type Cluster struct {
	Addr netip.AddrPort

	dir    string
	bin    string              // where postgres and initdb are
	as     *syscall.Credential // nil: this user
	pid    int
	exited chan struct{} // closed once the server has ended and was waited for
}

// startBound is how long a server may take to its first answer, a recovery
// after a crash included.
const startBound = 60 * time.Second

// New makes a cluster and starts it. initdb is the path of that program.
func New(ctx context.Context, initdb string) (*Cluster, error) {
	c := &Cluster{bin: filepath.Dir(initdb)}
	var err error
	if c.dir, err = os.MkdirTemp("", "sibai-pg-*"); err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	if err = c.make(ctx); err == nil {
		err = c.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

// make runs initdb. PostgreSQL refuses to run as root, so root makes and runs
// it as the user postgres.
func (c *Cluster) make(ctx context.Context) error {
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return fmt.Errorf("PostgreSQL does not run as root: %w", err)
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return fmt.Errorf("the user postgres: %w", err)
		}
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(c.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), "-D", c.data(), "-U", "sibai", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var err error
	c.Addr, err = parts.FreePort(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	return err
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Start starts the server and returns once it answers.
func (c *Cluster) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	for {
		err := c.once(ctx)
		// After kill -9 the memory of the old server is in use until the last
		// of its processes has seen that it is gone.
		if err == nil || !strings.Contains(err.Error(), "shared memory block") || ctx.Err() != nil {
			return err
		}
		pause(ctx, 50*time.Millisecond)
	}
}

func (c *Cluster) once(ctx context.Context) error {
	var log bytes.Buffer
	cmd := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data(), "-p", strconv.Itoa(int(c.Addr.Port())),
		"-k", c.dir, "-c", "listen_addresses="+c.Addr.Addr().String(), "-c", "fsync=on", "-c", "synchronous_commit=on",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal", "-c", "log_checkpoints=off")
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &log, &log
	// Should the tests be killed, the server ends too (SIGQUIT: at once).
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGQUIT}
	started := make(chan error, 1)
	exited := make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig is of the thread that starts it
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // however it ended
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.pid, c.exited = cmd.Process.Pid, exited
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-exited:
			return fmt.Errorf("PostgreSQL ended at its start\n%s", &log)
		case <-ctx.Done():
			c.Kill()
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, &log)
		default:
			pause(ctx, 20*time.Millisecond)
		}
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// URL names a database of the cluster.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://sibai@%s/%s?sslmode=disable", c.Addr, database)
}

// Pid is the server's process, for those who measure it.
func (c *Cluster) Pid() int { return c.pid }

// Make makes an empty database and returns its URL.
func (c *Cluster) Make(ctx context.Context, name string) (string, error) {
	return c.URL(name), c.do(ctx, "CREATE DATABASE "+name)
}

// Drop removes a database, whoever uses it.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.do(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
}

func (c *Cluster) do(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", statement, err), conn.Close(ctx))
	}
	return conn.Close(ctx)
}

// Kill ends every process of the server as a crash would (SIGKILL).
func (c *Cluster) Kill() {
	family := append(children(c.pid), c.pid)
	for i := len(family) - 1; i >= 0; i-- { // the server first, so that it starts no other
		_ = syscall.Kill(family[i], syscall.SIGKILL) // it may have ended already
	}
	<-c.exited
}

// children lists the processes that a process has started and that run.
func children(pid int) []int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil // it is gone, and they end by themselves
	}
	var out []int
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			out = append(out, child)
		}
	}
	return out
}

// Stop ends the server and removes its directory.
func (c *Cluster) Stop() error {
	_ = syscall.Kill(c.pid, syscall.SIGQUIT) // at once: nothing of it is kept
	select {
	case <-c.exited:
	case <-time.After(10 * time.Second):
		c.Kill()
	}
	return os.RemoveAll(c.dir)
}
