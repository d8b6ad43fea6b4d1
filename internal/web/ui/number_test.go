package ui

import "testing"

func TestGroup400(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"4008266688": "400-826-6688", "400826668": "400826668", "40082666ab": "40082666ab", "13766662286": "13766662286", "": "",
	} {
		if got := Group400(in); got != want {
			t.Errorf("Group400(%q) = %q, want %q", in, got, want)
		}
	}
}
