package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

const (
	codeLength = 6
	codeHolds  = 10 * time.Minute
	codePause  = time.Minute // between two codes of a login
	codeTries  = 5           // of a code

	// So many codes are sent to a login, or asked for from an address, until nobody
	// asked for codeMemory: short messages cost money, and annoy whom they reach.
	codesOfLogin   = 5
	codesOfAddress = 30
	codeMemory     = time.Hour
)

// Courier brings codes and links to a login: a mobile or an e-mail address. An
// adapter implements it.
type Courier interface {
	// Reaches reports whether a channel is set up that brings codes to the login;
	// Invites, whether one brings links.
	Reaches(login string) bool
	Invites(login string) bool
	// SendCode sends a one-time code for signing in. Faults: code_no_channel,
	// code_not_sent.
	SendCode(ctx context.Context, login, lang, code string, holds time.Duration) error
	// SendLink sends who is invited the key of the link by which they come in.
	SendLink(ctx context.Context, in Invited, company, lang string) error
}

// OneTime is a code that was sent to a login, whether or not somebody has it.
type OneTime struct {
	Login string
	Hash  [32]byte
	Until time.Time
	Sent  time.Time
	Tries int // counted before each is looked at
}

// AskCode sends a one-time code to a login, the same way whether or not a person
// has it, so that nobody learns who is a customer; and returns the login in the
// form in which it is kept. Faults: login_invalid, code_no_channel, code_too_soon,
// codes_too_many, code_not_sent.
func (s *Service) AskCode(ctx context.Context, login, lang, address string) (known string, err error) {
	if known, err = ParseLogin(login); err != nil {
		return "", err
	}
	if s.courier == nil || !s.courier.Reaches(known) {
		return "", fault.New(fault.CodeNoChannel)
	}
	at := s.clock()
	code, err := newCode()
	if err != nil {
		return "", err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		last, ok, err := people.Code(known)
		if err != nil {
			return Changes{}, err
		}
		if ok && at.Before(last.Sent.Add(codePause)) {
			return Changes{}, fault.New(fault.CodeTooSoon, "seconds", int(codePause.Seconds()))
		}
		return Changes{Codes: []OneTime{{Login: known, Hash: codeHash(known, code), Until: at.Add(codeHolds), Sent: at}}}, nil
	})
	if err != nil {
		return "", err
	}
	counts, err := s.store.Strike(ctx, []string{"code/" + hashed(known), "codes/" + address}, at, codeMemory)
	if err != nil {
		return "", err
	}
	if counts[0] > codesOfLogin || counts[1] > codesOfAddress {
		return "", fault.New(fault.CodesTooMany, "minutes", int(codeMemory.Minutes()))
	}
	return known, s.courier.SendCode(ctx, known, lang, code, codeHolds)
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	return fmt.Sprintf("%0*d", codeLength, n), nil
}

func codeHash(login, code string) [32]byte {
	return sha256.Sum256([]byte("sign-in/" + login + "/" + code))
}

func hashed(login string) string {
	sum := sha256.Sum256([]byte(login))
	return hex.EncodeToString(sum[:16])
}

// EnterCode checks a code, which proves that who enters it has the login; the code
// is used up with it. known is false when no person has the login: then SignUp
// makes one. A password from before that may be somebody else's, since nobody ever
// proved the login, is gone with it. Faults: code_over, code_wrong.
func (s *Service) EnterCode(ctx context.Context, login, code, address string) (p Person, known bool, err error) {
	if login, err = ParseLogin(login); err != nil {
		return p, false, err
	}
	left := 0
	right := false
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		right = false // also when the transaction is tried again
		at := s.clock()
		c, ok, err := people.Code(login)
		if err != nil {
			return Changes{}, err
		}
		if !ok || !at.Before(c.Until) || c.Tries >= codeTries {
			return Changes{}, fault.New(fault.CodeOver)
		}
		hash := codeHash(login, strings.TrimSpace(code))
		if right = subtle.ConstantTimeCompare(hash[:], c.Hash[:]) == 1; !right {
			c.Tries++
			left = codeTries - c.Tries
			return Changes{Codes: []OneTime{c}}, nil
		}
		// Without its code, so that another one is not sent at once.
		c.Until, c.Hash = at, [32]byte{}
		changes := Changes{Codes: []OneTime{c}}
		if p, known, err = people.PersonByLogin(login); err != nil || !known {
			return changes, err
		}
		if p.Disabled {
			return Changes{}, fault.New(fault.SignInWrong)
		}
		changes.Traces = []Trace{s.trace(Actor{Person: p, Role: p.Staff}, "signed_in", p.Login, address, "code")}
		s.prove(&p, &changes)
		return changes, nil
	})
	if err == nil && !right {
		err = fault.New(fault.CodeWrong, "left", left)
	}
	return p, known, err
}

// prove notes that a person has its login. When nobody did so before, whoever
// invited it may have set its password, which ends with all sessions and links.
func (s *Service) prove(p *Person, changes *Changes) {
	if p.Proven.IsZero() {
		p.Proven = s.clock()
		if p.Password != "" && p.Staff == "" { // staff have their links from the operator
			p.Password, p.Second = "", time.Time{}
			p.Epoch++
		}
		changes.Unlinked = append(changes.Unlinked, p.ID)
		changes.People = append(changes.People, *p)
	}
}

// SignUp makes the person that has a login, which a code proved just now, and its
// enterprise, whose owner it is. Faults: person_name, company_name.
func (s *Service) SignUp(ctx context.Context, login, name, company, address string) (p Person, err error) {
	if name, err = checkName(name); err != nil {
		return p, err
	}
	if company = strings.Join(strings.Fields(company), " "); company == "" || utf8.RuneCountInString(company) > maxCompany {
		return p, fault.New(fault.CompanyName, "max", maxCompany)
	}
	id := s.newID()
	c := catalog.NewCustomer(catalog.CustomerID(id), charging.ShardOf(id), s.newID(), company)
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var ok bool
		if p, ok, err = people.PersonByLogin(login); err != nil {
			return Changes{}, err
		}
		changes := Changes{}
		switch {
		case !ok:
			p = Person{ID: ID(s.newID()), Name: name, Login: login, Created: s.clock(), Proven: s.clock()}
			changes.People = []Person{p}
		case p.Disabled:
			return Changes{}, fault.New(fault.SignInWrong)
		default:
			s.prove(&p, &changes)
		}
		if !ok || p.Staff == "" {
			list, err := people.Memberships(p.ID)
			if err != nil || len(list) > 0 {
				return changes, err // the form was sent twice
			}
		}
		changes.Customers, changes.At = []catalog.Customer{c}, s.clock()
		changes.Members = []Membership{{Person: p.ID, Customer: c.ID, Shard: c.Shard, Code: c.Code, Role: Owner}}
		changes.Traces = []Trace{s.trace(Actor{Person: p, Customer: c}, "signed_up", p.Login, address, company)}
		return changes, nil
	})
	return p, err
}

// maxCompany is how long an enterprise's name may be, in characters.
const maxCompany = 100

// SetPassword sets a password of a person who proved its login by a code just now;
// links and other sessions end. Faults: password_weak, signed_out.
func (s *Service) SetPassword(ctx context.Context, id ID, password, address string) (p Person, err error) {
	now, ok, err := s.store.Person(ctx, id)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, fault.New(fault.SignedOut)
	}
	kept, err := s.hash(ctx, password, now)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		if p, ok, err = people.Person(id); err != nil || !ok || p.Disabled {
			return Changes{}, signedOut(err)
		}
		p.Password = kept
		p.Epoch++
		return Changes{
			People: []Person{p}, Unlinked: []ID{id},
			Traces: []Trace{s.trace(Actor{Person: p}, "password_set", p.Login, address, "code")},
		}, nil
	})
	return p, err
}

func signedOut(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.SignedOut)
}
