package sqlite_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
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
		all.Write(storetest.Hammered(t, hammerEnv+"="+dir, size, (*os.Process).Kill))
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
