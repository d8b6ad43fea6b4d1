// Package transport moves whole SIP messages over UDP and TCP (RFC 3261
// section 18): sockets, buffers, framing of streams, connections. It neither
// reads nor changes what is in them.
package transport
