package row

import "sibai/internal/charging"

// Unmatched lists what charging.Inspection's Unmatched does, on every database:
// shard, transaction, key and why.
const Unmatched = `SELECT r.account_shard, r.txn, r.channel || ' ' || r.reference, '` + charging.NoTransaction + `'
	FROM receipt r LEFT JOIN txn t ON t.shard = r.account_shard AND t.id = r.txn WHERE r.txn <> 0 AND t.id IS NULL
	UNION ALL
	SELECT t.shard, t.id, t.key, '` + charging.NoReceipt + `'
	FROM txn t LEFT JOIN receipt r ON r.account_shard = t.shard AND r.txn = t.id WHERE t.call = 0 AND t.kind <> 'call' AND r.txn IS NULL
	UNION ALL
	SELECT account_shard, txn, min(channel || ' ' || reference), '` + charging.TwoReceipts + `'
	FROM receipt WHERE txn <> 0 GROUP BY account_shard, txn HAVING count(*) > 1`
