package transfer_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/site"
	"sibai/internal/store/portable"
	"sibai/internal/store/postgres"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
	"sibai/internal/store/transfer"
	"sibai/test/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// place is an open database of either kind.
type place struct {
	transfer.Database
	store charging.Store
}

type opened interface {
	charging.Store
	Read() *sql.DB
	Write(ctx context.Context, f func(context.Context, *sql.Tx) error) error
	Close() error
}

func embedded(t *testing.T) place {
	t.Helper()
	s, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{AnyDisk: true})
	if err != nil {
		t.Fatal(err)
	}
	return placed(t, s, false)
}

func server(t *testing.T) place {
	t.Helper()
	s, err := postgres.Open(t.Context(), pgtest.Database(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return placed(t, s, true)
}

func placed(t *testing.T, s opened, isPostgres bool) place {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return place{transfer.Database{Postgres: isPostgres, Read: s.Read(), Write: s.Write}, s}
}

// fill makes an installation with calls that ended, one that runs, and text
// that no database should see.
func fill(t *testing.T, p place) {
	t.Helper()
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(p.store, charging.Config{Node: 1}, ids, nil)
	s.Start()
	defer s.Stop()
	over := portable.NewSQLite
	if p.Postgres {
		over = portable.NewPostgres
	}
	source, err := os.ReadFile("../../../examples/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := site.Parse("site.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC) }
	business := over(p.Read, p.Write)
	if _, err := site.New(business, s, ids.Next, now).Apply(t.Context(), parsed); err != nil {
		t.Fatal(err)
	}
	snap, err := business.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	line := snap.Lines["4008005678"]
	bill := line.Bill
	bill.Tariff = storetest.Minute
	done := make(chan error, 1)
	for i := range 40 {
		call := cdr.ID(ids.Next())
		draft := cdr.Record{Call: call, Customer: int64(line.Customer), CallerRaw: "<\"x\" \u4e2d\u6587&>"}
		s.Reserve(charging.ReserveRequest{Call: call, Bill: bill, At: now(), Draft: draft}, func(a charging.Answer, err error) {
			if err == nil && a.Refused != "" {
				err = errors.New(string(a.Refused))
			}
			done <- err
		})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue // it runs
		}
		rec := draft
		rec.StartedAt, rec.AnsweredAt, rec.EndedAt = now(), now(), now().Add(time.Minute)
		rec.Talk, rec.Billable, rec.Cause, rec.Status = time.Minute, time.Minute, cdr.Answered, 200
		rec.Steps = []cdr.Step{{Code: "ended", Args: map[string]string{"cause": "answered"}}}
		s.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(_ cdr.Record, err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func export(t *testing.T, p place) []byte {
	t.Helper()
	var out bytes.Buffer
	total, err := transfer.Export(t.Context(), p.Database, "test", &out)
	if err != nil {
		t.Fatal(err)
	}
	if total.Rows < 100 || total.Tables < 20 {
		t.Fatalf("only %+v was exported", total)
	}
	return out.Bytes()
}

func imported(t *testing.T, p place, from io.Reader) {
	t.Helper()
	if _, err := transfer.Import(t.Context(), p.Database, from); err != nil {
		t.Fatal(err)
	}
	report, err := charging.Audit(t.Context(), p.store)
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	if code := fault.CodeOf(transfer.Unfinished(t.Context(), p.Database)); code != fault.ImportUnfinished {
		t.Errorf("before Finish: %q", code)
	}
	if err := transfer.Finish(t.Context(), p.Database); err != nil {
		t.Fatal(err)
	}
	if err := transfer.Unfinished(t.Context(), p.Database); err != nil {
		t.Errorf("after Finish: %v", err)
	}
}

// body is an export without its header, which names its own time and origin,
// and with its tables in no order of columns.
func body(t *testing.T, text []byte) string {
	t.Helper()
	_, rows, ok := strings.Cut(string(text), "\n")
	if !ok {
		t.Fatal("an export without lines")
	}
	return rows
}

// An installation that moves to PostgreSQL and back is the same row for row.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	first, second, third := embedded(t), server(t), embedded(t)
	fill(t, first)
	there := export(t, first)
	imported(t, second, bytes.NewReader(there))
	back := export(t, second)
	imported(t, third, bytes.NewReader(back))
	if body(t, export(t, third)) != body(t, there) {
		t.Error("what came back is not what went")
	}
	for _, p := range []place{first, second} {
		if rows := storetest.Dump(t, p.store); !slices.Equal(rows, storetest.Dump(t, third.store)) {
			t.Error("the money differs")
		}
	}
}

// flaky ends after some bytes, as a process that is killed does.
type flaky struct {
	from io.Reader
	left int
}

var errKilled = errors.New("killed")

func (f *flaky) Read(to []byte) (int, error) {
	if f.left <= 0 {
		return 0, errKilled
	}
	n, err := f.from.Read(to[:min(len(to), f.left)])
	f.left -= n
	return n, err
}

// An import that was interrupted anywhere goes on where it was.
func TestInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	from := embedded(t)
	fill(t, from)
	text := export(t, from)
	for _, target := range []struct {
		name string
		open func(*testing.T) place
	}{{"SQLite", embedded}, {"PostgreSQL", server}} {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			to := target.open(t)
			head := bytes.IndexByte(text, '\n') // what names the tables; nothing is begun before it is whole
			for step, upTo := (len(text)-head)/7, head+(len(text)-head)/7; upTo < len(text)-7; upTo += step {
				_, err := transfer.Import(t.Context(), to.Database, &flaky{bytes.NewReader(text), upTo})
				if !errors.Is(err, errKilled) {
					t.Fatalf("after %d bytes: %v", upTo, err)
				}
				if code := fault.CodeOf(transfer.Unfinished(t.Context(), to.Database)); code != fault.ImportUnfinished {
					t.Fatalf("after %d bytes: %q", upTo, code)
				}
			}
			other := bytes.Replace(text, []byte(`"id":"`), []byte(`"id":"X`), 1)
			if _, err := transfer.Import(t.Context(), to.Database, bytes.NewReader(other)); fault.CodeOf(err) != fault.ImportOther {
				t.Errorf("another export: %v", err)
			}
			imported(t, to, bytes.NewReader(text))
			if body(t, export(t, to)) != body(t, text) && !to.Postgres {
				t.Error("not what was exported")
			}
			if _, err := transfer.Import(t.Context(), to.Database, bytes.NewReader(text)); fault.CodeOf(err) != fault.ImportNotEmpty {
				t.Errorf("a second import: %v", err)
			}
		})
	}
}

func TestBadExports(t *testing.T) {
	t.Parallel()
	from := embedded(t)
	fill(t, from)
	text := export(t, from)
	last := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	for name, c := range map[string]struct {
		text []byte
		want fault.Code
	}{
		"nothing":         {nil, fault.ExportTruncated},
		"not an export":   {[]byte("name: Sibai\n"), fault.ExportBroken},
		"no form":         {[]byte("{}\n"), fault.ExportBroken},
		"an evil id":      {bytes.Replace(text, []byte(`"id":"`), []byte(`"id":"'; DROP TABLE cdr; --`), 1), fault.ExportBroken},
		"no last line":    {text[:last], fault.ExportTruncated},
		"cut in a row":    {text[:len(text)/2], fault.ExportTruncated},
		"a changed row":   {bytes.Replace(text, []byte(`"active",`), []byte(`"frozen",`), 1), fault.ExportBroken},
		"of another form": {bytes.Replace(text, []byte(`"schema":`), []byte(`"schema":9`), 1), fault.ExportOtherSchema},
		"a column less":   {bytes.Replace(text, []byte(`"opened_at"`), []byte(`"shut_at"`), 1), fault.ExportOtherSchema},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := embedded(t)
			if _, err := transfer.Import(t.Context(), to.Database, bytes.NewReader(c.text)); fault.CodeOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// What somebody else writes meanwhile is found before the store is served.
func TestMeddlingIsFound(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), embedded(t)
	fill(t, from)
	text := export(t, from)
	if _, err := transfer.Import(t.Context(), to.Database, &flaky{bytes.NewReader(text), len(text) - 10}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if err := to.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE bucket SET balance = balance + 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Import(t.Context(), to.Database, bytes.NewReader(text)); fault.CodeOf(err) != fault.ImportDiffers {
		t.Errorf("%v", err)
	}
}

// Text that PostgreSQL cannot keep does not stop a move.
func TestUnstorableText(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), server(t)
	if err := from.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO operator (id, name) VALUES (1, ?)", "a\x00b\xffc")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := transfer.Export(t.Context(), from.Database, "test", &out); err != nil {
		t.Fatal(err)
	}
	imported(t, to, &out)
	var name string
	if err := to.Read.QueryRowContext(t.Context(), "SELECT name FROM operator").Scan(&name); err != nil || name != "a\uFFFDb\uFFFDc" {
		t.Errorf("%q, %v", name, err)
	}
}
