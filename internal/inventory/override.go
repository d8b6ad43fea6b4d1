package inventory

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
)

// Override is the grade or the price of a single number by an operator's word. The
// zero Word is the table's again.
type Override struct {
	Digits string
	number.Word
	Why string
	Who string
	At  time.Time
}

// maxWhy bounds a reason, in characters.
const maxWhy = 200

// SetGrade gives a number a grade of its own, from now on: orders that were placed
// keep theirs. Faults: number_not_stocked, value_not_allowed for a grade that is
// none, reason_missing, value_too_long, money_range, money_not_fen.
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
	if err := checkPrice(&o.Word); err != nil {
		return err
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

// maxPrice bounds a fee or a minimum by hand.
const maxPrice = 100_000_000 * money.Yuan

func checkPrice(w *number.Word) error {
	if !w.Priced {
		w.Fee, w.Minimum = 0, 0
		return nil
	}
	for _, a := range []money.Amount{w.Fee, w.Minimum} {
		switch {
		case a < 0 || a > maxPrice:
			return fault.New(fault.MoneyRange, "value", a, "min", money.Amount(0), "max", maxPrice)
		case a%money.Fen != 0:
			return fault.New(fault.MoneyNotFen, "value", a)
		}
	}
	return nil
}

// Own are the numbers whose grade is not the table's.
func (s *Service) Own(ctx context.Context) (number.Own, error) { return s.store.Own(ctx) }

// Overrides lists what was said of a number's grade, the oldest first.
func (s *Service) Overrides(ctx context.Context, digits string) ([]Override, error) {
	return s.store.Overrides(ctx, digits)
}

// WordOf reads what somebody typed: the code of a grade, and a fee and a minimum in
// yuan, both or none. Faults: money_invalid, price_incomplete.
func WordOf(grade, fee, minimum string) (number.Word, error) {
	w := number.Word{Grade: grade}
	fee, minimum = strings.TrimSpace(fee), strings.TrimSpace(minimum)
	switch {
	case fee == "" && minimum == "":
		return w, nil
	case fee == "" || minimum == "":
		return w, fault.New(fault.PriceIncomplete)
	}
	w.Priced = true
	for _, x := range []struct {
		typed string
		to    *money.Amount
	}{{fee, &w.Fee}, {minimum, &w.Minimum}} {
		var err error
		if *x.to, err = money.Parse(x.typed); err != nil {
			return w, fault.Wrap(err, fault.MoneyInvalid, "value", x.typed, "reason", err.Error())
		}
	}
	return w, nil
}
