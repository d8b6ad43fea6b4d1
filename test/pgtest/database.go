package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"sibai/test/parts"
)

// shared is the cluster of this test binary, started when first asked for.
var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error
}

var databases atomic.Int64

// Main runs the tests of a package and stops the cluster that they started.
// TestMain calls it and exits with what it returns.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.cluster != nil {
		if err := shared.cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			return 1
		}
	}
	return code
}

// Database makes an empty database that is gone after the test, and returns
// its URL. Without PostgreSQL the test is skipped as parts.Need says.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SIBAI_TEST_PG")
	if server == "" || testing.Short() {
		initdb := parts.Need(t, "initdb")
		server = start(t, initdb).URL("postgres")
	}
	name := fmt.Sprintf("sibai_test_%d_%d", os.Getpid(), databases.Add(1))
	run(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("SIBAI_TEST_PG: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

func start(t testing.TB, initdb string) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = New(context.Background(), initdb)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

// run does one statement on a server; t.Context has ended in a cleanup.
func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Errorf("connect: %v", err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}
