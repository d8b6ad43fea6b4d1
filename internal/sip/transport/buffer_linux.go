package transport

import (
	"net"
	"syscall"
)

// enlarge asks for a receive buffer of 4 MB, over the system's limit where the
// process may do that. A smaller buffer still works.
func enlarge(c *net.UDPConn) {
	_ = c.SetReadBuffer(readBuffer)
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, readBuffer)
	})
}
