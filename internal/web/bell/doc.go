// Package bell is the pages of notices, of the console and of the office: what the
// reader's role lets it know, what of that it has read, and where each leads.
package bell
