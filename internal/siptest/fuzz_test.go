package siptest

import (
	"net/netip"
	"testing"
)

// A session description from outside never breaks a peer, and what the peers
// write they can read.
func FuzzAudioAddress(f *testing.F) {
	f.Add([]byte(sessionDescription(netip.MustParseAddrPort("127.0.0.1:4000"))))
	f.Add([]byte("c=IN IP4 127.0.0.1\nm=audio 65536 RTP/AVP 8\n"))
	f.Add([]byte("m=audio -1 RTP/AVP"))
	f.Add([]byte("c=IN IP4 ::1\r\nm=audio 4000"))
	f.Fuzz(func(t *testing.T, sdp []byte) {
		addr := audioAddress(sdp)
		if !addr.IsValid() {
			return
		}
		if addr.Addr().Is4() {
			if again := audioAddress([]byte(sessionDescription(addr))); again != addr {
				t.Errorf("%v reads back as %v", addr, again)
			}
		}
	})
}
