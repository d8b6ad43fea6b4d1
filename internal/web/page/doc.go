// Package page sends pages: it renders them whole before the first byte
// leaves, and turns an error, a refusal or a panic into a page in the reader's
// language that says what to do next. What went wrong inside is logged once,
// here, under the reference that the page shows.
package page
