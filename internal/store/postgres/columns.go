package postgres

import (
	"fmt"
	"strings"
)

// arrays are the parameters of unnest for columns of these types.
func arrays(types string) string {
	list := make([]string, len(types))
	for i, kind := range types {
		name := "bigint"
		if kind == 't' {
			name = "text"
		}
		list[i] = fmt.Sprintf("$%d::%s[]", i+1, name)
	}
	return strings.Join(list, ", ")
}

// columns turns the values of rows, one row after the other, into one array a
// column.
func columns(types string, values []any) ([]any, error) {
	width := len(types)
	if len(values)%width != 0 {
		return nil, fmt.Errorf("%d values are no rows of %d columns", len(values), width)
	}
	out := make([]any, width)
	for i, kind := range types {
		var ok bool
		if kind == 't' {
			out[i], ok = column[string](values, i, width)
			clean(out[i].([]string))
		} else {
			out[i], ok = column[int64](values, i, width)
		}
		if !ok {
			return nil, fmt.Errorf("column %d has a value that is not of type %c", i+1, kind)
		}
	}
	return out, nil
}

func column[T any](values []any, first, step int) ([]T, bool) {
	out := make([]T, 0, len(values)/step)
	for i := first; i < len(values); i += step {
		v, ok := values[i].(T)
		if !ok {
			return out, false
		}
		out = append(out, v)
	}
	return out, true
}

// clean replaces what PostgreSQL keeps in no text: bytes that are not UTF-8,
// and the zero byte. What carriers send in headers may have them, and a call
// must not stay unsettled for that.
func clean(list []string) {
	for i, s := range list {
		list[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
}
