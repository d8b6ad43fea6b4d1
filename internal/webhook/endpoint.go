package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
)

// ID names an endpoint.
type ID int64

// String shows the id as whk_….
func (i ID) String() string { return id.Format("whk", int64(i)) }

// ParseID reads what String wrote. Faults: webhook_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("whk", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.WebhookNotFound, "webhook", s)
	}
	return ID(v), nil
}

// Type is what an event tells of. The values are stored and published.
type Type string

// The types.
const (
	CallEnded   Type = "call.ended"       // a call to one of the customer's numbers is over and charged
	OrderMoved  Type = "order.changed"    // an order came into another state
	PaymentIn   Type = "payment.received" // money is on the account
	Noticed     Type = "notice.created"   // what sibai notices lists: a low balance, arrears, …
	NameChanged Type = "realname.changed" // a real-name application came into another state
	Pinged      Type = "ping"             // somebody pressed the button
)

// Types are those that an endpoint can be made for.
func Types() []Type { return []Type{CallEnded, OrderMoved, PaymentIn, Noticed, NameChanged} }

// Event is one thing that happened.
type Event struct {
	ID   string // the same whenever it is read
	Type Type
	At   time.Time
	Data any // as JSON
}

// body is the event as it is sent.
func (e Event) body() (string, error) {
	text, err := json.Marshal(struct {
		Type      Type      `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.Type, e.At.UTC(), e.Data})
	if err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	return string(text), nil
}

// Endpoint is where a customer is told.
type Endpoint struct {
	ID       ID
	Shard    int // of its customer
	Customer catalog.CustomerID
	Code     string // of the customer; never changes
	URL      string
	Types    []Type
	Secret   string // whsec_ and base64
	// Former is the secret before the last rotation, with which requests are signed
	// too until FormerUntil.
	Former      string
	FormerUntil time.Time
	CreatedAt   time.Time
	ReadAt      time.Time // facts were read up to then
	FailingAt   time.Time // since when nothing was taken; zero: the last was
	OffAt       time.Time // when it was given up; zero: it is on
}

// tried writes down whether a request was taken, and says whether the endpoint is
// given up with it.
func (e *Endpoint) tried(taken bool, at time.Time) (off bool) {
	switch {
	case taken:
		e.FailingAt = time.Time{}
	case e.FailingAt.IsZero():
		e.FailingAt = at
	case e.OffAt.IsZero() && at.Sub(e.FailingAt) >= giveUp:
		e.OffAt, off = at, true
	}
	return off
}

// host is the part of the address that a message may show: the rest may hold a key.
func (e *Endpoint) host() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return e.ID.String() // check let it through
	}
	return u.Host
}

// secrets are those that requests are signed with at an instant.
func (e *Endpoint) secrets(at time.Time) []string {
	if e.Former != "" && at.Before(e.FormerUntil) {
		return []string{e.Secret, e.Former}
	}
	return []string{e.Secret}
}

func newSecret() string {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never returns an error
	return "whsec_" + base64.StdEncoding.EncodeToString(random[:])
}

// signature is the value of webhook-signature.
func (e *Endpoint) signature(event string, at time.Time, body string) string {
	var list []string
	for _, secret := range e.secrets(at) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			key = []byte(secret) // not by newSecret: as a text
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(event + "." + strconv.FormatInt(at.Unix(), 10) + "." + body))
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(list, " ")
}

// maxURL bounds an address, in bytes.
const maxURL = 500

// check refuses what no request can be sent to. plain allows http and addresses
// without a name, for tests and private networks.
func check(address string, types []Type, plain bool) error {
	var bad fault.Invalid
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (!plain || u.Scheme != "http") {
		bad.Add("url", 0, fault.WebhookURL, "url", address)
	}
	if len(types) == 0 {
		bad.Add("types", 0, fault.FieldMissing, "field", "types", "example", string(CallEnded))
	}
	for _, t := range types {
		if !slices.Contains(Types(), t) {
			bad.Add("types", 0, fault.ValueNotAllowed, "value", t, "allowed", allTypes())
		}
	}
	return bad.Err()
}

func allTypes() string {
	names := make([]string, len(Types()))
	for i, t := range Types() {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// State is what became of a delivery.
type State string

// The states of a delivery.
const (
	Queued State = "queued"
	Done   State = "done"
	Failed State = "failed" // all tries are over
)

// Delivery is one event for one endpoint.
type Delivery struct {
	Shard    int
	Endpoint ID
	Event    string
	Type     Type
	Body     string
	At       time.Time // of the event
	State    State
	Attempts int
	NextAt   time.Time // while Queued: not tried before
	TriedAt  time.Time // last; zero: never
	Status   int       // the answer's; 0: none came
	Took     time.Duration
	Answer   string // the beginning of it, or why none came

	ClaimedUntil time.Time
}

// waits are the times between the tries.
var waits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}
