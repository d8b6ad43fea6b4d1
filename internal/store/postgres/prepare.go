package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sibai/internal/store/row"
)

// prepared is what a writing connection knows of the hot path.
type prepared struct {
	statements map[string]*pgconn.StatementDescription
	writes     [row.Writes]struct {
		statement, one *pgconn.StatementDescription
		shape          shape
	}
	closed []int // where row.ClosedColumns stand in the row type of cdr
}

// table is a table's row type as the server has it now. A newer program may
// have added columns.
type table struct {
	row     uint32
	columns []string
	kinds   []uint32
}

const describeTables = `SELECT c.relname, c.reltype, a.attname, a.atttypid FROM pg_class AS c
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.oid = ANY (ARRAY(SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS name)) ORDER BY c.oid, a.attnum`

func prepare(ctx context.Context, conn *pgx.Conn) (*prepared, error) {
	tables, err := describe(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("read the tables' columns: %w", err)
	}
	p := &prepared{statements: map[string]*pgconn.StatementDescription{}}
	for name, text := range loads {
		if p.statements[name], err = preparedAs(ctx, conn, name, text); err != nil {
			return nil, err
		}
		if alone := single.Replace(text); alone != text {
			if p.statements[name+one], err = preparedAs(ctx, conn, name+one, alone); err != nil {
				return nil, err
			}
		}
	}
	for i, w := range writes {
		into := &p.writes[i]
		if into.statement, err = preparedAs(ctx, conn, w.name, w.text); err != nil {
			return nil, err
		}
		into.shape = tables[w.table].shape(names(w.columns))
		if into.one, err = preparedAs(ctx, conn, w.name+one, w.single(tables[w.table].types(names(w.columns)))); err != nil {
			return nil, err
		}
	}
	for _, name := range names(row.ClosedColumns) {
		p.closed = append(p.closed, slices.Index(tables["cdr"].columns, name))
	}
	return p, nil
}

func preparedAs(ctx context.Context, conn *pgx.Conn, name, text string) (*pgconn.StatementDescription, error) {
	found, err := conn.Prepare(ctx, name, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", name, err)
	}
	if len(found.Fields) == 0 {
		// A batch asks the server to describe each result that has no columns,
		// each time, unless it believes that there is one.
		known := *found
		known.Fields = make([]pgconn.FieldDescription, 1)
		found = &known
	}
	return found, nil
}

// describe reads the row types of the tables that are written.
func describe(ctx context.Context, conn *pgx.Conn) (map[string]*table, error) {
	var wanted []string
	for _, w := range writes {
		if !slices.Contains(wanted, w.table) {
			wanted = append(wanted, w.table)
		}
	}
	rows, err := conn.Query(ctx, describeTables, wanted)
	if err != nil {
		return nil, err
	}
	tables := map[string]*table{}
	var name, column string
	var oid, kind uint32
	if _, err := pgx.ForEachRow(rows, []any{&name, &oid, &column, &kind}, func() error {
		if tables[name] == nil {
			tables[name] = &table{row: oid}
		}
		t := tables[name]
		t.columns, t.kinds = append(t.columns, column), append(t.kinds, kind)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, name := range wanted {
		if tables[name] == nil {
			return nil, fmt.Errorf("there is no table %s", name)
		}
	}
	return tables, nil
}

func (t *table) shape(values []string) shape {
	s := shape{row: t.row, width: len(values)}
	for i, column := range t.columns {
		s.fields = append(s.fields, field{t.kinds[i], slices.Index(values, column)})
	}
	return s
}

// types are the names of the types of columns.
func (t *table) types(columns []string) []string {
	list := make([]string, len(columns))
	for i, name := range columns {
		list[i] = map[uint32]string{int8Type: "bigint", textType: "text"}[t.kinds[slices.Index(t.columns, name)]]
	}
	return list
}
