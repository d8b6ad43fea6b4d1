package sqlite

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/store/row"
)

// No statement of the hot path looks at rows it does not want.
func TestHotPathNeverScans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan := func(query string, args ...any) string {
		t.Helper()
		if args == nil {
			for range strings.Count(query, "?") {
				args = append(args, 1)
			}
		}
		rows, err := s.Read().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		defer rows.Close()
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(steps, "; ")
	}
	explained := 0
	constants := regexp.MustCompile(`SCAN (\d+-ROW VALUES CLAUSE|CONSTANT ROW|v$|v;)`)
	for _, m := range newStatements().list() {
		if strings.HasPrefix(m.before, "INSERT") || m.width == 0 {
			continue
		}
		for _, n := range sizes {
			// The rows given are walked, and each is searched for by a key.
			got := plan(m.text(n))
			stored := constants.ReplaceAllString(got, "")
			if !strings.Contains(stored, "SEARCH ") || strings.Contains(stored, "SCAN") || strings.Contains(stored, "TEMP B-TREE") || strings.Contains(stored, "AUTOMATIC") {
				t.Errorf("%s… for %d rows\nis done by %q", m.before, n, got)
			}
		}
		explained++
	}
	for _, text := range []string{readAccount, readBuckets} {
		if got := plan(text); !strings.HasPrefix(got, "SEARCH ") || strings.Contains(got, "SCAN") {
			t.Errorf("%s\nis done by %q", text, got)
		}
	}
	if explained < 10 {
		t.Errorf("only %d statements were explained", explained)
	}
	// Lists: a customer's by its own index, the operator's by time, a call by
	// the primary key in each shard.
	for name, c := range map[string]struct {
		filter charging.CDRFilter
		want   string
	}{
		"customer": {charging.CDRFilter{Customer: 1}, "SEARCH cdr USING INDEX cdr_customer (customer=?)"},
		"customer since": {
			charging.CDRFilter{Customer: 1, Since: time.Unix(1, 0)},
			"SEARCH cdr USING INDEX cdr_customer (customer=? AND started_at>?)",
		},
		"latest":    {charging.CDRFilter{}, "SCAN cdr USING INDEX cdr_started"},
		"next page": {charging.CDRFilter{After: &cdr.Record{}}, "SEARCH cdr USING INDEX cdr_started (started_at<?)"},
	} {
		query, args := cdrQuery(c.filter)
		if got := plan(query, args...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	byID := plan("SELECT "+row.CDRColumns+" FROM cdr WHERE id = ?", 1)
	if !strings.HasPrefix(byID, "SEARCH cdr USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("a call by id: %q", byID)
	}
}
