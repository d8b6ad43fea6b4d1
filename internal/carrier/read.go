package carrier

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sibai/internal/realname"
)

// ReadCSV reads answers from CSV whose heading names the columns application
// and decision, and perhaps reasons (with spaces or semicolons between), note
// and reference. A mark of the byte order is left out.
func ReadCSV(from io.Reader) ([]realname.Answer, error) {
	rows := csv.NewReader(from)
	rows.FieldsPerRecord = -1
	heading, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the heading: %w", err)
	}
	for i := range heading {
		heading[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(heading[i], "\ufeff")))
	}
	for _, column := range []string{"application", "decision"} {
		if !slices.Contains(heading, column) {
			return nil, fmt.Errorf("the first row names no column %s", column)
		}
	}
	var list []realname.Answer
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", line, err)
		}
		value := func(column string) string {
			if at := slices.Index(heading, column); at >= 0 && at < len(row) {
				return row[at]
			}
			return ""
		}
		reasons := strings.FieldsFunc(value("reasons"), func(r rune) bool { return r == ' ' || r == ';' || r == '；' })
		a, err := answer(value("application"), value("decision"), value("note"), value("reference"), reasons)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", line, err)
		}
		list = append(list, a)
	}
}

// ReadJSON reads a list of answers, with the fields of the CSV's columns;
// reasons is a list.
func ReadJSON(from io.Reader) ([]realname.Answer, error) {
	var found []struct {
		Application string   `json:"application"`
		Decision    string   `json:"decision"`
		Reasons     []string `json:"reasons"`
		Note        string   `json:"note"`
		Reference   string   `json:"reference"`
	}
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	if err := d.Decode(&found); err != nil {
		return nil, err
	}
	list := make([]realname.Answer, len(found))
	for i, f := range found {
		var err error
		if list[i], err = answer(f.Application, f.Decision, f.Note, f.Reference, f.Reasons); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
	}
	return list, nil
}
