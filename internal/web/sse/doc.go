// Package sse sends the parts of a page that changed as server-sent events
// (the HTML standard, section 9.2), which htmx puts into their places.
package sse
