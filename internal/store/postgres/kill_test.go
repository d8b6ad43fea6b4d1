package postgres_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/parts"
	"sibai/test/pgtest"
)

// hammerEnv makes the test binary charge calls on a database until it is
// killed.
const hammerEnv = "SIBAI_TEST_HAMMER_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(hammerEnv); url != "" {
		s, err := postgres.Open(context.Background(), url, postgres.Options{Node: 7, Patience: time.Minute})
		if err == nil {
			err = storetest.Hammer(s, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("8") // each is many transactions; -rapid.checks=N runs more
	}
	os.Exit(pgtest.Main(m))
}

// What a process acknowledged before kill -9 is there afterwards, over and
// over on one database.
func TestKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	var all bytes.Buffer
	for _, size := range []int{1, 500, 2000} {
		all.Write(storetest.Hammered(t, hammerEnv+"="+url, size, (*os.Process).Kill))
		// The server needs a moment to see that the process is gone; then the
		// node's number is free again.
		s := openAt(t, url, postgres.Options{Node: 7})
		if n := storetest.Acknowledged(t, s, all.Bytes()); n < size {
			t.Errorf("%d acknowledgements, want at least %d", n, size)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// PostgreSQL is killed under load and started again: the process goes on by
// itself, and nothing that it was promised before or after is missing.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	cluster, err := pgtest.New(t.Context(), parts.Need(t, "initdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	}()
	url := cluster.URL("postgres")
	var all bytes.Buffer
	for _, size := range []int{300, 1500} {
		all.Write(storetest.Hammered(t, hammerEnv+"="+url, size, func(p *os.Process) error {
			defer p.Kill() // whatever becomes of the rest
			cluster.Kill()
			if err := cluster.Start(t.Context()); err != nil {
				return err
			}
			return goesOn(t, url)
		}))
		s := openAt(t, url, postgres.Options{Node: 7})
		storetest.Acknowledged(t, s, all.Bytes())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// goesOn returns once transactions are committed that were not there.
func goesOn(t *testing.T, url string) error {
	s, err := postgres.OpenReadOnly(t.Context(), url, postgres.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	var before, now int
	count := func(n *int) error {
		return s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM cdr").Scan(n)
	}
	if err := count(&before); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); now < before+50; {
		if err := count(&now); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after the server's new start %d calls ended, %d before", now, before)
		}
	}
	return nil
}
