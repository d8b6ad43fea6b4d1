// Package shop is the pages on which enterprises choose a 400 number and a plan
// without signing in: search, number, comparison, plans with advice, and whether
// a number is genuine. A page's whole state is its address, so that it can be
// shared and works without script. It knows prices from package shelf alone.
package shop
