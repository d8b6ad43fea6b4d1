// Package pricelist is the office's pages of plans, tariffs and features: what each
// costs, since when, from which day on that changes, and what of it does; and new
// versions of plans for days to come, after a look at what they change.
//
// It refuses to know which versions may be: package site does, which keeps those of
// the site file and those of the page apart.
package pricelist
