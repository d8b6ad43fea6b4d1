// Package notify sends customers by e-mail what they should know: the notices
// of billing and of real-name verification. It decides who is written to, in
// which words and language, when it is tried again and when that ends. A
// message is kept in the same transaction as the notice that it tells of.
//
//	         ┌──── not taken now: again later ────┐
//	         ▼                                    │
//	queued ──a node claims it, the channel has it─┴──▶ sent
//	  │ ▲ └──refused for good, or three days are over──▶ failed
//	  │ └────────── staff has it sent again ◀── sent, failed, dropped
//	  └──────────── staff drops it ─────────────────▶ dropped
//
// A node claims a message for a while before it hands it over, so no two nodes
// send one at the same time. One that dies in between leaves the claim to run
// out: a message is sent at least once, always under the same Message-ID
// (RFC 5322 §3.6.4), by which mail systems know a second copy.
//
// It refuses to know SMTP and other channels, and why a notice came to be. A
// customer without a contact is not written to; its notices stay listed.
package notify
