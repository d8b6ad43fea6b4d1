package portable

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/realname"
)

// openStates are those of applications that are not decided.
func openStates() []string {
	var list []string
	for _, s := range realname.States() {
		if s.Open() {
			list = append(list, string(s))
		}
	}
	return list
}

// AddRealName keeps a new application. It implements realname.Store.
func (s *Store) AddRealName(ctx context.Context, a realname.Application, e realname.Event) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		owned, err := all[numberRow](ctx, in, "digits = ? AND shard = ? AND customer = ?", a.Number, a.Shard, int64(a.Customer))
		if err != nil {
			return err
		}
		if len(owned) == 0 {
			return fault.New(fault.RealnameNotOwner, "number", number.Format(a.Number, ""), "customer", a.Code)
		}
		open, err := all[realnameRow](ctx, in, "number = ? AND state IN (?)", a.Number, bun.List(openStates()))
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return fault.New(fault.RealnameOpen, "number", number.Format(a.Number, ""), "application", realname.ID(open[0].ID))
		}
		if err := insert(ctx, in, []realnameRow{realnameToRow(a)}, ""); err != nil {
			return err
		}
		return insert(ctx, in, []realnameEventRow{realnameEventToRow(e)}, "")
	})
}

// RealName reads an application whole. It implements realname.Store.
func (s *Store) RealName(ctx context.Context, id realname.ID) (f realname.File, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		f, ok, err = realnameFile(ctx, in, id)
		return err
	})
	return f, ok, err
}

func realnameFile(ctx context.Context, s session, id realname.ID) (f realname.File, ok bool, err error) {
	found, err := all[realnameRow](ctx, s, "id = ?", int64(id))
	if err != nil || len(found) == 0 {
		return f, false, err
	}
	f.Application = found[0].application()
	a := &f.Application
	var documents []realnameDocumentRow
	if err := s.NewSelect().Model(&documents).Conn(s.tx).Where("shard = ? AND realname = ?", a.Shard, int64(id)).Order("id").Scan(ctx); err != nil {
		return f, false, failed(err, "read the documents of an application")
	}
	f.Documents = rows(documents, realnameDocumentRow.document)
	var events []realnameEventRow
	if err := s.NewSelect().Model(&events).Conn(s.tx).Where("shard = ? AND realname = ?", a.Shard, int64(id)).Order("seq").Scan(ctx); err != nil {
		return f, false, failed(err, "read the events of an application")
	}
	f.Events = rows(events, realnameEventRow.event)
	former, err := all[realnameRow](ctx, s, "number = ? AND customer = ? AND id <> ? AND state IN (?)", a.Number, int64(a.Customer), int64(id),
		bun.List([]string{string(realname.Approved), string(realname.Expired)}))
	if err != nil {
		return f, false, err
	}
	f.Former = rows(former, realnameRow.application)
	f.Number, err = rented(ctx, s, a.Number)
	return f, err == nil, err
}

// rented reads a number with its newest freeze; one that nobody rents has no
// customer.
func rented(ctx context.Context, s session, digits string) (r realname.Rented, err error) {
	r.Number = digits
	numbers, err := all[numberRow](ctx, s, "digits = ?", digits)
	if err != nil || len(numbers) == 0 || numbers[0].Customer == 0 {
		return r, err
	}
	n := numbers[0]
	r.Shard, r.Customer, r.State = n.Shard, catalog.CustomerID(n.Customer), number.State(n.State)
	customers, err := all[customerRow](ctx, s, "shard = ? AND id = ?", n.Shard, n.Customer)
	if err != nil {
		return r, err
	}
	for _, c := range customers {
		r.Code = c.Code
	}
	var frozen []eventRow
	if err := s.NewSelect().Model(&frozen).Conn(s.tx).Where("digits = ? AND state = ?", digits, string(number.Frozen)).Order("seq DESC").Limit(1).Scan(ctx); err != nil {
		return r, failed(err, "read the history of a number")
	}
	if len(frozen) > 0 {
		r.Was = number.State(frozen[0].Was)
	}
	var freezes []freezeRow
	err = s.NewSelect().Model(&freezes).Conn(s.tx).Where("shard = ? AND number = ? AND customer = ?", n.Shard, digits, n.Customer).Order("seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return r, failed(err, "read the freezes of a number")
	}
	if len(freezes) > 0 {
		last := freezes[0].freeze()
		r.Last = &last
	}
	expired, err := all[realnameRow](ctx, s, "number = ? AND customer = ? AND state = ?", digits, n.Customer, string(realname.Expired))
	r.Expired = len(expired) > 0
	return r, err
}

// ChangeRealName lets f decide on an application; business writes are done one at a
// time, so nobody changes it meanwhile. It implements realname.Store.
func (s *Store) ChangeRealName(ctx context.Context, id realname.ID, f func(*realname.File) (realname.Writes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		file, ok, err := realnameFile(ctx, in, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.RealnameNotFound, "application", id)
		}
		w, err := f(&file)
		if err != nil || len(w.Events) == 0 {
			return err
		}
		a := w.Application
		if err := insert(ctx, in, rows(append(w.Former, a), realnameToRow), "shard, id"); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(slices.Concat(w.FormerEvent, w.Events), realnameEventToRow), ""); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(w.Documents, realnameDocumentToRow), "shard, id"); err != nil {
			return err
		}
		if err := approveTargets(ctx, in, a, w.Approve); err != nil {
			return err
		}
		return changeNumber(ctx, in, a.Number, w.Events[0].At, w.NumberWrites)
	})
}

// approveTargets lets phones of a customer ring. Those that the customer does
// not have yet are left to whoever adds them.
func approveTargets(ctx context.Context, s session, a realname.Application, phones []string) error {
	if len(phones) == 0 {
		return nil
	}
	_, err := s.NewUpdate().Model((*targetRow)(nil)).Conn(s.tx).Set("review = ?", string(catalog.Approved)).
		Where("shard = ? AND customer = ? AND phone IN (?)", a.Shard, int64(a.Customer), bun.List(phones)).Exec(ctx)
	if err != nil {
		return failed(err, "approve targets")
	}
	return bump(ctx, s)
}

// changeNumber writes what becomes of a number.
func changeNumber(ctx context.Context, s session, digits string, at time.Time, w realname.NumberWrites) error {
	var freezes []freezeRow
	for _, f := range []*realname.Freeze{w.Freeze, w.Next} {
		if f != nil {
			freezes = append(freezes, freezeToRow(*f))
		}
	}
	if err := insert(ctx, s, freezes, "shard, number, seq"); err != nil {
		return err
	}
	if err := note(ctx, s, w.Notices); err != nil || w.State == "" {
		return err
	}
	numbers, err := all[numberRow](ctx, s, "digits = ?", digits)
	if err != nil {
		return err
	}
	if err := became(ctx, s, numbers, w.State, at, w.Why); err != nil {
		return err
	}
	if _, err := s.NewUpdate().Model((*numberRow)(nil)).Conn(s.tx).Set("state = ?", string(w.State)).Where("digits = ?", digits).Exec(ctx); err != nil {
		return failed(err, "change a number")
	}
	return bump(ctx, s)
}

// ChangeFreeze lets f decide on a number. It implements realname.Store.
func (s *Store) ChangeFreeze(ctx context.Context, digits string, f func(*realname.Rented) (realname.NumberWrites, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		r, err := rented(ctx, in, digits)
		if err != nil {
			return err
		}
		if r.Customer == 0 {
			return fault.New(fault.FreezeState, "number", digits, "state", "–")
		}
		w, err := f(&r)
		if err != nil {
			return err
		}
		var at time.Time
		if w.Freeze != nil {
			at = latest(w.Freeze.ProposedAt, w.Freeze.FrozenAt, w.Freeze.LiftedAt)
		}
		return changeNumber(ctx, in, digits, at, w)
	})
}

func latest(list ...time.Time) time.Time { return slices.MaxFunc(list, time.Time.Compare) }

// RealNameDocument reads a document. It implements realname.Store.
func (s *Store) RealNameDocument(ctx context.Context, id realname.DocumentID) (d realname.Document, ok bool, err error) {
	var found []realnameDocumentRow
	if err := s.db.NewSelect().Model(&found).Where("id = ?", int64(id)).Scan(ctx); err != nil {
		return d, false, failed(err, "read a document")
	}
	if len(found) == 0 {
		return d, false, nil
	}
	return found[0].document(), true, nil
}

// RealNameDocuments lists the ids of all documents. It implements realname.Store.
func (s *Store) RealNameDocuments(ctx context.Context) ([]realname.DocumentID, error) {
	var found []int64
	if err := s.db.NewSelect().Model((*realnameDocumentRow)(nil)).Column("id").Scan(ctx, &found); err != nil {
		return nil, failed(err, "list the documents")
	}
	return rows(found, func(id int64) realname.DocumentID { return realname.DocumentID(id) }), nil
}

// RealNames lists applications. It implements realname.Store.
func (s *Store) RealNames(ctx context.Context, f realname.Filter) ([]realname.Application, error) {
	var found []realnameRow
	q := s.db.NewSelect().Model(&found).OrderExpr("CASE WHEN deadline = 0 THEN 1 ELSE 0 END, deadline, id DESC").Limit(int64(f.Page()))
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
	if f.Number != "" {
		q = q.Where("number = ?", f.Number)
	}
	if f.State != "" {
		q = q.Where("state = ?", string(f.State))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list applications")
	}
	return rows(found, realnameRow.application), nil
}

// DueRealNames lists the applications that the job should look at. It implements
// realname.Store.
func (s *Store) DueRealNames(ctx context.Context, at time.Time, limit int) ([]realname.ID, error) {
	return s.realnameIDs(ctx, limit, "due_at", "due_at <> 0 AND due_at <= ?", micros(at))
}

// RealNamesForCarrier lists the applications that the carrier has not got yet. It implements
// realname.Store.
func (s *Store) RealNamesForCarrier(ctx context.Context, limit int) ([]realname.ID, error) {
	return s.realnameIDs(ctx, limit, "id", "state = ? AND sent_at = 0", string(realname.CarrierReview))
}

func (s *Store) realnameIDs(ctx context.Context, limit int, order, where string, args ...any) ([]realname.ID, error) {
	var found []int64
	err := s.db.NewSelect().Model((*realnameRow)(nil)).Column("id").Where(where, args...).Order(order).Limit(int64(limit)).Scan(ctx, &found)
	if err != nil {
		return nil, failed(err, "list applications")
	}
	return rows(found, func(id int64) realname.ID { return realname.ID(id) }), nil
}

// Freezes lists the newest freeze of each number that stands or is proposed. It
// implements realname.Store.
func (s *Store) Freezes(ctx context.Context) ([]realname.Freeze, error) {
	var found []freezeRow
	err := s.db.NewSelect().Model(&found).
		Where("lifted_at = 0 AND seq = (SELECT MAX(f.seq) FROM realname_freeze AS f WHERE f.shard = ?TableAlias.shard AND f.number = ?TableAlias.number)").
		OrderExpr("proposed_at DESC, number").Scan(ctx)
	if err != nil {
		return nil, failed(err, "list freezes")
	}
	return rows(found, freezeRow.freeze), nil
}

// RewrapKeys gives every wrapped key to f. It implements realname.Store.
func (s *Store) RewrapKeys(ctx context.Context, f func(what, header string) (string, bool, error)) (changed int, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		changed = 0
		again := func(what string, header *string) (bool, error) {
			next, differs, err := f(what, *header)
			if err != nil || !differs {
				return false, err
			}
			*header, changed = next, changed+1
			return true, nil
		}
		forms, err := all[realnameRow](ctx, in, "")
		if err != nil {
			return err
		}
		for _, r := range forms {
			if ok, err := again(realname.ID(r.ID).String(), &r.FormHeader); err != nil {
				return err
			} else if ok {
				if err := insert(ctx, in, []realnameRow{r}, "shard, id"); err != nil {
					return err
				}
			}
		}
		documents, err := all[realnameDocumentRow](ctx, in, "")
		if err != nil {
			return err
		}
		for _, r := range documents {
			id := realname.DocumentID(r.ID)
			stated, err := again(id.String(), &r.StatedHeader)
			if err != nil {
				return err
			}
			whole, err := again(id.Name(), &r.Header)
			if err != nil {
				return err
			}
			if stated || whole {
				if err := insert(ctx, in, []realnameDocumentRow{r}, "shard, id"); err != nil {
					return err
				}
			}
		}
		claims, err := all[claimRow](ctx, in, "slip_header <> ''")
		if err != nil {
			return err
		}
		for _, r := range claims {
			c := r.claim()
			if ok, err := again(c.SlipName(), &r.SlipHeader); err != nil {
				return err
			} else if ok {
				if err := insert(ctx, in, []claimRow{r}, "shard, id"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return changed, err
}
