package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/test/pgtest"
)

// No statement of the hot path looks at rows it does not want: not on tables
// that are empty, nor on those that nobody has counted yet, nor later.
func TestHotPathNeverScans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), pgtest.Database(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plansOf(t, s, "empty")
	fill(t, s, 1, 5)
	analyze(t, s) // five rows, and known to be: the shortest plan reads them all
	plansOf(t, s, "small")
	fill(t, s, 6, 3000)
	plansOf(t, s, "grown")
	analyze(t, s)
	plansOf(t, s, "large")

	for name, f := range map[string]charging.CDRFilter{
		"customer":       {Customer: 1},
		"customer since": {Customer: 1, Since: time.UnixMicro(10)},
		"latest":         {Limit: 10},
		"next page":      {After: &cdr.Record{StartedAt: time.UnixMicro(100)}, Limit: 10},
	} {
		query, args := cdrQuery(f)
		got := emptyParts.ReplaceAllString(explained(t, s, query, args...), "")
		if strings.Contains(got, "Seq Scan") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, query := range []string{selectCDR, readAccount} {
		args := []any{1, 1}[:1+strings.Count(query, "$2")/2]
		if got := explained(t, s, query, args...); strings.Contains(got, "Seq Scan") {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// emptyParts are scans of months that have no rows: those of this test are of no
// month.
var emptyParts = regexp.MustCompile(`Seq Scan on cdr_\d{6}`)

// fill adds the rows first to last of every table of the hot path.
func fill(t *testing.T, s *Store, first, last int) {
	t.Helper()
	err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		for _, text := range []string{
			"INSERT INTO account SELECT n % 64, n, 'active', 1",
			"INSERT INTO bucket SELECT n % 64, n, n, 'cash', 'CNY', 1, 0, 0, 1, 0, 0",
			"INSERT INTO usage SELECT n % 64, n, n, 0, 0, 0, 0, 0, 0, 0, 0, 0",
			"INSERT INTO hold SELECT n % 64, n, n, n, 1, 1, '[]', '[]', 1, 1, 0, 0, '{}', '{}'",
			"INSERT INTO receipt SELECT n % 64, 'bank', n::text, n % 64, n, 'cash', 'CNY', 1, 0, n, 1",
			"INSERT INTO cdr SELECT n % 64, n, 1, '', '', '', '', '', n % 50, n, n, 1, n, 0, 0, 0, n, 0, 0, 0, '', 200, '', 0, 0, 0, '[]', 0, '[]', '[]', '[]'",
		} {
			if _, err := tx.ExecContext(ctx, text+" FROM generate_series($1::bigint, $2::bigint) AS n", first, last); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func analyze(t *testing.T, s *Store) {
	t.Helper()
	if err := s.once(t.Context(), func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), "ANALYZE")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// plansOf asks a writing connection how it does each statement.
func plansOf(t *testing.T, s *Store, when string) {
	t.Helper()
	w, err := s.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.idle <- w }()
	var durable string
	if err := w.conn.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&durable); err != nil || durable != "on" {
		t.Errorf("the writer has synchronous_commit = %s, %v", durable, err)
	}
	arguments := map[string]string{
		lockAccounts: "'{1,2}', '{1,2}'", loadMoney: "'{1,2}', '{1,2}'", loadCalls: "'{1,2}', '{1,2}'", loadReceipts: "'{1,2}', '{a,b}', '{a,b}'",
		lockAccounts + one: "1, 1", loadMoney + one: "1, 1", loadCalls + one: "1, 1", loadReceipts + one: "1, 'a', 'a'",
	}
	for _, w := range writes {
		if !strings.HasPrefix(w.name, "insert") {
			arguments[w.name] = "'{}'"
			arguments[w.name+one] = strings.TrimSuffix(strings.Repeat("NULL, ", len(names(w.columns))), ", ")
		}
	}
	for name, args := range arguments {
		rows, err := w.conn.Query(t.Context(), "EXPLAIN (COSTS OFF) EXECUTE "+name+"("+args+")", pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plan := strings.Join(lines, "\n")
		if strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Index") {
			t.Errorf("%s, tables %s, is done by\n%s", name, when, plan)
		}
		// An index that begins with the shard is no help when only the shard is
		// looked for in it: that reads a 64th of the table.
		for _, line := range lines {
			if cond, ok := strings.CutPrefix(strings.TrimSpace(line), "Index Cond: "); ok && !strings.Contains(cond, " AND ") {
				t.Errorf("%s, tables %s, looks for %s only:\n%s", name, when, cond, plan)
			}
		}
	}
	if len(arguments) < 18 {
		t.Errorf("only %d statements were explained", len(arguments))
	}
}

// explained asks a reading connection how it does a query.
func explained(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), "EXPLAIN (COSTS OFF) "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(lines, "\n")
}
