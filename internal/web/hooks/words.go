package hooks

import (
	"strings"

	"sibai/internal/webhook"
)

// key is the end of the key of a type's word: keys have no dots of their own.
func key(t webhook.Type) string {
	kind, _, _ := strings.Cut(string(t), ".")
	return kind
}
