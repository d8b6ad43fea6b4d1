package app_test

import (
	"strings"
	"testing"

	"sibai/internal/app"
	"sibai/internal/fault"
)

// A trunk that sends calls to the node itself is refused before anything is
// written: each call would come back as a new one.
func TestTrunkToThisNode(t *testing.T) {
	t.Parallel()
	const text = "trunks: [{code: loop, outbound: {address: %}}]"
	for _, c := range []struct {
		listen, to string
		want       fault.Code
	}{
		{"udp:127.0.0.1:5060", "127.0.0.1:5060", fault.OutboundIsSelf},
		{"udp:0.0.0.0:5060", "127.0.0.1:5060", fault.OutboundIsSelf},
		{"udp:0.0.0.0:5060", "127.0.0.2:5060", fault.OutboundIsSelf},
		{"udp:127.0.0.1:5060", "127.0.0.2:5060", ""},
		{"udp:127.0.0.1:5060", "127.0.0.1:5080", ""},
		{"udp:0.0.0.0:5060", "203.0.113.10:5060", ""},
		{"tcp:127.0.0.1:5060", "127.0.0.1:5060", ""}, // calls go over UDP
	} {
		cfg := settings(t)
		cfg.SIP.Listen = []string{c.listen}
		_, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(strings.ReplaceAll(text, "%", `"`+c.to+`"`)), true, quiet)
		if got := fault.CodeOf(err); got != c.want || c.want == "" && err != nil {
			t.Errorf("listening at %s, calls to %s: %v", c.listen, c.to, err)
		}
	}
}
