// Package sandbox stands in for a payment provider where no money shall move:
// in demonstrations, trials and tests. Who pays is played by a person on a page
// or by a test, through Pay. It signs what it notifies of (HMAC-SHA256, RFC
// 2104) with a key that only this process has, so that a notification which
// came from elsewhere is refused as a real provider's would be.
//
// It must be off where real customers pay: who has a link can top up for
// nothing.
package sandbox
