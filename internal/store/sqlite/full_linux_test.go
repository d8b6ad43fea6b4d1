package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/store/spool"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

// smallDisk mounts a file system of so many MiB for the test, or skips it.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("sibai-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// node is charging on a store and a spool in one directory of a small disk.
type node struct {
	*testing.T
	dir     string
	store   *sqlite.Store
	service *charging.Service
	bill    charging.Bill
	stop    func() // twice is safe
}

func newNode(t *testing.T, dir string) *node {
	t.Helper()
	store, err := sqlite.Open(t.Context(), dir, sqlite.Options{AnyDisk: true})
	if err != nil {
		t.Fatal(err)
	}
	kept, _, err := spool.Open(dir, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{T: t, dir: dir, store: store, bill: charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}}
	n.service = charging.New(store, charging.Config{Node: 1, Spool: kept, Patience: 10 * time.Second, Retries: 1}, ids, slog.New(slog.DiscardHandler))
	n.service.Start()
	n.stop = func() {
		n.service.Stop()
		if err := errors.Join(kept.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(n.stop)
	if _, err := n.service.OpenAccount(t.Context(), 7, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := n.service.TopUp(t.Context(), charging.TopUp{
		Shard: 7, Account: 1, Bucket: charging.Cash, Amount: 1000 * money.Yuan, Channel: "bank", Reference: "1", At: storetest.Start,
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) reserve(call cdr.ID) error {
	answer := make(chan error, 1)
	n.service.Reserve(charging.ReserveRequest{Call: call, Bill: n.bill, At: storetest.Start, Draft: cdr.Record{Call: call, StartedAt: storetest.Start}},
		func(a charging.Answer, err error) {
			if err == nil && a.Refused != "" {
				err = errors.New(string(a.Refused))
			}
			answer <- err
		})
	return <-answer
}

func (n *node) settle(call cdr.ID) error {
	answer := make(chan error, 1)
	n.service.Settle(charging.SettleRequest{Bill: n.bill, Record: cdr.Record{
		Call: call, StartedAt: storetest.Start, AnsweredAt: storetest.Start, EndedAt: storetest.Start.Add(50 * time.Second),
		Billable: 50 * time.Second, Cause: cdr.Answered, CallerRaw: strings.Repeat("x", 100),
	}}, func(_ cdr.Record, err error) { answer <- err })
	return <-answer
}

// until waits until something is so.
func (n *node) until(what string, so func() bool) {
	n.Helper()
	ctx, cancel := context.WithTimeout(n.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			n.Fatalf("it never came that %s: %+v", what, n.service.Stats())
		case <-tick.C:
		}
	}
}

// books checks that so many calls were charged, and every promise.
func (n *node) books(calls int) {
	n.Helper()
	storetest.Audited(n, n.store)
	v, err := n.service.Balances(n.Context(), 7, 1)
	if err != nil || v.Buckets[0].Balance != 1000*money.Yuan-money.Amount(calls)*100_000 {
		n.Errorf("%d calls were charged, the account has %+v, %v", calls, v, err)
	}
}

// The disk fills up while calls run: new ones are refused with a clear error,
// and those that end are kept where there is room, or tried again. Once there
// is room, each is charged once.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 4)
	n := newNode(t, dir)
	const running = 40
	for call := cdr.ID(1); call <= running; call++ {
		if err := n.reserve(call); err != nil {
			t.Fatal(err)
		}
	}
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	// The store's log has room of its own for a while.
	var full error
	others := 0
	for call := cdr.ID(1000); full == nil && others < 20_000; call++ {
		if full = n.reserve(call); full == nil {
			others++
		}
	}
	if fault.CodeOf(full) != fault.StoreFailed || !strings.Contains(full.Error(), "full") {
		t.Fatalf("the disk is full, after %d more calls: %v", others, full)
	}
	var again []cdr.ID
	for call := cdr.ID(1); call <= running; call++ {
		switch err := n.settle(call); {
		case err == nil, fault.CodeOf(err) == fault.SettlementKept:
		case strings.Contains(err.Error(), "space") || strings.Contains(err.Error(), "full"):
			again = append(again, call)
		default:
			t.Errorf("settle %s: %v", call, err)
		}
	}
	if len(again) == 0 {
		t.Error("everything was taken by a full disk")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for _, call := range again {
		n.until("a call that nobody took is taken", func() bool {
			err := n.settle(call)
			return err == nil || fault.CodeOf(err) == fault.SettlementKept
		})
	}
	n.until("the spool is empty", func() bool { return n.service.Stats().Kept == 0 })
	n.books(running)
}

// fill writes a file until its disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 16; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A node that starts on a read-only disk says what is wrong, and touches
// nothing.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 8)
	n := newNode(t, filepath.Join(dir, "data"))
	if err := n.reserve(1); err != nil {
		t.Fatal(err)
	}
	if err := n.settle(1); err != nil {
		t.Fatal(err)
	}
	n.books(1)
	n.stop()
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	for _, data := range []string{filepath.Join(dir, "data"), filepath.Join(dir, "new")} {
		if _, err := sqlite.Open(t.Context(), data, sqlite.Options{AnyDisk: true}); fault.CodeOf(err) != fault.StoreNotWritable {
			t.Errorf("%s on a read-only disk: %v", data, err)
		}
		if _, _, err := spool.Open(data, 1<<20); fault.CodeOf(err) != fault.SpoolFailed {
			t.Errorf("a spool in %s on a read-only disk: %v", data, err)
		}
	}
	remount(0)
	n = newNode(t, filepath.Join(dir, "data"))
	n.books(1)
}
