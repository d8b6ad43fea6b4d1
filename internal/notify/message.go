package notify

import (
	"net/mail"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/phone"
)

// ID names a message. That of a message about a notice is the notice's.
type ID int64

// String shows the id as msg_….
func (i ID) String() string { return id.Format("msg", int64(i)) }

// ParseID reads what String wrote. Faults: message_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("msg", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.MessageNotFound, "message", s)
	}
	return ID(v), nil
}

// State is what became of a message.
type State string

// The states of a message.
const (
	Queued  State = "queued"
	Sent    State = "sent"    // the mail server took it
	Failed  State = "failed"  // it was refused for good, or tried for too long
	Dropped State = "dropped" // staff does not want it sent
)

// States are all states of a message.
func States() []State { return []State{Queued, Sent, Failed, Dropped} }

// Languages are those that messages are written in.
func Languages() []string { return []string{"zh", "en"} }

// Contact is where a customer is written to, or the operator's staff of what needs
// somebody.
type Contact struct {
	Customer string // its code; empty: the operator's staff
	Email    string // empty: no e-mails
	Phone    string // a mobile's eleven digits; empty: no short messages
	Lang     string // of Languages
}

// Validate checks a contact. Faults: email_invalid, mobile_invalid, value_not_allowed.
func (c Contact) Validate() error {
	if a, err := mail.ParseAddress(c.Email); c.Email != "" && (err != nil || a.Address != c.Email || len(c.Email) > 254 || strings.ContainsFunc(c.Email, odd)) {
		return fault.New(fault.EmailInvalid, "email", c.Email)
	}
	if n, _ := phone.ParseTarget(c.Phone); c.Phone != "" && (n.Class != phone.Mobile || n.Digits != c.Phone) {
		return fault.New(fault.MobileInvalid, "phone", c.Phone)
	}
	if c.Lang != "zh" && c.Lang != "en" {
		return fault.New(fault.ValueNotAllowed, "value", c.Lang, "allowed", strings.Join(Languages(), ", "))
	}
	return nil
}

// odd finds what may end a header line or needs SMTPUTF8 (RFC 6531), which not
// every mail server has.
func odd(r rune) bool { return r <= ' ' || r >= 0x7f }

// Message is one e-mail or short message.
type Message struct {
	ID       ID
	Shard    int
	Customer catalog.CustomerID
	At       time.Time // of the notice
	Address  string    // an e-mail address, or a mobile
	Lang     string
	Kind     Kind
	Item     billing.Item // what a notice tells
	About    string       // what a one-time code was for
	State    State
	Attempts int
	QueuedAt time.Time // last; it is tried for Patience from then on
	NextAt   time.Time // while Queued: not tried before
	SentAt   time.Time // zero: never
	Error    string    // why the last try failed; empty when it did not

	Node         int       // that claimed it last
	ClaimedUntil time.Time // nobody else sends it before
}

// Masked is an e-mail address with its first character and its domain only, and a
// phone without its middle.
func (m Message) Masked() string { return phone.MaskContact(m.Address) }

// Filter says which messages are wanted. Empty fields do not filter.
type Filter struct {
	Customer string // its code
	State    State
	Before   ID  // only older ones, to page on
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of messages wanted.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}
