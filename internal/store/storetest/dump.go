package storetest

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"pgregory.net/rapid"

	"sibai/internal/charging"
)

// Dump writes every row of money as text, sorted, so that two states of a
// store can be compared.
func Dump(t rapid.TB, store charging.Store) []string {
	t.Helper()
	var rows []string
	err := store.Inspect(context.Background(), func(in charging.Inspection) error {
		for _, read := range []func() error{
			func() error { return lines(&rows, "bucket", in.Buckets()) },
			func() error { return lines(&rows, "usage", in.Usages()) },
			func() error { return holdLines(&rows, in.Holds()) },
			func() error { return lines(&rows, "entry", in.Entries()) },
			func() error { return lines(&rows, "closed", in.Closed()) },
		} {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("dump: %v", err)
	}
	slices.Sort(rows)
	return rows
}

func lines[T any](rows *[]string, name string, seq iter.Seq2[T, error]) error {
	for v, err := range seq {
		if err != nil {
			return err
		}
		*rows = append(*rows, fmt.Sprintf("%s %+v", name, v))
	}
	return nil
}

// holdLines leaves out Bill and Draft, which an Inspection need not have, and
// what a sign of life changes.
func holdLines(rows *[]string, seq iter.Seq2[charging.Hold, error]) error {
	for h, err := range seq {
		if err != nil {
			return err
		}
		*rows = append(*rows, fmt.Sprintf("hold %+v %s %s %d %+v %+v", h.Key, h.Account, h.Tariff, h.Node, h.Parts, h.Grants))
	}
	return nil
}
