package target

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/phone"
)

const (
	codeValid    = 10 * time.Minute
	codePause    = time.Minute // between two codes to a phone
	codesAtMost  = 5           // to a phone within codesMemory
	codesAtAll   = 30          // of a customer within codesMemory
	codesMemory  = 24 * time.Hour
	triesAtMost  = 5 // of a code
	codeDigits   = 6
	codeVariants = 1_000_000
)

// SendCode sends a one-time code to a phone that waits for its proof. Faults:
// target_not_listed, target_refused, target_by_documents for a phone that takes no
// short messages, code_too_soon, code_too_many, code_no_channel, code_not_sent,
// number_not_open_yet. Of a phone that is approved nothing is sent.
func (s *Service) SendCode(ctx context.Context, act Act, digits, lang string) error {
	n, err := rand.Int(rand.Reader, big.NewInt(codeVariants))
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	code, send := fmt.Sprintf("%0*d", codeDigits, n), false
	err = s.prove(ctx, act, digits, func(sheet Sheet, p *Phone, at time.Time) (string, error) {
		if p.Review == catalog.Approved {
			return "", nil
		}
		if n := phone.Normalise(p.Phone); n.Class != phone.Mobile {
			return "", fault.New(fault.TargetByDocuments, "phone", p.Phone)
		}
		if !s.ShowCodes && !s.Sender.Reaches(p.Phone) {
			return "", fault.New(fault.CodeNoChannel)
		}
		if err := p.Proof.mayBeSent(sheet, at); err != nil {
			return "", err
		}
		if at.Sub(p.Proof.SentAt) >= codesMemory {
			p.Proof.Sent = 0
		}
		p.Proof.Hash, p.Proof.Until, p.Proof.Tries, p.Proof.Shown = codeHash(p.ID, code), at.Add(codeValid), 0, ""
		p.Proof.Sent, p.Proof.SentAt, send = p.Proof.Sent+1, at, true
		if s.ShowCodes {
			p.Proof.Shown = code
		}
		return "target_code", nil
	})
	if err != nil || !send || s.ShowCodes {
		return err
	}
	return s.Sender.SendCode(ctx, Code{Customer: act.By.Customer, Number: act.Number, Mobile: digits, Lang: lang, Code: code, Valid: codeValid})
}

// mayBeSent bounds codes, so that nobody's phone is rung up with them.
func (p Proof) mayBeSent(sheet Sheet, at time.Time) error {
	recent := func(p Proof) int {
		if at.Sub(p.SentAt) >= codesMemory {
			return 0
		}
		return p.Sent
	}
	if at.Sub(p.SentAt) < codePause {
		return fault.New(fault.CodeTooSoon, "seconds", int(codePause.Seconds()))
	}
	if recent(p) >= codesAtMost {
		return fault.New(fault.CodeTooMany, "max", codesAtMost)
	}
	all := 0
	for _, other := range sheet.Phones {
		all += recent(other.Proof)
	}
	if all >= codesAtAll {
		return fault.New(fault.CodeTooMany, "max", codesAtAll)
	}
	return nil
}

func codeHash(id catalog.TargetID, code string) [32]byte {
	return sha256.Sum256([]byte(id.String() + "/" + code))
}

// Prove approves a phone for who has the code that was sent to it: it rings with
// the next call. A wrong one is counted before it is said. Of a phone that is
// approved nothing changes. Faults: target_not_listed, target_refused, code_over,
// code_wrong, number_not_open_yet.
func (s *Service) Prove(ctx context.Context, act Act, digits, code string) error {
	var wrong error
	err := s.prove(ctx, act, digits, func(_ Sheet, p *Phone, at time.Time) (string, error) {
		if p.Review == catalog.Approved {
			return "", nil
		}
		if p.Proof.SentAt.IsZero() || !at.Before(p.Proof.Until) || p.Proof.Tries >= triesAtMost {
			return "", fault.New(fault.CodeOver)
		}
		hash := codeHash(p.ID, strings.TrimSpace(code))
		if subtle.ConstantTimeCompare(hash[:], p.Proof.Hash[:]) != 1 {
			p.Proof.Tries++
			wrong = fault.New(fault.CodeWrong, "left", triesAtMost-p.Proof.Tries)
			return "target_guessed", nil
		}
		p.Proof.Until, p.Proof.Shown = time.Time{}, "" // it is used up
		p.Review, p.Proof.ProvenAt = catalog.Approved, at
		return "target_proven", nil
	})
	if err == nil {
		err = wrong
	}
	return err
}

// prove changes a phone that is on one of a number's lists. f says the action for
// the trace; empty: nothing changes.
func (s *Service) prove(ctx context.Context, act Act, digits string, f func(sheet Sheet, p *Phone, at time.Time) (string, error)) error {
	if err := act.By.Allow(identity.ChangeTargets); err != nil {
		return err
	}
	err := s.Store.ChangeTargets(ctx, act.By.Customer, act.Number, func(sheet Sheet) (Writes, error) {
		if err := sheet.open(); err != nil {
			return Writes{}, err
		}
		p, ok := sheet.Phone(digits)
		if !ok || !sheet.lists(digits) {
			return Writes{}, fault.New(fault.TargetNotListed, "phone", digits, "number", number.Format(sheet.Digits, ""))
		}
		if p.Review == catalog.Refused {
			return Writes{}, fault.New(fault.TargetRefused, "phone", digits)
		}
		at := s.clock()
		what, err := f(sheet, &p, at)
		if err != nil || what == "" {
			return Writes{}, err
		}
		return Writes{At: at, Who: act.By.Person.Name, Phones: []Phone{p}, Traces: []identity.Trace{s.trace(act, what, at, phone.Mask(digits))}}, nil
	})
	if err == nil {
		s.changed(ctx)
	}
	return err
}

// lists reports whether a phone is on any of the profile's lists.
func (s *Sheet) lists(digits string) bool {
	for _, l := range Lists() {
		for _, t := range s.Of(l) {
			if t.Phone == digits {
				return true
			}
		}
	}
	return false
}

// TriesLeft is how many more guesses of the code are looked at.
func (p Proof) TriesLeft() int { return max(0, triesAtMost-p.Tries) }
