package postgres

import (
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sibai/internal/charging"
	"sibai/internal/store/row"
)

// load begins the transaction, locks the accounts that the keys name and reads
// what belongs to them. It is one round trip.
func (w *writer) load(conn *pgconn.PgConn, bound time.Time, keys *charging.Keys) (*charging.Loaded, error) {
	loaded := charging.NewLoaded(keys)
	p := &pipeline{}
	p.add(w.statements[begin], nil)
	if len(keys.Accounts) > 0 {
		w.addAccounts(p, loaded, keys.Accounts)
	}
	if len(keys.Calls) > 0 {
		w.addCalls(p, loaded, keys.Calls)
	}
	if len(keys.Receipts) > 0 {
		w.addReceipts(p, loaded, keys.Receipts)
	}
	_, err := p.run(conn, bound)
	return loaded, err
}

// addAccounts reads accounts, and with what the locks are had their buckets and
// usages. An account that another node opens now is seen by the second statement
// but not locked by the first: its rows are left out.
func (w *writer) addAccounts(p *pipeline, loaded *charging.Loaded, keys []charging.AccountKey) {
	params, form := twoKeys(len(keys), func(i int) (shard, id int64) { return int64(keys[i].Shard), int64(keys[i].ID) })
	p.add(w.statements[lockAccounts+form], func(f fields) error {
		a, err := row.ScanAccount(row.Found{Columns: f})
		loaded.PutAccount(a)
		return err
	}, params...)
	var scratch fields
	p.add(w.statements[loadMoney+form], func(f fields) error {
		if f.ColumnInt64(0) == 0 {
			u := &charging.Usage{}
			scratch = append(append(scratch[:0], f[1:3]...), f[5:]...)
			err := row.ScanUsage(row.Found{Columns: scratch}, u)
			loaded.PutUsage(u)
			return err
		}
		b := &charging.Bucket{}
		scratch = append(append(append(scratch[:0], f[1:3]...), f[0]), f[3:11]...)
		err := row.ScanBucket(row.Found{Columns: scratch}, b)
		loaded.PutBucket(b)
		return err
	}, params...)
}

// holdWidth is how many columns of a hold are read; after them comes the CDR of
// a call that has none.
const holdWidth = 12

func (w *writer) addCalls(p *pipeline, loaded *charging.Loaded, keys []charging.CallKey) {
	params, form := twoKeys(len(keys), func(i int) (shard, id int64) { return int64(keys[i].Shard), int64(keys[i].ID) })
	p.add(w.statements[loadCalls+form], func(f fields) error {
		switch {
		case f[0] != nil:
			h := &charging.Hold{}
			err := row.ScanHold(row.Found{Columns: f}, h)
			loaded.PutHold(h)
			return err
		case f[holdWidth] != nil:
			whole, err := composite(f[holdWidth])
			if err != nil {
				return err
			}
			c, err := row.ScanClosed(row.Found{Columns: placed{whole, w.closed}})
			if err != nil {
				return err
			}
			loaded.PutClosed(c)
		}
		return nil
	}, params...)
}

func (w *writer) addReceipts(p *pipeline, loaded *charging.Loaded, keys []charging.ReceiptKey) {
	// What cannot be stored is found by nobody, and refused by Decide.
	p.add(w.statements[loadReceipts], func(f fields) error {
		r, err := row.ScanReceipt(row.Found{Columns: f})
		loaded.PutReceipt(r)
		return err
	},
		integers(len(keys), func(i int) int64 { return int64(keys[i].Shard) }),
		texts(len(keys), func(i int) string { return keys[i].Channel }),
		texts(len(keys), func(i int) string { return keys[i].Reference }))
}

// twoKeys are the parameters of a statement that looks for rows by shard and id, and
// what its name ends with.
func twoKeys(n int, key func(int) (shard, id int64)) (params [][]byte, form string) {
	if n == 1 {
		shard, id := key(0)
		return [][]byte{integer(shard), integer(id)}, one
	}
	return [][]byte{
		integers(n, func(i int) int64 { shard, _ := key(i); return shard }),
		integers(n, func(i int) int64 { _, id := key(i); return id }),
	}, ""
}

// integer encodes a bigint.
func integer(v int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(v)) //nolint:gosec // the same 64 bits
}

// placed are fields in an order of their own.
type placed struct {
	fields
	at []int
}

func (p placed) ColumnInt64(i int) int64 { return p.fields.ColumnInt64(p.at[i]) }
func (p placed) ColumnText(i int) string { return p.fields.ColumnText(p.at[i]) }

// integers encodes an array of bigint.
func integers(n int, value func(int) int64) []byte {
	b := arrayOf(make([]byte, 0, 20+12*n), int8Type, n)
	for i := range n {
		b = appendInt(b, value(i))
	}
	return b
}

// texts encodes an array of text.
func texts(n int, value func(int) string) []byte {
	b := arrayOf(make([]byte, 0, 20+24*n), textType, n)
	for i := range n {
		b = appendText(b, value(i))
	}
	return b
}
