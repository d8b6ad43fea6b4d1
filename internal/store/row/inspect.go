package row

import (
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
)

// What charging.Inspection streams, on every database: a query each, and what
// reads its rows.

// InspectEntries lists every transaction with its entries, ordered by shard and
// transaction; ScanEntry reads them.
const InspectEntries = `SELECT t.shard, t.id, coalesce(e.account, 0), coalesce(e.bucket, 0), coalesce(e.book, ''), coalesce(e.unit, ''), coalesce(e.amount, 0)
	FROM txn t LEFT JOIN entry e ON e.shard = t.shard AND e.txn = t.id
	UNION ALL
	SELECT e.shard, e.txn, e.account, e.bucket, e.book, e.unit, e.amount
	FROM entry e WHERE NOT EXISTS (SELECT 1 FROM txn t WHERE t.shard = e.shard AND t.id = e.txn)
	ORDER BY 1, 2`

// ScanEntry reads a row of InspectEntries.
func ScanEntry(from Scanner, e *charging.BookedEntry) error {
	a := &e.Entry.Account
	return from.Scan(&e.Shard, &e.Txn, &a.Customer, &a.Bucket, &a.Book, &e.Entry.Unit, &e.Entry.Amount)
}

// InspectClosed lists the money sides of all CDRs; ScanClosedSum reads them.
const InspectClosed = `SELECT c.shard, c.id, c.charge_micro, c.reserved_micro, c.reserved_seconds, c.lines, c.txn,
		coalesce((SELECT CAST(-sum(e.amount) AS bigint) FROM entry e WHERE e.shard = c.shard AND e.txn = c.txn AND e.account <> 0 AND e.unit = '` + string(ledger.CNY) + `'), 0),
		coalesce((SELECT CAST(-sum(e.amount) AS bigint) FROM entry e WHERE e.shard = c.shard AND e.txn = c.txn AND e.account <> 0 AND e.unit = '` + string(ledger.SEC) + `'), 0)
	FROM cdr c`

// ScanClosedSum reads a row of InspectClosed.
func ScanClosedSum(from Scanner, c *charging.ClosedSum) error {
	var lines string
	err := from.Scan(&c.Call.Shard, &c.Call.ID, &c.Charge, &c.Reserved, &c.Seconds, &lines, &c.Txn, &c.Settled, &c.Included)
	if err != nil {
		return err
	}
	c.Lines, err = DecodeList[cdr.Line](lines)
	return err
}

// InspectOrphans lists the transactions of calls that are not those of their
// CDRs; ScanOrphan reads them.
const InspectOrphans = `SELECT t.shard, t.call, t.id
	FROM txn t LEFT JOIN cdr c ON c.shard = t.shard AND c.id = t.call
	WHERE t.kind = '` + string(ledger.KindCall) + `' AND c.txn IS DISTINCT FROM t.id`

// ScanOrphan reads a row of InspectOrphans.
func ScanOrphan(from Scanner, o *charging.Orphan) error {
	return from.Scan(&o.Call.Shard, &o.Call.ID, &o.Txn)
}

// InspectUnmatched lists the payments and postings whose receipt and
// transaction do not belong together; ScanUnmatched reads them.
const InspectUnmatched = `SELECT r.account_shard, r.txn, r.channel || ' ' || r.reference, '` + charging.NoTransaction + `'
	FROM receipt r LEFT JOIN txn t ON t.shard = r.account_shard AND t.id = r.txn WHERE r.txn <> 0 AND t.id IS NULL
	UNION ALL
	SELECT t.shard, t.id, t.key, '` + charging.NoReceipt + `'
	FROM txn t LEFT JOIN receipt r ON r.account_shard = t.shard AND r.txn = t.id WHERE t.call = 0 AND t.kind <> 'call' AND r.txn IS NULL
	UNION ALL
	SELECT account_shard, txn, min(channel || ' ' || reference), '` + charging.TwoReceipts + `'
	FROM receipt WHERE txn <> 0 GROUP BY account_shard, txn HAVING count(*) > 1`

// ScanUnmatched reads a row of InspectUnmatched.
func ScanUnmatched(from Scanner, u *charging.Unmatched) error {
	return from.Scan(&u.Shard, &u.Txn, &u.Key, &u.Why)
}

// ScanInspectedHold reads HoldColumns.
func ScanInspectedHold(from Scanner, h *charging.Hold) error { return ScanHold(from, h) }
