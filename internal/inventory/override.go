package inventory

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/number"
)

// Override is the grade of a single number by an operator's word.
type Override struct {
	Digits string
	Grade  string // code of one in the table, or number.Plain's; empty: the table's again
	Why    string
	Who    string
	At     time.Time
}

// maxWhy bounds a reason, in characters.
const maxWhy = 200

// SetGrade gives a number a grade of its own, from now on: orders that were placed
// keep theirs. Faults: number_not_stocked, value_not_allowed for a grade that is
// none, reason_missing, value_too_long.
func (s *Service) SetGrade(ctx context.Context, o Override) error {
	if _, err := s.Standing(ctx, o.Digits); err != nil {
		return err
	}
	grades, err := s.Grades(ctx)
	if err != nil {
		return err
	}
	o.Why = strings.TrimSpace(o.Why)
	if _, ok := grades.Find(o.Grade); !ok && o.Grade != "" {
		codes := []string{number.Plain.Code}
		for _, r := range grades {
			codes = append(codes, r.Code)
		}
		return fault.New(fault.ValueNotAllowed, "value", fmt.Sprintf("%q", o.Grade), "allowed", strings.Join(codes, ", "))
	}
	switch {
	case o.Why == "":
		return fault.New(fault.ReasonMissing)
	case utf8.RuneCountInString(o.Why) > maxWhy:
		return fault.New(fault.ValueTooLong, "limit", maxWhy)
	}
	o.At = s.now().UTC().Truncate(time.Microsecond)
	return s.store.Override(ctx, o)
}

// Own are the numbers whose grade is not the table's.
func (s *Service) Own(ctx context.Context) (number.Own, error) { return s.store.Own(ctx) }

// Overrides lists what was said of a number's grade, the oldest first.
func (s *Service) Overrides(ctx context.Context, digits string) ([]Override, error) {
	return s.store.Overrides(ctx, digits)
}
