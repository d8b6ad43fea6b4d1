// Package chat lets people who look at the pages for customers write with the
// operator's staff, and leave a message when nobody is there.
//
// It decides who may read and write a conversation, how much and how fast, and
// who of the staff is there. Everything is in the store, so a conversation goes
// on over any node and over a restart: nothing is told from process to process,
// those who follow a conversation look at the store.
//
// A visitor is known by a key of 128 random bits that the browser keeps; the
// store has its SHA-256 only. It does not know names, accounts or addresses:
// the name and the contact are what was typed, and of the address a truncated
// hash is kept, to count how many conversations came from it.
//
//	open ──visitor or staff ends it, or a day without a message──▶ closed
//
// Text is text: no markup, no files. What people write is shown to nobody but
// the two sides.
package chat
