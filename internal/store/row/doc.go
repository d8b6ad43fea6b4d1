// Package row says how the rows of money stand in columns, once for every
// store: which columns a statement reads and writes, in which order, and how
// instants, lengths and lists become numbers and text. It knows no SQL beyond
// the names of columns, and no database.
package row
