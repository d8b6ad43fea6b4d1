// Package demo shows the main job end to end, with nothing faked: it starts a
// full node in a temporary data directory, describes an operator, customers,
// numbers and plans to it with a site file, and lets real callers dial over
// SIP from a simulated carrier to simulated phones, with RTP between them.
//
// What each call must cost was worked out by hand and stands beside its
// scenario with its arithmetic; the demo fails when a charge, a cause or a
// promise of the books differs.
package demo
