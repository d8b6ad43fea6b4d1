package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/id"
)

// ID names a key.
type ID int64

// String shows the id as key_….
func (i ID) String() string { return id.Format("key", int64(i)) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("key", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.KeyNotFound, "key", s)
	}
	return ID(v), nil
}

// Scope is something that a key allows. The values are stored and published.
type Scope string

// The scopes of the operator's keys.
const (
	Charge Scope = "charge" // reserve, extend, settle and release calls
	Read   Scope = "read"   // read the client's calls, and balances

	OfficeRead     Scope = "office:read"     // customers, orders, numbers, payments, applications
	OrdersDecide   Scope = "orders:decide"   // reviews of orders, and their opening
	NumbersStock   Scope = "numbers:stock"   // take numbers into the inventory
	TracesRead     Scope = "traces:read"     // who did what and looked at what
	ChatsAnswer    Scope = "chats:answer"    // what visitors write, and answers to them
	PricesPlan     Scope = "prices:plan"     // plan what plans cost from a day on
	NumbersChange  Scope = "numbers:change"  // grade numbers, and give them another state by hand
	DocumentsSee   Scope = "documents:see"   // documents of persons; each look is written down
	ReviewsVendor  Scope = "reviews:vendor"  // decide the operator's reviews (初审)
	ReviewsCarrier Scope = "reviews:carrier" // decide the carrier's (终审), which open numbers
	PaymentsRefund Scope = "payments:refund" // give payments back, and book what differs
	BankBook       Scope = "bank:book"       // book bank transfers that were found on the statement, or reject them
)

// The scopes of customers' keys.
const (
	ShopRead     Scope = "shop:read"     // search numbers and ask what they cost
	NumbersRead  Scope = "numbers:read"  // the customer's numbers and their phones
	TargetsWrite Scope = "targets:write" // which phones ring
	OrdersRead   Scope = "orders:read"
	OrdersWrite  Scope = "orders:write"
	CallsRead    Scope = "calls:read"
	MoneyRead    Scope = "money:read" // balance, statement, payments, notices
	MoneyWrite   Scope = "money:write"
	HooksWrite   Scope = "webhooks:write"

	DocumentsRead  Scope = "documents:read" // real-name applications, with persons masked
	DocumentsWrite Scope = "documents:write"
	PeopleRead     Scope = "people:read"  // members, and who did what
	PeopleWrite    Scope = "people:write" // invite members and remove them, but no owners
)

// Side is whose keys do something.
type Side string

// The sides.
const (
	Operator Side = "operator"
	Customer Side = "customer"
)

// Scopes lists the scopes that keys of a side can have.
func (s Side) Scopes() []Scope {
	if s == Customer {
		return []Scope{ShopRead, NumbersRead, TargetsWrite, OrdersRead, OrdersWrite, CallsRead, MoneyRead, MoneyWrite, HooksWrite, DocumentsRead, DocumentsWrite, PeopleRead, PeopleWrite}
	}
	return []Scope{Charge, Read, OfficeRead, OrdersDecide, NumbersStock, TracesRead, ChatsAnswer, BankBook, DocumentsSee, ReviewsVendor, ReviewsCarrier, PaymentsRefund, NumbersChange, PricesPlan}
}

// Key is one API key, without its secret.
type Key struct {
	ID     ID
	Client string // whose it is: calls belong to a client, whatever key it used
	Name   string // what people call it
	// Customer is the code of the customer whose key it is; empty: the operator's.
	Customer string
	Hash     [sha256.Size]byte
	Scopes   []Scope

	CreatedAt  time.Time
	LastUsedAt time.Time // to about an hour; zero: never
	RevokedAt  time.Time // zero: it counts
}

// Side is whose key it is.
func (k *Key) Side() Side {
	if k.Customer != "" {
		return Customer
	}
	return Operator
}

// Allows reports whether the key has a scope.
func (k *Key) Allows(s Scope) bool { return slices.Contains(k.Scopes, s) }

// mark starts every secret, so that a leaked one is known for what it is.
const mark = "sibai"

var clientShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Wish is a key that somebody wants: the operator's for a Client, or a Customer's.
type Wish struct {
	Client   string
	Customer string // code
	Name     string
	Scopes   []Scope
}

// Make makes a key and its secret, which is nowhere else. Faults: input_invalid.
func Make(key ID, w Wish, at time.Time) (Key, string, error) {
	client, name, scopes := w.Client, w.Name, w.Scopes
	var bad fault.Invalid
	k := Key{ID: key, Client: client, Customer: w.Customer, Name: name, Scopes: scopes, CreatedAt: at}
	if k.Side() == Operator && !clientShape.MatchString(client) {
		bad.Add("client", 0, fault.CodeInvalid, "value", client)
	}
	if k.Side() == Customer && client != "" {
		bad.Add("client", 0, fault.ValueNotAllowed, "value", client, "allowed", `""`)
	}
	if len(name) > 128 {
		bad.Add("name", 0, fault.ValueTooLong, "limit", 128)
	}
	if len(scopes) == 0 {
		bad.Add("scope", 0, fault.FieldMissing, "field", "scope", "example", string(k.Side().Scopes()[0]))
	}
	for _, s := range scopes {
		if !slices.Contains(k.Side().Scopes(), s) {
			bad.Add("scope", 0, fault.ValueNotAllowed, "value", string(s), "allowed", join(k.Side().Scopes()))
		}
	}
	if err := bad.Err(); err != nil {
		return Key{}, "", err
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Key{}, "", fault.Wrap(err, fault.Internal)
	}
	shown, _ := strings.CutPrefix(key.String(), "key_")
	secret := mark + "_" + shown + "_" + base64.RawURLEncoding.EncodeToString(random[:])
	k.Hash = sha256.Sum256([]byte(secret))
	return k, secret, nil
}

func join(list []Scope) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// keyOf reads which key a secret says it is of.
func keyOf(secret string) (ID, bool) {
	rest, ok := strings.CutPrefix(secret, mark+"_")
	shown, random, cut := strings.Cut(rest, "_")
	if !ok || !cut || random == "" {
		return 0, false
	}
	v, err := id.Parse("key", "key_"+shown)
	return ID(v), err == nil
}

// opens reports whether a secret is the key's, in a time that does not depend
// on how much of it is right.
func (k *Key) opens(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], k.Hash[:]) == 1
}
