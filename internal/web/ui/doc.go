// Package ui is what every page is made of: the layout and the small
// components that carry Sibai's meaning (a 400 number, money, a state, why).
// The language is taken from the context (text.With), theme and address from
// it too (WithPrefs). Markup lives in *.templ; run `make generate` after a
// change and commit both.
package ui
