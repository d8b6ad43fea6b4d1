// Package webhook tells customers' own programs what happened: an HTTP request,
// signed as Standard Webhooks have it (standardwebhooks.com), for each event of the
// types that an endpoint was made for. It decides what an event looks like, when a
// delivery is tried again, and when an endpoint is given up. It refuses to know how
// the facts came to be: it reads them from what the other services keep anyway, so
// nothing that was committed is missed, and nothing that was not is told.
//
//	facts of the customer ──read again and again──▶ delivery, once an event
//	                                                   │ ▲ 5 s … 12 h later
//	                                   2xx: done ◀──── tried ────▶ failed, when all tries are over
//	                                                   └─ the endpoint is switched off after five
//	                                                      days in which nothing was taken
//
// An event is told at least once, always with the same webhook-id; the order is not
// promised. A node claims a delivery for a while before it tries, so two nodes do
// not try one at a time.
package webhook
