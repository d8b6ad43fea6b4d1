package payment

import (
	"crypto/sha256"
	"crypto/subtle"
)

func hashOf(key string) [32]byte { return sha256.Sum256([]byte(key)) }

// opens reports whether a key is of the payment's link, in a time that does
// not depend on how much of it is right.
func (p *Payment) opens(key string) bool {
	sum := hashOf(key)
	return subtle.ConstantTimeCompare(sum[:], p.Link[:]) == 1
}
