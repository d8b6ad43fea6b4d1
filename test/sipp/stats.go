package sipp

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Stats is what SIPp counted.
type Stats struct {
	Created    int // calls begun
	Running    int // calls that are not over
	Success    int // calls that went as the scenario says
	Failed     int // calls that did not
	Retrans    int // messages sent again
	Unexpected int // messages that the scenario does not know
}

// columns of SIPp's statistics file; (C) counts since the start.
var columns = map[string]func(*Stats) *int{
	"TotalCallCreated":           func(s *Stats) *int { return &s.Created },
	"CurrentCall":                func(s *Stats) *int { return &s.Running },
	"SuccessfulCall(C)":          func(s *Stats) *int { return &s.Success },
	"FailedCall(C)":              func(s *Stats) *int { return &s.Failed },
	"Retransmissions(C)":         func(s *Stats) *int { return &s.Retrans },
	"FailedUnexpectedMessage(C)": func(s *Stats) *int { return &s.Unexpected },
}

// readStats reads the newest complete line of the statistics file.
func readStats(path string) (Stats, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Stats{}, fmt.Errorf("read SIPp's statistics: %w", err)
	}
	whole := strings.LastIndexByte(string(raw), '\n') + 1 // SIPp may be writing the last line
	r := csv.NewReader(strings.NewReader(string(raw[:whole])))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = ';', -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return Stats{}, fmt.Errorf("read SIPp's statistics: %w", err)
	}
	if len(rows) < 2 {
		return Stats{}, errors.New("SIPp has written no statistics yet")
	}
	var s Stats
	last, found := rows[len(rows)-1], 0
	for i, name := range rows[0] {
		field := columns[name]
		if field == nil || i >= len(last) {
			continue
		}
		if *field(&s), err = strconv.Atoi(last[i]); err != nil {
			return Stats{}, fmt.Errorf("SIPp's statistics, column %s: %w", name, err)
		}
		found++
	}
	if found != len(columns) {
		return Stats{}, fmt.Errorf("SIPp's statistics have %d of the %d columns that are read", found, len(columns))
	}
	return s, nil
}

// readLog returns the Call-IDs that a scenario logged with a word, such as
// "ended", in order. A file that is not there has none.
func readLog(path, word string) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read SIPp's log: %w", err)
	}
	defer f.Close()
	var ids []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if what, id, ok := strings.Cut(lines.Text(), " "); ok && what == word {
			ids = append(ids, id)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read SIPp's log: %w", err)
	}
	return ids, nil
}
