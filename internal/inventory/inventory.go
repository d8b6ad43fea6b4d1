package inventory

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/number"
)

// Item is a number that is taken in.
type Item struct {
	Digits  string         // ten
	Serving number.Carrier // that carries it; empty: the one that issued it
}

// Event is a change of a number's state.
type Event struct {
	Digits string
	Seq    int // the first is 1
	At     time.Time
	Was    number.State // empty: it was not there
	State  number.State
	Why    string // what made it: import, generate, site, arrears, rested, order, realname; by hand: the reason
	Who    string // by hand: by whose; else empty
}

// Stocked is a number as it is stored.
type Stocked struct {
	ID      number.ID
	Digits  string
	Issuing number.Carrier
	Serving number.Carrier
	Event   Event // of its coming
}

// Store keeps the stock. An adapter implements it.
type Store interface {
	// Stock adds the numbers that are not there yet, each with its event, in one
	// durable transaction, and lists the others.
	Stock(ctx context.Context, list []Stocked) (known []string, err error)
	// Known lists those of these numbers that are there.
	Known(ctx context.Context, digits []string) ([]string, error)
	// Segments are the operator's own, beside number.DefaultSegments.
	Segments(ctx context.Context) (number.Segments, error)
	// History lists the events of a number, the oldest first.
	History(ctx context.Context, digits string) ([]Event, error)
	// Each streams every number with whether it is for sale.
	Each(ctx context.Context) iter.Seq2[Sale, error]
	// Changed lists the numbers that became something at an instant or later;
	// none but more when that are more than most events.
	Changed(ctx context.Context, since time.Time, most int) (list []Sale, more bool, err error)
	// Standing says where a number stands; ok is false when it is not there.
	Standing(ctx context.Context, digits string) (st Standing, ok bool, err error)
	// List lists numbers in their order, each without Since.
	List(ctx context.Context, f Filter) ([]Standing, error)
	// Move lets f decide on what becomes of a number and writes it, so that nobody
	// changes the number meanwhile. number_not_stocked when there is none.
	Move(ctx context.Context, digits string, f func(Held) (Moved, error)) error
	// Grades is the operator's table; ok is false before there is one.
	Grades(ctx context.Context) (g number.Grades, ok bool, err error)
	// Own are the numbers whose grade is not the table's.
	Own(ctx context.Context) (number.Own, error)
	// Overrides lists what was said of a number's grade, the oldest first.
	Overrides(ctx context.Context, digits string) ([]Override, error)
	// Override keeps what is said of a number's grade, after all before.
	Override(ctx context.Context, o Override) error
	// SetGrades replaces the table.
	SetGrades(ctx context.Context, g number.Grades) error
}

// Sale says whether a number is for sale.
type Sale struct {
	Digits string
	Free   bool
}

// Standing is where a number stands now.
type Standing struct {
	Digits  string
	State   number.State
	Issuing number.Carrier
	Serving number.Carrier
	Owner   string    // name of the customer that has it; empty: none
	Since   time.Time // of its state; zero: before there was a history
}

// Filter says which numbers are wanted. Empty fields do not filter.
type Filter struct {
	Mask  string // ten places, digits or _
	State number.State
	Skip  int
	Limit int
}

// MaxListed is how many numbers List lists at most.
const MaxListed = 200

// Mask reads a number, or a part of one, as people search it: its beginning when it
// begins with 400, else its end; _ or ? is any digit. ok is false for anything else.
func Mask(typed string) (mask string, ok bool) {
	typed = strings.NewReplacer(" ", "", "-", "", "?", "_", " ", "").Replace(typed)
	if len(typed) > len("4001234567") || strings.Trim(typed, "0123456789_") != "" {
		return "", false
	}
	rest := strings.Repeat("_", len("4001234567")-len(typed))
	switch {
	case typed == "":
		return "", true
	case strings.HasPrefix(typed, "400"):
		return typed + rest, true
	}
	return rest + typed, true
}

// List lists numbers in their order, at most MaxListed; more says that there are
// others after them. ValueNotAllowed for a mask or a state that is none.
func (s *Service) List(ctx context.Context, f Filter) (list []Standing, more bool, err error) {
	if f.State != "" && !f.State.Valid() {
		return nil, false, fault.New(fault.ValueNotAllowed, "value", string(f.State), "allowed", fmt.Sprint(number.States()))
	}
	if f.Mask != "" && (len(f.Mask) != len("4001234567") || strings.Trim(f.Mask, "0123456789_") != "") {
		return nil, false, fault.New(fault.NumberInvalid, "value", f.Mask)
	}
	if f.Limit <= 0 || f.Limit > MaxListed {
		f.Limit = MaxListed
	}
	f.Limit++
	list, err = s.store.List(ctx, f)
	if len(list) == f.Limit {
		list, more = list[:f.Limit-1], true
	}
	return list, more, err
}

// Service is the inventory. Its methods are safe for concurrent use.
type Service struct {
	store Store
	newID func() int64
	now   func() time.Time
}

// New makes a Service. newID gives time-ordered ids, never the same twice; now
// nil means time.Now.
func New(store Store, newID func() int64, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store, newID, now}
}

// Taken is what became of numbers that were to be taken in.
type Taken struct {
	Added int
	Known []string // that were there, and stay as they are
}

// MaxItems is the most numbers that Add takes at once.
const MaxItems = 5000

// Add takes numbers in; why is import or generate. Doing it again adds nothing.
// With dry nothing is written. NumberInvalid, or SegmentUnknown when nobody
// knows who issued one.
func (s *Service) Add(ctx context.Context, list []Item, why string, dry bool) (Taken, error) {
	if len(list) > MaxItems {
		return Taken{}, fmt.Errorf("%d numbers at once; at most %d", len(list), MaxItems)
	}
	segments, err := s.segments(ctx)
	if err != nil {
		return Taken{}, err
	}
	at := s.now().UTC().Truncate(time.Microsecond)
	seen := make(map[string]bool, len(list))
	var stock []Stocked
	var digits []string
	for _, item := range list {
		issuer, ok := segments.Issuer(item.Digits)
		switch {
		case !number.Valid(item.Digits):
			return Taken{}, fault.New(fault.NumberInvalid, "value", item.Digits)
		case !ok:
			return Taken{}, fault.New(fault.SegmentUnknown, "segment", item.Digits[:4])
		case seen[item.Digits]:
			continue
		}
		seen[item.Digits] = true
		if item.Serving == "" {
			item.Serving = issuer
		}
		digits = append(digits, item.Digits)
		stock = append(stock, Stocked{
			ID: number.ID(s.newID()), Digits: item.Digits, Issuing: issuer, Serving: item.Serving,
			Event: Event{Seq: 1, Digits: item.Digits, At: at, State: number.Available, Why: why},
		})
	}
	var known []string
	if dry {
		known, err = s.store.Known(ctx, digits)
	} else {
		known, err = s.store.Stock(ctx, stock)
	}
	return Taken{Added: len(stock) - len(known), Known: known}, err
}

func (s *Service) segments(ctx context.Context) (number.Segments, error) {
	own, err := s.store.Segments(ctx)
	return number.DefaultSegments().With(own), err
}

// History lists what became of a number, the oldest first. NumberNotStocked when
// it never was in the inventory.
func (s *Service) History(ctx context.Context, digits string) ([]Event, error) {
	list, err := s.store.History(ctx, digits)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NumberNotStocked, "number", digits)
	}
	return list, err
}

// Standing says where a number stands. NumberNotStocked when it is not in the
// inventory.
func (s *Service) Standing(ctx context.Context, digits string) (Standing, error) {
	st, ok, err := s.store.Standing(ctx, digits)
	if err == nil && !ok {
		err = fault.New(fault.NumberNotStocked, "number", digits)
	}
	return st, err
}

// MaxChanged is of how many events Changed lists the numbers at most.
const MaxChanged = 20_000

// Changed lists the numbers that became something at an instant or later, with
// whether they are for sale now; ok is false when they are more than MaxChanged,
// and it is better to read the whole stock.
func (s *Service) Changed(ctx context.Context, since time.Time) (list map[string]bool, ok bool, err error) {
	sales, more, err := s.store.Changed(ctx, since, MaxChanged)
	list = make(map[string]bool, len(sales))
	for _, sale := range sales {
		list[sale.Digits] = sale.Free
	}
	return list, !more, err
}

// Grades is the table of grades: the operator's, or number.DefaultGrades before
// there is one.
func (s *Service) Grades(ctx context.Context) (number.Grades, error) {
	g, ok, err := s.store.Grades(ctx)
	if err == nil && !ok {
		g = number.DefaultGrades()
	}
	return g, err
}

// SetGrades replaces the table of grades. GradesInvalid says what is wrong with it.
func (s *Service) SetGrades(ctx context.Context, g number.Grades) error {
	if err := g.Validate(); err != nil {
		return fault.Wrap(err, fault.GradesInvalid, "reason", err.Error())
	}
	return s.store.SetGrades(ctx, g)
}

// Index reads the whole stock for searching.
func (s *Service) Index(ctx context.Context) (*number.Index, error) {
	grades, err := s.Grades(ctx)
	if err != nil {
		return nil, err
	}
	own, err := s.Own(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	index := number.NewIndexOwn(grades, own, func(yield func(string, bool) bool) {
		for sale, err := range s.store.Each(ctx) {
			if err != nil {
				failed = err
				return
			}
			if !yield(sale.Digits, sale.Free) {
				return
			}
		}
	})
	return index, failed
}

// Segments are who issued which numbers: the defaults and the operator's own.
func (s *Service) Segments(ctx context.Context) (number.Segments, error) { return s.segments(ctx) }
