package ui

import (
	"context"
	"strconv"
)

type tasksKey struct{}

// WithTasks returns ctx with how many things wait on each page of the office for who
// reads the pages rendered under it. The pages have the keys of the navigation.
func WithTasks(ctx context.Context, waiting map[string]int) context.Context {
	return context.WithValue(ctx, tasksKey{}, waiting)
}

// waits is how many things wait on a page of the office; empty for none.
func waits(ctx context.Context, page string) string {
	waiting, _ := ctx.Value(tasksKey{}).(map[string]int)
	switch n := waiting[page]; {
	case n <= 0:
		return ""
	case n > mostShown:
		return strconv.Itoa(mostShown) + "+"
	default:
		return strconv.Itoa(n)
	}
}
