package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"sibai/internal/fault"
)

const (
	// After so many wrong passwords for a login, or from an address, within the
	// time none is looked at any more until nobody tried for as long.
	loginTries   = 8
	addressTries = 60
	tryMemory    = 15 * time.Minute
)

// SignIn finds the person with a login and a password. address is where it is
// tried from. Faults: sign_in_wrong, for whatever is wrong of the two, and
// sign_in_locked.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (Person, error) {
	known, err := ParseLogin(login)
	if err != nil {
		known = login // nobody has it; it counts all the same
	}
	sum := sha256.Sum256([]byte(known))
	subjects := []string{"login/" + hex.EncodeToString(sum[:16]), "address/" + address}
	at := s.clock()
	tries, err := s.store.Tries(ctx, subjects, at, tryMemory)
	if err != nil {
		return Person{}, err
	}
	if tries[0] >= loginTries || tries[1] >= addressTries {
		return Person{}, fault.New(fault.SignInLocked, "minutes", int(tryMemory.Minutes()))
	}
	p, ok, err := s.store.PersonByLogin(ctx, known)
	if err != nil {
		return Person{}, err
	}
	if right := checkPassword(password, p.Password); !ok || !right || p.Disabled {
		if _, err := s.store.Strike(ctx, subjects, at, tryMemory); err != nil {
			return Person{}, err
		}
		return Person{}, fault.New(fault.SignInWrong)
	}
	if err := s.store.Forgive(ctx, subjects[0]); err != nil {
		return Person{}, err
	}
	return p, s.Note(ctx, Actor{Person: p, Role: p.Staff}, "signed_in", p.Login, address, "")
}

// Welcome reads whose link has a key. Faults: link_over.
func (s *Service) Welcome(ctx context.Context, key string) (p Person, err error) {
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		p, err = s.invited(people, key)
		return Changes{}, err
	})
	return p, err
}

func (s *Service) invited(people People, key string) (Person, error) {
	l, ok, err := people.Link(sha256.Sum256([]byte(key)))
	if err != nil {
		return Person{}, err
	}
	if !ok || !s.clock().Before(l.Until) {
		return Person{}, fault.New(fault.LinkOver)
	}
	p, ok, err := people.Person(l.Person)
	if err == nil && (!ok || p.Disabled) {
		err = fault.New(fault.LinkOver)
	}
	return p, err
}

// Accept sets the password of who has a link, which is used up with it. Faults:
// link_over, password_weak.
func (s *Service) Accept(ctx context.Context, key, password, address string) (p Person, err error) {
	who, err := s.Welcome(ctx, key)
	if err != nil {
		return p, err
	}
	kept, err := hashPassword(password, who) // not while the store waits
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		if p, err = s.invited(people, key); err != nil {
			return Changes{}, err
		}
		p.Password = kept
		p.Epoch++
		return Changes{
			People: []Person{p}, Used: [][32]byte{sha256.Sum256([]byte(key))},
			Traces: []Trace{s.trace(Actor{Person: p}, "password_set", p.Login, address, "")},
		}, nil
	})
	return p, err
}

// ChangePassword sets another password of a person who knows the present one.
// Faults: sign_in_wrong, sign_in_locked, password_weak.
func (s *Service) ChangePassword(ctx context.Context, id ID, old, password, address string) (p Person, err error) {
	now, ok, err := s.store.Person(ctx, id)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, fault.New(fault.PersonNotFound, "person", id)
	}
	if _, err := s.SignIn(ctx, now.Login, old, address); err != nil {
		return p, err
	}
	kept, err := hashPassword(password, now)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		if p, ok, err = people.Person(id); err != nil || !ok {
			return Changes{}, err
		}
		p.Password = kept
		p.Epoch++
		return Changes{People: []Person{p}, Traces: []Trace{s.trace(Actor{Person: p}, "password_set", p.Login, address, "")}}, nil
	})
	return p, err
}

// Session is what a session keeps of who signed in.
type Session struct {
	Person ID
	Epoch  int
	// Customer is the code of the customer that a member looks at; empty for
	// staff.
	Customer string
}

// Actor is who a session is of, now: nobody any more when the person was
// disabled, has another password since, or is no member of the customer. Faults:
// signed_out.
func (s *Service) Actor(ctx context.Context, in Session, staff bool) (Actor, error) {
	p, ok, err := s.store.Person(ctx, in.Person)
	if err != nil {
		return Actor{}, err
	}
	if !ok || p.Disabled || p.Epoch != in.Epoch || in.Person == 0 {
		return Actor{}, fault.New(fault.SignedOut)
	}
	if staff {
		if p.Staff == "" {
			return Actor{}, fault.New(fault.SignedOut)
		}
		return Actor{Person: p, Role: p.Staff}, nil
	}
	list, err := s.store.Memberships(ctx, p.ID)
	if err != nil {
		return Actor{}, err
	}
	for _, m := range list {
		if in.Customer != "" && m.Code != in.Customer {
			continue
		}
		c, ok, err := s.store.Find(ctx, m.Code)
		if err != nil {
			return Actor{}, err
		}
		if ok {
			return Actor{Person: p, Role: m.Role, Customer: c}, nil
		}
	}
	return Actor{}, fault.New(fault.SignedOut)
}

// Memberships lists where a person is a member.
func (s *Service) Memberships(ctx context.Context, p ID) ([]Membership, error) {
	return s.store.Memberships(ctx, p)
}
