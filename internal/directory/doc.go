// Package directory is what a node knows by heart: the numbers that are
// rented with their settings, the trunks, and the tariffs. A call asks it
// several times and must never wait, so everything is in memory.
//
//	Source (the store) ──Revision, every 250 ms──▶ changed? ──Load──▶ Snapshot
//	                                                                    │ index
//	calls ◀──Find, InboundTrunk, OutboundTrunk── one pointer, swapped ──┘
//
// Every business change bumps the store's revision in its own transaction, so
// a change is known to every node within a quarter of a second, and to the
// node that made it at once (Refresh). What a call was given stays with it to
// its end. When the store cannot be asked, the last snapshot serves on and
// Health says since when.
//
// It decides which tariff version is in force at an instant and that a
// customer's state stops its numbers. It refuses to know balances: those
// belong to charging and are never cached.
package directory
