package inventory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// maxSheet bounds what an Excel file may unpack to, in bytes: a million numbers
// take some 60 MB.
const maxSheet = 512 << 20

// rowsOf reads CSV, or the first sheet of an Excel file, which begins as every
// ZIP archive does.
func rowsOf(from *bufio.Reader) (rower, error) {
	magic, _ := from.Peek(4) // what cannot be read says so when it is
	if string(magic) != "PK\x03\x04" {
		rows := csv.NewReader(from)
		rows.FieldsPerRecord = -1
		rows.TrimLeadingSpace = true
		return rows, nil
	}
	book, err := excelize.OpenReader(from, excelize.Options{UnzipSizeLimit: maxSheet, UnzipXMLSizeLimit: maxSheet, RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("the Excel file: %w", err)
	}
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the first sheet: %w", err), book.Close())
	}
	return &sheet{book, rows}, nil
}

// sheet is the first sheet of an Excel file. It closes the file at its end.
type sheet struct {
	book *excelize.File
	rows *excelize.Rows
}

// Read returns the next row that is not empty.
func (s *sheet) Read() ([]string, error) {
	for s.rows.Next() {
		row, err := s.rows.Columns()
		if err != nil || len(row) > 0 {
			return row, err
		}
	}
	if err := errors.Join(s.rows.Error(), s.rows.Close(), s.book.Close()); err != nil {
		return nil, err
	}
	return nil, io.EOF
}
