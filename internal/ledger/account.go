package ledger

import (
	"errors"
	"fmt"
	"strings"

	"sibai/internal/id"
)

// Book names one of the operator's own accounts.
type Book string

// The operator's books that have one account each.
const (
	RevenueCalls Book = "revenue/calls"
	Refunds      Book = "refunds"

	RevenuePlans   Book = "revenue/plans"   // term fees, as they are earned
	RevenueNumbers Book = "revenue/numbers" // the right to use a number
	RevenueMinimum Book = "revenue/minimum" // true-ups to a minimum consumption
	RevenueExpired Book = "revenue/expired" // call credit that expired
	DeferredPlans  Book = "deferred/plans"  // term fees that are not earned yet
	DeferredOrders Book = "deferred/orders" // fees of numbers that are ordered and not open yet
	RevenueOrders  Book = "revenue/orders"  // what is kept of an order that its customer let lapse
	// CreditIssued is the call credit that came with plans: the other side of
	// package buckets in money. What calls use of it stands in revenue/calls
	// too, so the two are read together.
	CreditIssued Book = "issued/credit"

	// Included call time, in SEC.
	IncludedIssued  Book = "included/issued"
	IncludedUsed    Book = "included/used"
	IncludedExpired Book = "included/expired"
)

// maxBookName bounds the part of a book's name that comes from outside.
const maxBookName = 64

// Receipts is the book of what came in over a payment channel, such as
// receipts/wechat. The channel is lower case letters, digits, - and _.
func Receipts(channel string) (Book, error) {
	if channel == "" || len(channel) > maxBookName || strings.Trim(channel, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return "", fmt.Errorf("%w: channel %q: use 1 to %d lower case letters, digits, - and _", ErrAccount, channel, maxBookName)
	}
	return Book("receipts/" + channel), nil
}

// RefundsOf is the book of what went back over a payment channel, such as
// refunds/bank. The channel is named as for Receipts.
func RefundsOf(channel string) (Book, error) {
	if _, err := Receipts(channel); err != nil {
		return "", err
	}
	return Refunds + "/" + Book(channel), nil
}

// ErrAccount is wrapped when a ledger account has a wrong name.
var ErrAccount = errors.New("not a ledger account")

// Account is where an entry stands: a customer's bucket, or a book of the
// operator. Exactly one of the two is set. It is comparable.
type Account struct {
	Customer int64 // the prepaid account that the bucket belongs to
	Bucket   int64
	Book     Book
}

// BucketOf is the ledger account of a customer's bucket.
func BucketOf(account, bucket int64) Account { return Account{Customer: account, Bucket: bucket} }

// BookOf is the ledger account of a book.
func BookOf(b Book) Account { return Account{Book: b} }

// String shows acc_…/bkt_… or the book's name.
func (a Account) String() string {
	if a.Book != "" {
		return string(a.Book)
	}
	return id.Format("acc", a.Customer) + "/" + id.Format("bkt", a.Bucket)
}

func (a Account) valid() bool {
	bucket := a.Customer != 0 && a.Bucket != 0
	none := a.Customer == 0 && a.Bucket == 0
	return (bucket && a.Book == "") || (none && a.Book != "")
}
