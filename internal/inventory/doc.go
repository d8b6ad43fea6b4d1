// Package inventory is the operator's stock of 400 numbers (号码库): it takes
// numbers in, says what became of each, keeps the table of grades, and finds
// numbers for sale.
//
// It refuses to know who buys a number and what happens on the way to its
// opening. Which state a number may have next is package number's.
//
//	import, generate ─▶ available ─▶ … its life ─▶ available
//
// Every change of a number's state is an Event, written in the transaction of
// the change, whoever makes it: the site file, the billing, the inventory.
package inventory
