package phone_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sibai/internal/phone"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cli    string
		digits string
		class  phone.Class
	}{
		// The ways a mobile comes.
		{"13712342286", "13712342286", phone.Mobile},
		{"013712342286", "13712342286", phone.Mobile},
		{"8613712342286", "13712342286", phone.Mobile},
		{"+8613712342286", "13712342286", phone.Mobile},
		{"008613712342286", "13712342286", phone.Mobile},
		{"86013712342286", "13712342286", phone.Mobile},
		{"1795113712342286", "13712342286", phone.Mobile},
		{"17951013712342286", "13712342286", phone.Mobile},
		{"1259313712342286", "13712342286", phone.Mobile},
		{"179098613712342286", "13712342286", phone.Mobile},
		{"+86 137 1234 2286", "13712342286", phone.Mobile},
		{"137-1234-2286", "13712342286", phone.Mobile},
		{"sip:+8613712342286@198.51.100.7:5060;user=phone", "13712342286", phone.Mobile},
		{"tel:+86-137-1234-2286;phone-context=x", "13712342286", phone.Mobile},
		{"１３７１２３４２２８６", "13712342286", phone.Mobile},
		{"19912345678", "19912345678", phone.Mobile},
		{"17712345678", "17712345678", phone.Mobile},
		// Virtual operators.
		{"17012345678", "17012345678", phone.Virtual},
		{"8617112345678", "17112345678", phone.Virtual},
		{"016212345678", "16212345678", phone.Virtual},
		{"16512345678", "16512345678", phone.Virtual},
		{"16712345678", "16712345678", phone.Virtual},
		// Fixed lines.
		{"01088886666", "01088886666", phone.Fixed},
		{"+861088886666", "01088886666", phone.Fixed},
		{"8601088886666", "01088886666", phone.Fixed},
		{"0086-21-62345678", "02162345678", phone.Fixed},
		{"86 571 8888 6666", "057188886666", phone.Fixed},
		{"(0571) 8888-6666", "057188886666", phone.Fixed},
		{"03751234567", "03751234567", phone.Unknown}, // a local number never starts with 1
		{"03752234567", "03752234567", phone.Fixed},
		{"1795101088886666", "01088886666", phone.Fixed},
		// Services and short codes.
		{"4001234567", "4001234567", phone.Service},
		{"400-123-4567", "4001234567", phone.Service},
		{"+864001234567", "4001234567", phone.Service},
		{"8008101234", "8008101234", phone.Service},
		{"95588", "95588", phone.Short},
		{"8695588", "95588", phone.Short},
		{"02195588", "02195588", phone.Short},
		{"10086", "10086", phone.Short},
		{"110", "110", phone.Short},
		{"96110", "96110", phone.Short},
		{"1069012345678901", "1069012345678901", phone.Short},
		{"11808", "11808", phone.Short},
		// Privacy numbers.
		{"700123456789012", "700123456789012", phone.Privacy},
		// Foreign.
		{"+85212345678", "+85212345678", phone.Foreign},
		{"0085212345678", "+85212345678", phone.Foreign},
		{"+12025550123", "+12025550123", phone.Foreign},
		{"00442079460000", "+442079460000", phone.Foreign},
		// Withheld.
		{"", "", phone.Anonymous},
		{" ", "", phone.Anonymous},
		{"anonymous", "", phone.Anonymous},
		{"Anonymous@anonymous.invalid", "", phone.Anonymous},
		{"sip:unavailable@unknown.invalid", "", phone.Anonymous},
		{"000000", "", phone.Anonymous},
		{"+", "", phone.Anonymous},
		// Neither.
		{"88886666", "88886666", phone.Unknown}, // no area code
		{"1371234228", "1371234228", phone.Unknown},
		{"+8612", "+8612", phone.Unknown},
		{"alice", "alice", phone.Unknown},
		{"137*1234", "137*1234", phone.Unknown},
		{"1+2", "1+2", phone.Unknown},
		{strings.Repeat("9", 60), strings.Repeat("9", 60), phone.Unknown},
	} {
		got := phone.Normalise(c.cli)
		if got.Digits != c.digits || got.Class != c.class {
			t.Errorf("Normalise(%q) = %s %s; want %s %s", c.cli, got.Digits, got.Class, c.digits, c.class)
		}
	}
}

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		digits  string
		refusal phone.Refusal
	}{
		"13800138000":        {"13800138000", ""},
		"+86 138 0013 8000":  {"13800138000", ""},
		"010-8888 6666":      {"01088886666", ""},
		"":                   {"", phone.RefusedEmpty},
		"anonymous":          {"", phone.RefusedEmpty},
		"88886666":           {"88886666", phone.RefusedUnknown},
		"bob":                {"bob", phone.RefusedUnknown},
		"17012345678":        {"17012345678", phone.RefusedVirtual},
		"16512345678":        {"16512345678", phone.RefusedVirtual},
		"4001234567":         {"4001234567", phone.RefusedService},
		"8008101234":         {"8008101234", phone.RefusedService},
		"95588":              {"95588", phone.RefusedShort},
		"02195588":           {"02195588", phone.RefusedShort},
		"+85212345678":       {"+85212345678", phone.RefusedForeign},
		"700123456789012":    {"700123456789012", phone.RefusedPrivacy},
		"8613800138000;ext=": {"13800138000", ""},
	} {
		got, refusal := phone.ParseTarget(text)
		if got.Digits != want.digits || refusal != want.refusal {
			t.Errorf("ParseTarget(%q) = %q %q; want %q %q", text, got.Digits, refusal, want.digits, want.refusal)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]string{
		"13712342286":     "137****2286",
		"01088886666":     "010****6666",
		"057188886666":    "057*****6666",
		"+85212345678":    "+852****5678",
		"700123456789012": "700********9012",
		"4001234567":      "4001234567",
		"95588":           "95588",
		"":                "",
		"1371234":         "137****",
	} {
		if got := phone.Mask(digits); got != want {
			t.Errorf("Mask(%q) = %s, want %s", digits, got, want)
		}
	}
}

// Normalising twice changes nothing, and every class keeps its form.
func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{
		"13712342286", "+8613712342286", "0086", "86", "1795117951179511795113712342286", "anonymous",
		"sip:+86137@host", "400-123-4567", "+85212345678", "700123456789012", "０１０８８８８６６６６", "0", "00", "+",
		"861795113712342286", "\xff\xfe", "00000086",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cli string) {
		n := phone.Normalise(cli)
		switch n.Class {
		case phone.Mobile, phone.Virtual:
			if len(n.Digits) != 11 || n.Digits[0] != '1' {
				t.Errorf("%q: %s %s", cli, n.Class, n.Digits)
			}
		case phone.Anonymous:
			if n.Digits != "" {
				t.Errorf("%q: anonymous, yet %q", cli, n.Digits)
			}
		case phone.Foreign:
			if !strings.HasPrefix(n.Digits, "+") || strings.HasPrefix(n.Digits, "+86") {
				t.Errorf("%q: foreign %s", cli, n.Digits)
			}
		}
		if !utf8.ValidString(n.Digits) || len(n.Digits) > 64 {
			t.Errorf("%q: %q cannot be stored", cli, n.Digits)
		}
		if n.Class != phone.Unknown && n.Class != phone.Anonymous {
			if again := phone.Normalise(n.Digits); again != n {
				t.Errorf("%q: %v, again %v", cli, n, again)
			}
		}
		if _, refusal := phone.ParseTarget(cli); (refusal == "") != (n.Class == phone.Mobile || n.Class == phone.Fixed) {
			t.Errorf("%q: class %s, refusal %q", cli, n.Class, refusal)
		}
		phone.Mask(n.Digits)
	})
}
