package identity

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // HMAC-SHA-1 is what every authenticator app speaks (RFC 6238 §1.2)
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

const (
	secretLength = 20 // bytes: as long as the hash, RFC 4226 §4 R6
	stepSpan     = 30 * time.Second
	stepDrift    = 1 // steps that a clock may be wrong, before and after
)

// Secret is what an authenticator app and the store share, 20 random bytes.
type Secret []byte

// String shows the secret in base32, as people type it into an app.
func (s Secret) String() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s)
}

// URI is the secret as apps read it from a QR code (the otpauth form of Google
// Authenticator's Key URI Format). issuer and login are what the app shows.
func (s Secret) URI(issuer, login string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + login}
	u.RawQuery = "secret=" + s.String() + "&issuer=" + url.PathEscape(issuer)
	return u.String()
}

// stepAt is the number of the half minute of an instant (RFC 6238 §4.2).
func stepAt(at time.Time) int64 { return at.Unix() / int64(stepSpan/time.Second) }

// code is the six digits of a step: HOTP (RFC 4226 §5.3) of its number.
func (s Secret) code(step int64) string {
	mac := hmac.New(sha1.New, s)
	_ = binary.Write(mac, binary.BigEndian, step) // to a hash: never fails
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// match finds the step near an instant whose code was typed, later than the
// last one that was used: who saw a code being typed has nothing (RFC 6238 §5.2).
func (s Secret) match(typed string, at time.Time, last int64) (step int64, ok bool) {
	now := stepAt(at)
	for n := now - stepDrift; n <= now+stepDrift; n++ {
		if n > last && subtle.ConstantTimeCompare([]byte(typed), []byte(s.code(n))) == 1 {
			step, ok = n, true
		}
	}
	return step, ok
}
