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

// The scopes.
const (
	Charge Scope = "charge" // reserve, extend, settle and release calls
	Read   Scope = "read"   // read the client's calls, and balances
)

// Scopes lists all scopes.
func Scopes() []Scope { return []Scope{Charge, Read} }

// Key is one API key, without its secret.
type Key struct {
	ID     ID
	Client string // whose it is: calls belong to a client, whatever key it used
	Name   string // what the operator calls it
	Hash   [sha256.Size]byte
	Scopes []Scope

	CreatedAt  time.Time
	LastUsedAt time.Time // to about an hour; zero: never
	RevokedAt  time.Time // zero: it counts
}

// Allows reports whether the key has a scope.
func (k *Key) Allows(s Scope) bool { return slices.Contains(k.Scopes, s) }

// mark starts every secret, so that a leaked one is known for what it is.
const mark = "sibai"

var clientShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Make makes a key for a client and its secret, which is nowhere else. Faults:
// input_invalid.
func Make(key ID, client, name string, scopes []Scope, at time.Time) (Key, string, error) {
	var bad fault.Invalid
	if !clientShape.MatchString(client) {
		bad.Add("client", 0, fault.CodeInvalid, "value", client)
	}
	if len(name) > 128 {
		bad.Add("name", 0, fault.ValueTooLong, "limit", 128)
	}
	if len(scopes) == 0 {
		bad.Add("scope", 0, fault.FieldMissing, "field", "scope", "example", "charge")
	}
	for _, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			bad.Add("scope", 0, fault.ValueNotAllowed, "value", string(s), "allowed", "charge, read")
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
	return Key{ID: key, Client: client, Name: name, Hash: sha256.Sum256([]byte(secret)), Scopes: scopes, CreatedAt: at}, secret, nil
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
