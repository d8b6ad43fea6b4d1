// Package apikey keeps the keys by which other programs may use the API: who
// they are (the client) and what they may do (the scopes).
//
//	sibai key create ──▶ Make ──hash──▶ Store        secret shown once, kept nowhere
//	request ──secret──▶ Ring.Check ──in memory──▶ Key, or key_missing / key_wrong
//
// A secret is 256 random bits, so its SHA-256 is all that need be kept: there
// is nothing to guess, and no salt or slow hash makes it safer. Every node has
// the keys in memory and reads them anew when the directory's revision shows a
// change: a key counts, or is revoked, within a quarter of a second
// everywhere, and no request waits for the store.
//
// A client may have several keys at once, so that one can be replaced without
// a pause. It refuses to know what the operations do.
package apikey
