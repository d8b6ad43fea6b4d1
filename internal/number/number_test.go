package number_test

import (
	"errors"
	"testing"

	"sibai/internal/number"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"4001234567", "400-123-4567", "400-1234-567", "4001-234-567", " 400 123 4567 ", "４００－１２３－４５６７"} {
		if got, err := number.Parse(text); err != nil || got != "4001234567" {
			t.Errorf("Parse(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "400", "400123456", "40012345678", "8001234567", "4OO1234567", "+864001234567", "400.123.4567", "-400-123-456"} {
		if got, err := number.Parse(text); !errors.Is(err, number.ErrForm) {
			t.Errorf("Parse(%q) = %q, %v; want ErrForm", text, got, err)
		}
	}
}

func TestFromTrunk(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"4001234567", "+864001234567", "00864001234567", "864001234567", "04001234567", "400-123-4567"} {
		if got, err := number.FromTrunk(text); err != nil || got != "4001234567" {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "+86", "+8613800138000", "+14001234567", "8640012345678", "40012345678", "anonymous"} {
		if got, err := number.FromTrunk(text); err == nil {
			t.Errorf("%s was taken for %s", text, got)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for g, want := range map[number.Grouping]string{
		"":                   "400-123-4567",
		number.Grouping334:   "400-123-4567",
		number.Grouping343:   "400-1234-567",
		number.Grouping433:   "4001-234-567",
		number.Grouping("?"): "400-123-4567",
	} {
		got := number.Format("4001234567", g)
		if got != want {
			t.Errorf("Format(%q) = %s, want %s", g, got, want)
		}
		if back, err := number.Parse(got); err != nil || back != "4001234567" {
			t.Errorf("Parse(%s) = %s, %v", got, back, err)
		}
	}
	if got := number.Format("110", ""); got != "110" {
		t.Errorf("Format(110) = %s", got)
	}
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	segments := number.DefaultSegments().With(number.Segments{"4002": number.Mobile, "4006": number.Telecom})
	for digits, want := range map[string]number.Carrier{
		"4000000000": number.Unicom, "4008000000": number.Telecom, "4009000000": number.Telecom,
		"4001000000": number.Mobile, "4007000000": number.Mobile,
		"4002000000": number.Mobile,  // the site added it
		"4006000000": number.Telecom, // the site replaced it
		"4003000000": "",             // nobody named it
		"8001234567": "",
	} {
		got, ok := segments.Issuer(digits)
		if got != want || ok != (want != "") {
			t.Errorf("Issuer(%s) = %q, %v; want %q", digits, got, ok, want)
		}
	}
	if number.DefaultSegments()["4006"] != number.Unicom {
		t.Error("With changed the defaults")
	}
}

// From available every state can be reached and left again, and nothing but
// the steps of the life is allowed.
func TestLife(t *testing.T) {
	t.Parallel()
	reached := map[number.State]bool{}
	var walk func(number.State)
	walk = func(s number.State) {
		if reached[s] {
			return
		}
		reached[s] = true
		for _, to := range number.States() {
			if s.CanBecome(to) {
				walk(to)
			}
		}
	}
	walk(number.Available)
	for _, s := range number.States() {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
		if s.CanBecome(s) {
			t.Errorf("%s becomes itself", s)
		}
	}
	for _, c := range [][2]number.State{
		{number.Quarantine, number.Active}, {number.Available, number.Active},
		{number.Active, number.Available}, {number.Locked, number.Active}, {"", number.Active},
	} {
		if c[0].CanBecome(c[1]) {
			t.Errorf("%s becomes %s", c[0], c[1])
		}
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	want := number.ID(1234567890123)
	got, err := number.ParseID(want.String())
	if err != nil || got != want {
		t.Errorf("ParseID(%s) = %d, %v", want, got, err)
	}
	if _, err := number.ParseID("cus_0000000000000"); err == nil {
		t.Error("a customer's id was taken for a number's")
	}
}
