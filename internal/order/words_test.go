package order

import "testing"

// Every state and every event that can happen has its words in both languages.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, s := range States() {
		if s.Text(true) == "" || s.Text(false) == "" {
			t.Errorf("%s has no words", s)
		}
	}
	for from, kinds := range moves {
		for k, to := range kinds {
			e := Event{Kind: k, Who: ByJob, Why: "y"}
			if e.Text(true) == "" || e.Text(false) == "" {
				t.Errorf("%s has no words", k)
			}
			if from.Over() && to != stays && to != from {
				t.Errorf("%s is over, and %s leads to %s", from, k, to)
			}
		}
	}
}
