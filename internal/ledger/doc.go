// Package ledger is double-entry bookkeeping: a Transaction moves value
// between accounts by entries that sum to zero in each unit.
//
// A customer's balance lies on its buckets; the operator keeps books. What a
// book holds is a credit to it when positive:
//
//	top-up   receipts/wechat −100    customer bucket +100
//	call     customer bucket  −0.30  revenue/calls    +0.30
//
// so that a bucket's balance is the sum of its entries, and minus receipts is
// what came in. Transactions are append-only: a mistake is mended by another
// one that names the first in Reverses.
//
// It refuses to know what a movement is for, whether the money is there, and
// where it is stored. Terms: 企业会计准则——基本准则, 第十一条 (借贷记账法).
package ledger
