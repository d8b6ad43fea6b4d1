package shelf

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/whatif"
)

const (
	// Interval is how often the store is asked what changed.
	Interval = time.Second
	// overlap is how far back it is asked for changes: how long the transaction
	// of one may last, and how far the clocks of nodes may differ.
	overlap = time.Minute
	// wholeEvery is how often everything is read again, for a change that came
	// later than overlap, and manyEvery while so much changes that it is cheaper
	// to read everything.
	wholeEvery = time.Hour
	manyEvery  = 30 * time.Second
	// rest keeps the share of the time that is spent on following below a
	// tenth while very much changes.
	rest = 9
)

// Stock is the inventory; inventory.Service implements it.
type Stock interface {
	Index(ctx context.Context) (*number.Index, error)
	Changed(ctx context.Context, since time.Time) (list map[string]bool, ok bool, err error)
	Grades(ctx context.Context) (number.Grades, error)
	Own(ctx context.Context) (number.Own, error)
	Segments(ctx context.Context) (number.Segments, error)
	Standing(ctx context.Context, digits string) (inventory.Standing, error)
}

// Catalogue is what is sold. The store implements it.
type Catalogue interface {
	// Revision grows with every business change.
	Revision(ctx context.Context) (int64, error)
	// Plans reads plans and tariffs.
	Plans(ctx context.Context) (whatif.Offers, error)
	// Floors are the least first top-ups.
	Floors(ctx context.Context) (catalog.Floors, error)
	// Discounts lower what grades cost.
	Discounts(ctx context.Context) (catalog.Discounts, error)
}

// Config says what the shop sells.
type Config struct {
	// Plans are the codes of those that are sold, in the order in which they are
	// shown. None: all, by their codes.
	Plans []string
	// Cost is the code of the tariff at which the operator pays its carrier;
	// empty: it is not told.
	Cost string
}

// Shelf answers the shop's questions. Its methods are safe for concurrent use.
type Shelf struct {
	stock     Stock
	catalogue Catalogue
	cfg       Config
	log       *slog.Logger
	now       func() time.Time

	current atomic.Pointer[content]
	refresh sync.Mutex // one refresh at a time
	since   time.Time  // up to when changes are in the index
	whole   time.Time  // when everything was read last

	life    sync.Mutex // guards cancel
	cancel  context.CancelFunc
	stopped chan struct{}
}

// content is one state of the shelf; it is never changed.
type content struct {
	index     *number.Index
	segments  number.Segments
	offers    whatif.Offers
	floors    catalog.Floors
	discounts catalog.Discounts
	revision  int64
}

// New makes an empty Shelf. now nil means time.Now.
func New(stock Stock, catalogue Catalogue, cfg Config, now func() time.Time, log *slog.Logger) *Shelf {
	if now == nil {
		now = time.Now
	}
	return &Shelf{stock: stock, catalogue: catalogue, cfg: cfg, now: now, log: log}
}

// Start reads the store and follows it until Stop.
func (s *Shelf) Start(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.cancel != nil {
		return nil
	}
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel, s.stopped = cancel, make(chan struct{})
	go s.follow(run, s.stopped)
	return nil
}

// Stop ends the following and waits for it. Stopping twice is safe.
func (s *Shelf) Stop() {
	s.life.Lock()
	defer s.life.Unlock()
	if s.cancel == nil {
		return
	}
	s.cancel()
	<-s.stopped
	s.cancel = nil
}

func (s *Shelf) follow(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	failing := false
	for wait := Interval; ; {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		began := time.Now()
		err := s.Refresh(ctx)
		wait = max(Interval, rest*time.Since(began))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.log.Error("the shop cannot be brought up to date; it goes on with what is known", "error", err)
		case err == nil && failing:
			s.log.Info("the shop is brought up to date again")
		}
		failing = err != nil
	}
}

// Refresh brings the shelf up to date now. On an error it stays as it is.
func (s *Shelf) Refresh(ctx context.Context) error {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	at := s.now()
	next := content{}
	last := s.current.Load()
	if last != nil {
		next = *last
	}
	if err := s.sold(ctx, &next, last == nil); err != nil {
		return err
	}
	if err := s.numbers(ctx, &next, at); err != nil {
		return err
	}
	if last != nil && last.index == next.index && last.revision == next.revision && maps.Equal(last.segments, next.segments) {
		return nil
	}
	s.current.Store(&next)
	return nil
}

// sold brings plans, tariffs and floors up to date.
func (s *Shelf) sold(ctx context.Context, c *content, first bool) error {
	revision, err := s.catalogue.Revision(ctx)
	if err != nil || revision == c.revision && !first {
		return err
	}
	if c.offers, err = s.catalogue.Plans(ctx); err != nil {
		return err
	}
	if c.floors, err = s.catalogue.Floors(ctx); err != nil {
		return err
	}
	if c.discounts, err = s.catalogue.Discounts(ctx); err != nil {
		return err
	}
	c.revision = revision
	for _, code := range s.cfg.Plans {
		if !slices.ContainsFunc(c.offers.Plans, func(p catalog.Plan) bool { return p.Code == code }) {
			s.log.Warn("the shop is to sell a plan that there is not", "setting", "shop.plans", "plan", code)
		}
	}
	if _, ok := c.offers.Tariffs[s.cfg.Cost]; s.cfg.Cost != "" && !ok {
		s.log.Warn("the carrier's prices are to be those of a tariff that there is not: no plan is held against them", "setting", "shop.cost_tariff", "tariff", s.cfg.Cost)
	}
	return nil
}

// numbers brings the index up to date, as of an instant.
func (s *Shelf) numbers(ctx context.Context, c *content, at time.Time) error {
	var err error
	if c.segments, err = s.stock.Segments(ctx); err != nil {
		return err
	}
	if c.index == nil || at.Sub(s.whole) >= wholeEvery {
		return s.all(ctx, c, at)
	}
	grades, err := s.stock.Grades(ctx)
	if err != nil {
		return err
	}
	own, err := s.stock.Own(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(grades, c.index.Grades()) || !maps.Equal(own, c.index.Own()) {
		c.index = c.index.Graded(grades, own)
	}
	changed, ok, err := s.stock.Changed(ctx, s.since.Add(-overlap))
	switch {
	case err != nil:
		return err
	case ok:
		c.index, s.since = c.index.With(maps.All(changed)), at
	case at.Sub(s.whole) >= manyEvery:
		return s.all(ctx, c, at)
	}
	return nil
}

func (s *Shelf) all(ctx context.Context, c *content, at time.Time) (err error) {
	if c.index, err = s.stock.Index(ctx); err == nil {
		s.since, s.whole = at, at
	}
	return err
}

// Search lists numbers. number.ErrQuery.
func (s *Shelf) Search(q number.Query) (number.Found, error) {
	c := s.current.Load()
	q.Segment = c.segments
	return c.index.Search(q)
}

// Len is how many numbers the inventory has.
func (s *Shelf) Len() int { return s.current.Load().index.Len() }

// Grades is the table of grades. It must not be changed.
func (s *Shelf) Grades() number.Grades { return s.current.Load().index.Grades() }

// GradeOf is the grade that a number has.
func (s *Shelf) GradeOf(digits string) number.Rule { return s.current.Load().index.GradeOf(digits) }

// Issuer is the carrier that issued a number; empty when nobody says.
func (s *Shelf) Issuer(digits string) number.Carrier {
	c, _ := s.current.Load().segments.Issuer(digits)
	return c
}

// Standing says where a number stands at this moment. NumberNotStocked.
func (s *Shelf) Standing(ctx context.Context, digits string) (inventory.Standing, error) {
	return s.stock.Standing(ctx, digits)
}
