package ui

import (
	"context"
	"strconv"

	"sibai/internal/web/text"
)

// Bell is what the bar of a page behind a sign-in shows of notices.
type Bell struct {
	Path   string // of the list
	Unread int    // by who reads the page
}

type bellKey struct{}

// WithBell returns ctx with b for the pages rendered under it.
func WithBell(ctx context.Context, b Bell) context.Context {
	return context.WithValue(ctx, bellKey{}, b)
}

func bellOf(ctx context.Context) (Bell, bool) {
	b, ok := ctx.Value(bellKey{}).(Bell)
	return b, ok
}

// mostShown is the highest count that has room in the bar.
const mostShown = 99

func (b Bell) count() string {
	if b.Unread > mostShown {
		return strconv.Itoa(mostShown) + "+"
	}
	return strconv.Itoa(b.Unread)
}

// label says the count in words, for who does not see the bell.
func (b Bell) label(ctx context.Context) string {
	if b.Unread == 0 {
		return text.T(ctx, "bell.none")
	}
	return text.T(ctx, "bell.unread", "Count", b.Unread, "Unread", b.count())
}
