package app

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/config"
)

func TestUntilNext(t *testing.T) {
	t.Parallel()
	half3 := 3*time.Hour + 30*time.Minute
	for _, c := range []struct {
		now  string
		want time.Duration
	}{
		{"2026-11-23 00:00", half3},
		{"2026-11-23 03:29", time.Minute},
		{"2026-11-23 03:30", 24 * time.Hour}, // it has just begun
		{"2026-11-23 23:30", 4 * time.Hour},
		{"2026-12-31 12:00", 15*time.Hour + 30*time.Minute},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, calendar.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if got := untilNext(half3, now.UTC()); got != c.want {
			t.Errorf("at %s: in %s, want %s", c.now, got, c.want)
		}
	}
}

// The night's audit is recorded for all nodes, and says what is broken.
func TestNightly(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Audit.At, cfg.Billing.Every = "", 0 // the test says when
	var log bytes.Buffer
	n, err := Start(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	defer stop()
	now := time.Now()
	n.nightly(t.Context(), now)
	run, ok, err := n.store.Catalog.LastRun(t.Context(), auditJob)
	if err != nil || !ok || run.Failed != 0 || run.Items < 8 || run.FinishedAt.IsZero() || run.Error != "" {
		t.Fatalf("%+v, %v, %v", run, ok, err)
	}
	err = n.store.Money.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO bucket (shard, account, id, kind, unit, balance, held, expires_at, created_at, extension, overdraft) VALUES (1, 7, 9, 'cash', 'CNY', 5, 0, 0, 1, 0, 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.nightly(t.Context(), now.Add(time.Hour)) // another node has done it
	if again, _, err := n.store.Catalog.LastRun(t.Context(), auditJob); err != nil || again != run {
		t.Errorf("the same night: %+v, %v", again, err)
	}
	n.nightly(t.Context(), now.Add(24*time.Hour))
	run, _, err = n.store.Catalog.LastRun(t.Context(), auditJob)
	if err != nil || run.Failed != 1 {
		t.Errorf("%+v, %v", run, err)
	}
	if wait := n.untilFirstAudit(t.Context(), 3*time.Hour, run.FinishedAt.Add(26*time.Hour)); wait > auditDelay {
		t.Errorf("a missed audit is made up for in %s", wait)
	}
	stop() // nobody writes into the log any more
	if text := log.String(); !strings.Contains(text, "THE BOOKS ARE NOT RIGHT") || !strings.Contains(text, "check=I1") {
		t.Error(text)
	}
}
