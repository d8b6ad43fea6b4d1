package inventory

import (
	"slices"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/number"
)

// By hand a number takes only steps of its life, never one that is an order's, and
// never into or out of a freeze by a rule.
func TestStepsByHand(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, from := range number.States() {
		for _, to := range number.States() {
			for _, ruled := range []bool{false, true} {
				m, err := Step{Digits: "4008261122", To: to, Why: "y", Who: "w"}.from(Held{from, ruled, time.Hour}, at)
				want := fault.Code("")
				switch {
				case from == number.Locked || from == number.Sold:
					want = fault.NumberOfOrder
				case to == number.Frozen && from.CanBecome(to), to == number.Active && ruled:
					want = fault.NumberRuled
				case !slices.Contains(Steps(from), to):
					want = fault.NumberStateStep
				}
				if fault.CodeOf(err) != want {
					t.Errorf("%s to %s, ruled %v: %v, want %q", from, to, ruled, err, want)
				}
				if err != nil {
					continue
				}
				if !from.CanBecome(to) || to == number.Locked || to == number.Sold || to == number.Frozen || to == number.Active && ruled {
					t.Errorf("%s became %s by hand, ruled %v", from, to, ruled)
				}
				if (to == number.Quarantine) != m.Until.Equal(at.Add(time.Hour)) || m.Event.Was != from || m.Event.State != to || m.Event.Who != "w" || m.Event.Why != "y" {
					t.Errorf("%s to %s writes %+v", from, to, m)
				}
			}
		}
	}
}
