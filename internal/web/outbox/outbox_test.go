package outbox

import (
	"testing"

	"sibai/internal/notify"
)

// Mail servers repeat the address in what they refuse: it stays masked.
func TestReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, text, want string }{
		{"boss@tea.example", "550 5.1.1 <boss@tea.example> unknown", "550 5.1.1 <b***@tea.example> unknown"},
		{"boss@tea.example", "550 <Boss@TEA.example> unknown", "550 <b***@tea.example> unknown"},
		{"13800138000", "isv.MOBILE_NUMBER_ILLEGAL 13800138000", "isv.MOBILE_NUMBER_ILLEGAL 138****8000"},
		{"boss@tea.example", "421 try later", "421 try later"},
		{"", "x", "x"},
	} {
		if got := reason(notify.Message{Address: c.address, Error: c.text}); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
