package portable

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/site"
)

// whyOrder is what changes the state of numbers that are ordered.
const whyOrder = "order"

// Wares reads what is sold, and numbers. It implements order.Store.
func (s *Store) Wares(ctx context.Context, digits []string) (out order.Wares, err error) {
	err = s.reading(ctx, func(in session) error {
		out = order.Wares{Priced: map[string]time.Time{}, Numbers: map[string]order.Stock{}}
		operators, err := all[operatorRow](ctx, in, "")
		if err != nil {
			return err
		}
		for _, r := range operators {
			out.Operator = r.Name
		}
		plans, err := all[planRow](ctx, in, "")
		if err != nil {
			return err
		}
		out.Plans = rows(plans, planRow.plan)
		slices.SortFunc(out.Plans, func(a, b catalog.Plan) int { return strings.Compare(a.Code, b.Code) })
		tariffs, err := all[tariffRow](ctx, in, "")
		if err != nil {
			return err
		}
		for _, r := range tariffs {
			if at, ok := out.Priced[r.Code]; !ok || instant(r.EffectiveAt).Before(at) {
				out.Priced[r.Code] = instant(r.EffectiveAt)
			}
		}
		floors, err := all[floorRow](ctx, in, "")
		if err != nil {
			return err
		}
		out.Floors = rows(floors, floorRow.floor)
		if out.Discounts, err = readDiscounts(ctx, in); err != nil {
			return err
		}
		if out.Features, err = readFeatures(ctx, in); err != nil {
			return err
		}
		found, err := among[numberRow](ctx, in, "digits", digits)
		for _, r := range found {
			out.Numbers[r.Digits] = order.Stock{ID: number.ID(r.ID), State: number.State(r.State)}
		}
		return err
	})
	if err != nil {
		return out, err
	}
	grades, ok, err := s.Grades(ctx)
	if out.Grades = grades; !ok {
		out.Grades = number.DefaultGrades()
	}
	if err == nil {
		out.Own, err = s.Own(ctx)
	}
	return out, err
}

// Place locks numbers and keeps their order. It implements order.Store.
func (s *Store) Place(ctx context.Context, o order.Order, e order.Event, customer *catalog.Customer) (taken []string, err error) {
	row, err := orderToRow(o)
	if err != nil {
		return nil, err
	}
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		taken = nil
		numbers, err := numbersOf(ctx, in, o)
		if err != nil {
			return err
		}
		for _, n := range numbers {
			if n.State != string(number.Available) {
				taken = append(taken, n.Digits)
			}
		}
		if len(taken) > 0 {
			return nil
		}
		if customer != nil {
			if err := applyCustomers(ctx, in, site.Writes{At: o.CreatedAt, Customers: []catalog.Customer{*customer}}); err != nil {
				return err
			}
		}
		if err := stateOf(ctx, in, o, numbers, number.Locked, e.At); err != nil {
			return err
		}
		if err := insert(ctx, in, []orderRow{row}, ""); err != nil {
			return err
		}
		if err := insert(ctx, in, []orderEventRow{orderEventToRow(e)}, ""); err != nil {
			return err
		}
		return bump(ctx, in)
	})
	return taken, err
}

func numbersOf(ctx context.Context, s session, o order.Order) ([]numberRow, error) {
	ids := make([]int64, len(o.Items))
	for i, item := range o.Items {
		ids[i] = int64(item.Number)
	}
	slices.Sort(ids) // locked in one order
	var found []numberRow
	q := s.NewSelect().Model(&found).Conn(s.tx)
	if err := q.Where("id IN (?)", bun.List(ids)).Order("id").Scan(ctx); err != nil {
		return nil, failed(err, "read the numbers of an order")
	}
	if len(found) != len(ids) {
		return nil, fault.New(fault.NumberNotStocked, "number", o.ID)
	}
	return found, nil
}

// stateOf gives the numbers of an order a state, and with it their owner.
func stateOf(ctx context.Context, s session, o order.Order, numbers []numberRow, state number.State, at time.Time) error {
	for _, n := range numbers {
		if was := number.State(n.State); !was.CanBecome(state) {
			return fault.New(fault.NumberStateStep, "number", number.Format(n.Digits, ""), "from", n.State, "to", string(state), "allowed", joinStates(was.Next()))
		}
	}
	if err := became(ctx, s, numbers, state, at, whyOrder); err != nil {
		return err
	}
	ids := make([]int64, len(numbers))
	for i, n := range numbers {
		ids[i] = n.ID
	}
	q := s.NewUpdate().Model((*numberRow)(nil)).Conn(s.tx).Set("state = ?", string(state)).Where("id IN (?)", bun.List(ids))
	switch {
	case state.Owned():
		q = q.Set("shard = ?, customer = ?", o.Shard, int64(o.Customer))
	default:
		q = q.Set("shard = 0, customer = 0")
		if _, err := s.NewDelete().Model((*subscriptionRow)(nil)).Conn(s.tx).Where("shard = ? AND number IN (?) AND order_id = ?", o.Shard, bun.List(ids), int64(o.ID)).Exec(ctx); err != nil {
			return failed(err, "take numbers back")
		}
	}
	if _, err := q.Exec(ctx); err != nil {
		return failed(err, "change the state of numbers")
	}
	return nil
}

func joinStates(list []number.State) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// Order reads an order. It implements order.Store.
func (s *Store) Order(ctx context.Context, id order.ID) (o order.Order, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		o, ok, err = oneOrder(ctx, in, "id = ?", int64(id))
		return err
	})
	return o, ok, err
}

func oneOrder(ctx context.Context, s session, where string, args ...any) (order.Order, bool, error) {
	found, err := all[orderRow](ctx, s, where, args...)
	if err != nil || len(found) == 0 {
		return order.Order{}, false, err
	}
	o, err := found[0].order()
	if err != nil {
		return o, false, failed(err, "read an order")
	}
	return o, true, nil
}

// ChangeOrder lets f decide on an order and writes what it says; business writes
// are done one at a time, so nobody changes it meanwhile. It implements
// order.Store.
func (s *Store) ChangeOrder(ctx context.Context, id order.ID, f func(order.Order) (order.Writes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		o, ok, err := oneOrder(ctx, in, "id = ?", int64(id))
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.OrderNotFound, "order", id)
		}
		w, err := f(o)
		if err != nil || w.Event == nil {
			return err
		}
		return writeOrder(ctx, in, w)
	})
}

func writeOrder(ctx context.Context, s session, w order.Writes) error {
	row, err := orderToRow(w.Order)
	if err != nil {
		return err
	}
	if err := insert(ctx, s, []orderRow{row}, "shard, id"); err != nil {
		return err
	}
	if err := insert(ctx, s, []orderEventRow{orderEventToRow(*w.Event)}, ""); err != nil {
		return err
	}
	if w.Contact {
		if err := firstContact(ctx, s, w.Order); err != nil {
			return err
		}
	}
	if err := note(ctx, s, w.Notices); err != nil {
		return err
	}
	contracts := rows(w.Documents, func(d order.Document) contractRow {
		return contractRow{Shard: d.Shard, Order: int64(d.Order), Signed: flag(d.Signed), Hash: hex.EncodeToString(d.Hash[:]), PDF: base64.StdEncoding.EncodeToString(d.PDF)}
	})
	if err := insert(ctx, s, contracts, ""); err != nil {
		return err
	}
	if w.Numbers == "" {
		return nil
	}
	numbers, err := numbersOf(ctx, s, w.Order)
	if err != nil {
		return err
	}
	if err := stateOf(ctx, s, w.Order, numbers, w.Numbers, w.Event.At); err != nil {
		return err
	}
	if err := insert(ctx, s, rows(w.Subscriptions, func(c catalog.Subscription) subscriptionRow { return subscriptionToRow(c, 0) }), "shard, id"); err != nil {
		return err
	}
	if err := opened(ctx, s, w); err != nil {
		return err
	}
	return bump(ctx, s)
}

// opened writes what numbers get that open. A target that the customer has
// already stays as it is.
func opened(ctx context.Context, s session, w order.Writes) error {
	for _, t := range w.Targets {
		there, err := all[targetRow](ctx, s, "shard = ? AND customer = ? AND phone = ?", t.Shard, int64(t.Customer), t.Phone)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			continue
		}
		if err := insert(ctx, s, []targetRow{targetToRow(t)}, ""); err != nil {
			return err
		}
	}
	profiles := make([]site.Profile, len(w.Profiles))
	for i, p := range w.Profiles {
		latest, err := latestProfile(ctx, s, w.Order.Shard, int64(p.Number))
		if err != nil {
			return err
		}
		p.Profile.Version = latest + 1 // a former customer's rows stay
		profiles[i] = site.Profile{Shard: w.Order.Shard, Number: p.Number, Customer: w.Order.Customer, Profile: p.Profile}
		_, err = s.NewUpdate().Model((*subscriptionRow)(nil)).Conn(s.tx).Set("started_at = ?", micros(w.Event.At)).
			Where("shard = ? AND number = ?", w.Order.Shard, int64(p.Number)).Exec(ctx)
		if err != nil {
			return failed(err, "begin a subscription")
		}
	}
	return applyProfiles(ctx, s, site.Writes{At: w.Event.At, Profiles: profiles})
}

// Postpone sets when the job looks at an order. It implements order.Store.
func (s *Store) Postpone(ctx context.Context, id order.ID, at time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		_, err := in.NewUpdate().Model((*orderRow)(nil)).Conn(in.tx).Set("due_at = ?", micros(at)).Where("id = ? AND due_at <> 0", int64(id)).Exec(ctx)
		if err != nil {
			return failed(err, "postpone an order")
		}
		return nil
	})
}

// OrderEvents lists the events of an order. It implements order.Store.
func (s *Store) OrderEvents(ctx context.Context, id order.ID) ([]order.Event, error) {
	var found []orderEventRow
	err := s.db.NewSelect().Model(&found).Where("order_id = ?", int64(id)).
		Where("shard = (SELECT shard FROM number_order WHERE id = ?)", int64(id)).Order("seq").Scan(ctx)
	if err != nil {
		return nil, failed(err, "read the events of an order")
	}
	return rows(found, orderEventRow.event), nil
}

// Orders lists orders, the newest first. It implements order.Store.
func (s *Store) Orders(ctx context.Context, f order.Filter) ([]order.Order, error) {
	var found []orderRow
	q := s.db.NewSelect().Model(&found).OrderExpr("id DESC").Limit(int64(f.Page()))
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
		return nil, failed(err, "list orders")
	}
	list := make([]order.Order, len(found))
	for i, r := range found {
		var err error
		if list[i], err = r.order(); err != nil {
			return nil, failed(err, "list orders")
		}
	}
	return list, nil
}

// Waiting counts orders that wait for their customer. It implements order.Store.
func (s *Store) Waiting(ctx context.Context, c catalog.Customer, phone string, at time.Time) (int, error) {
	n, err := s.db.NewSelect().Model((*orderRow)(nil)).Where("state IN ('locked', 'signed') AND locked_until > ?", micros(at)).
		Where("(phone = ? OR shard = ? AND customer = ?)", phone, c.Shard, int64(c.ID)).Count(ctx)
	if err != nil {
		return 0, failed(err, "count the orders that wait")
	}
	return int(n), nil
}

// DueOrders lists the orders that the job should look at. It implements
// order.Store.
func (s *Store) DueOrders(ctx context.Context, at time.Time, limit int) ([]order.ID, error) {
	var found []orderRow
	err := s.db.NewSelect().Model(&found).Where("due_at <> 0 AND due_at <= ?", micros(at)).OrderExpr("due_at, id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed(err, "list the orders that are due")
	}
	return rows(found, func(r orderRow) order.ID { return order.ID(r.ID) }), nil
}

// Contract reads a contract. It implements order.Store.
func (s *Store) Contract(ctx context.Context, o order.Order, signed bool) (d order.Document, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := all[contractRow](ctx, in, "shard = ? AND order_id = ? AND signed = ?", o.Shard, int64(o.ID), flag(signed))
		if err != nil || len(found) == 0 {
			return err
		}
		d, ok = order.Document{Shard: o.Shard, Order: o.ID, Signed: signed}, true
		if d.PDF, err = base64.StdEncoding.DecodeString(found[0].PDF); err == nil {
			_, err = hex.Decode(d.Hash[:], []byte(found[0].Hash))
		}
		if err != nil {
			return failed(err, "read a contract")
		}
		return nil
	})
	return d, ok, err
}

// ContractOf finds the order of a signed contract. It implements order.Store.
func (s *Store) ContractOf(ctx context.Context, hash [32]byte) (o order.Order, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := all[contractRow](ctx, in, "hash = ? AND signed = 1", hex.EncodeToString(hash[:]))
		if err != nil || len(found) == 0 {
			return err
		}
		o, ok, err = oneOrder(ctx, in, "shard = ? AND id = ?", found[0].Shard, found[0].Order)
		return err
	})
	return o, ok, err
}
