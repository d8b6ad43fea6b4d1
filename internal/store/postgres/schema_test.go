package postgres_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/store/sqlite"
)

// Both databases have the same tables, columns, keys and indexes, so that what
// is written for one works on the other and an installation can move.
func TestSchemasAreEqual(t *testing.T) {
	t.Parallel()
	file, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{AnyDisk: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	columns := [2]string{
		`SELECT m.name || '.' || c.name, c.type || CASE WHEN c."notnull" THEN ' not null' ELSE '' END
			FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'`,
		`SELECT table_name || '.' || column_name,
				CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' ELSE data_type END || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
			FROM information_schema.columns WHERE table_schema = current_schema()
				AND NOT (SELECT relispartition FROM pg_class WHERE oid = (quote_ident(table_name))::regclass)`,
	}
	// Keys and indexes by their columns in order; a single INTEGER PRIMARY KEY
	// of SQLite is no index but the row's own number.
	indexes := [2]string{
		`SELECT t || ' ' || group_concat(c, ', '), kind FROM (
				SELECT m.name AS t, i.name AS i, x.name AS c,
					CASE WHEN i.origin = 'pk' THEN 'key' WHEN i."unique" THEN 'unique' ELSE i.name END AS kind
				FROM sqlite_schema AS m, pragma_index_list(m.name) AS i, pragma_index_info(i.name) AS x
				WHERE m.type = 'table' ORDER BY m.name, i.name, x.seqno) GROUP BY t, i, kind
			UNION ALL
			SELECT m.name || ' ' || c.name, 'key' FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND c.pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) WHERE origin = 'pk')`,
		`SELECT t.relname || ' ' || string_agg(a.attname, ', ' ORDER BY k.n),
				CASE WHEN x.indisprimary THEN 'key' WHEN x.indisunique THEN 'unique' ELSE i.relname END
			FROM pg_index AS x JOIN pg_class AS t ON t.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
			CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
			JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum
			WHERE t.relnamespace = current_schema()::regnamespace AND NOT t.relispartition
			GROUP BY t.relname, i.relname, x.indisprimary, x.indisunique`,
	}
	server := open(t)
	for what, queries := range map[string][2]string{"columns": columns, "indexes": indexes} {
		onFile, onServer := schema(t, file.Read(), queries[0]), schema(t, server.Read(), queries[1])
		if diff := cmp.Diff(onFile, onServer); diff != "" {
			t.Errorf("%s (-SQLite +PostgreSQL):\n%s", what, diff)
		}
		if len(onFile) < 20 {
			t.Errorf("only %d %s were seen", len(onFile), what)
		}
	}
}

func schema(t *testing.T, db *sql.DB, query string) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, what string
		if err := rows.Scan(&name, &what); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_") {
			continue
		}
		if table, key, ok := strings.Cut(name, " "); ok && what == "key" {
			// An embedded store begins its keys with what grows, or has no need
			// of the shard: ids are unique without it.
			columns := slices.DeleteFunc(strings.Split(key, ", "), func(c string) bool { return c == "shard" })
			slices.Sort(columns)
			name = table + " " + strings.Join(columns, ", ")
		}
		out[name] = what
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
