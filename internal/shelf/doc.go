// Package shelf is what the shop shows (货架): the numbers for sale, held in
// memory so that a search takes milliseconds, and the plans that they are sold
// with, with what a volume of calls costs under each.
//
// It follows the store: numbers by their events, grades, segments and plans by
// looking. A number that another node or a command changed is so here within a
// second or two. What must be exact, where a number stands, is read from the
// store.
//
// It refuses to know who buys, and it takes no money. Prices are those of
// catalog.QuoteOf and whatif.
//
//	store ── all of it, at the start and each hour ──▶ index ──▶ searches
//	store ── what changed, each second ──────────────▶ the next index
package shelf
