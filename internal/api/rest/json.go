package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/money"
)

// strict is JSON whose bodies may have no fields that do not exist.
var strict = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode}

// decode reads a JSON body and refuses fields that do not exist: a misspelt one
// must not be taken for one that was left out. No store keeps U+0000.
func decode(data []byte, v any) error {
	if bytes.Contains(data, []byte(`\u0000`)) {
		return errors.New("the sign U+0000 is not text")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// Seconds is a length of time: in JSON a number of seconds with up to six
// decimals, read without binary fractions.
type Seconds time.Duration

// Schema describes it as a number.
func (Seconds) Schema(huma.Registry) *huma.Schema {
	least := 0.0
	return &huma.Schema{Type: huma.TypeNumber, Minimum: &least}
}

// MarshalJSON writes seconds with as many decimals as they need.
func (s Seconds) MarshalJSON() ([]byte, error) {
	micros := time.Duration(s).Microseconds()
	text := fmt.Sprintf("%d.%06d", micros/1e6, max(micros, -micros)%1e6)
	return []byte(strings.TrimSuffix(strings.TrimRight(text, "0"), ".")), nil
}

// UnmarshalJSON reads a number of seconds.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	whole, frac, _ := strings.Cut(string(text), ".")
	if len(frac) > 6 {
		frac = frac[:6]
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.ContainsAny(frac, "eE+-") {
		return fmt.Errorf("%s is not a number of seconds such as 42 or 42.5", text)
	}
	micros, err := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	if err != nil || n < 0 || n > 1e9 || text[0] == '-' {
		return fmt.Errorf("%s is not a number of seconds from 0 to 1000000000", text)
	}
	*s = Seconds(time.Duration(n)*time.Second + time.Duration(micros)*time.Microsecond)
	return nil
}

// Money is an amount.
type Money struct {
	Micro int64  `json:"micro" doc:"Whole micro-yuan: 1,000,000 are one yuan." example:"120000"`
	Yuan  string `json:"yuan" doc:"The same in yuan, exact." example:"0.12"`
}

// MoneyOf says an amount.
func MoneyOf(a money.Amount) Money { return Money{int64(a), a.String()} }
