package identity

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/phone"
)

// ID names a person.
type ID int64

// String shows the id as per_….
func (i ID) String() string { return id.Format("per", int64(i)) }

// ParseID reads what String wrote. Faults: person_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("per", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.PersonNotFound, "person", s)
	}
	return ID(v), nil
}

// Person is somebody who signs in.
type Person struct {
	ID       ID
	Name     string
	Login    string // an e-mail address in small letters, or a mobile's eleven digits
	Password string // argon2id in its usual text form; empty before one is set
	Staff    Role   // of the operator's people; empty for others
	Disabled bool
	Created  time.Time
	// Epoch is in each session and grows when the password changes or the person
	// is disabled: sessions from before end with it.
	Epoch int
	// Proven is when the person first showed that the login is its own, by a code or
	// a link that was sent to it; zero: never. Until then who invited it may know its
	// password.
	Proven time.Time
	// Second is since when signing in asks for a code of an authenticator app, too;
	// zero: it does not.
	Second time.Time
}

// Membership is a person's part in a customer.
type Membership struct {
	Person   ID
	Name     string // of the person
	Login    string
	Customer catalog.CustomerID
	Shard    int    // of the customer
	Code     string // of the customer
	Company  string
	Role     Role
}

// Actor is who does something: a person in a role. Customer is zero for staff.
type Actor struct {
	Person   Person
	Role     Role
	Customer catalog.Customer
}

// terminal reports whether the actor is nobody but the terminal's: the zero Actor.
// The key of a program has no person either, but a role, by which it is judged.
func (a Actor) terminal() bool { return a.Person.ID == 0 && a.Role == "" && a.Customer.ID == 0 }

// Allow refuses what the actor's role has no permission for: not_allowed.
func (a Actor) Allow(p Permission) error {
	if a.Role.Has(p) && !a.Person.Disabled {
		return nil
	}
	return fault.New(fault.NotAllowed, "permission", string(p))
}

// ParseLogin reads an e-mail address or a mobile in the form in which it is kept.
func ParseLogin(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n, _ := phone.ParseTarget(text); n.Class == phone.Mobile {
		return n.Digits, nil
	}
	if a, err := mail.ParseAddress(text); err == nil && a.Address == text && len(text) <= 200 && strings.Contains(text[strings.LastIndexByte(text, '@'):], ".") {
		return strings.ToLower(text), nil
	}
	return "", fault.New(fault.LoginInvalid, "login", text)
}

func checkName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > 64 {
		return "", fault.New(fault.PersonName)
	}
	return name, nil
}

// Trace is something that a person did, or looked at. It never changes.
type Trace struct {
	ID       int64
	At       time.Time
	Person   ID     // 0: somebody at the terminal, or nobody known
	Who      string // the name that the person had
	Customer catalog.CustomerID
	Action   string // such as signed_in, member_invited, order_opened
	Subject  string // what it was done to
	Address  string // the network address it came from
	Detail   string
}

// TraceFilter says which traces are wanted. Empty fields do not filter.
type TraceFilter struct {
	Customer catalog.CustomerID
	Person   ID
	Action   string
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of traces wanted.
func (f TraceFilter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}
