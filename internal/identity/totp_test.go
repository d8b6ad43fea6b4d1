package identity

import (
	"testing"
	"time"
)

// The codes of RFC 6238 appendix B, of which six digits are kept.
func TestCodesOfTheRFC(t *testing.T) {
	t.Parallel()
	s := Secret("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := s.code(stepAt(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// A code holds for its half minute and one before and after, and only once.
func TestCodeNearItsTime(t *testing.T) {
	t.Parallel()
	s := Secret("12345678901234567890")
	at := time.Unix(1111111111, 0)
	code := s.code(stepAt(at))
	for _, c := range []struct {
		later time.Duration
		want  bool
	}{{0, true}, {30 * time.Second, true}, {-30 * time.Second, true}, {time.Minute, false}, {-time.Minute, false}} {
		if _, ok := s.match(code, at.Add(c.later), 0); ok != c.want {
			t.Errorf("%v later: %v", c.later, ok)
		}
	}
	step, ok := s.match(code, at, 0)
	if !ok || step != stepAt(at) {
		t.Fatal(step, ok)
	}
	if _, ok := s.match(code, at, step); ok {
		t.Error("the code of a step that was used is taken again")
	}
	if _, ok := s.match(s.code(step-1), at, step); ok {
		t.Error("the code of a step before the one that was used is taken")
	}
	if _, ok := s.match("", at, 0); ok {
		t.Error("no code is taken")
	}
}

func TestSecretForApps(t *testing.T) {
	t.Parallel()
	s := Secret("12345678901234567890")
	want := "otpauth://totp/%E5%9B%9B%E7%99%BE:li@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%9B%9B%E7%99%BE"
	if got := s.URI("四百", "li@example.com"); got != want {
		t.Errorf("%s", got)
	}
}
