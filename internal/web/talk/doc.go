// Package talk has what both sides of the chat show: the messages, and the
// form for the next one. The pages are in contact (visitors) and support
// (staff).
package talk
