package siptest

import "bytes"

// CallerSound is the 20 ms of G.711 A-law that a Carrier's callers send, for
// peers that are not of this package and must know it again.
func CallerSound() []byte { return bytes.Clone(callerSound) }

// PhoneSound is the 20 ms of G.711 A-law that Phones send. A Carrier counts it
// as heard whoever sends it.
func PhoneSound() []byte { return bytes.Clone(phoneSound) }
