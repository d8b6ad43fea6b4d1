package tariff

import (
	"errors"
	"fmt"
	"time"
)

// ErrInvalid is wrapped by every error of Validate.
var ErrInvalid = errors.New("invalid tariff")

// MaxLength is the longest increment that a tariff may have.
const MaxLength = 24 * time.Hour

// Validate checks that the version can rate calls: increments of whole seconds
// from 1 s to MaxLength, prices not negative, and one day's time within the
// range of an amount. The errors of all fields are joined.
func (v Version) Validate() error {
	errs := []error{
		v.First.validate("first"),
		v.Next.validate("next"),
	}
	if v.Connection < 0 {
		errs = append(errs, fmt.Errorf("%w: connection is %s yuan: give 0 or more", ErrInvalid, v.Connection))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if _, err := v.Cost(MaxLength); err != nil {
		return fmt.Errorf("%w: a call of %s leaves the range of an amount: give lower prices", ErrInvalid, MaxLength)
	}
	return nil
}

func (i Increment) validate(name string) error {
	var errs []error
	if i.Length < time.Second || i.Length > MaxLength || i.Length%time.Second != 0 {
		errs = append(errs, fmt.Errorf("%w: %s.length is %s: give whole seconds from 1 s to %s", ErrInvalid, name, i.Length, MaxLength))
	}
	if i.Price < 0 {
		errs = append(errs, fmt.Errorf("%w: %s.price is %s yuan: give 0 or more", ErrInvalid, name, i.Price))
	}
	return errors.Join(errs...)
}
