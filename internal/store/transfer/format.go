package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

// format is the version of the stream's form.
const format = 1

// Header is the first line of an export.
type Header struct {
	Format  int       `json:"sibai_export"`
	ID      string    `json:"id"` // of this export; an import goes on only with the same
	Program string    `json:"program"`
	Schema  int64     `json:"schema"`
	From    string    `json:"from"`
	At      time.Time `json:"at"`
	Tables  []Table   `json:"tables"`
}

// Sum is the end of a table in a stream.
type Sum struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// end is the last line.
type end struct {
	End  bool  `json:"end"`
	Rows int64 `json:"rows"`
}

// summer sums up the rows of a table.
type summer struct {
	rows int64
	hash hash.Hash
}

func newSummer() *summer { return &summer{hash: sha256.New()} }

// add takes a row's line with its newline.
func (s *summer) add(line []byte) {
	s.rows++
	s.hash.Write(line) // never fails
}

func (s *summer) sum(table string) Sum {
	return Sum{Table: table, Rows: s.rows, SHA256: hex.EncodeToString(s.hash.Sum(nil))}
}

// appendRow writes the line of a row.
func appendRow(to []byte, values []any) ([]byte, error) {
	to = append(to, '[')
	for i, v := range values {
		if i > 0 {
			to = append(to, ',')
		}
		switch v := v.(type) {
		case nil:
			to = append(to, "null"...)
		case int64:
			to = strconv.AppendInt(to, v, 10)
		case string:
			to = appendText(to, v)
		case []byte:
			to = appendText(to, string(v))
		default:
			return nil, fmt.Errorf("a value of type %T has no place in an export", v)
		}
	}
	return append(to, "]\n"...), nil
}

func appendText(to []byte, s string) []byte {
	text, err := json.Marshal(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
	if err != nil {
		panic(err) // a string is always JSON
	}
	return append(to, text...)
}

// parseRow reads the line of a row of width values.
func parseRow(line []byte, width int) ([]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var values []any
	if err := dec.Decode(&values); err != nil {
		return nil, err
	}
	if len(values) != width {
		return nil, fmt.Errorf("%d values for %d columns", len(values), width)
	}
	for i, v := range values {
		switch v := v.(type) {
		case nil, string:
		case json.Number:
			n, err := strconv.ParseInt(v.String(), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("value %d: %w", i+1, err)
			}
			values[i] = n
		default:
			return nil, fmt.Errorf("value %d is neither number nor text", i+1)
		}
	}
	return values, nil
}
