package identity

import (
	"context"
	"crypto/sha256"
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
	free, err := s.slot(ctx)
	if err != nil {
		return Person{}, err
	}
	defer free()
	byLogin, byAddress := []string{"login/" + hashed(known)}, []string{"address/" + address}
	if err := s.try(ctx, byLogin, byAddress); err != nil {
		return Person{}, err
	}
	p, ok, err := s.store.PersonByLogin(ctx, known)
	if err != nil {
		return Person{}, err
	}
	if right := checkPassword(password, p.Password); !ok || !right || p.Disabled {
		if _, err := s.store.Strike(ctx, byAddress, s.clock(), tryMemory); err != nil {
			return Person{}, err
		}
		return Person{}, fault.New(fault.SignInWrong)
	}
	if err := s.store.Forgive(ctx, byLogin[0]); err != nil {
		return Person{}, err
	}
	return p, s.Note(ctx, Actor{Person: p, Role: p.Staff}, "signed_in", p.Login, address, "")
}

// SignInBy finds the member of staff with a login that somebody else proved: an
// identity provider that the operator trusts. by is what it is called. Faults:
// oidc_unknown.
func (s *Service) SignInBy(ctx context.Context, login, by, address string) (Person, error) {
	known, err := ParseLogin(login)
	if err != nil {
		return Person{}, fault.Wrap(err, fault.OidcUnknown, "login", login)
	}
	p, ok, err := s.store.PersonByLogin(ctx, known)
	if err != nil {
		return Person{}, err
	}
	if !ok || p.Disabled || p.Staff == "" {
		return Person{}, fault.New(fault.OidcUnknown, "login", login)
	}
	return p, s.Note(ctx, Actor{Person: p, Role: p.Staff}, "signed_in", p.Login, address, by)
}

// try counts a try against a login before its password is looked at, so that
// tries at once, on any node, are no more than tries one after the other. Against
// an address only wrong ones count: many people may share it. Faults:
// sign_in_locked.
func (s *Service) try(ctx context.Context, byLogin, byAddress []string) error {
	at := s.clock()
	tries, err := s.store.Tries(ctx, []string{byLogin[0], byAddress[0]}, at, tryMemory)
	if err != nil {
		return err
	}
	if tries[0] < loginTries && tries[1] < addressTries {
		counts, err := s.store.Strike(ctx, byLogin, at, tryMemory)
		if err != nil || counts[0] <= loginTries {
			return err
		}
	}
	return fault.New(fault.SignInLocked, "minutes", int(tryMemory.Minutes()))
}

// slot waits until few enough passwords are looked at. free ends it.
func (s *Service) slot(ctx context.Context) (free func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash is hashPassword in a slot.
func (s *Service) hash(ctx context.Context, password string, p Person) (string, error) {
	free, err := s.slot(ctx)
	if err != nil {
		return "", err
	}
	defer free()
	return hashPassword(password, p)
}

// Welcome reads whose link has a key. Faults: link_over.
func (s *Service) Welcome(ctx context.Context, key string) (p Person, err error) {
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		p, _, err = s.invited(people, key)
		return Changes{}, err
	})
	return p, err
}

func (s *Service) invited(people People, key string) (p Person, l Link, err error) {
	l, ok, err := people.Link(sha256.Sum256([]byte(key)))
	if err != nil {
		return p, l, err
	}
	if !ok || !s.clock().Before(l.Until) {
		return p, l, fault.New(fault.LinkOver)
	}
	p, ok, err = people.Person(l.Person)
	if err == nil && (!ok || p.Disabled) {
		err = fault.New(fault.LinkOver)
	}
	return p, l, err
}

// Accept sets the password of who has a link, which is used up with it, as are
// all others of the person. Faults: link_over, password_weak.
func (s *Service) Accept(ctx context.Context, key, password, address string) (p Person, err error) {
	who, err := s.Welcome(ctx, key)
	if err != nil {
		return p, err
	}
	kept, err := s.hash(ctx, password, who) // not while the store waits
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var l Link
		if p, l, err = s.invited(people, key); err != nil {
			return Changes{}, err
		}
		if l.Sent && p.Proven.IsZero() {
			p.Proven = s.clock()
		}
		p.Password = kept
		p.Epoch++
		return Changes{
			People: []Person{p}, Unlinked: []ID{p.ID},
			Traces: []Trace{s.trace(Actor{Person: p}, "password_set", p.Login, address, "")},
		}, nil
	})
	return p, err
}

// ChangePassword sets another password of a person who knows the present one;
// links from before end.
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
	kept, err := s.hash(ctx, password, now)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		if p, ok, err = people.Person(id); err != nil || !ok {
			return Changes{}, err
		}
		p.Password = kept
		p.Epoch++
		return Changes{
			People: []Person{p}, Unlinked: []ID{id},
			Traces: []Trace{s.trace(Actor{Person: p}, "password_set", p.Login, address, "")},
		}, nil
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
	ByCode   time.Time // when a one-time code proved the login; zero: a password did
	Began    time.Time // when the first step was shown
	Second   time.Time // when the second step was shown; zero: it was not
	Passkey  time.Time // when a passkey was unlocked, which is both steps; zero: none was
}

// Actor is who a session is of, now: nobody any more when the person was
// disabled, has another password since, or is no member of the customer. Faults:
// signed_out; second_needed until PassSecond had a code from a person who has an
// authenticator app; second_missing, with the actor, for staff who need one and
// have none yet.
func (s *Service) Actor(ctx context.Context, in Session, staff bool) (Actor, error) {
	p, ok, err := s.store.Person(ctx, in.Person)
	if err != nil {
		return Actor{}, err
	}
	if !ok || p.Disabled || p.Epoch != in.Epoch || in.Person == 0 {
		return Actor{}, fault.New(fault.SignedOut)
	}
	if !p.Second.IsZero() && in.Second.IsZero() {
		if !s.clock().Before(in.Began.Add(halfStays)) {
			return Actor{}, fault.New(fault.SignedOut)
		}
		return Actor{}, fault.New(fault.SecondNeeded)
	}
	if staff {
		if p.Staff == "" {
			return Actor{}, fault.New(fault.SignedOut)
		}
		a := Actor{Person: p, Role: p.Staff}
		if s.staffSecond && p.Second.IsZero() && in.Passkey.IsZero() {
			return a, fault.New(fault.SecondMissing)
		}
		return a, nil
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
