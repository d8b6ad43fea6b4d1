package row

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"sibai/internal/charging"
	"sibai/internal/money"
)

// Micros is an instant as it is stored: microseconds since 1970, 0 for never.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Instant reads what Micros wrote.
func Instant(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

// Length is a length as it is stored: microseconds.
func Length(v int64) time.Duration { return time.Duration(v) * time.Microsecond }

// encodeParts writes [[bucket,amount],…].
func encodeParts(parts []charging.Part) string {
	b := make([]byte, 0, 2+len(parts)*40)
	b = append(b, '[')
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, p.Bucket, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(p.Amount), 10)
		b = append(b, ']')
	}
	return string(append(b, ']'))
}

func decodeParts(text string) ([]charging.Part, error) {
	rows, err := decodeRows(text, 2)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	parts := make([]charging.Part, 0, len(rows)/2)
	for i := 0; i < len(rows); i += 2 {
		parts = append(parts, charging.Part{Bucket: rows[i], Amount: money.Amount(rows[i+1])})
	}
	return parts, nil
}

// encodeGrants writes [[granted,extend at,final],…], lengths in microseconds;
// final is 1, or 2 at a cap.
func encodeGrants(grants []charging.Grant) string {
	b := make([]byte, 0, 2+len(grants)*26)
	b = append(b, '[')
	for i, g := range grants {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, g.Granted.Microseconds(), 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, g.ExtendAt.Microseconds(), 10)
		b = append(b, ',', '0', ']')
		switch {
		case g.Final && g.Capped:
			b[len(b)-2] = '2'
		case g.Final:
			b[len(b)-2] = '1'
		}
	}
	return string(append(b, ']'))
}

func decodeGrants(text string) ([]charging.Grant, error) {
	rows, err := decodeRows(text, 3)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	grants := make([]charging.Grant, 0, len(rows)/3)
	for i := 0; i < len(rows); i += 3 {
		grants = append(grants, charging.Grant{Granted: Length(rows[i]), ExtendAt: Length(rows[i+1]), Final: rows[i+2] != 0, Capped: rows[i+2] == 2})
	}
	return grants, nil
}

// decodeRows reads the numbers of [[a,b],[c,d]], width of them in each row.
func decodeRows(text string, width int) ([]int64, error) {
	bad := func() ([]int64, error) { return nil, fmt.Errorf("%q is not rows of %d numbers", text, width) }
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return bad()
	}
	var numbers []int64
	rest := text[1 : len(text)-1]
	for rest != "" {
		if len(numbers) > 0 {
			if rest[0] != ',' {
				return bad()
			}
			rest = rest[1:]
		}
		if rest == "" || rest[0] != '[' {
			return bad()
		}
		for i := range width {
			end, last := 1, byte(',')
			if i == width-1 {
				last = ']'
			}
			for end < len(rest) && rest[end] != ',' && rest[end] != ']' {
				end++
			}
			if end == len(rest) || rest[end] != last {
				return bad()
			}
			n, err := strconv.ParseInt(rest[1:end], 10, 64)
			if err != nil {
				return bad()
			}
			numbers = append(numbers, n)
			rest = rest[end:]
		}
		rest = rest[1:]
	}
	return numbers, nil
}

// encodeList writes a slice as JSON; none as [].
func encodeList[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// DecodeList reads what encodeList wrote; [] as nil.
func DecodeList[T any](text string) ([]T, error) {
	if text == "[]" {
		return nil, nil
	}
	var list []T
	err := json.Unmarshal([]byte(text), &list)
	return list, err
}
