package transport

import (
	"errors"
	"net"
	"time"
)

// shortest is the length below which nothing is a SIP message.
const shortest = 20

func (l *Layer) readUDP(i int, s *socket) {
	buf := make([]byte, 65535)
	for {
		n, from, err := s.packets.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.log.Warn("sip: reading a socket failed", "address", s.bound, "error", err)
			time.Sleep(10 * time.Millisecond) // an error that stays must not take a core
			continue
		}
		if !plausible(buf[:n]) {
			l.ignored.Add(1)
			continue
		}
		l.received.Add(1)
		data := make([]byte, n)
		copy(data, buf)
		l.receive(&Packet{From: Peer{Kind: UDP, Addr: unmap(from), Local: i}, Data: data, At: time.Now()})
	}
}

// plausible is false for keep-alives (CRLF, RFC 5626; STUN, which starts with
// two zero bits) and other noise: a message starts with a letter or another
// character of a token.
func plausible(data []byte) bool {
	return len(data) >= shortest && data[0] > ' ' && data[0] < 0x7f
}
