package portable

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/webhook"
)

type webhookRow struct {
	bun.BaseModel `bun:"table:webhook"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	URL           string `bun:"url"`
	Types         string `bun:"types"`
	Secret        string `bun:"secret"`
	Former        string `bun:"former"`
	FormerUntil   int64  `bun:"former_until"`
	CreatedAt     int64  `bun:"created_at"`
	ReadAt        int64  `bun:"read_at"`
	FailingAt     int64  `bun:"failing_at"`
	OffAt         int64  `bun:"off_at"`
}

func webhookToRow(e webhook.Endpoint) webhookRow {
	types := make([]string, len(e.Types))
	for i, t := range e.Types {
		types[i] = string(t)
	}
	return webhookRow{
		Shard: e.Shard, ID: int64(e.ID), Customer: int64(e.Customer), Code: e.Code, URL: e.URL, Types: strings.Join(types, " "), Secret: e.Secret, Former: e.Former,
		FormerUntil: micros(e.FormerUntil), CreatedAt: micros(e.CreatedAt), ReadAt: micros(e.ReadAt), FailingAt: micros(e.FailingAt), OffAt: micros(e.OffAt),
	}
}

func (r webhookRow) endpoint() webhook.Endpoint {
	e := webhook.Endpoint{
		ID: webhook.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Code: r.Code, URL: r.URL, Secret: r.Secret, Former: r.Former,
		FormerUntil: instant(r.FormerUntil), CreatedAt: instant(r.CreatedAt), ReadAt: instant(r.ReadAt), FailingAt: instant(r.FailingAt), OffAt: instant(r.OffAt),
	}
	for t := range strings.FieldsSeq(r.Types) {
		e.Types = append(e.Types, webhook.Type(t))
	}
	return e
}

type webhookDeliveryRow struct {
	bun.BaseModel `bun:"table:webhook_delivery"`
	Shard         int    `bun:"shard,pk"`
	Webhook       int64  `bun:"webhook,pk"`
	Event         string `bun:"event,pk"`
	Type          string `bun:"type"`
	Body          string `bun:"body"`
	At            int64  `bun:"at"`
	State         string `bun:"state"`
	Attempts      int    `bun:"attempts"`
	NextAt        int64  `bun:"next_at"`
	TriedAt       int64  `bun:"tried_at"`
	Status        int    `bun:"status"`
	Took          int64  `bun:"took"`
	Answer        string `bun:"answer"`
	ClaimedUntil  int64  `bun:"claimed_until"`
}

func webhookDeliveryToRow(d webhook.Delivery) webhookDeliveryRow {
	return webhookDeliveryRow{
		Shard: d.Shard, Webhook: int64(d.Endpoint), Event: d.Event, Type: string(d.Type), Body: d.Body, At: micros(d.At), State: string(d.State),
		Attempts: d.Attempts, NextAt: micros(d.NextAt), TriedAt: micros(d.TriedAt), Status: d.Status, Took: d.Took.Microseconds(), Answer: d.Answer,
		ClaimedUntil: micros(d.ClaimedUntil),
	}
}

func (r webhookDeliveryRow) delivery() webhook.Delivery {
	return webhook.Delivery{
		Shard: r.Shard, Endpoint: webhook.ID(r.Webhook), Event: r.Event, Type: webhook.Type(r.Type), Body: r.Body, At: instant(r.At), State: webhook.State(r.State),
		Attempts: r.Attempts, NextAt: instant(r.NextAt), TriedAt: instant(r.TriedAt), Status: r.Status, Took: time.Duration(r.Took) * time.Microsecond,
		Answer: r.Answer, ClaimedUntil: instant(r.ClaimedUntil),
	}
}

// AddEndpoint keeps an endpoint. It implements webhook.Store.
func (s *Store) AddEndpoint(ctx context.Context, e webhook.Endpoint, most int) (added bool, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		has, err := all[webhookRow](ctx, in, "shard = ? AND customer = ?", e.Shard, int64(e.Customer))
		if err != nil {
			return err
		}
		if added = len(has) < most; !added {
			return nil
		}
		return insert(ctx, in, []webhookRow{webhookToRow(e)}, "")
	})
	return added, err
}

// Endpoints lists endpoints. It implements webhook.Store.
func (s *Store) Endpoints(ctx context.Context, c *catalog.Customer) (list []webhook.Endpoint, err error) {
	err = s.reading(ctx, func(in session) error {
		var found []webhookRow
		if c != nil {
			found, err = all[webhookRow](ctx, in, "shard = ? AND customer = ?", c.Shard, int64(c.ID))
		} else {
			found, err = all[webhookRow](ctx, in, "")
		}
		list = rows(found, webhookRow.endpoint)
		return err
	})
	return list, err
}

// ChangeEndpoint changes or removes an endpoint. It implements webhook.Store.
func (s *Store) ChangeEndpoint(ctx context.Context, c catalog.Customer, id webhook.ID, f func(*webhook.Endpoint) (bool, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		found, err := all[webhookRow](ctx, in, "shard = ? AND id = ? AND customer = ?", c.Shard, int64(id), int64(c.ID))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.WebhookNotFound, "webhook", id)
		}
		e := found[0].endpoint()
		remove, err := f(&e)
		if err != nil {
			return err
		}
		if !remove {
			return insert(ctx, in, []webhookRow{webhookToRow(e)}, "shard, id")
		}
		if _, err := in.NewDelete().Model((*webhookDeliveryRow)(nil)).Conn(in.tx).Where("shard = ? AND webhook = ?", c.Shard, int64(id)).Exec(ctx); err != nil {
			return failed(err, "remove the deliveries of a webhook")
		}
		if _, err := in.NewDelete().Model(&found[0]).Conn(in.tx).WherePK().Exec(ctx); err != nil {
			return failed(err, "remove a webhook")
		}
		return nil
	})
}

// AddDeliveries keeps deliveries that are new. It implements webhook.Store.
func (s *Store) AddDeliveries(ctx context.Context, e webhook.Endpoint, list []webhook.Delivery, read time.Time) error {
	fresh, err := s.fresh(ctx, e, list)
	if err != nil || len(fresh) == 0 && read.IsZero() {
		return err // without a write, most of the time: what was read is read again
	}
	return s.writing(ctx, func(ctx context.Context, in session) error {
		for _, d := range fresh {
			row := webhookDeliveryToRow(d)
			if _, err := in.NewInsert().Model(&row).Conn(in.tx).On("CONFLICT (shard, webhook, event) DO NOTHING").Exec(ctx); err != nil {
				return failed(err, "queue a delivery")
			}
		}
		if read.IsZero() {
			return nil
		}
		_, err := change(ctx, in, in.NewUpdate().Model((*webhookRow)(nil)).Set("read_at = ?", micros(read)).
			Where("shard = ? AND id = ? AND read_at < ?", e.Shard, int64(e.ID), micros(read)))
		return err
	})
}

// fresh are the deliveries whose event the endpoint has not yet.
func (s *Store) fresh(ctx context.Context, e webhook.Endpoint, list []webhook.Delivery) (out []webhook.Delivery, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	events := make([]string, len(list))
	for i, d := range list {
		events[i] = d.Event
	}
	known := map[string]bool{}
	err = s.reading(ctx, func(in session) error {
		for left := events; len(left) > 0; {
			part := left[:min(batch, len(left))]
			left = left[len(part):]
			found, err := all[webhookDeliveryRow](ctx, in, "shard = ? AND webhook = ? AND event IN (?)", e.Shard, int64(e.ID), bun.List(part))
			if err != nil {
				return err
			}
			for _, r := range found {
				known[r.Event] = true
			}
		}
		return nil
	})
	for _, d := range list {
		if !known[d.Event] {
			known[d.Event] = true
			out = append(out, d)
		}
	}
	return out, err
}

// TakeDelivery claims a delivery that is due. It implements webhook.Store.
func (s *Store) TakeDelivery(ctx context.Context, at, until time.Time, but []webhook.ID) (d webhook.Delivery, e webhook.Endpoint, ok bool, err error) {
	due := func(in session) (found []webhookDeliveryRow, err error) {
		q := in.NewSelect().Model(&found).Conn(in.tx).
			Where("state = 'queued' AND next_at <= ? AND claimed_until <= ?", micros(at), micros(at)).
			Where("NOT EXISTS (SELECT 1 FROM webhook AS w WHERE w.shard = ?TableAlias.shard AND w.id = ?TableAlias.webhook AND w.off_at <> 0)").
			OrderExpr("next_at, at").Limit(candidates)
		if len(but) > 0 {
			q = q.Where("webhook NOT IN (?)", bun.List(but))
		}
		if err := q.Scan(ctx); err != nil {
			return nil, failed(err, "look for deliveries that are due")
		}
		return found, nil
	}
	var found []webhookDeliveryRow
	err = s.reading(ctx, func(in session) error {
		found, err = due(in)
		return err
	})
	if err != nil || len(found) == 0 {
		return d, e, false, err
	}
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		ok = false // also when the transaction is tried again
		found, err := due(in)
		if err != nil {
			return err
		}
		for _, r := range found {
			taken, err := change(ctx, in, in.NewUpdate().Model(&r).Set("claimed_until = ?", micros(until)).WherePK().
				Where("state = 'queued' AND claimed_until <= ?", micros(at)))
			if err != nil {
				return err
			}
			if !taken {
				continue
			}
			of, err := all[webhookRow](ctx, in, "shard = ? AND id = ?", r.Shard, r.Webhook)
			if err != nil || len(of) == 0 {
				return err
			}
			r.ClaimedUntil = micros(until)
			d, e, ok = r.delivery(), of[0].endpoint(), true
			return nil
		}
		return nil
	})
	return d, e, ok, err
}

// SettleDelivery writes what became of a delivery and of its endpoint. It implements
// webhook.Store.
func (s *Store) SettleDelivery(ctx context.Context, d webhook.Delivery, f func(*webhook.Endpoint) *billing.Notice) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		row := webhookDeliveryToRow(d)
		settled, err := change(ctx, in, in.NewUpdate().Model(&row).
			Set("state = ?, attempts = ?, next_at = ?, tried_at = ?, status = ?, took = ?, answer = ?, claimed_until = 0",
				row.State, row.Attempts, row.NextAt, row.TriedAt, row.Status, row.Took, row.Answer).WherePK().Where("claimed_until = ?", row.ClaimedUntil))
		if err != nil || !settled {
			return err // it was claimed again, or removed
		}
		found, err := all[webhookRow](ctx, in, "shard = ? AND id = ?", d.Shard, int64(d.Endpoint))
		if err != nil || len(found) == 0 {
			return err
		}
		e := found[0].endpoint()
		if n := f(&e); n != nil {
			if err := note(ctx, in, []billing.Notice{*n}); err != nil {
				return err
			}
		}
		next := webhookToRow(e)
		if next == found[0] {
			return nil
		}
		_, err = change(ctx, in, in.NewUpdate().Model((*webhookRow)(nil)).Set("failing_at = ?, off_at = ?", next.FailingAt, next.OffAt).
			Where("shard = ? AND id = ?", next.Shard, next.ID))
		return err
	})
}

// purgeBatch bounds how long other writers wait, in deliveries.
const purgeBatch = 1000

// PurgeDeliveries removes deliveries that are over. It implements webhook.Store.
func (s *Store) PurgeDeliveries(ctx context.Context, e webhook.Endpoint, before time.Time) error {
	for {
		var old []string
		err := s.db.NewSelect().Model((*webhookDeliveryRow)(nil)).Column("event").
			Where("shard = ? AND webhook = ? AND at < ? AND state <> 'queued'", e.Shard, int64(e.ID), micros(before)).OrderExpr("at").Limit(purgeBatch).Scan(ctx, &old)
		if err != nil {
			return failed(err, "look for old deliveries")
		}
		if len(old) == 0 {
			return nil
		}
		err = s.writing(ctx, func(ctx context.Context, in session) error {
			if _, err := in.NewDelete().Model((*webhookDeliveryRow)(nil)).Conn(in.tx).
				Where("shard = ? AND webhook = ? AND event IN (?) AND state <> 'queued'", e.Shard, int64(e.ID), bun.List(old)).Exec(ctx); err != nil {
				return failed(err, "remove old deliveries")
			}
			return nil
		})
		if err != nil || len(old) < purgeBatch {
			return err
		}
	}
}

// Deliveries lists deliveries of an endpoint. It implements webhook.Store.
func (s *Store) Deliveries(ctx context.Context, e webhook.Endpoint, limit int) ([]webhook.Delivery, error) {
	var found []webhookDeliveryRow
	if err := s.db.NewSelect().Model(&found).Where("shard = ? AND webhook = ?", e.Shard, int64(e.ID)).OrderExpr("at DESC, event DESC").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, failed(err, "list deliveries")
	}
	return rows(found, webhookDeliveryRow.delivery), nil
}

// QueueDelivery has a delivery sent again. It implements webhook.Store.
func (s *Store) QueueDelivery(ctx context.Context, e webhook.Endpoint, event string, at time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		queued, err := change(ctx, in, in.NewUpdate().Model((*webhookDeliveryRow)(nil)).Set("state = 'queued', attempts = 0, next_at = ?", micros(at)).
			Where("shard = ? AND webhook = ? AND event = ?", e.Shard, int64(e.ID), event))
		if err == nil && !queued {
			err = fault.New(fault.WebhookNotFound, "webhook", event)
		}
		return err
	})
}

// Events lists what happened to a customer, but for calls, which the store of money
// keeps. It reads what was committed with the facts themselves.
func (s *Store) Events(ctx context.Context, c catalog.Customer, types []webhook.Type, since time.Time) (list []webhook.Event, err error) {
	read := map[webhook.Type]func(context.Context, session, catalog.Customer, time.Time) ([]webhook.Event, error){
		webhook.OrderMoved: orderFacts, webhook.PaymentIn: paymentFacts, webhook.Noticed: noticeFacts, webhook.NameChanged: nameFacts,
	}
	err = s.reading(ctx, func(in session) error {
		list = nil
		for _, t := range types {
			if read[t] == nil {
				continue
			}
			some, err := read[t](ctx, in, c, since)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	return list, err
}

func orderFacts(ctx context.Context, s session, c catalog.Customer, since time.Time) (list []webhook.Event, err error) {
	orders, err := all[orderRow](ctx, s, "shard = ? AND customer = ?", c.Shard, int64(c.ID))
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		events, err := all[orderEventRow](ctx, s, "shard = ? AND order_id = ? AND at >= ?", c.Shard, o.ID, micros(since))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			list = append(list, webhook.Event{
				ID: order.ID(e.Order).String() + "_" + strconv.Itoa(e.Seq), Type: webhook.OrderMoved, At: instant(e.At),
				Data: map[string]any{"order": order.ID(e.Order).String(), "event": e.Kind, "state": e.State},
			})
		}
	}
	return list, nil
}

func paymentFacts(ctx context.Context, s session, c catalog.Customer, since time.Time) (list []webhook.Event, err error) {
	payments, err := all[paymentRow](ctx, s, "shard = ? AND customer = ? AND txn <> 0", c.Shard, int64(c.ID))
	if err != nil {
		return nil, err
	}
	for _, p := range payments {
		events, err := all[paymentEventRow](ctx, s, "shard = ? AND payment = ? AND kind = ? AND at >= ?", c.Shard, p.ID, string(payment.WasBooked), micros(since))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			id := payment.ID(e.Payment).String()
			list = append(list, webhook.Event{
				ID: id + "_" + strconv.Itoa(e.Seq), Type: webhook.PaymentIn, At: instant(e.At),
				Data: map[string]any{"payment": id, "amount": money.Amount(e.Amount).String(), "currency": e.Currency, "provider": p.Provider},
			})
		}
	}
	return list, nil
}

func noticeFacts(ctx context.Context, s session, c catalog.Customer, since time.Time) (list []webhook.Event, err error) {
	notices, err := all[noticeRow](ctx, s, "shard = ? AND customer = ? AND at >= ?", c.Shard, int64(c.ID), micros(since))
	if err != nil {
		return nil, err
	}
	for _, n := range notices {
		var item billing.Item
		if err := json.Unmarshal([]byte(n.Body), &item); err != nil {
			return nil, failed(fmt.Errorf("notice %d: %w", n.ID, err), "read a notice")
		}
		list = append(list, webhook.Event{
			ID: "notice_" + strconv.FormatInt(n.ID, 36), Type: webhook.Noticed, At: instant(n.At),
			Data: map[string]any{"kind": string(item.Kind), "number": item.Number, "text_zh": item.Text(true), "text_en": item.Text(false)},
		})
	}
	return list, nil
}

func nameFacts(ctx context.Context, s session, c catalog.Customer, since time.Time) (list []webhook.Event, err error) {
	applications, err := all[realnameRow](ctx, s, "shard = ? AND customer = ?", c.Shard, int64(c.ID))
	if err != nil {
		return nil, err
	}
	for _, a := range applications {
		events, err := all[realnameEventRow](ctx, s, "shard = ? AND realname = ? AND at >= ?", c.Shard, a.ID, micros(since))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			switch what := realname.What(e.What); what {
			case realname.WasLooked, realname.WasPreviewed, realname.WasSeen, realname.WasLinked, realname.WasLate:
				continue // who of the staff looked is not the customer's matter
			}
			id := realname.ID(e.RealName).String()
			list = append(list, webhook.Event{
				ID: id + "_" + strconv.Itoa(e.Seq), Type: webhook.NameChanged, At: instant(e.At),
				Data: map[string]any{"application": id, "number": a.Number, "event": e.What, "state": e.State},
			})
		}
	}
	return list, nil
}
