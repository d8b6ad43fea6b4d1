// Package sqlite keeps a whole installation in one SQLite file of one data
// directory. It implements charging.Store, and lends its one writer connection
// to business writes.
//
//   - WAL with synchronous=FULL: what was acknowledged survives the loss of
//     power. NORMAL would be a little faster and lose it.
//   - One connection writes. A batch of charging is load → Decide → apply in
//     one BEGIN IMMEDIATE; business writes (Write) take their turn on the same
//     connection, for a second writer is how "database is locked" begins.
//   - A few connections read, each seeing the last commit when it began.
//   - One process serves a directory; a lock on it says so. Others may open it
//     with OpenReadOnly meanwhile.
//   - No network file system: SQLite's locks and WAL do not hold on them
//     (https://www.sqlite.org/wal.html, "Overview").
package sqlite
