package siptest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Audio is what one side sent and heard, in RTP packets of 20 ms.
type Audio struct {
	Sent     int
	Received int
	// Heard counts packets received whose sound is the one that the other
	// kind of peer makes (a Carrier hears phones, Phones hear callers).
	Heard int
}

// The sounds: 20 ms of G.711 A-law, one for each kind of peer.
var (
	callerSound = bytes.Repeat([]byte{0xC4, 0x35}, 80)
	phoneSound  = bytes.Repeat([]byte{0x9A, 0x1F}, 80)
)

const frame = 20 * time.Millisecond

// stream is one RTP socket: it sends its sound every 20 ms to where the other
// side wants it and counts what it hears.
type stream struct {
	conn          *net.UDPConn
	addr          netip.AddrPort
	sound, expect []byte
	stopped       chan struct{}
	once          sync.Once
	wg            sync.WaitGroup

	mu    sync.Mutex // guards count
	count Audio
}

func newStream(ip netip.Addr, sound, expect []byte) (*stream, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return nil, fmt.Errorf("open an RTP socket: %w", err)
	}
	s := &stream{conn: conn, sound: sound, expect: expect, stopped: make(chan struct{})}
	s.addr = netip.AddrPortFrom(ip, uint16(conn.LocalAddr().(*net.UDPAddr).Port))
	s.wg.Add(1)
	go s.receive()
	return s, nil
}

// sendTo starts sending; it may be called once. An invalid address sends
// nothing.
func (s *stream) sendTo(to netip.AddrPort) {
	if s == nil || !to.IsValid() {
		return
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		tick := time.NewTicker(frame)
		defer tick.Stop()
		packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SSRC: uint32(s.addr.Port())}, Payload: s.sound}
		for {
			select {
			case <-s.stopped:
				return
			case <-tick.C:
			}
			packet.SequenceNumber++
			packet.Timestamp += 160
			raw, err := packet.Marshal()
			if err != nil {
				return // cannot be: the header is fixed
			}
			if _, err := s.conn.WriteToUDPAddrPort(raw, to); err == nil {
				s.mu.Lock()
				s.count.Sent++
				s.mu.Unlock()
			}
		}
	}()
}

func (s *stream) receive() {
	defer s.wg.Done()
	buf := make([]byte, 2048)
	var packet rtp.Packet
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			select {
			case <-s.stopped:
				return
			default:
				continue // an ICMP refusal: the other side is gone already
			}
		}
		if packet.Unmarshal(buf[:n]) != nil {
			continue
		}
		s.mu.Lock()
		s.count.Received++
		if bytes.Equal(packet.Payload, s.expect) {
			s.count.Heard++
		}
		s.mu.Unlock()
	}
}

// stop ends the stream and returns what was counted. Stopping twice is safe.
func (s *stream) stop() Audio {
	if s == nil {
		return Audio{}
	}
	s.once.Do(func() {
		close(s.stopped)
		_ = s.conn.Close() // nothing is lost: UDP
	})
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

func (s *stream) description() string {
	if s == nil {
		return sessionDescription(netip.MustParseAddrPort("127.0.0.1:9"))
	}
	return sessionDescription(s.addr)
}
