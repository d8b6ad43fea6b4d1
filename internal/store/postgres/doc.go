// Package postgres keeps a whole installation in one PostgreSQL database,
// which several nodes may share. It implements charging.Store.
//
//   - A batch of charging is two round trips: BEGIN and the rows, locked; then
//     Decide; then the writes and COMMIT. Nothing is kept between batches, so
//     that any node may do the next one.
//   - Accounts are locked in the order of their keys, so that batches of several
//     nodes never wait for one another in a circle. An account's row guards its
//     buckets, its usage and its holds; only a renewal comes without it, and
//     what it writes only grows.
//   - Rows travel in PostgreSQL's binary format, many in one value, and are read
//     without reflection: on this path that was a third of the cost.
//   - A few connections only write. The planner is pinned on them: with few
//     rows it would read whole tables and keep that plan when they are large.
//   - Business writes (Write) have connections of their own and are done one
//     at a time in the whole installation.
//   - A node holds a lock on its number, so that no second process settles the
//     calls of a living one.
//
// Isolation is READ COMMITTED: once a lock is had, the next statement sees what
// its former holder committed
// (https://www.postgresql.org/docs/15/transaction-iso.html, 13.2.1).
package postgres
