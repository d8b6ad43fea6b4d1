// Package outbox is the office's pages of what customers are sent: each message, to
// whom, with what became of it, and what it says or would say. Who may, sends
// one again or drops it here. It refuses to know channels and when it is tried
// again: package notify does.
package outbox
