// Package passkey lets people sign in by passkeys (通行密钥): keys that a phone, a
// computer or a stick keeps, and uses once its owner unlocked it by finger, face or
// PIN. That is two steps in one: no password is asked for, and no code.
//
//	add:     who is signed in and shows the password ─▶ challenge ─▶ the key's public half
//	sign in: challenge ─▶ signature by a key that one person of this side has
//
// A key belongs to one side, the console or the office, whose addresses differ: what
// opens one opens nothing of the other. A key that was added before its person proved
// the sign-in name may be somebody else's, and opens nothing from then on.
//
// It refuses to know pages, and what people may do.
//
// Sources: W3C Web Authentication Level 3, §7.1 and §7.2.
package passkey

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"sibai/internal/fault"
	"sibai/internal/identity"
)

// Side is where a key signs in.
type Side string

// The sides.
const (
	Console Side = "console"
	Office  Side = "office"
)

// Key is a passkey of a person.
type Key struct {
	ID      string // of the credential, base64url
	Person  identity.ID
	Side    Side
	Name    string
	Data    []byte // the credential, as JSON: its public half, flags and count
	AddedAt time.Time
	UsedAt  time.Time // zero: never
}

// Store keeps passkeys. An adapter implements it.
type Store interface {
	// Passkeys lists those of a person on a side, the oldest first.
	Passkeys(ctx context.Context, person identity.ID, side Side) ([]Key, error)
	// AddPasskey keeps a new one, unless the person has so many; added is false then, or
	// when somebody has the key already.
	AddPasskey(ctx context.Context, k Key, most int) (added bool, err error)
	// UsePasskey writes Data and UsedAt of one.
	UsePasskey(ctx context.Context, k Key) error
	// RemovePasskey removes one of a person's; ok is false when there is none.
	RemovePasskey(ctx context.Context, person identity.ID, side Side, id string) (ok bool, err error)
	// Person reads a person; ok is false when there is none.
	Person(ctx context.Context, id identity.ID) (p identity.Person, ok bool, err error)
}

// People checks passwords and writes traces; identity.Service implements it.
type People interface {
	SignIn(ctx context.Context, login, password, address string) (identity.Person, error)
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

const (
	maxKeys = 10
	maxName = 40
	lasts   = 5 * time.Minute // of a ceremony
)

// Service signs people in by passkeys, on one side. Its methods are safe for
// concurrent use, by several processes too.
type Service struct {
	side   Side
	web    *webauthn.WebAuthn
	store  Store
	people People
	now    func() time.Time
}

// New makes a Service for the pages below an address, or none when browsers keep no
// passkeys for it: those are for names, by https, and for localhost. now nil means
// time.Now.
func New(side Side, address, brand string, store Store, people People, now func() time.Time) (*Service, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	host := u.Hostname()
	local := host == "localhost"
	if u.Scheme != "https" && !local || strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":") {
		return nil, nil
	}
	web, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: brand, RPOrigins: []string{u.Scheme + "://" + u.Host},
		Timeouts: webauthn.TimeoutsConfig{
			Login: webauthn.TimeoutConfig{Enforce: true, Timeout: lasts}, Registration: webauthn.TimeoutConfig{Enforce: true, Timeout: lasts},
		},
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	if now == nil {
		now = time.Now
	}
	return &Service{side, web, store, people, now}, nil
}

// user is a person as the library wants one.
type user struct {
	identity.Person
	keys []webauthn.Credential
}

func handle(id identity.ID) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func (u user) WebAuthnID() []byte                         { return handle(u.ID) }
func (u user) WebAuthnName() string                       { return u.Login }
func (u user) WebAuthnDisplayName() string                { return u.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

func (s *Service) user(ctx context.Context, p identity.Person) (u user, list []Key, err error) {
	if list, err = s.store.Passkeys(ctx, p.ID, s.side); err != nil {
		return u, nil, err
	}
	u.Person = p
	for _, k := range list {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Data, &c); err != nil {
			return u, nil, fault.Wrap(err, fault.Internal)
		}
		u.keys = append(u.keys, c)
	}
	return u, list, nil
}

// List lists an actor's passkeys.
func (s *Service) List(ctx context.Context, a identity.Actor) ([]Key, error) {
	return s.store.Passkeys(ctx, a.Person.ID, s.side)
}

// Begin begins to add a passkey for who shows the password once more; fresh says that
// a one-time code proved who it is just now. options are for the browser, ticket is for
// Add. Faults: sign_in_wrong, sign_in_locked.
func (s *Service) Begin(ctx context.Context, a identity.Actor, password string, fresh bool, address string) (options, ticket []byte, err error) {
	if !fresh {
		if _, err := s.people.SignIn(ctx, a.Person.Login, password, address); err != nil {
			return nil, nil, err
		}
	}
	u, _, err := s.user(ctx, a.Person)
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := s.web.BeginRegistration(u,
		webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithExclusions(webauthn.Credentials(u.keys).CredentialDescriptors()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal)
	}
	return both(creation, session)
}

func both(options, session any) ([]byte, []byte, error) {
	one, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal)
	}
	other, err := json.Marshal(session)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal)
	}
	return one, other, nil
}

// Add keeps the passkey that the browser made. Faults: passkey_refused, passkeys_full,
// field_missing, value_too_long.
func (s *Service) Add(ctx context.Context, a identity.Actor, ticket, response []byte, name, address string) error {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return fault.New(fault.FieldMissing, "field", "name", "example", "iPhone")
	}
	if utf8.RuneCountInString(name) > maxName {
		return fault.New(fault.ValueTooLong, "limit", maxName)
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(ticket, &session); err != nil || !bytes.Equal(session.UserID, handle(a.Person.ID)) {
		return refused(errors.New("it was not begun by this person here"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return refused(err)
	}
	u, _, err := s.user(ctx, a.Person)
	if err != nil {
		return err
	}
	made, err := s.web.CreateCredential(u, session, parsed)
	if err != nil {
		return refused(err)
	}
	data, err := json.Marshal(made)
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	k := Key{ID: base64.RawURLEncoding.EncodeToString(made.ID), Person: a.Person.ID, Side: s.side, Name: name, Data: data, AddedAt: s.clock()}
	added, err := s.store.AddPasskey(ctx, k, maxKeys)
	if err != nil {
		return err
	}
	if !added {
		return fault.New(fault.PasskeysFull, "max", maxKeys)
	}
	return s.people.Note(ctx, a, "passkey_added", name, address, "")
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

func refused(err error) error { return fault.Wrap(err, fault.PasskeyRefused) }

// Remove removes a passkey of the actor's. Faults: passkey_not_found.
func (s *Service) Remove(ctx context.Context, a identity.Actor, id, address string) error {
	ok, err := s.store.RemovePasskey(ctx, a.Person.ID, s.side, id)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.PasskeyNotFound)
	}
	return s.people.Note(ctx, a, "passkey_removed", id, address, "")
}

// Ask begins to sign somebody in, whoever it is. options are for the browser, ticket
// is for SignIn.
func (s *Service) Ask() (options, ticket []byte, err error) {
	assertion, session, err := s.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal)
	}
	return both(assertion, session)
}

// SignIn finds the person whose passkey answered the challenge. Faults:
// passkey_refused, whatever is wrong.
func (s *Service) SignIn(ctx context.Context, ticket, response []byte, address string) (identity.Person, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(ticket, &session); err != nil {
		return identity.Person{}, refused(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return identity.Person{}, refused(err)
	}
	var list []Key
	var away error // of the store, which is no refusal
	found := func(_, handled []byte) (webauthn.User, error) {
		if len(handled) != 8 {
			return nil, errors.New("it names nobody")
		}
		p, ok, err := s.store.Person(ctx, identity.ID(binary.BigEndian.Uint64(handled)))
		if err != nil {
			away = err
			return nil, err
		}
		if !ok || p.Disabled || s.side == Office && p.Staff == "" {
			return nil, errors.New("it is nobody's here")
		}
		var u user
		u, list, away = s.user(ctx, p)
		return u, away
	}
	who, used, err := s.web.ValidatePasskeyLogin(found, session, parsed)
	if away != nil {
		return identity.Person{}, away
	}
	if err != nil {
		return identity.Person{}, refused(err)
	}
	p := who.(user).Person
	i := slices.IndexFunc(list, func(k Key) bool { return k.ID == base64.RawURLEncoding.EncodeToString(used.ID) })
	switch {
	case i < 0:
		return identity.Person{}, refused(errors.New("it was removed"))
	case used.Authenticator.CloneWarning:
		return identity.Person{}, refused(errors.New("its count went back: it was copied"))
	case p.Staff == "" && list[i].AddedAt.Before(p.Proven):
		return identity.Person{}, refused(errors.New("it was added before the person proved the sign-in name"))
	}
	k := list[i]
	if k.Data, err = json.Marshal(used); err != nil {
		return identity.Person{}, fault.Wrap(err, fault.Internal)
	}
	k.UsedAt = s.clock()
	if err := s.store.UsePasskey(ctx, k); err != nil {
		return identity.Person{}, err
	}
	return p, s.people.Note(ctx, identity.Actor{Person: p, Role: p.Staff}, "signed_in", p.Login, address, "passkey "+k.Name)
}
