package sqlite_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

// hammerEnv makes the test binary charge calls in a directory until it is
// killed.
const hammerEnv = "SIBAI_TEST_HAMMER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(hammerEnv); dir != "" {
		s, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
		if err == nil {
			err = storetest.Hammer(s, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("40") // each is a database with crashes; -rapid.checks=N runs more
	}
	os.Exit(m.Run())
}

// What a process acknowledged before kill -9 is there afterwards, over and
// over on one directory.
func TestKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	var all bytes.Buffer
	for round, size := range []int{1, 700, 2500, 7000} {
		if round > 0 {
			// Workers begin with their first calls again: those are replays.
			t.Logf("round %d on %d acknowledgements", round, bytes.Count(all.Bytes(), []byte("\n")))
		}
		all.Write(hammer(t, dir, size))
		s := openIn(t, dir)
		n := storetest.Acknowledged(t, s, all.Bytes())
		if n < size {
			t.Errorf("%d acknowledgements, want at least %d", n, size)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// hammer runs a process until it has acknowledged at least so many operations,
// kills it, and returns all it acknowledged.
func hammer(t *testing.T, dir string, atLeast int) []byte {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hammerEnv+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acks bytes.Buffer
	buf := make([]byte, 1<<16)
	killed, count := false, 0
	for {
		n, err := out.Read(buf)
		acks.Write(buf[:n])
		count += bytes.Count(buf[:n], []byte("\n"))
		if count >= atLeast && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // killed, it has no good status
	if stderr.Len() > 0 {
		t.Fatalf("the process failed: %s", &stderr)
	}
	return acks.Bytes()
}
