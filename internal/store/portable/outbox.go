package portable

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/notify"
	"sibai/internal/order"
)

type contactRow struct {
	bun.BaseModel `bun:"table:contact"`
	Shard         int    `bun:"shard,pk"`
	Customer      int64  `bun:"customer,pk"`
	Email         string `bun:"email"`
	Lang          string `bun:"lang"`
	Phone         string `bun:"phone"`
}

// firstContact has a customer written to where the handler of an order is reached,
// unless it is written to already.
func firstContact(ctx context.Context, s session, o order.Order) error {
	row := contactRow{Shard: o.Shard, Customer: int64(o.Customer), Email: o.Handler.Email, Lang: o.Handler.Lang, Phone: o.Handler.Phone}
	if _, err := s.NewInsert().Model(&row).Conn(s.tx).On("CONFLICT (shard, customer) DO NOTHING").Exec(ctx); err != nil {
		return failed(err, "keep a contact")
	}
	return nil
}

type outboxRow struct {
	bun.BaseModel `bun:"table:outbox"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	At            int64  `bun:"at"`
	Address       string `bun:"address"`
	Lang          string `bun:"lang"`
	Body          string `bun:"body"`
	State         string `bun:"state"`
	Attempts      int    `bun:"attempts"`
	QueuedAt      int64  `bun:"queued_at"`
	NextAt        int64  `bun:"next_at"`
	SentAt        int64  `bun:"sent_at"`
	Error         string `bun:"error"`
	Node          int    `bun:"node"`
	ClaimedUntil  int64  `bun:"claimed_until"`
	Kind          string `bun:"kind"`
	About         string `bun:"about"`
}

func (r outboxRow) message() (notify.Message, error) {
	m := notify.Message{
		ID: notify.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), At: instant(r.At), Address: r.Address, Lang: r.Lang,
		State: notify.State(r.State), Attempts: r.Attempts, QueuedAt: instant(r.QueuedAt), NextAt: instant(r.NextAt), SentAt: instant(r.SentAt),
		Error: r.Error, Node: r.Node, ClaimedUntil: instant(r.ClaimedUntil),
		Kind: notify.Kind(r.Kind), About: r.About,
	}
	if r.Body == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(r.Body), &m.Item); err != nil {
		return m, failed(fmt.Errorf("%s: %w", m.ID, err), "read a message")
	}
	return m, nil
}

// note keeps notices, and a message for each whose customer has a contact. A
// notice that is noted again is not sent again.
func note(ctx context.Context, s session, list []billing.Notice) error {
	notices := make([]noticeRow, len(list))
	customers := make([]int64, len(list))
	for i, n := range list {
		var err error
		if notices[i], err = noticeToRow(n); err != nil {
			return err
		}
		customers[i] = int64(n.Customer)
	}
	if err := insert(ctx, s, notices, "shard, id"); err != nil {
		return err
	}
	contacts, err := among[contactRow](ctx, s, "customer", customers)
	if err != nil {
		return err
	}
	to := make(map[int64]contactRow, len(contacts))
	for _, c := range contacts {
		to[c.Customer] = c
	}
	for i, n := range notices {
		c, ok := to[n.Customer]
		if !ok {
			continue
		}
		chosen, err := choicesOf(ctx, s, n.Shard, n.Customer)
		if err != nil {
			return err
		}
		for _, m := range queued(s, n, list[i].Short, c, chosen.Of(list[i].Item.Kind)) {
			if _, err := s.NewInsert().Model(&m).Conn(s.tx).On("CONFLICT (shard, id) DO NOTHING").Exec(ctx); err != nil {
				return failed(err, "queue a message")
			}
		}
	}
	return nil
}

// written finds who is written to by the code of a customer; the operator's staff,
// of no customer, by none.
func (s *Store) written(ctx context.Context, code string) (catalog.Customer, error) {
	if code == "" {
		return catalog.Customer{}, nil
	}
	c, ok, err := s.Find(ctx, code)
	if err == nil && !ok {
		err = fault.New(fault.CustomerNotFound, "customer", code)
	}
	return c, err
}

// SetContact keeps where a customer is written to. It implements notify.Store.
func (s *Store) SetContact(ctx context.Context, c notify.Contact) error {
	customer, err := s.written(ctx, c.Customer)
	if err != nil {
		return err
	}
	return s.writing(ctx, func(ctx context.Context, in session) error {
		row := contactRow{Shard: customer.Shard, Customer: int64(customer.ID), Email: c.Email, Lang: c.Lang, Phone: c.Phone}
		if c.Email+c.Phone != "" {
			return insert(ctx, in, []contactRow{row}, "shard, customer")
		}
		if _, err := in.NewDelete().Model(&row).Conn(in.tx).WherePK().Exec(ctx); err != nil {
			return failed(err, "forget a contact")
		}
		return nil
	})
}

// Contact reads where a customer is written to, or with no code the operator's
// staff; ok is false when it is not.
func (s *Store) Contact(ctx context.Context, code string) (c notify.Contact, ok bool, err error) {
	customer, err := s.written(ctx, code)
	if err != nil {
		return c, false, err
	}
	var rows []contactRow
	err = s.reading(ctx, func(in session) error {
		rows, err = all[contactRow](ctx, in, "shard = ? AND customer = ?", customer.Shard, int64(customer.ID))
		return err
	})
	if err != nil || len(rows) == 0 {
		return c, false, err
	}
	return notify.Contact{Customer: code, Email: rows[0].Email, Lang: rows[0].Lang, Phone: rows[0].Phone}, true, nil
}

// candidates are how many due messages a node looks at to claim one.
const candidates = 16

// TakeMessage claims a message that is due. It implements notify.Store.
func (s *Store) TakeMessage(ctx context.Context, node int, at, until time.Time, mails, phones bool) (m notify.Message, ok bool, err error) {
	due := func(in session) (rows []outboxRow, err error) {
		q := in.NewSelect().Model(&rows).Conn(in.tx).Where("state = 'queued' AND next_at <= ? AND claimed_until <= ?", micros(at), micros(at))
		switch {
		case !phones:
			q = q.Where("address LIKE '%@%'")
		case !mails:
			q = q.Where("address NOT LIKE '%@%'")
		}
		err = q.OrderExpr("next_at, id").Limit(candidates).Scan(ctx)
		if err != nil {
			return nil, failed(err, "look for messages that are due")
		}
		return rows, nil
	}
	var rows []outboxRow
	err = s.reading(ctx, func(in session) error {
		rows, err = due(in)
		return err
	})
	if err != nil || len(rows) == 0 {
		return m, false, err // without a write, most of the time
	}
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		ok = false // also when the transaction is tried again
		rows, err := due(in)
		if err != nil {
			return err
		}
		for _, r := range rows {
			taken, err := change(ctx, in, in.NewUpdate().Model(&r).Set("node = ?, claimed_until = ?", node, micros(until)).WherePK().
				Where("state = 'queued' AND next_at <= ? AND claimed_until <= ?", micros(at), micros(at)))
			if err != nil {
				return err
			}
			if taken {
				r.Node, r.ClaimedUntil, ok = node, micros(until), true
				m, err = r.message()
				return err
			}
		}
		return nil
	})
	return m, ok, err
}

// change does an update of one message; changed is false when its conditions
// do not hold any more.
func change(ctx context.Context, s session, q *bun.UpdateQuery) (changed bool, err error) {
	res, err := q.Conn(s.tx).Exec(ctx)
	if err != nil {
		return false, failed(err, "change a message")
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, failed(err, "change a message")
	}
	return n > 0, nil
}

// stands is what a change of a message may write.
const stands = "state = ?, attempts = ?, queued_at = ?, next_at = ?, sent_at = ?, error = ?, claimed_until = 0"

func standing(m notify.Message) []any {
	return []any{string(m.State), m.Attempts, micros(m.QueuedAt), micros(m.NextAt), micros(m.SentAt), m.Error}
}

// SettleMessage writes what became of a taken message. It implements
// notify.Store.
func (s *Store) SettleMessage(ctx context.Context, m notify.Message) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		_, err := change(ctx, in, in.NewUpdate().Model((*outboxRow)(nil)).Set(stands, standing(m)...).
			Where("shard = ? AND id = ? AND node = ? AND claimed_until = ?", m.Shard, int64(m.ID), m.Node, micros(m.ClaimedUntil)))
		return err
	})
}

// Message reads a message; ok is false when there is none.
func (s *Store) Message(ctx context.Context, id notify.ID) (m notify.Message, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		m, ok, err = oneMessage(ctx, in, id)
		return err
	})
	return m, ok, err
}

func oneMessage(ctx context.Context, s session, id notify.ID) (m notify.Message, ok bool, err error) {
	rows, err := all[outboxRow](ctx, s, "id = ?", int64(id))
	if err != nil || len(rows) == 0 {
		return m, false, err
	}
	m, err = rows[0].message()
	return m, err == nil, err
}

// ChangeMessage lets f change a message. It implements notify.Store.
func (s *Store) ChangeMessage(ctx context.Context, id notify.ID, at time.Time, f func(*notify.Message) error) (m notify.Message, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		var ok bool
		if m, ok, err = oneMessage(ctx, in, id); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.MessageNotFound, "message", id.String())
		}
		was := m
		if was.ClaimedUntil.After(at) {
			return fault.New(fault.MessageBusy, "message", id.String())
		}
		if err := f(&m); err != nil {
			return err
		}
		ok, err := change(ctx, in, in.NewUpdate().Model((*outboxRow)(nil)).Set(stands, standing(m)...).
			Where("shard = ? AND id = ? AND state = ? AND claimed_until = ?", m.Shard, int64(id), string(was.State), micros(was.ClaimedUntil)))
		if err == nil && !ok {
			return fault.New(fault.MessageBusy, "message", id.String())
		}
		return err
	})
	return m, err
}

// KeepMessage keeps a message that was handed over already. It implements
// notify.Store.
func (s *Store) KeepMessage(ctx context.Context, m notify.Message) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		return insert(ctx, in, []outboxRow{{
			Shard: m.Shard, ID: int64(m.ID), Customer: int64(m.Customer), At: micros(m.At), Address: m.Address, Lang: m.Lang, State: string(m.State),
			Attempts: m.Attempts, QueuedAt: micros(m.QueuedAt), NextAt: micros(m.NextAt), SentAt: micros(m.SentAt), Error: m.Error,
			Kind: string(m.Kind), About: m.About,
		}}, "shard, id")
	})
}

// Outbox lists messages, the newest first.
func (s *Store) Outbox(ctx context.Context, f notify.Filter) ([]notify.Message, error) {
	var rows []outboxRow
	q := s.db.NewSelect().Model(&rows).OrderExpr("id DESC").Limit(int64(f.Page()))
	if f.Customer != "" {
		c, ok, err := s.Find(ctx, f.Customer)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New(fault.CustomerNotFound, "customer", f.Customer)
		}
		q = q.Where("shard = ? AND customer = ?", c.Shard, int64(c.ID))
	}
	if f.State != "" {
		q = q.Where("state = ?", string(f.State))
	}
	if f.Before != 0 {
		q = q.Where("id < ?", int64(f.Before))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list messages")
	}
	list := make([]notify.Message, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.message(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
