package claim

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/vault"
)

// Channel is how the books call what comes by bank.
const Channel = "bank"

// maxOpen is how many claims of a customer may wait at a time.
const maxOpen = 5

// Store keeps claims. An adapter implements it.
type Store interface {
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	// AddBankClaim keeps a new claim unless so many of its customer wait; added is
	// false then.
	AddBankClaim(ctx context.Context, c Claim, most int) (added bool, err error)
	// BankClaim reads a claim; ok is false when there is none.
	BankClaim(ctx context.Context, id ID) (c Claim, ok bool, err error)
	// BankClaims lists claims, the newest first.
	BankClaims(ctx context.Context, f Filter) ([]Claim, error)
	// ChangeBankClaim lets f change a claim, with nobody else changing any meanwhile,
	// and writes it in one durable transaction; nothing when f says an error. used
	// says which other claim has a reference of the bank. Faults: claim_not_found.
	ChangeBankClaim(ctx context.Context, id ID, f func(c *Claim, used func(reference string) (ID, error)) error) error
}

// Bank moves the money of customers; billing.Service implements it.
type Bank interface {
	TopUp(ctx context.Context, customer string, t charging.TopUp) (charging.Credit, error)
}

// Slips keeps what customers hand in; vault.Vault implements it.
type Slips interface {
	Accept(ctx context.Context, name string, data []byte) (vault.Clean, error)
	Put(ctx context.Context, name string, data []byte) (header string, err error)
	Get(ctx context.Context, name, header string) ([]byte, error)
	Delete(ctx context.Context, name string) error
}

// Parts are what a Service works with.
type Parts struct {
	Store Store
	Bank  Bank
	Slips Slips
	// FourEyes is the sum from which a second person must approve; 0: never.
	FourEyes money.Amount
	NewID    func() int64
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: slog.Default
	// Booked is told of each claim that this process books, after it is durable.
	Booked func(ctx context.Context, c Claim)
}

// Service takes claims. Its methods are safe for concurrent use, by several
// processes too.
type Service struct{ Parts }

// New makes a Service.
func New(p Parts) *Service {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return &Service{p}
}

func (s *Service) clock() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// File keeps what a customer says of a transfer. Faults: input_invalid,
// customer_not_found, claims_waiting, those of vault.Accept.
func (s *Service) File(ctx context.Context, in Statement) (Claim, error) {
	at := s.clock()
	amount, err := in.check(at)
	if err != nil {
		return Claim{}, err
	}
	customer, ok, err := s.Store.Find(ctx, in.Customer)
	if err != nil {
		return Claim{}, err
	}
	if !ok {
		return Claim{}, fault.New(fault.CustomerNotFound, "customer", in.Customer)
	}
	c := Claim{
		ID: ID(s.NewID()), Shard: customer.Shard, Customer: customer.ID, Code: customer.Code, Order: in.Order, At: at,
		Payer: in.Payer, Amount: amount, Day: in.Day, State: Filed,
	}
	if len(in.Slip) > 0 {
		clean, err := s.Slips.Accept(ctx, in.SlipName, in.Slip)
		if err != nil {
			return Claim{}, err
		}
		c.SlipType, c.SlipSize = clean.Type, len(clean.Data)
		if c.SlipHeader, err = s.Slips.Put(ctx, c.SlipName(), clean.Data); err != nil {
			return Claim{}, err
		}
	}
	added, err := s.Store.AddBankClaim(ctx, c, maxOpen)
	if err == nil && !added {
		err = fault.New(fault.ClaimsWaiting, "max", maxOpen)
		if c.SlipType != "" {
			err = errors.Join(err, s.Slips.Delete(ctx, c.SlipName())) // no claim knows of it
		}
	}
	return c, err
}

// Read reads a claim. Faults: claim_not_found.
func (s *Service) Read(ctx context.Context, id ID) (Claim, error) {
	c, ok, err := s.Store.BankClaim(ctx, id)
	if err == nil && !ok {
		err = fault.New(fault.ClaimNotFound, "claim", id)
	}
	return c, err
}

// List lists claims. Faults: value_not_allowed, customer_not_found.
func (s *Service) List(ctx context.Context, f Filter) ([]Claim, error) {
	if err := f.State.Check(); err != nil {
		return nil, err
	}
	return s.Store.BankClaims(ctx, f)
}

// Slip gives the slip of a claim. Who looks is to be written down by the caller.
// Faults: claim_not_found, claim_no_slip.
func (s *Service) Slip(ctx context.Context, id ID) (vault.Type, []byte, error) {
	c, err := s.Read(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if c.SlipType == "" {
		return "", nil, fault.New(fault.ClaimNoSlip, "claim", id)
	}
	data, err := s.Slips.Get(ctx, c.SlipName(), c.SlipHeader)
	return c.SlipType, data, err
}

// Finding is what staff found on the bank's statement.
type Finding struct {
	Received  money.Amount
	Reference string // the bank's number of the line
	Who       string
	Program   bool // Who is a program: never the second of two pairs of eyes
}

// Approve books what came for a claim. From FourEyes on the first person proposes,
// and another one approves by the same call. Doing it again changes nothing.
// Faults: claim_not_found, claim_state, claim_reference, four_eyes, money_range,
// money_not_fen, value_empty.
func (s *Service) Approve(ctx context.Context, id ID, f Finding) (Claim, error) {
	f.Reference = strings.Join(strings.Fields(f.Reference), " ")
	switch {
	case f.Received < money.Fen || f.Received > catalog.MaxAmount:
		return Claim{}, fault.New(fault.MoneyRange, "value", f.Received, "min", money.Fen, "max", catalog.MaxAmount)
	case f.Received%money.Fen != 0:
		return Claim{}, fault.New(fault.MoneyNotFen, "value", f.Received)
	case f.Reference == "":
		return Claim{}, fault.New(fault.ValueEmpty, "example", "20261123-0087")
	case len(f.Reference) > maxName:
		return Claim{}, fault.New(fault.ValueTooLong, "limit", maxName)
	}
	var out Claim
	err := s.Store.ChangeBankClaim(ctx, id, func(c *Claim, used func(string) (ID, error)) error {
		same := c.Received == f.Received && c.Reference == f.Reference
		switch {
		case c.State == Approved && same:
			out = *c
			return nil
		case c.State != Filed:
			return fault.New(fault.ClaimState, "claim", id, "state", c.State)
		}
		if other, err := used(f.Reference); err != nil {
			return err
		} else if other != 0 && other != id {
			return fault.New(fault.ClaimReference, "reference", f.Reference, "claim", other)
		}
		if s.FourEyes > 0 && f.Received >= s.FourEyes {
			if same && (c.ProposedBy == f.Who || c.ProposedBy != "" && f.Program) {
				return fault.New(fault.FourEyes, "who", f.Who)
			}
			if !same || c.ProposedBy == "" {
				c.Received, c.Reference, c.ProposedBy = f.Received, f.Reference, f.Who
				out = *c
				return nil
			}
		}
		c.State, c.Received, c.Reference, c.DecidedBy, c.DecidedAt = Approved, f.Received, f.Reference, f.Who, s.clock()
		out = *c
		return nil
	})
	if err != nil || out.State != Approved {
		return out, err
	}
	return s.book(ctx, out)
}

// Reject refuses a claim for a reason. Faults: claim_not_found, claim_state,
// value_not_allowed.
func (s *Service) Reject(ctx context.Context, id ID, reason Reason, note, who string) (out Claim, err error) {
	if !slices.Contains(Reasons(), reason) {
		return out, fault.New(fault.ValueNotAllowed, "value", reason, "allowed", "not_found, payer, duplicate, unclear")
	}
	if len([]rune(note)) > maxNote {
		return out, fault.New(fault.ValueTooLong, "limit", maxNote)
	}
	err = s.Store.ChangeBankClaim(ctx, id, func(c *Claim, _ func(string) (ID, error)) error {
		if c.State != Filed {
			return fault.New(fault.ClaimState, "claim", id, "state", c.State)
		}
		c.State, c.Reason, c.Note, c.DecidedBy, c.DecidedAt = Rejected, reason, strings.TrimSpace(note), who, s.clock()
		c.Received, c.Reference, c.ProposedBy = 0, "", ""
		out = *c
		return nil
	})
	return out, err
}

// book gives the customer what came, once.
func (s *Service) book(ctx context.Context, c Claim) (Claim, error) {
	if c.Booked() {
		return c, nil
	}
	credit, err := s.Bank.TopUp(ctx, c.Code, charging.TopUp{Bucket: charging.Cash, Amount: c.Received, Channel: Channel, Reference: c.ID.String()})
	if err != nil {
		return c, err
	}
	noted := false
	err = s.Store.ChangeBankClaim(ctx, c.ID, func(now *Claim, _ func(string) (ID, error)) error {
		noted = !now.Booked()
		now.Txn = credit.Txn
		c = *now
		return nil
	})
	if err == nil && noted {
		s.Log.InfoContext(ctx, "a bank transfer is booked", "claim", c.ID.String(), "customer", c.Code, "amount", c.Received.String(), "restored", credit.Restored)
		if s.Booked != nil {
			s.Booked(ctx, c)
		}
	}
	return c, err
}

// Turn books approved claims that a process which died left unbooked, and says how
// many. Any node may call it at any time.
func (s *Service) Turn(ctx context.Context) (done int, err error) {
	left, err := s.Store.BankClaims(ctx, Filter{State: Approved, Unbooked: true})
	if err != nil {
		return 0, err
	}
	for _, c := range left {
		if _, err := s.book(ctx, c); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}
