package contact

import (
	"net/http/httptest"
	"testing"
)

// TestAddress: only a proxy of ours is believed about who spoke to it, and of
// what it passes on only the last, which it wrote itself.
func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remote string
		header []string
		want   string
	}{
		{"198.51.100.7:4000", nil, "198.51.100.7"},
		{"198.51.100.7:4000", []string{"203.0.113.1"}, "198.51.100.7"},
		{"127.0.0.1:4000", []string{"203.0.113.1"}, "203.0.113.1"},
		{"[::1]:4000", []string{"9.9.9.9, 203.0.113.1"}, "203.0.113.1"},
		{"10.0.0.2:4000", []string{"9.9.9.9", "2001:db8::1"}, "2001:db8::1"},
		{"127.0.0.1:4000", []string{"unknown"}, "127.0.0.1"},
		{"127.0.0.1:4000", nil, "127.0.0.1"},
		{"@", nil, "invalid IP"},
	} {
		r := httptest.NewRequest("POST", Path, nil)
		r.RemoteAddr = c.remote
		for _, h := range c.header {
			r.Header.Add("X-Forwarded-For", h)
		}
		if got := address(r).String(); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.remote, c.header, got, c.want)
		}
	}
}
