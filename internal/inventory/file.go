package inventory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
)

// RowError is a row of a file that cannot be taken in.
type RowError struct {
	Row int // the first is 1, the heading included
	Err error
	// Fault says it in the languages of pages; nil when only Err does.
	Fault *fault.Error
}

// Unwrap is Err.
func (e RowError) Unwrap() error { return e.Err }

func (e RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }

// maxRowErrors is how many bad rows of a file are told.
const maxRowErrors = 20

// ReadNumbers reads a CSV or Excel (XLSX) file of numbers. Its heading names the columns number
// and, where another carrier than the issuer carries them, serving; others are
// left alone. The error joins RowErrors, of which the first twenty are told.
func ReadNumbers(from io.Reader) ([]Item, error) {
	rows, columns, err := table(from, "number", "serving")
	if err != nil {
		return nil, err
	}
	var items []Item
	var bad []error
	seen := map[string]int{}
	for i := 2; ; i++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return items, errors.Join(bad...)
		}
		var item Item
		var said *fault.Error
		if err == nil {
			item, said, err = readItem(columns(row, "number"), columns(row, "serving"))
		}
		if first, twice := seen[item.Digits]; err == nil && twice {
			err = fmt.Errorf("%s is in row %d already", item.Digits, first)
			said = fault.New(fault.ValueRepeated, "value", number.Format(item.Digits, ""), "line", first)
		}
		if err != nil {
			if bad = append(bad, RowError{i, err, said}); len(bad) == maxRowErrors {
				return items, errors.Join(bad...)
			}
			continue
		}
		seen[item.Digits] = i
		items = append(items, item)
	}
}

func readItem(digits, serving string) (Item, *fault.Error, error) {
	d, err := number.Parse(digits)
	if err != nil {
		return Item{}, fault.New(fault.NumberInvalid, "value", digits), err
	}
	carrier := number.Carrier(strings.ToLower(serving))
	if carrier != "" && !carrier.Valid() {
		return Item{}, fault.New(fault.ValueNotAllowed, "value", serving, "allowed", "unicom, telecom, mobile"),
			fmt.Errorf("serving is unicom, telecom or mobile, not %q", serving)
	}
	return Item{d, carrier}, nil, nil
}

// rower reads a table row by row, io.EOF after the last.
type rower interface{ Read() ([]string, error) }

// table reads the heading of a CSV file or of the first sheet of an Excel one. A
// mark of its byte order is left out.
func table(from io.Reader, wanted ...string) (rower, func(row []string, column string) string, error) {
	rows, err := rowsOf(bufio.NewReader(from))
	if err != nil {
		return nil, nil, err
	}
	heading, err := rows.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("the heading: %w", err)
	}
	for i := range heading {
		heading[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(heading[i], "\ufeff")))
	}
	if !slices.Contains(heading, wanted[0]) {
		return nil, nil, fmt.Errorf("the first row names the columns, and none of them is %s", wanted[0])
	}
	return rows, func(row []string, column string) string {
		at := slices.Index(heading, column)
		if at < 0 || at >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[at])
	}, nil
}

// gradeColumns are those of a file of grades.
var gradeColumns = []string{"code", "name", "english", "form", "fee", "minimum"}

// ReadGrades reads a CSV or Excel (XLSX) file of grades in their order, with the columns code,
// name, english, form, fee and minimum; amounts are in yuan.
func ReadGrades(from io.Reader) (number.Grades, error) {
	rows, columns, err := table(from, gradeColumns...)
	if err != nil {
		return nil, err
	}
	grades := number.Grades{}
	var bad []error
	for i := 2; ; i++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return grades, errors.Join(bad...)
		}
		r := number.Rule{}
		if err == nil {
			r.Code, r.Name, r.English = columns(row, "code"), columns(row, "name"), columns(row, "english")
			r.Form, err = number.ParseForm(columns(row, "form"))
			var errFee, errMinimum error
			r.Fee, errFee = yuan(columns(row, "fee"))
			r.Minimum, errMinimum = yuan(columns(row, "minimum"))
			err = errors.Join(err, errFee, errMinimum)
		}
		if err != nil {
			bad = append(bad, RowError{Row: i, Err: err})
			continue
		}
		grades = append(grades, r)
	}
}

func yuan(text string) (money.Amount, error) {
	if text == "" {
		return 0, nil
	}
	return money.Parse(text)
}

// WriteGrades writes what ReadGrades reads.
func WriteGrades(to io.Writer, g number.Grades) error {
	out := csv.NewWriter(to)
	err := out.Write(gradeColumns)
	for _, r := range g {
		err = errors.Join(err, out.Write([]string{r.Code, r.Name, r.English, string(r.Form), r.Fee.String(), r.Minimum.String()}))
	}
	out.Flush()
	return errors.Join(err, out.Error())
}
