package order

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"sibai/internal/fault"
)

const (
	codeLength  = 6
	codeValid   = 10 * time.Minute
	codePause   = time.Minute // between two codes of an order
	codesAtMost = 5           // of an order
	triesAtMost = 5           // of a code
)

// Contract returns the contract as it is shown before it is signed. It is made
// and kept when it is asked for first, and the same from then on.
func (s *Service) Contract(ctx context.Context, o Order) (Document, error) {
	d, ok, err := s.Store.Contract(ctx, o, false)
	if err != nil || ok {
		return d, err
	}
	return s.print(ctx, o)
}

// SignedContract returns the contract with its signature. Faults:
// contract_unsigned.
func (s *Service) SignedContract(ctx context.Context, o Order) (Document, error) {
	d, ok, err := s.Store.Contract(ctx, o, true)
	if err == nil && !ok {
		err = fault.New(fault.ContractUnsigned, "order", o.ID)
	}
	return d, err
}

func (s *Service) print(ctx context.Context, o Order) (Document, error) {
	wares, err := s.Store.Wares(ctx, nil)
	if err != nil {
		return Document{}, err
	}
	pdf, err := s.Printer.Contract(Contract{Operator: wares.Operator, Order: o, At: o.CreatedAt})
	if err != nil {
		return Document{}, fmt.Errorf("print the contract of %s: %w", o.ID, err)
	}
	return Document{Shard: o.Shard, Order: o.ID, Signed: o.Signature.Name != "", Hash: sha256.Sum256(pdf), PDF: pdf}, nil
}

// SendCode sends a one-time code to the handler's phone, or to the e-mail address
// where no short messages are set up. Faults: order_state, code_too_soon,
// code_too_often, code_no_channel, code_not_sent.
func (s *Service) SendCode(ctx context.Context, id ID) (Order, error) {
	code, err := newCode()
	if err != nil {
		return Order{}, err
	}
	o, err := s.change(ctx, id, func(o *Order) (Writes, error) {
		at := s.clock()
		switch {
		case o.StateAt(at) != Locked:
			return Writes{}, fault.New(fault.OrderState, "order", id, "state", o.StateAt(at))
		case o.OneTime.Sent >= codesAtMost:
			return Writes{}, fault.New(fault.CodeTooOften, "max", codesAtMost)
		case at.Before(o.OneTime.Until.Add(codePause - codeValid)):
			return Writes{}, fault.New(fault.CodeTooSoon, "seconds", int(codePause.Seconds()))
		}
		to, ok := o.Handler.Phone, s.terms.ShowCodes
		if !ok {
			to, ok = s.Sender.Reach(o.Handler)
		}
		if !ok {
			return Writes{}, fault.New(fault.CodeNoChannel)
		}
		o.OneTime = OneTimeCode{Hash: codeHash(id, code), To: to, Until: at.Add(codeValid), Sent: o.OneTime.Sent + 1}
		if s.terms.ShowCodes {
			o.OneTime.Shown = code
		}
		return s.write(*o, WasCoded, ByCustomer, "")
	})
	if err != nil || s.terms.ShowCodes {
		return o, err
	}
	return o, s.Sender.SendCode(ctx, o, code, codeValid)
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	return fmt.Sprintf("%0*d", codeLength, n), nil
}

func codeHash(id ID, code string) [32]byte { return sha256.Sum256([]byte(id.String() + "/" + code)) }

// Signing is what the handler says with a signature.
type Signing struct {
	Name     string // typed, as the handler is called
	Code     string // the one-time code
	Document string // SHA-256 of the contract that was read, hexadecimal
	Address  string // the network address it comes from
}

// Sign signs the contract. Signing again with the same name changes nothing.
// Faults: order_state, signature_name, code_wrong, code_over, contract_changed.
func (s *Service) Sign(ctx context.Context, id ID, in Signing) (Order, error) {
	o, err := s.Read(ctx, id)
	if err != nil {
		return o, err
	}
	if !o.Signature.At.IsZero() {
		return o, nil
	}
	shown, err := s.Contract(ctx, o)
	if err != nil {
		return o, err
	}
	at := s.clock()
	right, err := o.signable(in, shown, at)
	if err != nil {
		return o, err
	}
	if !right {
		return s.guessed(ctx, id, in, shown)
	}
	signed := o
	signed.Signature = Signature{Name: o.Handler.Name, Proven: o.OneTime.To, Address: in.Address, At: at, Document: shown.Hash}
	paper, err := s.print(ctx, signed) // not while the store waits
	if err != nil {
		return o, err
	}
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		if !o.Signature.At.IsZero() {
			return Writes{}, nil
		}
		if right, err := o.signable(in, shown, at); err != nil || !right {
			return Writes{}, cmp.Or(err, error(fault.New(fault.CodeOver)))
		}
		o.OneTime = OneTimeCode{Sent: o.OneTime.Sent}
		o.Signature = signed.Signature
		o.Signature.Signed = paper.Hash
		o.DueAt = s.soon(o)
		w, err := s.write(*o, WasSigned, ByCustomer, "")
		w.Documents, w.Contact = []Document{shown, paper}, true
		return w, err
	})
}

// signable says why an order cannot be signed so; right is whether the code is
// the one that was sent.
func (o *Order) signable(in Signing, shown Document, at time.Time) (right bool, err error) {
	switch {
	case o.StateAt(at) != Locked:
		return false, fault.New(fault.OrderState, "order", o.ID, "state", o.StateAt(at))
	case strings.TrimSpace(in.Name) != o.Handler.Name:
		return false, fault.New(fault.SignatureName, "name", o.Handler.Name)
	case in.Document != hex.EncodeToString(shown.Hash[:]):
		return false, fault.New(fault.ContractChanged, "order", o.ID)
	case o.OneTime.Sent == 0 || !at.Before(o.OneTime.Until) || o.OneTime.Tries >= triesAtMost:
		return false, fault.New(fault.CodeOver)
	}
	hash := codeHash(o.ID, strings.TrimSpace(in.Code))
	return subtle.ConstantTimeCompare(hash[:], o.OneTime.Hash[:]) == 1, nil
}

// guessed writes a wrong guess, so that no number of them finds the code.
func (s *Service) guessed(ctx context.Context, id ID, in Signing, shown Document) (Order, error) {
	o, err := s.change(ctx, id, func(o *Order) (Writes, error) {
		if _, err := o.signable(in, shown, s.clock()); err != nil {
			return Writes{}, err
		}
		o.OneTime.Tries++
		return s.write(*o, WasGuessed, ByCustomer, "")
	})
	if err == nil {
		err = fault.New(fault.CodeWrong, "left", triesAtMost-o.OneTime.Tries)
	}
	return o, err
}

// Verify finds the order of a signed contract by the contract itself: the bytes
// of the PDF. ok is false when nobody signed it so here.
func (s *Service) Verify(ctx context.Context, pdf []byte) (o Order, ok bool, err error) {
	return s.Store.ContractOf(ctx, sha256.Sum256(pdf))
}
