package portable

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/fault"
	"sibai/internal/notify"
)

type noticeReadRow struct {
	bun.BaseModel `bun:"table:notice_read"`
	Shard         int   `bun:"shard,pk"`
	Person        int64 `bun:"person,pk"`
	Notice        int64 `bun:"notice,pk"`
}

// theirs are the notices that somebody may read, the newest first.
func theirs(q *bun.SelectQuery, r notify.Reader) *bun.SelectQuery {
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	return q.Where("shard = ? AND customer = ? AND kind IN (?)", r.Shard, int64(r.Customer), bun.List(kinds)).Order("id DESC")
}

// unread are the ids of up to notify.MaxUnread notices that somebody has not read.
func (s *Store) unread(ctx context.Context, in session, r notify.Reader) (ids []int64, err error) {
	if len(r.Kinds) == 0 {
		return nil, nil
	}
	chosen, err := choicesOf(ctx, in, r.Shard, int64(r.Customer))
	if err != nil {
		return nil, err
	}
	r.Kinds = slices.DeleteFunc(slices.Clone(r.Kinds), func(k billing.ItemKind) bool { return !chosen.Of(k).Page })
	if len(r.Kinds) == 0 {
		return nil, nil
	}
	var found []noticeRow
	q := theirs(in.NewSelect().Model(&found).Conn(in.tx), r).Where("at >= ?", micros(r.Since)).
		Where("id NOT IN (SELECT notice FROM notice_read WHERE shard = ? AND person = ?)", r.Shard, r.Person).Limit(notify.MaxUnread)
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "look for notices that are not read")
	}
	return rows(found, func(n noticeRow) int64 { return n.ID }), nil
}

// Unread counts the notices that somebody has not read, up to notify.MaxUnread.
func (s *Store) Unread(ctx context.Context, r notify.Reader) (count int, err error) {
	err = s.reading(ctx, func(in session) error {
		ids, err := s.unread(ctx, in, r)
		count = len(ids)
		return err
	})
	return count, err
}

// Told lists the notices that somebody may read, the newest first: those before one,
// or the newest of all where that is 0.
func (s *Store) Told(ctx context.Context, r notify.Reader, before notify.NoticeID, limit int) (list []notify.Told, err error) {
	if len(r.Kinds) == 0 {
		return nil, nil
	}
	err = s.reading(ctx, func(in session) error {
		var found []noticeRow
		q := theirs(in.NewSelect().Model(&found).Conn(in.tx), r).Limit(int64(limit))
		if before != 0 {
			q = q.Where("id < ?", int64(before))
		}
		if err := q.Scan(ctx); err != nil {
			return failed(err, "list notices")
		}
		read, err := readAmong(ctx, in, r, rows(found, func(n noticeRow) int64 { return n.ID }))
		if err != nil {
			return err
		}
		list = make([]notify.Told, len(found))
		for i, row := range found {
			if list[i], err = row.told(r, read); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (r noticeRow) told(by notify.Reader, read map[int64]bool) (notify.Told, error) {
	n, err := r.notice()
	if err != nil {
		return notify.Told{}, fault.Wrap(err, fault.StoreFailed, "what", "read a notice")
	}
	return notify.Told{Notice: n, Read: read[n.ID] || n.At.Before(by.Since)}, nil
}

func readAmong(ctx context.Context, in session, r notify.Reader, ids []int64) (map[int64]bool, error) {
	read := map[int64]bool{}
	if len(ids) == 0 {
		return read, nil
	}
	marks, err := all[noticeReadRow](ctx, in, "shard = ? AND person = ? AND notice IN (?)", r.Shard, r.Person, bun.List(ids))
	for _, m := range marks {
		read[m.Notice] = true
	}
	return read, err
}

// ReadNotice marks a notice as read by somebody who may read it, and returns it.
// Doing it again changes nothing. Faults: notice_not_found.
func (s *Store) ReadNotice(ctx context.Context, r notify.Reader, id notify.NoticeID) (n billing.Notice, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		var found []noticeRow
		if len(r.Kinds) > 0 {
			if err := theirs(in.NewSelect().Model(&found).Conn(in.tx), r).Where("id = ?", int64(id)).Scan(ctx); err != nil {
				return failed(err, "read a notice")
			}
		}
		if len(found) == 0 {
			return fault.New(fault.NoticeNotFound, "notice", id)
		}
		told, err := found[0].told(r, nil)
		if n = told.Notice; err != nil {
			return err
		}
		return markRead(ctx, in, r, []int64{n.ID})
	})
	return n, err
}

// ReadNotices marks all notices that somebody may read as read by it.
func (s *Store) ReadNotices(ctx context.Context, r notify.Reader) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		for {
			ids, err := s.unread(ctx, in, r)
			if err != nil || len(ids) == 0 {
				return err
			}
			if err := markRead(ctx, in, r, ids); err != nil {
				return err
			}
		}
	})
}

func markRead(ctx context.Context, in session, r notify.Reader, ids []int64) error {
	marks := rows(ids, func(id int64) noticeReadRow { return noticeReadRow{Shard: r.Shard, Person: r.Person, Notice: id} })
	if _, err := in.NewInsert().Model(&marks).Conn(in.tx).On("CONFLICT (shard, person, notice) DO NOTHING").Exec(ctx); err != nil {
		return failed(err, "mark notices as read")
	}
	return nil
}

// AddNotice keeps a notice that nothing else is written with; one of the same id is
// kept once. It implements notify.Store.
func (s *Store) AddNotice(ctx context.Context, n billing.Notice) error {
	var known []noticeRow
	there := func(in session) (err error) {
		known, err = all[noticeRow](ctx, in, "shard = ? AND id = ?", n.Shard, n.ID)
		return err
	}
	if err := s.reading(ctx, there); err != nil || len(known) > 0 {
		return err // without a write, most of the time
	}
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if err := there(in); err != nil || len(known) > 0 {
			return err
		}
		return note(ctx, in, []billing.Notice{n})
	})
}

// Stuck counts the messages that wait although they were tried often, up to
// notify.MaxUnread. It implements notify.Store.
func (s *Store) Stuck(ctx context.Context, tries int) (int, error) {
	var found []outboxRow
	err := s.db.NewSelect().Model(&found).Where("state = 'queued' AND attempts >= ?", tries).Limit(notify.MaxUnread).Scan(ctx)
	if err != nil {
		return 0, failed(err, "count the messages that wait")
	}
	return len(found), nil
}
