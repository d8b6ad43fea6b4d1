package identity

import (
	"context"
	"log/slog"
	"time"

	"sibai/internal/catalog"
)

// Store keeps people. An adapter implements it.
type Store interface {
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	Person(ctx context.Context, id ID) (p Person, ok bool, err error)
	PersonByLogin(ctx context.Context, login string) (p Person, ok bool, err error)
	// Memberships lists where a person is a member; Members who are of a customer.
	Memberships(ctx context.Context, person ID) ([]Membership, error)
	Members(ctx context.Context, c catalog.Customer) ([]Membership, error)
	Staff(ctx context.Context) ([]Person, error)
	// Blocked lists who is kept from signing in, by login.
	Blocked(ctx context.Context) ([]Person, error)
	// ChangePeople lets f decide, with nobody else changing people meanwhile, and
	// writes what it says in one durable transaction.
	ChangePeople(ctx context.Context, f func(People) (Changes, error)) error
	// Strike counts a try against each subject and returns the counts; tries are
	// forgotten once nothing was counted against the subject for a while.
	Strike(ctx context.Context, subjects []string, at time.Time, forget time.Duration) ([]int, error)
	// Tries reads how often was tried; Forgive forgets it.
	Tries(ctx context.Context, subjects []string, at time.Time, forget time.Duration) ([]int, error)
	Forgive(ctx context.Context, subject string) error
	// Trace keeps what was done; Traces lists it, the newest first.
	Trace(ctx context.Context, t Trace) error
	Traces(ctx context.Context, f TraceFilter) ([]Trace, error)
}

// People reads what a change needs, in its transaction.
type People interface {
	Person(id ID) (p Person, ok bool, err error)
	PersonByLogin(login string) (p Person, ok bool, err error)
	Members(c catalog.Customer) ([]Membership, error)
	Memberships(person ID) ([]Membership, error)
	Link(hash [32]byte) (l Link, ok bool, err error)
	Code(login string) (c OneTime, ok bool, err error)
	Factor(person ID) (f Factor, ok bool, err error)
}

// Changes are rows to write: people and memberships inserted or replaced,
// memberships removed, links made and ended, codes in place of those of the same
// login, second steps in place of those of the same person, new customers.
type Changes struct {
	People    []Person
	Members   []Membership
	Gone      []Membership
	Unlinked  []ID // of people, whose links from before are all gone with it
	Links     []Link
	Codes     []OneTime
	Factors   []Factor
	Customers []catalog.Customer
	At        time.Time // when the customers begin
	Traces    []Trace
}

// Link is an invitation: who has its key signs in once, to set a password.
type Link struct {
	Hash   [32]byte // SHA-256 of its key
	Person ID
	Until  time.Time
	Sent   bool // to the person's login, so that who has the key has the login
}

// linkValid is how long an invitation holds.
const linkValid = 7 * 24 * time.Hour

// Service knows people. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	store   Store
	courier Courier
	newID   func() int64
	now     func() time.Time
	log     *slog.Logger
	// slots bounds how many passwords are looked at at once: each takes hashMemory,
	// beside calls that need theirs.
	slots chan struct{}
	// staffSecond is whether staff need an authenticator app.
	staffSecond bool
}

// atOnce is how many passwords a process looks at at once.
const atOnce = 4

// New makes a Service. courier may be nil: then no codes are sent, and who invites
// gets the links. newID gives time-ordered ids, never the same twice; now
// nil means time.Now, log nil slog.Default.
func New(store Store, courier Courier, newID func() int64, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.Default()
	}
	return &Service{store: store, courier: courier, newID: newID, now: now, log: log, slots: make(chan struct{}, atOnce)}
}

// RequireSecond makes staff sign in with an authenticator app, too. It is called
// before the Service is used.
func (s *Service) RequireSecond() { s.staffSecond = true }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Note keeps a trace of what an actor did or looked at.
func (s *Service) Note(ctx context.Context, a Actor, action, subject, address, detail string) error {
	return s.store.Trace(ctx, s.trace(a, action, subject, address, detail))
}

func (s *Service) trace(a Actor, action, subject, address, detail string) Trace {
	return Trace{
		ID: s.newID(), At: s.clock(), Person: a.Person.ID, Who: a.Person.Name, Customer: a.Customer.ID,
		Action: action, Subject: subject, Address: address, Detail: detail,
	}
}

// Traces lists what was done: staff who may see it see all, members that of their
// customer. Faults: not_allowed.
func (s *Service) Traces(ctx context.Context, a Actor, f TraceFilter) ([]Trace, error) {
	if a.Role.Staff() {
		if err := a.Allow(SeeTraces); err != nil {
			return nil, err
		}
	} else {
		if err := a.Allow(ManageMembers); err != nil {
			return nil, err
		}
		f.Customer = a.Customer.ID
	}
	return s.store.Traces(ctx, f)
}
