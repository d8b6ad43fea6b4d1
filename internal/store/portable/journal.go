package portable

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/statement"
)

// The entries on an account's buckets: of calls by the customer's CDRs, of all
// else by the transactions of its shard that are of no call. Both go by indexes.
const (
	callEntriesQuery = `
SELECT t.id, t.kind, t.key, t.at, e.bucket, e.unit, e.amount, c.id AS call, c.number, c.billable
FROM cdr AS c
JOIN txn AS t ON t.shard = c.shard AND t.id = c.txn
JOIN entry AS e ON e.shard = c.shard AND e.txn = c.txn
WHERE c.shard = ? AND c.customer = ? AND c.txn <> 0 AND e.account = ?`
	otherEntriesQuery = `
SELECT t.id, t.kind, t.key, t.at, e.bucket, e.unit, e.amount, t.call, '' AS number, 0 AS billable
FROM txn AS t
JOIN entry AS e ON e.shard = t.shard AND e.txn = t.id
WHERE t.shard = ? AND t.call = 0 AND e.account = ?`
	bucketsQuery = `
SELECT id, kind, unit, balance FROM bucket WHERE shard = ? AND account = ? ORDER BY id`
)

// Movements reads every entry on the buckets of a customer's account. It
// implements statement.Journal.
func (s *Store) Movements(ctx context.Context, customer string, move func(statement.Movement) error) (account statement.Account, err error) {
	err = s.reading(ctx, func(in session) error {
		codes, err := all[customerCodeRow](ctx, in, "code = ?", customer)
		if err != nil {
			return err
		}
		if len(codes) == 0 {
			return noCustomer(ctx, in, customer)
		}
		shard, id := codes[0].Shard, codes[0].Customer
		rows, err := all[customerRow](ctx, in, "shard = ? AND id = ?", shard, id)
		if err != nil || len(rows) == 0 {
			return err
		}
		account = statement.Account{Code: customer, Name: rows[0].Name, ID: charging.AccountID(rows[0].Account)}
		if account.Buckets, err = readBalances(ctx, in, shard, rows[0].Account); err != nil {
			return err
		}
		if err := eachMovement(ctx, in, move, callEntriesQuery, shard, id, rows[0].Account); err != nil {
			return err
		}
		return eachMovement(ctx, in, move, otherEntriesQuery, shard, rows[0].Account)
	})
	return account, err
}

func readBalances(ctx context.Context, s session, shard int, account int64) ([]charging.Bucket, error) {
	var rows []struct {
		ID      int64  `bun:"id"`
		Kind    string `bun:"kind"`
		Unit    string `bun:"unit"`
		Balance int64  `bun:"balance"`
	}
	if err := s.NewRaw(bucketsQuery, shard, account).Conn(s.tx).Scan(ctx, &rows); err != nil {
		return nil, failed(err, "read the buckets")
	}
	out := make([]charging.Bucket, len(rows))
	for i, r := range rows {
		out[i] = charging.Bucket{ID: r.ID, Kind: charging.BucketKind(r.Kind), Unit: ledger.Unit(r.Unit), Balance: money.Amount(r.Balance)}
	}
	return out, nil
}

// eachMovement streams the rows of a query.
func eachMovement(ctx context.Context, s session, move func(statement.Movement) error, query string, args ...any) error {
	rows, err := s.tx.QueryContext(ctx, s.NewRaw(query, args...).String())
	if err != nil {
		return failed(err, "read the entries")
	}
	defer rows.Close()
	for rows.Next() {
		var m statement.Movement
		var at, billable int64
		if err := rows.Scan(&m.Txn, &m.Kind, &m.Key, &at, &m.Bucket, &m.Unit, &m.Amount, &m.Call, &m.Number, &billable); err != nil {
			return failed(err, "read an entry")
		}
		m.At, m.Billable = time.UnixMicro(at).UTC(), length(billable)
		if m.Key == "" {
			m.Key = m.Call.String()
		}
		if err := move(m); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return failed(err, "read the entries")
	}
	return nil
}

// noCustomer names the customers that there are.
func noCustomer(ctx context.Context, s session, code string) error {
	var known []string
	if err := s.NewRaw("SELECT code FROM customer_code ORDER BY code LIMIT ?", someCodes).Conn(s.tx).Scan(ctx, &known); err != nil {
		return failed(err, "read the customers")
	}
	return fault.New(fault.ReferenceMissing, "what", "customer", "value", code, "known", strings.Join(known, ", "))
}

const transactionQuery = `
SELECT t.id, t.key, t.kind, t.at, t.reverses, t.call, e.account, e.bucket, e.book, e.unit, e.amount
FROM txn AS t
JOIN entry AS e ON e.shard = t.shard AND e.txn = t.id
WHERE t.shard IN (?) AND t.id = ?
ORDER BY e.leg`

// Transaction reads a transaction with its entries; ok is false when there is
// none. The key of a call's is the call.
func (s *Store) Transaction(ctx context.Context, id ledger.ID) (t ledger.Transaction, ok bool, err error) {
	var rows []struct {
		ID       int64  `bun:"id"`
		Key      string `bun:"key"`
		Kind     string `bun:"kind"`
		At       int64  `bun:"at"`
		Reverses int64  `bun:"reverses"`
		Call     int64  `bun:"call"`
		Account  int64  `bun:"account"`
		Bucket   int64  `bun:"bucket"`
		Book     string `bun:"book"`
		Unit     string `bun:"unit"`
		Amount   int64  `bun:"amount"`
	}
	shards := make([]int, charging.Shards) // naming all keeps to the index
	for i := range shards {
		shards[i] = i
	}
	err = s.reading(ctx, func(in session) error {
		return in.NewRaw(transactionQuery, bun.List(shards), int64(id)).Conn(in.tx).Scan(ctx, &rows)
	})
	if err != nil {
		return t, false, failed(err, "read a transaction")
	}
	for _, r := range rows {
		t.ID, t.Key, t.Kind, t.At, t.Reverses = ledger.ID(r.ID), r.Key, ledger.Kind(r.Kind), instant(r.At), ledger.ID(r.Reverses)
		if r.Call != 0 {
			t.Key = cdr.ID(r.Call).String()
		}
		t.Entries = append(t.Entries, ledger.Entry{
			Account: ledger.Account{Customer: r.Account, Bucket: r.Bucket, Book: ledger.Book(r.Book)}, Unit: ledger.Unit(r.Unit), Amount: r.Amount,
		})
	}
	return t, len(rows) > 0, nil
}
