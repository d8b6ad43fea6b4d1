// Package transfer moves a whole installation between databases: it writes
// every row of one consistent state into a stream, and reads such a stream into
// an empty database, SQLite or PostgreSQL either way.
//
// The tables and columns come from the database's own schema, so a table that
// is added moves along by itself. A stream is lines of JSON (RFC 8259):
//
//	{"sibai_export":1,"id":"…","program":"…","schema":4,"from":"sqlite","at":"…","tables":[{"name":"account","columns":[…],"key":[…]},…]}
//	[0,1,"active",1767196800000000]            a row: the values of the columns
//	{"table":"account","rows":1,"sha256":"…"}  the end of a table
//	{"end":true,"rows":1}                      the end of the export
//
// Numbers are 64-bit integers and must be read as such. Rows stand in the order
// of their table's key; the sum is of their lines. Text that is not UTF-8, and
// the zero byte, which PostgreSQL keeps in no text, becomes U+FFFD.
package transfer
