package tariff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrInvalid is wrapped by every error of Validate.
var ErrInvalid = errors.New("invalid tariff")

const (
	// MaxLength is the longest increment that a tariff may have.
	MaxLength = 24 * time.Hour
	// MaxBands and MaxClasses bound how much a version can say: every call
	// carries it.
	MaxBands   = 16
	MaxClasses = 64
)

// Validate checks that the version can rate calls: increments of whole seconds
// from 1 s to MaxLength, prices not negative, one day's time within the range
// of an amount, bands of whole seconds within a day, names not used twice, and
// holidays in order. The errors of all fields are joined.
func (v *Version) Validate() error {
	if len(v.Bands) == 0 && len(v.Classes) == 0 && len(v.Holidays) == 0 {
		return Rate{v.Connection, v.First, v.Next}.validate("")
	}
	errs := []error{
		Rate{v.Connection, v.First, v.Next}.validate(""),
		validateBands("", v.Bands),
	}
	if len(v.Classes) > MaxClasses {
		errs = append(errs, fmt.Errorf("%w: %d classes: give at most %d", ErrInvalid, len(v.Classes), MaxClasses))
	}
	seen := map[string]bool{}
	for i, c := range v.Classes {
		prefix := fmt.Sprintf("classes[%d].", i)
		if !validName(c.Name) || seen[c.Name] {
			errs = append(errs, fmt.Errorf("%w: %sname is %q: give each class its own name of lower case letters, digits, - and _", ErrInvalid, prefix, c.Name))
		}
		seen[c.Name] = true
		errs = append(errs, c.validate(prefix), validateBands(prefix, c.Bands))
	}
	if !slices.IsSorted(v.Holidays) {
		errs = append(errs, fmt.Errorf("%w: holidays are not in order", ErrInvalid))
	}
	return errors.Join(errs...)
}

func validateBands(prefix string, bands []Band) error {
	var errs []error
	if len(bands) > MaxBands {
		errs = append(errs, fmt.Errorf("%w: %d %sbands: give at most %d", ErrInvalid, len(bands), prefix, MaxBands))
	}
	seen := map[string]bool{}
	for i, b := range bands {
		at := fmt.Sprintf("%sbands[%d].", prefix, i)
		if !validName(b.Name) || seen[b.Name] {
			errs = append(errs, fmt.Errorf("%w: %sname is %q: give each band its own name of lower case letters, digits, - and _", ErrInvalid, at, b.Name))
		}
		seen[b.Name] = true
		if b.From < 0 || b.From >= day || b.To <= 0 || b.To > day || b.From == b.To || b.From%time.Second != 0 || b.To%time.Second != 0 {
			errs = append(errs, fmt.Errorf("%w: %sfrom is %s and to is %s: give two different whole seconds of a day", ErrInvalid, at, b.From, b.To))
		}
		errs = append(errs, b.validate(at))
	}
	return errors.Join(errs...)
}

func validName(s string) bool {
	const longest = 64
	return s != "" && len(s) <= longest && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func (r Rate) validate(prefix string) error {
	errs := []error{r.First.validate(prefix + "first"), r.Next.validate(prefix + "next")}
	if r.Connection < 0 {
		errs = append(errs, fmt.Errorf("%w: %sconnection is %s yuan: give 0 or more", ErrInvalid, prefix, r.Connection))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if _, err := (Meter{rate: r}).Cost(MaxLength); err != nil {
		return fmt.Errorf("%w: a call of %s leaves the range of an amount: give lower %sprices", ErrInvalid, MaxLength, prefix)
	}
	return nil
}

func (i Increment) validate(name string) error {
	if i.Length >= time.Second && i.Length <= MaxLength && i.Length%time.Second == 0 && i.Price >= 0 {
		return nil
	}
	var errs []error
	if i.Length < time.Second || i.Length > MaxLength || i.Length%time.Second != 0 {
		errs = append(errs, fmt.Errorf("%w: %s.length is %s: give whole seconds from 1 s to %s", ErrInvalid, name, i.Length, MaxLength))
	}
	if i.Price < 0 {
		errs = append(errs, fmt.Errorf("%w: %s.price is %s yuan: give 0 or more", ErrInvalid, name, i.Price))
	}
	return errors.Join(errs...)
}
