// Package pgtest starts PostgreSQL for tests: one private cluster for each
// test binary, with fsync on, on a port of its own, in a temporary directory,
// gone when the binary ends. SIBAI_TEST_PG=postgres://… uses a server that
// runs already instead; its user must be allowed to create databases.
package pgtest
