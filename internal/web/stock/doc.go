// Package stock is the office's pages of the inventory: numbers are found by their
// digits and state, what became of each is told, and numbers come in, from a file or
// as a segment, after a look at what would.
//
// It refuses to know how numbers are kept and what a state may become: packages
// inventory and number do.
package stock
