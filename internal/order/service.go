package order

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// Terms are the operator's rules for orders.
type Terms struct {
	Lock      time.Duration // how long numbers wait for the money
	Documents time.Duration // how long paid ones wait for documents
	LapseFee  money.Amount  // kept of an order that lapsed for want of documents
	Trunk     string        // code of the trunk that new targets are reached by
	MaxItems  int           // numbers of one order
	MaxLocks  int           // orders of one customer that wait for money at once
	ShowCodes bool          // one-time codes are shown instead of sent: for demonstrations
}

// Parts are what a Service works with.
type Parts struct {
	Store    Store
	Bank     Bank
	Biller   Biller
	Payments Payments
	Printer  Printer
	Sender   Sender // nil: no channel for one-time codes is set
	NewID    func() int64
	Now      func() time.Time // nil means time.Now
	Log      *slog.Logger     // nil means slog.Default()
}

// Service takes orders. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	Parts
	terms Terms
}

// New makes a Service.
func New(p Parts, terms Terms) *Service {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return &Service{p, terms}
}

// Terms are the rules that the service was made with.
func (s *Service) Terms() Terms { return s.terms }

// clock is the time as it is stored.
func (s *Service) clock() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Open reads an order for who has its link. A wrong key says order_not_found,
// as an id that never was does.
func (s *Service) Open(ctx context.Context, order, key string) (Order, error) {
	id, err := ParseID(order)
	if err != nil {
		return Order{}, err
	}
	o, ok, err := s.Store.Order(ctx, id)
	if err != nil {
		return Order{}, err
	}
	sum := sha256.Sum256([]byte(key))
	if !ok || subtle.ConstantTimeCompare(sum[:], o.Link[:]) != 1 {
		return Order{}, fault.New(fault.OrderNotFound, "order", order)
	}
	return o, nil
}

// Read reads an order. Faults: order_not_found.
func (s *Service) Read(ctx context.Context, id ID) (Order, error) {
	o, ok, err := s.Store.Order(ctx, id)
	if err == nil && !ok {
		err = fault.New(fault.OrderNotFound, "order", id)
	}
	return o, err
}

// Events lists what became of an order, the oldest first.
func (s *Service) Events(ctx context.Context, id ID) ([]Event, error) {
	return s.Store.OrderEvents(ctx, id)
}

// write is an event that happens to an order now, which o shows already.
func (s *Service) write(o Order, kind Kind, who, why string) (Writes, error) {
	state, ok := o.State.next(kind)
	if !ok {
		return Writes{}, fault.New(fault.OrderState, "order", o.ID, "state", o.State)
	}
	o.State = state
	o.Events++
	e := &Event{Shard: o.Shard, Order: o.ID, Seq: o.Events, At: s.clock(), Kind: kind, State: state, Who: who, Why: why}
	return Writes{Order: o, Event: e, Notices: s.tell(&o, e)}, nil
}

// change does one event to an order; what f writes besides goes with it. It
// returns the order as it is then. An order on which f sets nothing is left.
func (s *Service) change(ctx context.Context, id ID, f func(o *Order) (Writes, error)) (o Order, err error) {
	err = s.Store.ChangeOrder(ctx, id, func(now Order) (Writes, error) {
		o = now
		w, err := f(&now)
		if err == nil && w.Event != nil {
			o = w.Order
		}
		return w, err
	})
	return o, err
}
