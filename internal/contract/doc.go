// Package contract prints the contracts of orders as PDF: a template in Chinese
// that is filled in with the order, set in a font of its own. The same order
// gives the same bytes, so that a signature can name them by their SHA-256.
package contract
