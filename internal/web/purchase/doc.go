// Package purchase has the pages on which an enterprise orders numbers: the form,
// and the order's own page by its link, where the contract is read and signed,
// the payment made, and the way to the open number seen.
package purchase
