// Package live is the operator's Live page: what is being talked about now,
// what the last calls were and why they went as they did, and what every
// customer has left. It also shows one call by its own address.
//
// It decides nothing and computes no money: a Source says what there is, the
// page says it in the reader's language. The page is whole without
// JavaScript; with it, fragments arrive as server-sent events (WHATWG HTML,
// "Server-sent events") and replace their part of the page.
package live
