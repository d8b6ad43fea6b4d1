package tasks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/identity"
	"sibai/internal/tasks"
)

// Each role is told of what it can do something about, and of nothing else.
func TestOf(t *testing.T) {
	t.Parallel()
	waiting := map[tasks.Kind]int{
		tasks.VendorReviews: 1, tasks.CarrierReviews: 2, tasks.Freezes: 3, tasks.Claims: 4, tasks.Differences: 5, tasks.Chats: 6, tasks.Messages: 7,
	}
	for role, want := range map[identity.Role]map[string]int{
		identity.Admin:       {"reviews": 3, "freezes": 3, "claims": 4, "bills": 5, "support": 6, "messages": 7},
		identity.Reviewer:    {"reviews": 1, "freezes": 3, "support": 6, "messages": 7},
		identity.CarrierDesk: {"reviews": 2, "support": 6},
		identity.Cashier:     {"claims": 4, "bills": 5, "support": 6},
		identity.Sales:       {"support": 6, "messages": 7},
		identity.Owner:       {},
	} {
		if diff := cmp.Diff(want, tasks.Of(role, waiting)); diff != "" {
			t.Errorf("%s: %s", role, diff)
		}
	}
	if got := tasks.Of(identity.Admin, map[tasks.Kind]int{tasks.Claims: 0}); len(got) != 0 {
		t.Errorf("nothing waits: %v", got)
	}
}
