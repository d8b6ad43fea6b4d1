//go:build !linux

package transport

import "net"

// enlarge asks for a receive buffer of 4 MB. A smaller buffer still works.
func enlarge(c *net.UDPConn) { _ = c.SetReadBuffer(readBuffer) }
