package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"sibai/internal/fault"
)

// The cost of a password's hash: 19 MiB, two passes, one lane (RFC 9106 §4; the
// smaller of what OWASP advises).
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashLength = 32
	saltLength = 16

	minPassword = 10
	maxPassword = 200
)

var encoding = base64.RawStdEncoding

// hashPassword makes the text that is kept of a password. Faults:
// password_weak.
func hashPassword(password string, p Person) (string, error) {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	if n < minPassword || len(password) > maxPassword || strings.Count(password, string([]rune(password)[:1])) == n ||
		lower == p.Login || strings.Contains("0123456789 1234567890 qwertyuiop password1234 400400400400", lower) {
		return "", fault.New(fault.PasswordWeak, "least", minPassword)
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	key := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes,
		encoding.EncodeToString(salt), encoding.EncodeToString(key)), nil
}

// checkPassword reports whether a password is the one that a kept text is of. It
// takes as long for a person without one.
func checkPassword(password, kept string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(kept, "$")
	if len(password) > maxPassword {
		password = ""
	}
	if len(parts) != 6 {
		argon2.IDKey([]byte(password), make([]byte, saltLength), hashPasses, hashMemory, hashLanes, hashLength)
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 || passes > 64 || passes == 0 || lanes == 0 {
		return false
	}
	salt, err := encoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := encoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 || len(want) > 128 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want))) //nolint:gosec // at most 128
	return subtle.ConstantTimeCompare(got, want) == 1
}
