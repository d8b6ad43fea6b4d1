package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"sibai/internal/fault"
)

const (
	// So many wrong codes of a person's second step, until nobody tried for
	// secondMemory: 120 a day of a million, for who has the password already.
	secondTries  = 5
	secondMemory = time.Hour
	// halfStays is how long who showed the first step may take for the second, and
	// who was shown a secret to enter its first code.
	halfStays     = 15 * time.Minute
	recoveryCodes = 10
)

// Factor is the second step of a person's sign-in: an authenticator app. It counts
// once Person.Second says so.
type Factor struct {
	Person ID
	Secret Secret
	Step   int64 // the latest half minute whose code was used
	Epoch  int   // of the person when the secret was made
	Begun  time.Time
	// Recovery are SHA-256 of the codes that stand in for a lost app, each once.
	Recovery [][32]byte
}

// BeginSecond makes a new secret for an app. It counts only once ConfirmSecond had
// a code of it. Faults: second_on, signed_out.
func (s *Service) BeginSecond(ctx context.Context, a Actor) (Secret, error) {
	secret := make(Secret, secretLength)
	if _, err := rand.Read(secret); err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	err := s.changeSecond(ctx, a.Person.ID, func(_ People, p Person) (Changes, error) {
		if !p.Second.IsZero() {
			return Changes{}, fault.New(fault.SecondOn)
		}
		return Changes{Factors: []Factor{{Person: p.ID, Secret: secret, Epoch: p.Epoch, Begun: s.clock()}}}, nil
	})
	return secret, err
}

// ConfirmSecond takes the first code of an app, from when on signing in asks for
// one; other sessions of the person end. It returns the recovery codes, which are
// kept nowhere. A wrong code returns the secret, to be shown again. Faults:
// second_on, second_over, second_wrong, second_locked, signed_out.
func (s *Service) ConfirmSecond(ctx context.Context, a Actor, code, address string) (p Person, codes []string, shown Secret, err error) {
	if err := s.trySecond(ctx, a.Person.ID); err != nil {
		return p, nil, nil, err
	}
	codes, hashes := newRecovery(a.Person.ID)
	err = s.changeSecond(ctx, a.Person.ID, func(people People, now Person) (Changes, error) {
		f, ok, err := people.Factor(now.ID)
		switch {
		case err != nil:
			return Changes{}, err
		case !now.Second.IsZero():
			return Changes{}, fault.New(fault.SecondOn)
		case !ok || f.Epoch != now.Epoch || !s.clock().Before(f.Begun.Add(halfStays)):
			return Changes{}, fault.New(fault.SecondOver)
		}
		step, ok := f.Secret.match(digitsOf(code), s.clock(), f.Step)
		if !ok {
			shown = f.Secret
			return Changes{}, fault.New(fault.SecondWrong)
		}
		p, f.Step, f.Recovery = now, step, hashes
		p.Second = s.clock()
		p.Epoch++
		return Changes{People: []Person{p}, Factors: []Factor{f}, Traces: []Trace{s.trace(a, "second_set", p.Login, address, "")}}, nil
	})
	if err != nil {
		return p, nil, shown, err
	}
	return p, codes, nil, s.store.Forgive(ctx, secondSubject(p.ID))
}

// PassSecond takes the code that a session still needs: of the app, or one of the
// recovery codes, which is used up with it. It returns when that was, for the
// session to keep. Faults: second_wrong, second_locked, signed_out.
func (s *Service) PassSecond(ctx context.Context, in Session, code, address string) (at time.Time, err error) {
	if _, err := s.Actor(ctx, in, false); fault.CodeOf(err) != fault.SecondNeeded {
		return at, fault.New(fault.SignedOut)
	}
	err = s.useCode(ctx, in.Person, code, address, func(p Person, _ *Changes) error {
		if p.Epoch != in.Epoch {
			return fault.New(fault.SignedOut)
		}
		at = s.clock()
		return nil
	})
	return at, err
}

// DropSecond ends the second step of a person who has a code; other sessions end.
// Faults: second_required for staff who need one, second_wrong, second_locked,
// signed_out.
func (s *Service) DropSecond(ctx context.Context, a Actor, code, address string) (p Person, err error) {
	if s.staffSecond && a.Person.Staff != "" {
		return p, fault.New(fault.SecondRequired)
	}
	err = s.useCode(ctx, a.Person.ID, code, address, func(now Person, c *Changes) error {
		p = now
		p.Second = time.Time{}
		p.Epoch++
		c.People, c.Factors[0].Recovery = []Person{p}, nil
		c.Traces = append(c.Traces, s.trace(a, "second_off", p.Login, address, ""))
		return nil
	})
	return p, err
}

// NewRecovery makes recovery codes in place of those that were not used. Faults:
// second_wrong, second_locked, signed_out.
func (s *Service) NewRecovery(ctx context.Context, a Actor, code, address string) ([]string, error) {
	codes, hashes := newRecovery(a.Person.ID)
	err := s.useCode(ctx, a.Person.ID, code, address, func(p Person, c *Changes) error {
		c.Factors[0].Recovery = hashes
		c.Traces = append(c.Traces, s.trace(a, "recovery_made", p.Login, address, ""))
		return nil
	})
	return codes, err
}

// RecoveryLeft is how many recovery codes a person has left.
func (s *Service) RecoveryLeft(ctx context.Context, a Actor) (n int, err error) {
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		f, _, err := people.Factor(a.Person.ID)
		n = len(f.Recovery)
		return Changes{}, err
	})
	return n, err
}

// ForgetSecond takes the second step of somebody who lost the app and the recovery
// codes; their sessions end. by is the zero Actor at the terminal. Faults:
// not_allowed, person_not_found.
func (s *Service) ForgetSecond(ctx context.Context, by Actor, login, address string) (p Person, err error) {
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return p, err
		}
	}
	known, err := ParseLogin(login)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var ok bool
		if p, ok, err = people.PersonByLogin(known); err != nil {
			return Changes{}, err
		}
		if !ok {
			return Changes{}, fault.New(fault.PersonNotFound, "person", known)
		}
		p.Second = time.Time{}
		p.Epoch++
		return Changes{People: []Person{p}, Traces: []Trace{s.trace(by, "second_off", p.Login, address, "")}}, nil
	})
	return p, err
}

// useCode checks a code of a person's second step, app or recovery, and lets f say
// what follows, in one transaction: a code is used once, by whom of many. A wrong
// one is noted: who types it has the first step.
func (s *Service) useCode(ctx context.Context, id ID, code, address string, f func(Person, *Changes) error) error {
	if err := s.trySecond(ctx, id); err != nil {
		return err
	}
	right := false
	err := s.changeSecond(ctx, id, func(people People, p Person) (Changes, error) {
		right = false // also when the transaction is tried again
		factor, ok, err := people.Factor(id)
		if err != nil {
			return Changes{}, err
		}
		if !ok || p.Second.IsZero() {
			return Changes{}, fault.New(fault.SignedOut)
		}
		by := Actor{Person: p, Role: p.Staff}
		used, ok := factor.use(code, s.clock())
		if !ok {
			return Changes{Traces: []Trace{s.trace(by, "second_guessed", p.Login, address, "")}}, nil
		}
		right = true
		c := Changes{Factors: []Factor{factor}}
		if used == "recovery" {
			c.Traces = append(c.Traces, s.trace(by, "recovery_used", p.Login, address, ""))
		}
		err = f(p, &c)
		return c, err
	})
	if err != nil {
		return err
	}
	if !right {
		return fault.New(fault.SecondWrong)
	}
	return s.store.Forgive(ctx, secondSubject(id))
}

// use finds what a code is of, app or recovery, and uses it up.
func (f *Factor) use(code string, at time.Time) (of string, ok bool) {
	if step, ok := f.Secret.match(digitsOf(code), at, f.Step); ok {
		f.Step = step
		return "app", true
	}
	hash := recoveryHash(f.Person, code)
	if i := slices.Index(f.Recovery, hash); i >= 0 {
		f.Recovery = slices.Delete(slices.Clone(f.Recovery), i, i+1)
		return "recovery", true
	}
	return "", false
}

// changeSecond lets f change what belongs to a person who may still sign in.
func (s *Service) changeSecond(ctx context.Context, id ID, f func(People, Person) (Changes, error)) error {
	return s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		p, ok, err := people.Person(id)
		if err != nil || !ok || p.Disabled {
			return Changes{}, signedOut(err)
		}
		return f(people, p)
	})
}

// trySecond counts a try before its code is looked at, so that tries at once are no
// more than tries one after the other. Faults: second_locked.
func (s *Service) trySecond(ctx context.Context, id ID) error {
	subject, at := []string{secondSubject(id)}, s.clock()
	tries, err := s.store.Tries(ctx, subject, at, secondMemory)
	if err != nil {
		return err
	}
	if tries[0] < secondTries {
		counts, err := s.store.Strike(ctx, subject, at, secondMemory)
		if err != nil || counts[0] <= secondTries {
			return err
		}
	}
	return fault.New(fault.SecondLocked, "minutes", int(secondMemory.Minutes()))
}

func secondSubject(id ID) string { return "second/" + id.String() }

// newRecovery makes recovery codes of 80 bits, in four groups, and what is kept of
// them.
func newRecovery(id ID) (codes []string, hashes [][32]byte) {
	for range recoveryCodes {
		text := rand.Text()
		code := text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
		codes, hashes = append(codes, code), append(hashes, recoveryHash(id, code))
	}
	return codes, hashes
}

func recoveryHash(id ID, code string) [32]byte {
	clean := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(code))
	return sha256.Sum256([]byte("recovery/" + id.String() + "/" + clean))
}

// digitsOf is a code without the space that apps show in its middle.
func digitsOf(code string) string { return strings.ReplaceAll(strings.TrimSpace(code), " ", "") }
