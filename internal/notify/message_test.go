package notify_test

import (
	"strings"
	"testing"

	"sibai/internal/billing"
	"sibai/internal/fault"
	"sibai/internal/notify"
)

// TestEveryNoticeHasWords: no kind that is noted is without a subject and a
// remedy in either language, and no place in them stays unfilled.
func TestEveryNoticeHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range billing.NoticeKinds() {
		seen := map[string]bool{}
		for _, lang := range notify.Languages() {
			m := notify.Message{Kind: notify.OfNotice, Customer: 1, Lang: lang, Item: billing.Item{Kind: kind, Customer: "tea", Number: "4001234567", Until: "2026-06-30", Was: billing.StageLow, Stage: billing.StageGrace}}
			subject, body := m.Text("400-000-0000")
			if strings.HasPrefix(subject, " ") || !strings.HasSuffix(subject, "400-123-4567") || strings.ContainsAny(subject, "\r\n") || seen[subject] {
				t.Errorf("%s %s: subject %q", kind, lang, subject)
			}
			seen[subject] = true
			lines := strings.Split(body, "\n")
			if len(lines) != 7 || lines[2] == "" || lines[3] == "" || !strings.HasSuffix(lines[5], "400-000-0000") || strings.Contains(body, "%!") || strings.Contains(body, "tea") {
				t.Errorf("%s %s: body %q", kind, lang, body)
			}
		}
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		email, lang string
		want        fault.Code
	}{
		{"boss@tea.example", "zh", ""},
		{"", "en", ""}, // forgotten
		{"boss", "zh", fault.EmailInvalid},
		{"Boss <boss@tea.example>", "zh", fault.EmailInvalid},
		{"boss@tea.example\r\nBcc: x@y.example", "zh", fault.EmailInvalid},
		{"boss@tea.example, x@y.example", "zh", fault.EmailInvalid},
		{strings.Repeat("a", 250) + "@tea.example", "zh", fault.EmailInvalid},
		{"老板@tea.example", "zh", fault.EmailInvalid},
		{"boss@tea.example", "fr", fault.ValueNotAllowed},
	} {
		if err := (notify.Contact{Email: c.email, Lang: c.lang}).Validate(); fault.CodeOf(err) != c.want {
			t.Errorf("%q %q: %v, want %q", c.email, c.lang, err, c.want)
		}
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	if got := (notify.Message{Address: "boss@tea.example"}).Masked(); got != "b***@tea.example" {
		t.Error(got)
	}
}
