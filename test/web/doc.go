// Package web opens every page in Chromium, at the width of a phone and of a
// desk, in both languages, light and dark. A console error, a violation of the
// Content-Security-Policy, a sideways scroll or a first load above 300 kB
// fails. Set SIBAI_SHOTS to a folder to keep the screenshots and look at them.
package web
