package target

import (
	"context"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
)

// Store keeps the phones of numbers. An adapter implements it.
type Store interface {
	// Targets reads a number of a customer; ok is false when the customer does not
	// rent it.
	Targets(ctx context.Context, c catalog.Customer, digits string) (s Sheet, ok bool, err error)
	// ChangeTargets lets f decide on a number of a customer, with nobody else
	// changing it meanwhile, and writes what f says in one durable transaction;
	// nothing when it says an error. The fault number_not_rented says that the
	// customer does not rent it.
	ChangeTargets(ctx context.Context, c catalog.Customer, digits string, f func(Sheet) (Writes, error)) error
}

// Sender brings a one-time code to a mobile. An adapter implements it.
type Sender interface {
	// Reaches reports whether short messages are set up.
	Reaches(mobile string) bool
	// SendCode faults: code_no_channel, code_not_sent.
	SendCode(ctx context.Context, c Code) error
}

// Code is a one-time code on its way.
type Code struct {
	Customer catalog.Customer
	Number   string // the 400 number that the phone shall ring for
	Mobile   string
	Lang     string
	Code     string
	Valid    time.Duration
}

// Documents knows which phones of a customer were approved with its documents. An
// adapter implements it.
type Documents interface {
	Approved(ctx context.Context, c catalog.Customer) (phones []string, err error)
}

// Parts are what a Service works with.
type Parts struct {
	Store     Store
	Sender    Sender
	Documents Documents
	NewID     func() int64
	Now       func() time.Time // nil means time.Now
	// Changed is told after a change, so that this node's next call has it already.
	Changed func(context.Context)
	// Trunk is the code of the trunk that phones of numbers without any are
	// reached by.
	Trunk     string
	ShowCodes bool // codes are shown instead of sent: for demonstrations
}

// Service changes the phones of numbers. Its methods are safe for concurrent use,
// by several processes too. All need the permission change_targets but Show, and
// fault number_not_rented for a number that is not the actor's customer's.
type Service struct{ Parts }

// New makes a Service.
func New(p Parts) *Service {
	if p.Now == nil {
		p.Now = time.Now
	}
	return &Service{p}
}

func (s *Service) clock() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Show reads a number with its phones. Faults: not_allowed, number_not_rented.
func (s *Service) Show(ctx context.Context, a identity.Actor, digits string) (Sheet, error) {
	if err := a.Allow(identity.SeeConsole); err != nil {
		return Sheet{}, err
	}
	sheet, ok, err := s.Store.Targets(ctx, a.Customer, digits)
	if err == nil && !ok {
		err = fault.New(fault.NumberNotRented, "number", number.Format(digits, ""))
	}
	if !a.Role.Has(identity.ChangeTargets) {
		for i := range sheet.Phones { // a code is for who may use it
			sheet.Phones[i].Proof.Shown = ""
		}
	}
	return sheet, err
}

// Act is who changes what, and what they saw of it.
type Act struct {
	By      identity.Actor
	Number  string // ten digits
	Version int    // of the profile that they saw
	Address string // the network address it comes from
}

// change publishes what f makes of a sheet. f returns false when nothing changes.
func (s *Service) change(ctx context.Context, act Act, what string, f func(sheet *Sheet, w *Writes) (bool, error)) error {
	if err := act.By.Allow(identity.ChangeTargets); err != nil {
		return err
	}
	err := s.Store.ChangeTargets(ctx, act.By.Customer, act.Number, func(sheet Sheet) (Writes, error) {
		if err := sheet.open(); err != nil {
			return Writes{}, err
		}
		if act.Version != sheet.Profile.Version {
			return Writes{}, fault.New(fault.TargetsChanged, "number", number.Format(sheet.Digits, ""))
		}
		before := words(sheet.Profile)
		w := Writes{At: s.clock(), Who: act.By.Person.Name}
		changed, err := f(&sheet, &w)
		if err != nil || !changed {
			return Writes{}, err
		}
		sheet.Profile.Version = sheet.Latest + 1
		w.Profile = &sheet.Profile
		w.Traces = append(w.Traces, s.trace(act, what, w.At, before+" → "+words(sheet.Profile)))
		return w, nil
	})
	if err == nil {
		s.changed(ctx)
	}
	return err
}

func (s *Service) changed(ctx context.Context) {
	if s.Changed != nil {
		s.Changed(ctx)
	}
}

func (s *Service) trace(act Act, what string, at time.Time, detail string) identity.Trace {
	return identity.Trace{
		ID: s.NewID(), At: at, Person: act.By.Person.ID, Who: act.By.Person.Name, Customer: act.By.Customer.ID,
		Action: what, Subject: number.Format(act.Number, ""), Address: act.Address, Detail: detail,
	}
}
