package ui

import "strings"

// Group400 writes a 400 number as 400-826-6688; other text stays as it is.
func Group400(number string) string {
	if len(number) != 10 || !strings.HasPrefix(number, "400") || strings.Trim(number, "0123456789") != "" {
		return number
	}
	return number[:3] + "-" + number[3:6] + "-" + number[6:]
}
