package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sibai/internal/id"
)

// The clock is set back by an hour between two starts of a node: no id comes
// again.
func TestClockSetBackBetweenStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(back time.Duration) (*id.Generator, func()) {
		ids, err := id.NewGenerator(1, func() time.Time { return time.Now().Add(-back) })
		if err != nil {
			t.Fatal(err)
		}
		m, err := markIDs(dir, ids, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return ids, m.close
	}
	ids, stop := start(0)
	var last int64
	for range 1000 {
		last = ids.Next()
	}
	stop()
	for range 3 {
		ids, stop = start(time.Hour)
		if next := ids.Next(); next <= last {
			t.Fatalf("id %d came after %d", next, last)
		} else {
			last = next
		}
		stop()
	}
	if err := os.WriteFile(filepath.Join(dir, idsFile), []byte("soon"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := markIDs(dir, ids, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("a file that cannot be read: %v", err)
	}
}
