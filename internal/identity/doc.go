// Package identity knows the people who use the pages: members of customers and
// staff of the operator, how they sign in, and what each may do.
//
// It refuses to know what the pages do: they name a Permission, and Allow says
// whether the person's role has it. One table, may, has all of that.
//
//	invited by a link ─▶ sets a password ─▶ signs in ─▶ Actor{person, role, customer}
//	                                          │ wrong too often
//	                                          ▼
//	                                        locked out for a while
//
// Passwords are kept as argon2id (RFC 9106), links as SHA-256 of their random
// keys. What limits guesses stands in the store, so that neither a restart nor
// another node gives new ones. Every change that a person makes, and every look
// at personal data, is a Trace that is never changed.
package identity
