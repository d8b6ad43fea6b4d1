package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"sibai/test/pgtest"
)

// PostgreSQL reads what an array of rows says, columns that are not named
// included, and sends a row back as it was.
func TestRowsOnTheWire(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE pair (a bigint, gone text, b text, c bigint); ALTER TABLE pair DROP COLUMN gone"); err != nil {
		t.Fatal(err)
	}
	var oid uint32
	if err := conn.QueryRow(ctx, "SELECT reltype FROM pg_class WHERE relname = 'pair'").Scan(&oid); err != nil {
		t.Fatal(err)
	}
	s := (&table{row: oid, columns: []string{"a", "b", "c"}, kinds: []uint32{int8Type, textType, int8Type}}).shape([]string{"b", "a"})
	rows, err := s.array([]any{"一", int64(-1), "bad\xff\x00", int64(1 << 62)})
	if err != nil {
		t.Fatal(err)
	}
	const ask = "SELECT v.a, v.b, v.c IS NULL, v FROM unnest($1::pair[]) AS v ORDER BY v.a"
	answer := conn.PgConn().ExecParams(ctx, ask, [][]byte{rows}, nil, binaryFormat, binaryFormat).Read()
	if answer.Err != nil || len(answer.Rows) != 2 {
		t.Fatalf("%d rows, %v", len(answer.Rows), answer.Err)
	}
	for i, want := range []struct {
		a int64
		b string
	}{{-1, "一"}, {1 << 62, "bad\uFFFD\uFFFD"}} {
		f := fields(answer.Rows[i])
		whole, err := composite(f[3])
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []fields{f, whole} {
			if got.ColumnInt64(0) != want.a || got.ColumnText(1) != want.b {
				t.Errorf("row %d is %d, %q", i, got.ColumnInt64(0), got.ColumnText(1))
			}
		}
		if f[2][0] != 1 || whole[2] != nil {
			t.Errorf("row %d has a value where none was given", i)
		}
	}
}

func TestShapeRefuses(t *testing.T) {
	t.Parallel()
	s := (&table{columns: []string{"a", "b"}, kinds: []uint32{int8Type, textType}}).shape([]string{"a", "b"})
	for name, values := range map[string][]any{
		"half a row": {int64(1)}, "a text for an integer": {"1", "2"}, "an integer for a text": {int64(1), int64(2)}, "a float": {1.5, "2"},
	} {
		if _, err := s.array(values); err == nil {
			t.Errorf("%s was encoded", name)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "四百": "四百", "\x00": "\uFFFD", "a\xff\xfeb": "a\uFFFDb"} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Whatever comes, composite ends without a panic, and what it reads has no more
// than what came.
func FuzzComposite(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 'h', 'i'})
	f.Add([]byte{0, 0, 0, 2, 0, 0, 0, 20, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 25, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := composite(in)
		n := 0
		for _, v := range out {
			n += len(v)
		}
		if n > len(in) {
			t.Errorf("%d bytes of %d, %v", n, len(in), err)
		}
		if err != nil && out != nil {
			t.Errorf("%d fields beside %v", len(out), err)
		}
	})
}
