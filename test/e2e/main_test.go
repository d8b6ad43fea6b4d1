package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"sibai/internal/charging"
	"sibai/test/e2e"
	"sibai/test/pgtest"
)

var (
	binDir  string
	program = sync.OnceValues(func() (string, error) { return e2e.Build(context.Background(), binDir) })
)

func TestMain(m *testing.M) {
	var err error
	if binDir, err = os.MkdirTemp("", "sibai-e2e-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := pgtest.Main(m)
	os.RemoveAll(binDir) // a folder for temporary files
	os.Exit(code)
}

const (
	dialled = "4001234567"
	target  = "01088886666"
	caller  = "13712342286"
)

// siteOf describes one customer with one number that forwards to one phone.
// A call costs 0.02 yuan and 0.10 for each started minute; there are 1 yuan of
// bonus and 100 of cash, and the bonus is used first.
func siteOf(phone netip.AddrPort) string {
	return fmt.Sprintf(`
trunks:
  - code: carrier
    inbound: [127.0.0.1, 127.0.0.2]
  - code: phones
    outbound: {address: %q}
tariffs:
  - code: standard
    versions:
      - effective: 2020-01-01
        connection: 0.02
        first: {seconds: 60, price: 0.10}
plans:
  - {code: pay, name: 买断, kind: buyout, tariff: standard, max_concurrent: 0}
customers:
  - code: acme
    name: 示例科技有限公司
    top_ups:
      - {channel: bank, reference: "1", amount: 100}
      - {channel: gift, reference: "2", amount: 1, bucket: bonus}
    targets:
      - {phone: %q, trunk: phones, capacity: 1000}
    numbers:
      - {number: %q, plan: pay, targets: [%q], ring_timeout: 5s}
`, phone, target, dialled, target)
}

// bench is a node that serves one installation in a test.
type bench struct {
	*testing.T
	*e2e.Installation
	node *e2e.Node
	ctx  context.Context
}

// serve starts a node whose number forwards to a phone. settings are more of
// its settings, in YAML.
func serve(t *testing.T, phone netip.AddrPort, settings string) *bench {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return serveWith(t, path, phone, settings)
}

// serveWith is serve with a program of the test's own.
func serveWith(t *testing.T, program string, phone netip.AddrPort, settings string) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	in, err := e2e.Install(program, t.TempDir(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Apply(ctx, siteOf(phone)); err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, Installation: in, ctx: ctx}
	b.start()
	return b
}

func (b *bench) start() {
	b.Helper()
	node, err := b.Serve(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	b.node = node
	b.Cleanup(node.Kill)
}

// stop ends the node in peace, looks that it complained of nothing, and
// returns the totals of its books, which must be right.
func (b *bench) stop() map[string]int64 {
	b.Helper()
	if err := b.node.Stop(b.ctx); err != nil {
		b.Fatal(err)
	}
	entries, err := b.Entries()
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if e.Level == "ERROR" {
			b.Errorf("the node logged an error: %s", e.Message)
		}
	}
	return b.books()
}

// books returns the totals of the books, which must be right.
func (b *bench) books() map[string]int64 {
	b.Helper()
	report, err := b.Audit(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	return totals(report)
}

func totals(r *charging.Report) map[string]int64 {
	m := map[string]int64{}
	for _, t := range r.Totals {
		m[t.Name] = t.Amount
	}
	return m
}
