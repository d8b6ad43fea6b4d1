package payment

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"sibai/internal/fault"
)

// newKey makes the key of a link, of 128 random bits: who has it may see the
// payment and pay it, and nothing else.
func newKey() (string, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	return base64.RawURLEncoding.EncodeToString(random[:]), nil
}

func hashOf(key string) [32]byte { return sha256.Sum256([]byte(key)) }

// opens reports whether a key is of the payment's link, in a time that does
// not depend on how much of it is right.
func (p *Payment) opens(key string) bool {
	sum := hashOf(key)
	return subtle.ConstantTimeCompare(sum[:], p.Link[:]) == 1
}
