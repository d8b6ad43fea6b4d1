package portable

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/site"
)

// writing runs f in one durable transaction of the writer.
func (s *Store) writing(ctx context.Context, f func(context.Context, session) error) error {
	if s.write == nil {
		return fault.New(fault.StoreFailed, "what", "it was opened for reading only")
	}
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return f(ctx, s.in(tx)) })
}

func applyArrears(ctx context.Context, s session, w site.Writes) error {
	if w.Arrears == nil {
		return nil
	}
	return insert(ctx, s, []arrearsRulesRow{arrearsRulesToRow(*w.Arrears)}, "id")
}

func readArrearsRules(ctx context.Context, s session) (*catalog.Arrears, error) {
	rules, err := all[arrearsRulesRow](ctx, s, "")
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	return rules[0].rules(), nil
}

// Book reads the bills of a shard. It implements billing.Store.
func (s *Store) Book(ctx context.Context, shard int, since time.Time) (book billing.Book, err error) {
	err = s.reading(ctx, func(in session) error {
		book, err = readBook(ctx, in, shard, since)
		return err
	})
	return book, err
}

func readBook(ctx context.Context, s session, shard int, since time.Time) (billing.Book, error) {
	var book billing.Book
	customers, err := all[customerRow](ctx, s, "shard = ?", shard)
	if err != nil || len(customers) == 0 {
		return book, err
	}
	if book.Arrears, err = readArrearsRules(ctx, s); err != nil {
		return book, err
	}
	slices.SortFunc(customers, func(x, y customerRow) int { return cmp.Compare(x.ID, y.ID) })
	of := make(map[int64]*billing.Customer, len(customers))
	accounts := make(map[int64]*billing.Customer, len(customers))
	for _, r := range customers {
		c := &billing.Customer{Customer: r.customer()}
		of[r.ID], accounts[r.Account] = c, c
		book.Customers = append(book.Customers, c)
	}
	for _, read := range []func() error{
		func() error { return bookRentals(ctx, s, shard, of) },
		func() error { return bookDues(ctx, s, shard, since, of) },
		func() error { return bookAccounts(ctx, s, shard, accounts) },
	} {
		if err := read(); err != nil {
			return book, err
		}
	}
	return book, nil
}

func bookRentals(ctx context.Context, s session, shard int, of map[int64]*billing.Customer) error {
	plans, err := all[planRow](ctx, s, "")
	if err != nil {
		return err
	}
	plan := make(map[int64]catalog.Plan, len(plans))
	for _, r := range plans {
		plan[r.ID] = r.plan()
	}
	numbers, err := all[numberRow](ctx, s, "shard = ? AND customer <> 0", shard)
	if err != nil {
		return err
	}
	digits := make(map[int64]numberRow, len(numbers))
	for _, r := range numbers {
		digits[r.ID] = r
	}
	subscriptions, err := all[subscriptionRow](ctx, s, "shard = ?", shard)
	if err != nil {
		return err
	}
	slices.SortFunc(subscriptions, func(x, y subscriptionRow) int { return cmp.Compare(x.ID, y.ID) })
	for _, r := range subscriptions {
		n, c := digits[r.Number], of[r.Customer]
		if c == nil || n.Customer != r.Customer {
			continue
		}
		subscription := r.subscription()
		c.Rentals = append(c.Rentals, &billing.Rental{
			Number: number.ID(n.ID), Digits: n.Digits, State: number.State(n.State), Issuing: number.Carrier(n.Issuing), Serving: number.Carrier(n.Serving), Subscription: subscription, Plan: plan[r.Plan].At(subscription.PricedAt()),
		})
	}
	return nil
}

func bookDues(ctx context.Context, s session, shard int, since time.Time, of map[int64]*billing.Customer) error {
	terms, err := all[termRow](ctx, s, "shard = ?", shard)
	if err != nil {
		return err
	}
	slices.SortFunc(terms, func(x, y termRow) int {
		return cmp.Or(cmp.Compare(x.Subscription, y.Subscription), cmp.Compare(x.Seq, y.Seq))
	})
	for _, r := range terms {
		if c := of[r.Customer]; c != nil {
			c.Terms = append(c.Terms, r.term())
		}
	}
	trueUps, err := all[trueUpRow](ctx, s, "shard = ? AND (paid_at = 0 OR ends_at >= ?)", shard, micros(since))
	if err != nil {
		return err
	}
	slices.SortFunc(trueUps, func(x, y trueUpRow) int {
		return cmp.Or(cmp.Compare(x.Subscription, y.Subscription), cmp.Compare(x.StartsAt, y.StartsAt))
	})
	for _, r := range trueUps {
		if c := of[r.Customer]; c != nil {
			c.TrueUps = append(c.TrueUps, r.trueUp())
		}
	}
	stages, err := all[arrearsRow](ctx, s, "shard = ?", shard)
	if err != nil {
		return err
	}
	for _, r := range stages {
		if c := of[r.Customer]; c != nil {
			c.Arrears = billing.Arrears{Stage: billing.Stage(r.Stage), Since: instant(r.Since), Low: r.Low != 0}
		}
	}
	return nil
}

func bookAccounts(ctx context.Context, s session, shard int, of map[int64]*billing.Customer) error {
	var rows []accountsRow
	err := s.NewRaw(`SELECT a.id AS account, a.state, a.opened_at, COALESCE(b.id, 0) AS id, COALESCE(b.kind, '') AS kind, COALESCE(b.unit, '') AS unit,
			COALESCE(b.balance, 0) AS balance, COALESCE(b.held, 0) AS held, COALESCE(b.expires_at, 0) AS expires_at,
			COALESCE(b.created_at, 0) AS created_at, COALESCE(b.extension, 0) AS extension, COALESCE(b.overdraft, 0) AS overdraft
		FROM account AS a LEFT JOIN bucket AS b ON b.shard = a.shard AND b.account = a.id
		WHERE a.shard = ? ORDER BY a.id, b.id`, shard).Conn(s.tx).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read the accounts")
	}
	for _, r := range rows {
		c := of[r.Account]
		if c == nil {
			continue
		}
		key := charging.AccountKey{Shard: shard, ID: charging.AccountID(r.Account)}
		if c.View == nil {
			c.View = &charging.AccountView{Key: key, State: charging.AccountState(r.State), OpenedAt: instant(r.OpenedAt)}
		}
		if r.ID != 0 {
			c.View.Buckets = append(c.View.Buckets, charging.Bucket{
				Account: key, ID: r.ID, Kind: charging.BucketKind(r.Kind), Unit: ledger.Unit(r.Unit),
				Balance: money.Amount(r.Balance), Held: money.Amount(r.Held), ExpiresAt: instant(r.ExpiresAt), CreatedAt: instant(r.CreatedAt),
				Extension: r.Extension, Overdraft: money.Amount(r.Overdraft),
			})
		}
	}
	return nil
}

// Consumption sums what calls cost. It implements billing.Store.
func (s *Store) Consumption(ctx context.Context, shard int, c catalog.CustomerID, account charging.AccountID, sub charging.SubscriptionID, from, before time.Time) (sum money.Amount, pending bool, err error) {
	err = s.reading(ctx, func(in session) error {
		var open int64
		err := in.NewRaw(`SELECT COUNT(*) FROM hold WHERE shard = ? AND account = ? AND subscription = ? AND opened_at < ?`,
			shard, int64(account), int64(sub), micros(before)).Conn(in.tx).Scan(ctx, &open)
		if err != nil {
			return failed(err, "look for running calls")
		}
		pending = open > 0
		err = in.NewRaw(`SELECT CAST(COALESCE(SUM(charge_micro), 0) AS BIGINT) FROM cdr
			WHERE shard = ? AND customer = ? AND started_at >= ? AND started_at < ? AND subscription = ?`,
			shard, int64(c), micros(from), micros(before), int64(sub)).Conn(in.tx).Scan(ctx, &sum)
		if err != nil {
			return failed(err, "sum the consumption")
		}
		return nil
	})
	return sum, pending, err
}

// Save writes what billing found. It implements billing.Store.
func (s *Store) Save(ctx context.Context, w billing.Writes) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		for _, write := range []func() error{
			func() error { return insert(ctx, in, rows(unique(w.Terms), termToRow), "shard, subscription, seq") },
			func() error {
				return insert(ctx, in, rows(unique(w.TrueUps), trueUpToRow), "shard, subscription, starts_at")
			},
			func() error { return insert(ctx, in, rows(w.Arrears, arrearsToRow), "shard, customer") },
			func() error { return note(ctx, in, w.Notices) },
			func() error { return release(ctx, in, w.Release) },
		} {
			if err := write(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Notices lists what was noted for customers and the operator, the newest first.
func (s *Store) Notices(ctx context.Context, f billing.NoticeFilter) ([]billing.Notice, error) {
	var found []noticeRow
	q := s.db.NewSelect().Model(&found).OrderExpr("at DESC, id DESC").Limit(int64(f.Page()))
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
	if f.Kind != "" {
		q = q.Where("kind = ?", string(f.Kind))
	}
	if !f.Since.IsZero() {
		q = q.Where("at >= ?", micros(f.Since))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list notices")
	}
	list := make([]billing.Notice, len(found))
	for i, r := range found {
		var err error
		if list[i], err = r.notice(); err != nil {
			return nil, fault.Wrap(err, fault.StoreFailed, "what", "list notices")
		}
	}
	return list, nil
}

// unique keeps each row once: PostgreSQL replaces a row once a statement.
func unique[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var out []T
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// release takes numbers from their customers. Nothing of the old owner may
// meet the next: its profiles and its subscription go.
func release(ctx context.Context, s session, list []billing.Release) error {
	for _, r := range list {
		given, err := among[numberRow](ctx, s, "id", []int64{int64(r.Number)})
		if err != nil {
			return err
		}
		if err := became(ctx, s, given, number.Quarantine, r.At, whyArrears); err != nil {
			return err
		}
		if err := giveUp(ctx, s, r.Shard, int64(r.Number), r.Until); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	return bump(ctx, s)
}

// giveUp takes a number of a shard from its customer, to rest until an instant.
func giveUp(ctx context.Context, s session, shard int, id int64, until time.Time) error {
	for _, q := range []interface {
		Exec(context.Context, ...any) (sql.Result, error)
	}{
		s.NewUpdate().Model((*numberRow)(nil)).Conn(s.tx).Set("state = ?, shard = 0, customer = 0", string(number.Quarantine)).Where("id = ?", id),
		s.NewDelete().Model((*profileRow)(nil)).Conn(s.tx).Where("shard = ? AND number = ?", shard, id),
		s.NewDelete().Model((*subscriptionRow)(nil)).Conn(s.tx).Where("shard = ? AND number = ?", shard, id),
	} {
		if _, err := q.Exec(ctx); err != nil {
			return failed(err, "release a number")
		}
	}
	return insert(ctx, s, []restRow{{Number: id, Until: micros(until)}}, "number")
}

// Rested ends quarantines. It implements billing.Store.
func (s *Store) Rested(ctx context.Context, at time.Time, dry bool) (digits []string, err error) {
	find := func(ctx context.Context, in session) ([]int64, error) {
		over, err := all[restRow](ctx, in, "until <= ?", micros(at))
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(over))
		for i, r := range over {
			ids[i] = r.Number
		}
		list, err := among[numberRow](ctx, in, "id", ids)
		digits = nil
		for _, r := range list {
			digits = append(digits, r.Digits)
		}
		return ids, err
	}
	var ids []int64
	err = s.reading(ctx, func(in session) error {
		ids, err = find(ctx, in)
		return err
	})
	if err != nil || dry || len(ids) == 0 {
		return digits, err
	}
	return digits, s.writing(ctx, func(ctx context.Context, in session) error {
		ids, err := find(ctx, in)
		if err != nil || len(ids) == 0 {
			return err
		}
		rested, err := among[numberRow](ctx, in, "id", ids)
		if err != nil {
			return err
		}
		rested = slices.DeleteFunc(rested, func(r numberRow) bool { return r.State != string(number.Quarantine) })
		if err := became(ctx, in, rested, number.Available, at, whyRested); err != nil {
			return err
		}
		_, err = in.NewUpdate().Model((*numberRow)(nil)).Conn(in.tx).Set("state = ?", string(number.Available)).
			Where("id IN (?) AND state = ?", bun.List(ids), string(number.Quarantine)).Exec(ctx)
		if err != nil {
			return failed(err, "end a quarantine")
		}
		if _, err := in.NewDelete().Model((*restRow)(nil)).Conn(in.tx).Where("number IN (?)", bun.List(ids)).Exec(ctx); err != nil {
			return failed(err, "end a quarantine")
		}
		return bump(ctx, in)
	})
}

// Find reads the customer with a code. It implements billing.Store.
func (s *Store) Find(ctx context.Context, code string) (catalog.Customer, bool, error) {
	return s.oneCustomer(ctx, "code = ?", code)
}

// TransactionShard says which shard a transaction stands in; ok is false when
// there is none. It implements billing.Store.
func (s *Store) TransactionShard(ctx context.Context, id ledger.ID) (shard int, ok bool, err error) {
	shards := make([]int, charging.Shards) // naming all keeps to the index
	for i := range shards {
		shards[i] = i
	}
	var found []int
	err = s.reading(ctx, func(in session) error {
		return in.NewRaw("SELECT shard FROM txn WHERE shard IN (?) AND id = ?", bun.List(shards), int64(id)).Conn(in.tx).Scan(ctx, &found)
	})
	if err != nil {
		return 0, false, failed(err, "find a transaction")
	}
	if len(found) == 0 {
		return 0, false, nil
	}
	return found[0], true, nil
}

// Owner finds the customer who rents a number. It implements billing.Store.
func (s *Store) Owner(ctx context.Context, digits string) (catalog.Customer, bool, error) {
	return s.oneCustomer(ctx, "(shard, id) IN (SELECT shard, customer FROM number WHERE digits = ?)", digits)
}

func (s *Store) oneCustomer(ctx context.Context, where string, args ...any) (c catalog.Customer, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		list, err := all[customerRow](ctx, in, where, args...)
		if err == nil && len(list) > 0 {
			c, ok = list[0].customer(), true
		}
		return err
	})
	return c, ok, err
}

// Claim gives a job to a node until an instant, unless another has it at at.
// It implements billing.Jobs.
func (s *Store) Claim(ctx context.Context, name string, node int, at, until time.Time) (claimed bool, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		res, err := in.NewInsert().Model(&jobRow{Name: name, Node: node, ClaimedUntil: micros(until), StartedAt: micros(at)}).Conn(in.tx).
			On("CONFLICT (name) DO UPDATE").
			Set("node = EXCLUDED.node, claimed_until = EXCLUDED.claimed_until, started_at = EXCLUDED.started_at").
			Where("?TableAlias.claimed_until <= ?", micros(at)).Exec(ctx)
		if err != nil {
			return failed(err, "claim a job")
		}
		n, err := res.RowsAffected()
		claimed = n > 0
		return err
	})
	return claimed, err
}

// Finish records what a job did, and lets it go until an instant. It
// implements billing.Jobs.
func (s *Store) Finish(ctx context.Context, run billing.JobRun, next time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		_, err := in.NewUpdate().Model((*jobRow)(nil)).Conn(in.tx).
			Set("claimed_until = ?, finished_at = ?, items = ?, failed = ?, error = ?", micros(next), micros(run.FinishedAt), run.Items, run.Failed, run.Error).
			Where("name = ? AND node = ?", run.Name, run.Node).Exec(ctx)
		if err != nil {
			return failed(err, "record a job")
		}
		return nil
	})
}

// LastRun reads what a job did last; ok is false when it never ran. It
// implements billing.Jobs.
func (s *Store) LastRun(ctx context.Context, name string) (run billing.JobRun, ok bool, err error) {
	var row jobRow
	err = s.db.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return run, false, nil
	}
	if err != nil {
		return run, false, failed(err, "read a job")
	}
	return row.job(), true, nil
}
