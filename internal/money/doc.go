// Package money counts money exactly: an Amount is a whole number of
// micro-yuan. There is no float and no rounding: text that names less than a
// micro-yuan is an error, and so is a sum that leaves the range.
package money
