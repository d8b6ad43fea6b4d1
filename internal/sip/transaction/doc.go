// Package transaction is the four transaction machines of RFC 3261 section 17
// with the accepted states of RFC 6026: it retransmits what was sent until it
// was taken, absorbs what was received twice, and tells its user each thing
// once. One Table serves one loop and is only touched there.
//
//	INVITE server      proceeding ─2xx─▶ accepted ──L──▶ ∅
//	                        └─3xx…6xx─▶ completed ─ACK─▶ confirmed ─I─▶ ∅   (G resends, H gives up)
//	other server       proceeding ─final─▶ completed ─J─▶ ∅
//	INVITE client      calling ─1xx─▶ proceeding ─2xx─▶ accepted ─M─▶ ∅
//	                        └──────3xx…6xx──────▶ completed ─D─▶ ∅          (A resends, B gives up)
//	other client       trying ─1xx─▶ proceeding ─final─▶ ∅                  (E resends, F gives up)
//
// The completed state of the other client (timer K) is left out: it would
// absorb late copies of the final response, and a response that belongs to no
// transaction is dropped anyway. A finished transaction keeps a few numbers
// and, where a copy may have to be sent again, the bytes of one message.
package transaction
