package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/spool"
	"sibai/internal/store/storetest"
)

const roomy = 1 << 20

var at = time.Date(2026, 7, 1, 9, 0, 0, 123_456_000, time.UTC)

// item is a call that talked for as many seconds as its id.
func item(call int) charging.Item {
	long := time.Duration(call) * time.Second
	return charging.Item{Call: cdr.ID(call), KeptAt: at, Settle: &charging.SettleRequest{
		Bill: charging.Bill{Shard: 7, Account: 9, Subscription: 8, MinGrant: time.Minute, Tariff: storetest.Minute},
		Record: cdr.Record{
			Call: cdr.ID(call), Number: "4008266688", Caller: "13712342286", CallerRaw: "a\x00\xff四", StartedAt: at, AnsweredAt: at,
			EndedAt: at.Add(long), Talk: long, Billable: long, Cause: cdr.Answered, EndedBy: cdr.Caller,
			Legs:  []cdr.Leg{{Target: "13800000001", InvitedAt: at, Outcome: "answered"}},
			Steps: []cdr.Step{{Code: "answered", Args: map[string]string{"target": "13800000001"}}},
		},
	}}
}

func open(t rapid.TB, dir string, limit int64) (*spool.Spool, spool.Found) {
	t.Helper()
	s, found, err := spool.Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s, found
}

func calls(items []charging.Item) []int {
	list := []int{}
	for _, i := range items {
		list = append(list, int(i.Call))
	}
	return list
}

func keep(t rapid.TB, s *spool.Spool, ids ...int) {
	t.Helper()
	items := make([]charging.Item, len(ids))
	for i, id := range ids {
		items[i] = item(id)
	}
	if err := s.Keep(items); err != nil {
		t.Fatal(err)
	}
}

func TestKeepSurvivesANewStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := open(t, dir, roomy)
	keep(t, s, 3, 1)
	keep(t, s, 2)
	if err := s.Forget([]cdr.ID{1, 99}); err != nil {
		t.Fatal(err)
	}
	// No Close: the process is gone.
	s, found := open(t, dir, roomy)
	if got := calls(s.Items()); !slices.Equal(got, []int{3, 2}) || found != (spool.Found{Items: 2}) {
		t.Errorf("%v, %+v", got, found)
	}
	want := item(3)
	want.Settle.Record.CallerRaw = "a\x00\uFFFD四" // what JSON makes of bytes that are no text
	if got := s.Items()[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v\nwant %+v", got, want)
	}
	if beside, _, err := spool.Read(dir); err != nil || !slices.Equal(calls(beside), []int{3, 2}) {
		t.Errorf("read beside: %v, %v", calls(beside), err)
	}
	if err := s.Forget([]cdr.ID{2, 3}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(dir, spool.File)); err != nil || info.Size() != 8 {
		t.Errorf("an empty spool has %v, %v", info, err)
	}
	if err := s.Keep([]charging.Item{item(1)}); fault.CodeOf(err) != fault.SpoolFailed {
		t.Errorf("kept after Close: %v", err)
	}
}

// Wherever the file was torn, what was kept whole is there, and the spool goes
// on.
func TestTornAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := open(t, dir, roomy)
	var ends []int64
	for call := 1; call <= 3; call++ {
		keep(t, s, call)
		info, err := os.Stat(filepath.Join(dir, spool.File))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, info.Size())
	}
	whole, err := os.ReadFile(filepath.Join(dir, spool.File))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, spool.File), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := []int{}
		for i, end := range ends {
			if int64(cut) >= end {
				want = append(want, i+1)
			}
		}
		if cut%61 != 0 && cut != len(whole) { // reading is enough for most
			items, found, err := spool.Read(torn)
			if err != nil || !slices.Equal(calls(items), want) || found.Damaged != 0 {
				t.Fatalf("cut at %d: %v, %+v, %v", cut, calls(items), found, err)
			}
			continue
		}
		s, found := open(t, torn, roomy)
		if !slices.Equal(calls(s.Items()), want) || found.Damaged != 0 {
			t.Fatalf("cut at %d: %v, %+v", cut, calls(s.Items()), found)
		}
		keep(t, s, 9)
		s, _ = open(t, torn, roomy)
		if got := calls(s.Items()); !slices.Equal(got, append(want, 9)) {
			t.Fatalf("cut at %d and kept more: %v", cut, got)
		}
	}
}

// Damage in the middle costs the item that it hit, is told, and the file is
// set aside.
func TestDamagedInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, spool.File)
	s, _ := open(t, dir, roomy)
	keep(t, s, 1, 2, 3)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 0x20
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, found := open(t, dir, roomy)
	if got := calls(s.Items()); !slices.Equal(got, []int{1, 3}) || found.Damaged == 0 {
		t.Errorf("%v, %+v", got, found)
	}
	if aside, err := os.ReadFile(found.Aside); err != nil || !bytes.Equal(aside, text) {
		t.Errorf("set aside: %d bytes, %v", len(aside), err)
	}
	if _, found := open(t, dir, roomy); found.Damaged != 0 {
		t.Error("the damage is still there after it was mended")
	}
	// A file that is something else is not taken for an empty spool.
	if err := os.WriteFile(path, []byte("shopping list"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, found := open(t, dir, roomy); found.Damaged == 0 || found.Aside == "" {
		t.Errorf("a file that is no spool: %+v", found)
	}
}

// The file never outgrows its limit; what is booked makes room.
func TestBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const limit = 8 << 10
	s, _ := open(t, dir, limit)
	n := 0
	for ; ; n++ {
		err := s.Keep([]charging.Item{item(n + 1)})
		if fault.CodeOf(err) == fault.SpoolFull {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 5 {
		t.Fatalf("only %d items fit in %d bytes", n, limit)
	}
	for i := range 10 * n { // one out, one in: the log is cut down by itself
		if err := s.Forget([]cdr.ID{cdr.ID(i + 1)}); err != nil {
			t.Fatal(err)
		}
		if err := s.Keep([]charging.Item{item(i + 1 + n)}); err != nil {
			t.Fatalf("item %d: %v", i, err)
		}
		if info, err := os.Stat(filepath.Join(dir, spool.File)); err != nil || info.Size() > limit {
			t.Fatalf("the file: %v, %v", info, err)
		}
	}
	if used, most := s.Used(); used > most || most != limit || used == 0 {
		t.Errorf("%d of %d bytes are used", used, most)
	}
	if s, _ := open(t, dir, limit); len(s.Items()) != n {
		t.Errorf("%d items are left, want %d", len(s.Items()), n)
	}
}

// A directory that cannot be written is said at once.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	if _, _, err := spool.Open(filepath.Join(t.TempDir(), "none"), roomy); fault.CodeOf(err) != fault.SpoolFailed {
		t.Errorf("opened without a directory: %v", err)
	}
	if items, _, err := spool.Read(filepath.Join(t.TempDir(), "none")); err != nil || len(items) != 0 {
		t.Errorf("read without a directory: %v, %v", items, err)
	}
}

// On a disk that fills up, Keep fails without harm, and works again once there
// is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t, 64<<10)
	s, _ := open(t, dir, roomy)
	kept := []int{}
	for call := 1; ; call++ {
		err := s.Keep([]charging.Item{item(call)})
		if err == nil {
			kept = append(kept, call)
			continue
		}
		if fault.CodeOf(err) != fault.SpoolFailed || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the disk is full: %v", err)
		}
		break
	}
	if len(kept) < 10 {
		t.Fatalf("only %d items fit", len(kept))
	}
	if items, found, err := spool.Read(dir); err != nil || found.Damaged != 0 || !slices.Equal(calls(items), kept) {
		t.Errorf("on the full disk: %v, %+v, %v", calls(items), found, err)
	}
	if err := s.Forget([]cdr.ID{1, 2, 3}); err != nil {
		t.Logf("forgetting on a full disk: %v", err) // it may fail: it is done again
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	keep(t, s, 777)
	s, _ = open(t, dir, roomy)
	got := calls(s.Items())
	if !slices.Contains(got, 777) || len(got) < len(kept)-3+1 {
		t.Errorf("after there was room: %v", got)
	}
}

// tmpfs mounts a file system of so many bytes for the test, or skips it.
func tmpfs(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("sibai-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Random keeping, forgetting, new starts and torn ends, against a map.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, _ := open(t, dir, 16<<10)
		model := map[int]bool{}
		ids := rapid.IntRange(1, 30)
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				batch := rapid.SliceOfNDistinct(ids, 1, 4, rapid.ID[int]).Draw(t, "calls")
				items := make([]charging.Item, len(batch))
				for i, id := range batch {
					items[i] = item(id)
				}
				switch err := s.Keep(items); {
				case err == nil:
					for _, id := range batch {
						model[id] = true
					}
				case fault.CodeOf(err) != fault.SpoolFull:
					t.Fatal(err)
				}
			},
			"forget": func(t *rapid.T) {
				id := ids.Draw(t, "call")
				if err := s.Forget([]cdr.ID{cdr.ID(id)}); err != nil {
					t.Fatal(err)
				}
				delete(model, id)
			},
			"start": func(t *rapid.T) {
				path := filepath.Join(dir, spool.File)
				if junk := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "torn"); len(junk) > 0 {
					f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := f.Write(junk); err != nil {
						t.Fatal(err)
					}
					f.Close()
				}
				s.Close()
				s, _ = open(t, dir, 16<<10)
			},
			"": func(t *rapid.T) {
				got := calls(s.Items())
				if len(got) != len(model) {
					t.Fatalf("kept %v, want %v", got, model)
				}
				for _, id := range got {
					if !model[id] {
						t.Fatalf("kept %v, want %v", got, model)
					}
				}
			},
		})
	})
}
