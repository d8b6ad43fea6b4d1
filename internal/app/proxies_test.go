package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// Only what a trusted proxy adds counts, whatever a client wrote before it.
func TestBehind(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:4711", nil, "203.0.113.9:4711"},
		{"somebody who says so", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9:4711"},
		{"through a proxy", "127.0.0.1:4711", []string{"203.0.113.9"}, "203.0.113.9:4711"},
		{"through two", "127.0.0.1:4711", []string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9:4711"},
		{"two headers", "127.0.0.1:4711", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9:4711"},
		{"who wrote one first", "127.0.0.1:4711", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9:4711"},
		{"who pretends to be a proxy", "127.0.0.1:4711", []string{"10.0.0.9, 203.0.113.9"}, "203.0.113.9:4711"},
		{"nonsense before", "127.0.0.1:4711", []string{"x, 203.0.113.9"}, "203.0.113.9:4711"},
		{"nonsense", "127.0.0.1:4711", []string{"203.0.113.9, x"}, "127.0.0.1:4711"},
		{"no header", "127.0.0.1:4711", nil, "127.0.0.1:4711"},
		{"IPv6", "[fd00::1]:4711", []string{"2001:db8::9"}, "[2001:db8::9]:4711"},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:4711", []string{"::ffff:203.0.113.9"}, "203.0.113.9:4711"},
	} {
		got := ""
		h := behind(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
