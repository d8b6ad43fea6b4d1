package text

import "strconv"

// Count writes a whole number, zero or more, with a comma before every three
// digits: 1,286.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
