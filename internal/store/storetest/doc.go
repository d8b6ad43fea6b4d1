// Package storetest is the conformance suite of charging.Store: Run does the
// same checks on every store, so that money means the same on each. Memory is
// the simplest store that passes it; it keeps nothing and is for tests.
package storetest
