package portable

import (
	"context"
	"time"

	"sibai/internal/fault"
	"sibai/internal/payment"
)

// AddPayment keeps a new payment. It implements payment.Store.
func (s *Store) AddPayment(ctx context.Context, p payment.Payment, e payment.Event) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if err := insert(ctx, in, []paymentRow{paymentToRow(p)}, ""); err != nil {
			return err
		}
		return insert(ctx, in, []paymentEventRow{paymentEventToRow(e)}, "")
	})
}

// Payment reads a payment. It implements payment.Store.
func (s *Store) Payment(ctx context.Context, id payment.ID) (p payment.Payment, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		p, ok, err = onePayment(ctx, in, id)
		return err
	})
	return p, ok, err
}

func onePayment(ctx context.Context, s session, id payment.ID) (payment.Payment, bool, error) {
	found, err := all[paymentRow](ctx, s, "id = ?", int64(id))
	if err != nil || len(found) == 0 {
		return payment.Payment{}, false, err
	}
	p, err := found[0].payment()
	if err != nil {
		return p, false, failed(err, "read a payment")
	}
	return p, true, nil
}

// ChangePayment lets f decide on a payment and writes what it says; business
// writes are done one at a time, so nobody changes it meanwhile. It implements
// payment.Store.
func (s *Store) ChangePayment(ctx context.Context, id payment.ID, f func(*payment.File) (payment.Writes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		p, ok, err := onePayment(ctx, in, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.PaymentNotFound, "payment", id)
		}
		file := payment.File{Payment: p}
		if file.Events, err = eventsOf(ctx, in, p); err != nil {
			return err
		}
		if file.Refunds, err = refundsOf(ctx, in, p); err != nil {
			return err
		}
		w, err := f(&file)
		if err != nil || len(w.Events)+len(w.Refunds) == 0 {
			return err
		}
		if err := insert(ctx, in, []paymentRow{paymentToRow(w.Payment)}, "shard, id"); err != nil {
			return err
		}
		if err := note(ctx, in, w.Notices); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(w.Events, paymentEventToRow), ""); err != nil {
			return err
		}
		return insert(ctx, in, rows(w.Refunds, paymentRefundToRow), "shard, payment, id")
	})
}

func eventsOf(ctx context.Context, s session, p payment.Payment) ([]payment.Event, error) {
	var found []paymentEventRow
	err := s.NewSelect().Model(&found).Conn(s.tx).Where("shard = ? AND payment = ?", p.Shard, int64(p.ID)).Order("seq").Scan(ctx)
	if err != nil {
		return nil, failed(err, "read the events of a payment")
	}
	return rows(found, paymentEventRow.event), nil
}

func refundsOf(ctx context.Context, s session, p payment.Payment) ([]payment.Refund, error) {
	var found []paymentRefundRow
	err := s.NewSelect().Model(&found).Conn(s.tx).Where("shard = ? AND payment = ?", p.Shard, int64(p.ID)).Order("id").Scan(ctx)
	if err != nil {
		return nil, failed(err, "read the refunds of a payment")
	}
	return rows(found, paymentRefundRow.refund), nil
}

// PaymentEvents lists the events of a payment. It implements payment.Store.
func (s *Store) PaymentEvents(ctx context.Context, id payment.ID) (list []payment.Event, err error) {
	err = s.reading(ctx, func(in session) error {
		p, ok, err := onePayment(ctx, in, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.PaymentNotFound, "payment", id)
		}
		list, err = eventsOf(ctx, in, p)
		return err
	})
	return list, err
}

// Payments lists payments, the newest first. It implements payment.Store.
func (s *Store) Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error) {
	var found []paymentRow
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
		return nil, failed(err, "list payments")
	}
	list := make([]payment.Payment, len(found))
	for i, r := range found {
		var err error
		if list[i], err = r.payment(); err != nil {
			return nil, failed(err, "list payments")
		}
	}
	return list, nil
}

// DuePayments lists the payments that the job should look at. It implements
// payment.Store.
func (s *Store) DuePayments(ctx context.Context, at time.Time, limit int) ([]payment.ID, error) {
	var found []paymentRow
	err := s.db.NewSelect().Model(&found).Where("due_at <> 0 AND due_at <= ?", micros(at)).OrderExpr("due_at, id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed(err, "list the payments that are due")
	}
	return rows(found, func(r paymentRow) payment.ID { return payment.ID(r.ID) }), nil
}

// DueRefunds lists the refunds that the job should look at. It implements
// payment.Store.
func (s *Store) DueRefunds(ctx context.Context, at time.Time, limit int) ([]payment.Refund, error) {
	var found []paymentRefundRow
	err := s.db.NewSelect().Model(&found).Where("due_at <> 0 AND due_at <= ?", micros(at)).OrderExpr("due_at, id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed(err, "list the refunds that are due")
	}
	return rows(found, paymentRefundRow.refund), nil
}
