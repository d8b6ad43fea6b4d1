package order

import (
	"context"
	"slices"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/routing"
)

// HandIn says that the documents of an order are handed in for review. Doing it
// again changes nothing. Faults: order_state.
func (s *Service) HandIn(ctx context.Context, id ID, who string) (Order, error) {
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		if o.State == Reviewing {
			return Writes{}, nil
		}
		o.DueAt = time.Time{}
		return s.write(*o, WasHandedIn, who, "")
	})
}

// Vet says that the operator's review of the documents is passed: the carrier's
// comes next. Doing it again changes nothing. Faults: order_state.
func (s *Service) Vet(ctx context.Context, id ID, who string) (Order, error) {
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		if o.State == Vetted {
			return Writes{}, nil
		}
		return s.write(*o, WasVetted, who, "")
	})
}

// AskAgain says what of the documents is to be mended. The time for documents
// begins anew. Faults: order_state, reason_missing.
func (s *Service) AskAgain(ctx context.Context, id ID, who, why string) (Order, error) {
	if strings.TrimSpace(why) == "" {
		return Order{}, fault.New(fault.ReasonMissing)
	}
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		o.DocumentsBy = s.clock().Add(s.terms.Documents)
		o.DueAt = documentsReminder(o, s.clock())
		return s.write(*o, WasAskedMore, who, why)
	})
}

// Refuse ends an order whose documents cannot be mended: the numbers are for
// sale again, and all of the money goes back. Faults: order_state,
// reason_missing.
func (s *Service) Refuse(ctx context.Context, id ID, who, why string) (Order, error) {
	if strings.TrimSpace(why) == "" {
		return Order{}, fault.New(fault.ReasonMissing)
	}
	o, err := s.change(ctx, id, func(o *Order) (Writes, error) {
		if o.State == Refused {
			return Writes{}, nil
		}
		o.DueAt = s.clock()
		w, err := s.write(*o, WasRefused, who, why)
		w.Numbers = number.Available
		return w, err
	})
	if err != nil {
		return o, err
	}
	return s.giveBack(ctx, o)
}

// Cancel ends an order that is not paid, and its payment; the numbers are for
// sale again at once. Doing it again changes nothing. Faults: order_state.
func (s *Service) Cancel(ctx context.Context, id ID, who, why string) (Order, error) {
	o, err := s.Read(ctx, id)
	if err == nil && o.State == Signed {
		err = s.unask(ctx, o.Payment)
	}
	if err != nil {
		return o, err
	}
	before := o.Payment
	o, err = s.change(ctx, id, func(o *Order) (Writes, error) {
		if o.State == Cancelled {
			return Writes{}, nil
		}
		o.DueAt = time.Time{}
		w, err := s.write(*o, WasCancelled, who, why)
		w.Numbers = number.Available
		return w, err
	})
	if err == nil && o.Payment != before { // asked for in between
		err = s.unask(ctx, o.Payment)
	}
	return o, err
}

// OpenNumbers opens the numbers of an order that passed both reviews: they take
// calls from now on, their targets ring, and billing takes their first terms
// from what the order paid. Doing it again changes nothing. Faults: order_state,
// order_no_targets, order_no_trunk.
func (s *Service) OpenNumbers(ctx context.Context, id ID, who string) (Order, error) {
	o, err := s.change(ctx, id, func(o *Order) (Writes, error) {
		if o.State == Open {
			return Writes{}, nil
		}
		if s.terms.Trunk == "" {
			return Writes{}, fault.New(fault.OrderNoTrunk)
		}
		at := s.clock()
		o.OpenedAt, o.DueAt = at, time.Time{}
		w, err := s.write(*o, WasOpened, who, "")
		if err != nil {
			return w, err
		}
		w.Numbers = number.Active
		return w, s.opening(&w, o, at)
	})
	if err != nil || o.State != Open {
		return o, err
	}
	// The first terms are rows of their own: when this fails, the next run of the
	// billing takes them.
	if _, err := s.Biller.RunFor(ctx, o.Code); err != nil {
		s.Log.Warn("the first terms of a number that was opened are left to the next run of the billing", "order", o.ID.String(), "error", err)
	}
	return o, nil
}

// opening adds what numbers need that take calls.
func (s *Service) opening(w *Writes, o *Order, at time.Time) error {
	var phones []string
	for _, i := range o.Items {
		if len(i.Targets) == 0 {
			return fault.New(fault.OrderNoTargets, "number", number.Format(i.Digits, ""))
		}
		profile := routing.Profile{Version: 1, Distribution: routing.Sequential}
		for _, phone := range i.Targets {
			profile.Targets = append(profile.Targets, routing.Target{Phone: phone, Trunk: s.terms.Trunk})
			if slices.Contains(phones, phone) {
				continue
			}
			phones = append(phones, phone)
			w.Targets = append(w.Targets, catalog.Target{
				ID: catalog.TargetID(s.NewID()), Shard: o.Shard, Customer: o.Customer, Phone: phone, Trunk: s.terms.Trunk, Capacity: 1, Review: catalog.Approved,
			})
		}
		w.Profiles = append(w.Profiles, Profile{i.Number, profile})
	}
	return nil
}

// SetTargets says which phones the numbers of an order shall ring, while it is
// not open. Faults: order_state, and those of a target.
func (s *Service) SetTargets(ctx context.Context, id ID, who string, targets []string) (Order, error) {
	w := Wish{Items: []WishItem{{Targets: slices.Clone(targets)}}}
	var problems Problems
	w.checkTargets(func(field string, code fault.Code, pairs ...any) {
		problems = append(problems, problem(field, code, pairs...))
	})
	if len(problems) > 0 {
		return Order{}, problems
	}
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		o.Items = slices.Clone(o.Items)
		for i := range o.Items {
			o.Items[i].Targets = w.Items[0].Targets
		}
		return s.write(*o, WasTargeted, who, strings.Join(w.Items[0].Targets, ", "))
	})
}
