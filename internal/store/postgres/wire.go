package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Values on the wire in PostgreSQL's binary format: integers are big-endian,
// and every value follows its length
// (https://www.postgresql.org/docs/15/protocol-overview.html, 55.1.3). The
// hot path has two types of columns.
const (
	int8Type uint32 = 20
	textType uint32 = 25
)

// null is the length of a value that is none.
const null = ^uint32(0)

// shape is how the rows of a writing are sent: as an array of a table's row
// type.
type shape struct {
	row    uint32 // the row type
	fields []field
	width  int // values of a row
}

// field is a column of the row type. Those that the writing does not name are
// sent as null.
type field struct {
	kind  uint32
	value int // its place among a row's values, -1 for none
}

// array encodes the values of rows, one row after the other.
func (s *shape) array(values []any) ([]byte, error) {
	if len(values)%s.width != 0 {
		return nil, fmt.Errorf("%d values are no rows of %d columns", len(values), s.width)
	}
	b := arrayOf(make([]byte, 0, 20+len(values)*24), s.row, len(values)/s.width)
	for ; len(values) > 0; values = values[s.width:] {
		at := len(b)
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(len(s.fields))) //nolint:gosec // at most 1,600
		for _, f := range s.fields {
			b = binary.BigEndian.AppendUint32(b, f.kind)
			if f.value < 0 {
				b = binary.BigEndian.AppendUint32(b, null)
				continue
			}
			var err error
			if b, err = f.append(b, values[f.value]); err != nil {
				return nil, err
			}
		}
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4)) //nolint:gosec // a row
	}
	return b, nil
}

// single encodes the values of one row, each as a parameter of its own.
func (s *shape) single(values []any) ([][]byte, error) {
	params := make([][]byte, s.width)
	for _, f := range s.fields {
		if f.value < 0 {
			continue
		}
		b, err := f.append(nil, values[f.value])
		if err != nil {
			return nil, err
		}
		params[f.value] = b[4:] // a parameter's length is told apart from it
	}
	return params, nil
}

// append encodes a value of the column after its length.
func (f field) append(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case int64:
		if f.kind != int8Type {
			return nil, fmt.Errorf("column %d has an integer where its type is %d", f.value+1, f.kind)
		}
		return appendInt(b, v), nil
	case string:
		if f.kind != textType {
			return nil, fmt.Errorf("column %d has a text where its type is %d", f.value+1, f.kind)
		}
		return appendText(b, v), nil
	default:
		return nil, fmt.Errorf("column %d has a value of type %T", f.value+1, v)
	}
}

// arrayOf begins an array of one dimension.
func arrayOf(b []byte, kind uint32, n int) []byte {
	dimensions := uint32(1)
	if n == 0 {
		dimensions = 0
	}
	b = binary.BigEndian.AppendUint32(b, dimensions)
	b = binary.BigEndian.AppendUint32(b, 0) // no element is null
	b = binary.BigEndian.AppendUint32(b, kind)
	if n == 0 {
		return b
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n)) //nolint:gosec // rows of a batch
	return binary.BigEndian.AppendUint32(b, 1)      // the first index
}

func appendInt(b []byte, v int64) []byte {
	b = binary.BigEndian.AppendUint32(b, 8)
	return binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // the same 64 bits
}

func appendText(b []byte, v string) []byte {
	v = clean(v)
	b = binary.BigEndian.AppendUint32(b, uint32(len(v))) //nolint:gosec // a text of a row
	return append(b, v...)
}

// clean replaces what PostgreSQL keeps in no text: bytes that are not UTF-8,
// and the zero byte. What carriers send in headers may have them, and a call
// must not stay unsettled for that.
func clean(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// fields are the columns of a row that came: int8 or text, as the statement
// that asked for them says. Null reads as 0 or as no text.
type fields [][]byte

// ColumnInt64 reads an integer.
func (f fields) ColumnInt64(i int) int64 {
	if len(f[i]) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(f[i])) //nolint:gosec // the same 64 bits
}

// ColumnText reads a text.
func (f fields) ColumnText(i int) string { return string(f[i]) }

// errComposite says that a row came in another form than PostgreSQL sends.
var errComposite = errors.New("a row from the server is cut short")

// composite reads a value of a row type: the fields in the order of its
// columns.
func composite(b []byte) (fields, error) {
	if len(b) < 4 {
		return nil, errComposite
	}
	n := int(binary.BigEndian.Uint32(b))
	b = b[4:]
	out := make(fields, 0, min(n, 64))
	for range n {
		if len(b) < 8 {
			return nil, errComposite
		}
		size := binary.BigEndian.Uint32(b[4:])
		b = b[8:]
		if size == null {
			out = append(out, nil)
			continue
		}
		if uint64(size) > uint64(len(b)) {
			return nil, errComposite
		}
		out = append(out, b[:size])
		b = b[size:]
	}
	return out, nil
}
