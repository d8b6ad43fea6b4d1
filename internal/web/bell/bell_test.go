package bell

import (
	"strings"
	"testing"

	"sibai/internal/billing"
	"sibai/internal/identity"
	"sibai/internal/notify"
)

// Every kind of notice says who may read it and where it leads, on one side alone, and
// somebody may.
func TestEveryKindLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for side, c := range map[string]struct {
		kinds []billing.ItemKind
		about map[billing.ItemKind]about
		roles []identity.Role
	}{
		"/console": {billing.CustomerKinds, ofMembers, identity.MemberRoles()},
		"/office":  {billing.StaffKinds, ofStaff, identity.StaffRoles()},
	} {
		if len(c.kinds) != len(c.about) {
			t.Errorf("%s: %d kinds, %d are led somewhere", side, len(c.kinds), len(c.about))
		}
		for _, kind := range c.kinds {
			a := c.about[kind]
			readers := 0
			for _, role := range c.roles {
				if role.Has(a.needs) {
					readers++
				}
			}
			if !strings.HasPrefix(a.path, side) || readers == 0 || notify.Subject(kind, true) == "" {
				t.Errorf("%s: %+v, %d roles may read it", kind, a, readers)
			}
		}
	}
}

// What a role may not see it is not told of either.
func TestReader(t *testing.T) {
	t.Parallel()
	b := Bell{kinds: ofMembers}
	for role, want := range map[identity.Role][2]bool{ // of the balance, of webhooks
		identity.Owner: {true, true}, identity.Finance: {true, false}, identity.Routing: {false, false}, identity.Viewer: {false, false},
	} {
		var got [2]bool
		for _, kind := range b.reader(identity.Actor{Role: role}).Kinds {
			got[0] = got[0] || kind == billing.LowBalance
			got[1] = got[1] || kind == billing.WebhookOff
		}
		if got != want {
			t.Errorf("%s: %v, want %v", role, got, want)
		}
	}
	if got := b.target(billing.Item{Kind: billing.NumberFrozen, Number: "4008266688"}); got != "/console/numbers/4008266688" {
		t.Error(got)
	}
	if got := b.target(billing.Item{Kind: billing.NumberFrozen}); got != "/console/numbers" {
		t.Error(got)
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	got := said(notify.Choices{notify.OfMoney: {Email: true, Page: true}, notify.OfOrders: {}})
	if want := "money=email+page orders= documents=email+phone+page numbers=email+phone+page webhooks=email+phone+page"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
