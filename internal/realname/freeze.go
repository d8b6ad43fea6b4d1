package realname

import (
	"context"

	"sibai/internal/billing"
	"sibai/internal/fault"
	"sibai/internal/number"
)

func (r *Rented) nextSeq() int {
	if r.Last == nil {
		return 1
	}
	return r.Last.Seq + 1
}

// Freeze stops a number for unlawful use, or because its user is not who
// applied. The first person proposes it; a second one, by the same call,
// freezes. Faults: four_eyes when the first calls again, freeze_state,
// number_invalid, value_not_allowed.
func (s *Service) Freeze(ctx context.Context, digits string, cause Cause, note, who string) (Freeze, error) {
	digits, err := number.Parse(digits)
	if err != nil {
		return Freeze{}, err
	}
	if !cause.Permanent() {
		return Freeze{}, fault.New(fault.ValueNotAllowed, "value", cause, "allowed", joined([]Cause{UnlawfulUse, NotApplicant}))
	}
	if len([]rune(note)) > maxNote {
		return Freeze{}, fault.New(fault.ValueTooLong, "limit", maxNote)
	}
	var out Freeze
	err = s.store.ChangeFreeze(ctx, digits, func(r *Rented) (NumberWrites, error) {
		at := s.clock()
		switch {
		case !r.State.CanBecome(number.Frozen):
			return NumberWrites{}, fault.New(fault.FreezeState, "number", digits, "state", r.State)
		case r.Last.proposed() && r.Last.Cause == cause && r.Last.ProposedBy == who:
			return NumberWrites{}, fault.New(fault.FourEyes, "who", who)
		case r.Last.proposed() && r.Last.Cause == cause:
			out = *r.Last
			out.FrozenBy, out.FrozenAt = who, at
			a := Application{Shard: r.Shard, Customer: r.Customer, Code: r.Code, Number: digits}
			return NumberWrites{
				Freeze: &out, State: number.Frozen, Why: why,
				Notices: []billing.Notice{s.notice(&a, billing.Item{Kind: billing.NumberFrozen})},
			}, nil
		}
		out = Freeze{
			Shard: r.Shard, Customer: r.Customer, Code: r.Code, Number: digits, Seq: r.nextSeq(), Cause: cause,
			ProposedBy: who, ProposedAt: at, Note: cleanName(note),
		}
		return NumberWrites{Freeze: &out}, nil
	})
	return out, err
}

// Lift ends a freeze after an appeal, or takes a proposal back. A number whose
// documents have run out meanwhile stays frozen for that. Faults: freeze_none.
func (s *Service) Lift(ctx context.Context, digits, note, who string) (Freeze, error) {
	digits, err := number.Parse(digits)
	if err != nil {
		return Freeze{}, err
	}
	var out Freeze
	err = s.store.ChangeFreeze(ctx, digits, func(r *Rented) (NumberWrites, error) {
		if !r.Last.Standing() && !r.Last.proposed() || r.Last.Cause == DocumentsExpired {
			return NumberWrites{}, fault.New(fault.FreezeNone, "number", digits)
		}
		w := NumberWrites{Freeze: s.lifted(*r, who)}
		w.Freeze.Note = cleanName(w.Freeze.Note + " " + note)
		out = *w.Freeze
		if r.Last.Standing() && r.State == number.Frozen {
			if r.Expired {
				next := *r
				next.Last = w.Freeze
				w.Next = s.expiredFreeze(next)
			} else {
				w.State, w.Why = openAgain(*r), why
			}
		}
		return w, nil
	})
	return out, err
}

// Freezes lists those that stand or are proposed, the newest first.
func (s *Service) Freezes(ctx context.Context) ([]Freeze, error) { return s.store.Freezes(ctx) }
