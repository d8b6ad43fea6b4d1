package postgres_test

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// cutter is a way to the server that breaks: before a message of the client
// goes through, or after it did and before the answer comes back.
type cutter struct {
	net.Listener
	server string
	every  atomic.Int64 // about each how many messages; 0 cuts nothing
	cuts   atomic.Int64 // their kinds take turns
	before atomic.Int64 // cuts of each kind
	after  atomic.Int64
	wg     sync.WaitGroup
}

// settingUp is how many messages a connection may need before it takes its first
// batch: so many go through.
const settingUp = 64

// cutWay makes a way to the server of a URL, and the URL through it.
func cutWay(t *testing.T, address string) (*cutter, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, server: u.Host}
	u.Host = l.Addr().String()
	c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.wg.Go(func() { c.carry(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); c.wg.Wait() })
	return c, u.String()
}

func (c *cutter) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool // what the server says is lost
	c.wg.Go(func() {
		defer client.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil || deaf.Load() {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	buf, said := make([]byte, 1<<16), 0
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		said++
		every := c.every.Load()
		cut := said > settingUp && every > 0 && rand.Int64N(every) == 0
		if cut && c.cuts.Add(1)%2 == 0 {
			c.before.Add(1)
			return
		}
		if cut {
			deaf.Store(true)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
		if cut { // the server does what it was told, and says so to nobody
			c.after.Add(1)
			half(server)
			_ = server.SetReadDeadline(time.Now().Add(5 * time.Second))
			_, _ = io.Copy(io.Discard, server)
			return
		}
	}
}

// half ends what goes to the server; it still does what came before.
func half(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// Connections break again and again, also between a COMMIT and its answer:
// every call ends with the charge that it is due, and nothing happens twice.
func TestConnectionCutInMidCommit(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t)
	way, address := cutWay(t, direct)
	store := openAt(t, address, postgres.Options{Node: 1, Patience: 10 * time.Second})
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(store, charging.Config{Node: 1, Retries: 12, RetryPause: time.Millisecond}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Stop()
	if _, err := s.OpenAccount(t.Context(), 7, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TopUp(t.Context(), charging.TopUp{
		Shard: 7, Account: 1, Bucket: charging.Cash, Amount: 1000 * money.Yuan, Channel: "bank", Reference: "1", At: storetest.Start,
	}); err != nil {
		t.Fatal(err)
	}
	way.every.Store(6)
	const callers, each = 4, 120
	b := charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := range each {
				call := cdr.ID(c*1000 + n + 1)
				if a, err := reserved(s, call, b); err != nil || a.Refused != "" {
					t.Errorf("reserve %d: %+v, %v", call, a, err)
					return
				}
				if rec, err := settled(s, call, b, 90*time.Second); err != nil || rec.Charge != 100_000 {
					t.Errorf("settle %d: %s, %v", call, rec.Charge, err) // never extended: one minute
				}
			}
		})
	}
	wg.Wait()
	way.every.Store(0)
	if way.after.Load() == 0 || way.before.Load() == 0 {
		t.Errorf("%d connections were cut before and %d after a message: the test shows nothing", way.before.Load(), way.after.Load())
	}
	report, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range report.Checks {
		if !check.OK {
			t.Errorf("%s: %s", check.Name, check.FirstBad)
		}
	}
	for _, total := range report.Totals {
		if want := int64(callers * each * 100_000); total.Name == "revenue/calls" && total.Amount != want {
			t.Errorf("revenue is %d, want %d", total.Amount, want)
		}
	}
	t.Logf("%d connections were cut before a message, %d after it", way.before.Load(), way.after.Load())
}
