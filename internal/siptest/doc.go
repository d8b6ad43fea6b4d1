// Package siptest has real callers and real phones to call with: a Carrier
// that dials 400 numbers over SIP, and Phones that ring, answer, are busy or
// stay silent, both with G.711 over RTP, on loopback UDP. The demo and the
// tests use them as the outside world.
//
// It shares nothing with Sibai's own SIP stack but the message parser, so
// that a mistake made there is not made here again. It knows just what such a
// peer needs of RFC 3261 (transactions over UDP, one dialog a call), RFC 3264
// (one audio stream) and RFC 3550 (RTP without RTCP).
package siptest
