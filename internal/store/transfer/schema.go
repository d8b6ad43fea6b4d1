package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// progress is the table that an unfinished import keeps its place in. It does
// not move along.
const progress = "import_progress"

// Table is the shape of a table: what a row's values mean, and what orders the
// rows.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Key     []string `json:"key"`
}

// querier is a transaction or a database.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tables and their columns, in order; place is the column's place in the
// primary key, 0 when it is in none.
const (
	sqliteColumns = `SELECT m.name, c.name, c.pk FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name NOT IN ('web_session', 'sign_in_link', 'sign_in_code', 'attempt', 'cart') ORDER BY m.name, c.cid`
	postgresColumns = `SELECT t.relname, a.attname, coalesce(array_position(x.indkey::int2[], a.attnum) + 1, 0)
		FROM pg_class AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index AS x ON x.indrelid = t.oid AND x.indisprimary
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
			AND t.relname NOT LIKE 'goose%' AND t.relname NOT IN ('web_session', 'sign_in_link', 'sign_in_code', 'attempt', 'cart') ORDER BY t.relname COLLATE "C", a.attnum`
)

// tables reads the schema.
func tables(ctx context.Context, q querier, postgres bool) ([]Table, error) {
	query := sqliteColumns
	if postgres {
		query = postgresColumns
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer rows.Close()
	var list []Table
	places := map[string]int{}
	for rows.Next() {
		var table, column string
		var place int
		if err := rows.Scan(&table, &column, &place); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		if table == progress {
			continue
		}
		if n := len(list); n == 0 || list[n-1].Name != table {
			list = append(list, Table{Name: table})
		}
		t := &list[len(list)-1]
		t.Columns = append(t.Columns, column)
		if place > 0 {
			t.Key = append(t.Key, column)
			places[table+" "+column] = place
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	for _, t := range list {
		if len(t.Key) == 0 {
			return nil, fmt.Errorf("table %s has no primary key to order its rows by", t.Name)
		}
		slices.SortFunc(t.Key, func(a, b string) int { return places[t.Name+" "+a] - places[t.Name+" "+b] })
	}
	return list, nil
}

// sameColumns reports whether two tables have the same columns, in whatever
// order.
func sameColumns(a, b Table) bool {
	return slices.Equal(slices.Sorted(slices.Values(a.Columns)), slices.Sorted(slices.Values(b.Columns)))
}

// all reads a table in the order of its key.
func (t Table) all() string {
	return "SELECT " + names(t.Columns) + " FROM " + quote(t.Name) + " ORDER BY " + names(t.Key)
}

// insert writes n rows.
func (t Table) insert(n int, postgres bool) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + quote(t.Name) + " (" + names(t.Columns) + ") VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range t.Columns {
			if j > 0 {
				b.WriteByte(',')
			}
			if postgres {
				fmt.Fprintf(&b, "$%d", i*len(t.Columns)+j+1)
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

func names(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
