package target

import (
	"context"
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

const (
	targetsAtMost  = 20 // 目的码 of a number, the usual free allowance
	forwardsAtMost = routing.DefaultMaxForwards
)

// NewPhone is a phone to be added to a number.
type NewPhone struct {
	Phone string // as it was typed
	Owner Owner
	List  List // empty: Main
}

// Add puts a phone at the end of a list of a number. It rings once it is approved:
// at once when it was for another number, or with documents, before. Faults: those
// of a target, target_listed, targets_too_many, target_refused, order_no_trunk,
// value_not_allowed, number_not_open_yet, targets_changed.
func (s *Service) Add(ctx context.Context, act Act, in NewPhone) error {
	if err := act.By.Allow(identity.ChangeTargets); err != nil {
		return err // before anything is read of the customer's documents
	}
	n, refusal := phone.ParseTarget(in.Phone)
	if refusal != "" {
		return fault.New(fault.Code(refusal), "phone", in.Phone)
	}
	if in.List == "" {
		in.List = Main
	}
	if !slices.Contains(Lists(), in.List) {
		return fault.New(fault.ValueNotAllowed, "value", string(in.List), "allowed", "main, on_busy, on_no_answer")
	}
	if !slices.Contains(Owners(), in.Owner) {
		return fault.New(fault.ValueNotAllowed, "value", string(in.Owner), "allowed", "enterprise, legal, handler, staff")
	}
	approved, err := s.Documents.Approved(ctx, act.By.Customer)
	if err != nil {
		return err
	}
	return s.change(ctx, act, "target_added", func(sheet *Sheet, w *Writes) (bool, error) {
		list := sheet.list(in.List)
		if slices.ContainsFunc(*list, isPhone(n.Digits)) {
			return false, fault.New(fault.TargetListed, "phone", n.Digits)
		}
		limit := targetsAtMost
		if in.List != Main {
			limit = forwardsAtMost
		}
		if len(*list) >= limit {
			return false, fault.New(fault.TargetsTooMany, "count", len(*list)+1, "limit", limit)
		}
		p, known := sheet.Phone(n.Digits)
		switch {
		case known && p.Review == catalog.Refused:
			return false, fault.New(fault.TargetRefused, "phone", n.Digits)
		case !known:
			trunk := sheet.trunk(s.Trunk)
			if trunk == "" {
				return false, fault.New(fault.OrderNoTrunk)
			}
			p = Phone{Target: catalog.Target{
				ID: catalog.TargetID(s.NewID()), Shard: sheet.Shard, Customer: sheet.Customer, Phone: n.Digits, Trunk: trunk, Capacity: 1, Review: catalog.Pending,
			}, Proof: Proof{Owner: in.Owner, AddedAt: w.At}}
		}
		if p.Review == catalog.Pending && slices.Contains(approved, n.Digits) {
			p.Review, p.Proof.ProvenAt = catalog.Approved, w.At
		}
		w.Phones = append(w.Phones, p)
		*list = append(slices.Clone(*list), routing.Target{Phone: p.Phone, Trunk: p.Trunk, RingFor: p.RingTimeout})
		return true, nil
	})
}

// trunk is how the number's phones are reached today, else usual.
func (s *Sheet) trunk(usual string) string {
	for _, t := range s.Profile.Targets {
		if t.Trunk != "" {
			return t.Trunk
		}
	}
	return usual
}

func isPhone(digits string) func(routing.Target) bool {
	return func(t routing.Target) bool { return t.Phone == digits }
}

// Move puts a phone one place up, or down, in its list. At the end of the list
// nothing changes. Faults: target_not_listed, targets_changed,
// number_not_open_yet.
func (s *Service) Move(ctx context.Context, act Act, l List, digits string, up bool) error {
	return s.change(ctx, act, "targets_ordered", func(sheet *Sheet, _ *Writes) (bool, error) {
		list := sheet.list(l)
		i := slices.IndexFunc(*list, isPhone(digits))
		if i < 0 {
			return false, notListed(sheet, digits)
		}
		to := i + 1
		if up {
			to = i - 1
		}
		if to < 0 || to >= len(*list) {
			return false, nil
		}
		*list = slices.Clone(*list)
		(*list)[i], (*list)[to] = (*list)[to], (*list)[i]
		return true, nil
	})
}

// Remove takes a phone off a list. Faults: target_last unless sure, when no phone
// would be left that rings; target_not_listed, targets_changed,
// number_not_open_yet.
func (s *Service) Remove(ctx context.Context, act Act, l List, digits string, sure bool) error {
	return s.change(ctx, act, "target_removed", func(sheet *Sheet, _ *Writes) (bool, error) {
		list := sheet.list(l)
		i := slices.IndexFunc(*list, isPhone(digits))
		if i < 0 {
			return false, notListed(sheet, digits)
		}
		rang := sheet.Ringing() > 0
		*list = slices.Delete(slices.Clone(*list), i, i+1)
		if rang && sheet.Ringing() == 0 && !sure {
			return false, fault.New(fault.TargetLast, "phone", digits)
		}
		return true, nil
	})
}

func notListed(s *Sheet, digits string) error {
	return fault.New(fault.TargetNotListed, "phone", digits, "number", number.Format(s.Digits, ""))
}

// Ringing is how the phones of a number ring.
type Ringing struct {
	Distribution routing.Distribution
	For          time.Duration // whole seconds; 0: routing.DefaultRingTimeout
}

// Ring sets how the phones of a number ring. Faults: value_not_allowed,
// duration_range, targets_changed, number_not_open_yet.
func (s *Service) Ring(ctx context.Context, act Act, r Ringing) error {
	if r.Distribution != routing.Sequential && r.Distribution != routing.Simultaneous {
		return fault.New(fault.ValueNotAllowed, "value", string(r.Distribution), "allowed", "sequential, simultaneous")
	}
	var bad error
	catalog.CheckRingTimeout(func(_ string, code fault.Code, pairs ...any) { bad = fault.New(code, pairs...) }, "", r.For)
	if bad != nil {
		return bad
	}
	return s.change(ctx, act, "targets_ring", func(sheet *Sheet, _ *Writes) (bool, error) {
		same := sheet.Profile.Distribution == r.Distribution && sheet.Profile.RingTimeout == r.For
		sheet.Profile.Distribution, sheet.Profile.RingTimeout = r.Distribution, r.For
		return !same, nil
	})
}

// Restore publishes an earlier version anew. Phones that were refused since do not
// ring with it. Faults: version_gone, targets_changed, number_not_open_yet.
func (s *Service) Restore(ctx context.Context, act Act, version int) error {
	return s.change(ctx, act, "targets_restored", func(sheet *Sheet, _ *Writes) (bool, error) {
		i := slices.IndexFunc(sheet.Versions, func(v Version) bool { return v.Version == version })
		if i < 0 {
			return false, fault.New(fault.VersionGone, "version", version, "number", number.Format(sheet.Digits, ""))
		}
		now := sheet.Profile.Version
		sheet.Profile = sheet.Versions[i].Profile
		sheet.Profile.Version = now
		return version != now, nil
	})
}
