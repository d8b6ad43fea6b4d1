package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
)

const (
	maxEndpoints = 10 // of a customer
	giveUp       = 5 * 24 * time.Hour
	keep         = 30 * 24 * time.Hour // deliveries
	purgeEvery   = time.Hour
	rotateFor    = 24 * time.Hour
	patience     = 10 * time.Second // of one request
	claimFor     = time.Minute
	maxAnswer    = 300 // bytes that are kept
	atOnce       = 8   // requests of a node
	perEndpoint  = 2   // of those, to one endpoint
	slow         = 2 * time.Second
	// Facts are read from a while before what was read last: one that is committed
	// late has an instant from before. Calls take their instant from their start.
	// Those that began long before are looked for once a minute.
	overlap     = 10 * time.Minute
	callOverlap = 6 * time.Hour
	fullEvery   = time.Minute
)

// Store keeps endpoints and deliveries. An adapter implements it.
type Store interface {
	// AddEndpoint keeps an endpoint unless its customer has so many; added is false
	// then.
	AddEndpoint(ctx context.Context, e Endpoint, most int) (added bool, err error)
	// Endpoints lists those of a customer; of all with nil.
	Endpoints(ctx context.Context, c *catalog.Customer) ([]Endpoint, error)
	// ChangeEndpoint lets f change one of a customer; removed ones go with their
	// deliveries. Faults: webhook_not_found.
	ChangeEndpoint(ctx context.Context, c catalog.Customer, id ID, f func(e *Endpoint) (remove bool, err error)) error
	// AddDeliveries keeps those whose event the endpoint has not yet, and how far it
	// was read; zero leaves that as it is.
	AddDeliveries(ctx context.Context, e Endpoint, list []Delivery, read time.Time) error
	// TakeDelivery claims one that is due for an endpoint that is on and not among
	// some; ok is false when none is.
	TakeDelivery(ctx context.Context, at, until time.Time, but []ID) (d Delivery, e Endpoint, ok bool, err error)
	// SettleDelivery writes what became of one that was claimed, has f change its
	// endpoint as it stands by then, and keeps a notice that f returns.
	SettleDelivery(ctx context.Context, d Delivery, f func(e *Endpoint) *billing.Notice) error
	// PurgeDeliveries removes those of an endpoint that are over and whose event is
	// from before an instant.
	PurgeDeliveries(ctx context.Context, e Endpoint, before time.Time) error
	// Deliveries lists those of an endpoint, the newest first.
	Deliveries(ctx context.Context, e Endpoint, limit int) ([]Delivery, error)
	// QueueDelivery has one sent again. Faults: webhook_not_found.
	QueueDelivery(ctx context.Context, e Endpoint, event string, at time.Time) error
}

// Facts reads what happened. An adapter implements it.
type Facts interface {
	// Events lists what happened to a customer since an instant, of some types.
	Events(ctx context.Context, c catalog.Customer, types []Type, since, calls time.Time) ([]Event, error)
}

// Service tells customers. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	store  Store
	facts  Facts
	client *http.Client
	plain  bool
	newID  func() int64
	now    func() time.Time
	log    *slog.Logger

	mu       sync.Mutex
	purgedAt time.Time // by this node
}

// New makes a Service. private allows http and addresses of private networks, which
// are refused else so that nobody has a node ask its own network.
func New(store Store, facts Facts, private bool, newID func() int64, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.Default()
	}
	dialer := &net.Dialer{Timeout: patience}
	if !private {
		dialer.Control = public // of the address that is dialled, whatever a name said before
	}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: patience, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}
	still := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: transport, Timeout: patience, CheckRedirect: still}
	return &Service{store: store, facts: facts, client: client, plain: private, newID: newID, now: now, log: log}
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Add makes an endpoint; what happened before is not told. Its secret is shown with
// it. Faults: input_invalid, webhooks_full.
func (s *Service) Add(ctx context.Context, c catalog.Customer, address string, types []Type) (Endpoint, error) {
	address = strings.TrimSpace(address)
	if err := check(address, types, s.plain); err != nil {
		return Endpoint{}, err
	}
	at := s.clock()
	e := Endpoint{ID: ID(s.newID()), Shard: c.Shard, Customer: c.ID, Code: c.Code, URL: address, Types: types, Secret: newSecret(), CreatedAt: at, ReadAt: at}
	added, err := s.store.AddEndpoint(ctx, e, maxEndpoints)
	if err == nil && !added {
		err = fault.New(fault.WebhooksFull, "max", maxEndpoints)
	}
	return e, err
}

// Endpoints lists the endpoints of a customer.
func (s *Service) Endpoints(ctx context.Context, c catalog.Customer) ([]Endpoint, error) {
	return s.store.Endpoints(ctx, &c)
}

// Endpoint reads one with its deliveries, the newest first. Faults: webhook_not_found.
func (s *Service) Endpoint(ctx context.Context, c catalog.Customer, id ID) (Endpoint, []Delivery, error) {
	list, err := s.store.Endpoints(ctx, &c)
	if err != nil {
		return Endpoint{}, nil, err
	}
	i := slices.IndexFunc(list, func(e Endpoint) bool { return e.ID == id })
	if i < 0 {
		return Endpoint{}, nil, fault.New(fault.WebhookNotFound, "webhook", id)
	}
	deliveries, err := s.store.Deliveries(ctx, list[i], 100)
	return list[i], deliveries, err
}

// Remove ends an endpoint. Faults: webhook_not_found.
func (s *Service) Remove(ctx context.Context, c catalog.Customer, id ID) error {
	return s.store.ChangeEndpoint(ctx, c, id, func(*Endpoint) (bool, error) { return true, nil })
}

// Rotate gives an endpoint another secret; requests are signed with both for a day.
// Faults: webhook_not_found.
func (s *Service) Rotate(ctx context.Context, c catalog.Customer, id ID) (out Endpoint, err error) {
	err = s.store.ChangeEndpoint(ctx, c, id, func(e *Endpoint) (bool, error) {
		e.Former, e.FormerUntil, e.Secret = e.Secret, s.clock().Add(rotateFor), newSecret()
		out = *e
		return false, nil
	})
	return out, err
}

// SwitchOn has an endpoint told again that was given up; what happened meanwhile is
// told too. Faults: webhook_not_found.
func (s *Service) SwitchOn(ctx context.Context, c catalog.Customer, id ID) error {
	return s.store.ChangeEndpoint(ctx, c, id, func(e *Endpoint) (bool, error) {
		e.OffAt, e.FailingAt = time.Time{}, time.Time{}
		return false, nil
	})
}

// Ping has an endpoint told of nothing but that it is asked. Faults:
// webhook_not_found.
func (s *Service) Ping(ctx context.Context, c catalog.Customer, id ID) error {
	e, _, err := s.Endpoint(ctx, c, id)
	if err != nil {
		return err
	}
	at := s.clock()
	event := Event{ID: "ping_" + strconv.FormatInt(s.newID(), 36), Type: Pinged, At: at, Data: map[string]string{"customer": c.Code}}
	d, err := delivery(e, event, at)
	if err != nil {
		return err
	}
	return s.store.AddDeliveries(ctx, e, []Delivery{d}, time.Time{})
}

// Replay has an event sent again. Faults: webhook_not_found.
func (s *Service) Replay(ctx context.Context, c catalog.Customer, id ID, event string) error {
	e, _, err := s.Endpoint(ctx, c, id)
	if err != nil {
		return err
	}
	return s.store.QueueDelivery(ctx, e, event, s.clock())
}

func delivery(e Endpoint, event Event, at time.Time) (Delivery, error) {
	body, err := event.body()
	return Delivery{Shard: e.Shard, Endpoint: e.ID, Event: event.ID, Type: event.Type, Body: body, At: event.At, State: Queued, NextAt: at}, err
}

// Turn reads what happened for each endpoint and tells of what is due, and says how
// many were taken. Any node may call it at any time. What goes wrong with one
// endpoint keeps nobody else from being told.
func (s *Service) Turn(ctx context.Context) (taken int, err error) {
	list, err := s.store.Endpoints(ctx, nil)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for _, e := range list {
		if !e.OffAt.IsZero() {
			continue
		}
		if failed := s.gather(ctx, e); failed != nil {
			err = errors.Join(err, fmt.Errorf("read what %s is told: %w", e.ID, failed))
		}
	}
	err = errors.Join(err, s.purge(ctx, list))
	t := round{s: s, busy: map[ID]int{}, out: map[ID]bool{}}
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() { t.work(ctx) })
	}
	all.Wait()
	return t.taken, errors.Join(err, t.err)
}

// gather queues what happened since an endpoint was read.
func (s *Service) gather(ctx context.Context, e Endpoint) error {
	at := s.clock()
	since := later(e.CreatedAt, e.ReadAt.Add(-overlap))
	calls, read := since, time.Time{}
	if at.Sub(e.ReadAt) >= fullEvery {
		calls, read = later(e.CreatedAt, e.ReadAt.Add(-callOverlap)), at
	}
	events, err := s.facts.Events(ctx, catalog.Customer{ID: e.Customer, Shard: e.Shard, Code: e.Code}, e.Types, since, calls)
	if err != nil {
		return err
	}
	list := make([]Delivery, 0, len(events))
	for _, event := range events {
		d, err := delivery(e, event, at)
		if err != nil {
			return err
		}
		list = append(list, d)
	}
	return s.store.AddDeliveries(ctx, e, list, read)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// try sends a delivery that was claimed at an instant, and writes down what came of
// it.
func (s *Service) try(ctx context.Context, d Delivery, e Endpoint, at time.Time) (taken bool, took time.Duration, err error) {
	// A request that is under way comes to its end and is written down: else it
	// would be sent once more.
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	d.Status, d.Answer = s.send(ctx, d, e)
	d.Took, d.TriedAt, d.Attempts = time.Since(began), at, d.Attempts+1
	switch taken = d.Status/100 == 2; {
	case taken:
		d.State = Done
	case d.Attempts > len(waits):
		d.State = Failed
	default:
		d.NextAt = at.Add(sooner(waits[d.Attempts-1]))
	}
	off := false
	err = s.store.SettleDelivery(ctx, d, func(e *Endpoint) *billing.Notice {
		if off = e.tried(taken, at); !off {
			return nil
		}
		return &billing.Notice{Shard: e.Shard, ID: s.newID(), Customer: e.Customer, At: at, Item: billing.Item{Kind: billing.WebhookOff, Customer: e.Code, Host: e.host()}, Short: s.newID()}
	})
	if off && err == nil {
		s.log.WarnContext(ctx, "a webhook took nothing for days and is switched off", "webhook", e.ID.String(), "customer", e.Code)
	}
	return taken, d.Took, err
}

// sooner shortens a wait by up to a tenth, so that what failed together is not tried
// again together.
func sooner(wait time.Duration) time.Duration { return wait - rand.N(wait/10+1) }

// purge removes deliveries of long ago, now and then. What could be read again is
// left, for it would be told again.
func (s *Service) purge(ctx context.Context, list []Endpoint) (err error) {
	at := s.clock()
	s.mu.Lock()
	due := at.Sub(s.purgedAt) >= purgeEvery
	if due {
		s.purgedAt = at
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	for _, e := range list {
		before := at.Add(-keep)
		if read := e.ReadAt.Add(-2 * callOverlap); read.Before(before) {
			before = read
		}
		err = errors.Join(err, s.store.PurgeDeliveries(ctx, e, before))
	}
	return err
}

// send makes the request, and says what came of it.
func (s *Service) send(ctx context.Context, d Delivery, e Endpoint) (status int, answer string) {
	at := s.now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader(d.Body))
	if err != nil {
		return 0, clip(err.Error())
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Sibai-Webhook/1")
	req.Header.Set("webhook-id", d.Event)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", e.signature(d.Event, at, d.Body))
	res, err := s.client.Do(req)
	if err != nil {
		return 0, clip(err.Error())
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return res.StatusCode, clip(err.Error())
	}
	return res.StatusCode, clip(string(text))
}

func clip(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), maxAnswer)], ""))
}
