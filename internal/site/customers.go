package site

import (
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

func (b *builder) buildCustomers(v *value) {
	codes, numbers := map[string]*value{}, map[string]*value{}
	payments := map[[2]string]*value{}
	for _, item := range v.list {
		b.once(codes, item.get("code"))
		c := Customer{Customer: catalog.Customer{
			Code:  item.get("code").text,
			Name:  item.get("name").text,
			State: catalog.CustomerState(or(item.get("state"), string(catalog.CustomerActive))),

			LowBalance: item.get("low_balance").amount,
		}, KeepState: !item.get("state").set}
		if item.set {
			c.Validate(b.validated(item))
		}
		for _, t := range item.get("top_ups").list {
			topUp := b.buildTopUp(t, payments)
			b.stands(topUpKey(topUp.Channel, topUp.Reference), t)
			c.TopUps = append(c.TopUps, topUp)
		}
		bound := map[string]catalog.Target{}
		seen := map[string]*value{}
		for _, t := range item.get("targets").list {
			target := b.buildTarget(t, seen)
			bound[target.Phone] = target
			c.Targets = append(c.Targets, target)
		}
		for _, n := range item.get("numbers").list {
			b.once(numbers, n.get("number"))
			b.stands(numberKey(n.get("number").text), n)
			c.Numbers = append(c.Numbers, b.buildNumber(n, bound, seen))
		}
		b.site.Customers = append(b.site.Customers, c)
	}
}

// or is the text of a value, or what stands for it when it is left out.
func or(v *value, fallback string) string {
	if v.set {
		return v.text
	}
	return fallback
}

func (b *builder) buildTarget(v *value, seen map[string]*value) catalog.Target {
	at, trunk := v.get("phone"), v.get("trunk")
	b.phone(at, "")
	b.once(seen, at)
	t := catalog.Target{
		Phone:       at.text,
		Trunk:       trunk.text,
		Capacity:    1,
		Review:      catalog.Review(or(v.get("review"), string(catalog.Approved))),
		RingTimeout: v.get("ring_timeout").length,
	}
	if capacity := v.get("capacity"); capacity.set {
		t.Capacity = capacity.n
	}
	if trunk.set {
		known := map[string]*value{}
		for c, entry := range b.trunks {
			known[c] = entry.at
		}
		b.refer(trunk, "trunk", known)
		if trunk.set && !b.trunks[trunk.text].outbound {
			b.problem(trunk, fault.TrunkInboundOnly, "trunk", trunk.text)
		}
	}
	if v.set {
		t.Validate(b.validated(v))
	}
	return t
}

// phone normalises a phone and reports one that may not be bound. own is the
// 400 number that would forward to it, "" where there is none.
func (b *builder) phone(v *value, own string) {
	if !v.set {
		return
	}
	n, refusal := phone.ParseTarget(v.text)
	switch {
	case own != "" && n.Digits == own:
		b.problem(v, fault.TargetSelf)
	case refusal != "":
		b.problem(v, fault.Code(refusal), "phone", shown(v.text))
	default:
		v.text = n.Digits
	}
}

func (b *builder) buildNumber(v *value, bound map[string]catalog.Target, seen map[string]*value) Number {
	digits := v.get("number")
	n := Number{
		Digits: digits.text,
		Plan:   v.get("plan").text,
		State:  number.State(or(v.get("state"), string(number.Active))),

		KeepState: !v.get("state").set,
		Grouping:  number.Grouping(or(v.get("display"), string(number.Grouping334))),
	}
	if digits.set {
		if _, ok := b.segments.Issuer(digits.text); !ok {
			b.problem(digits, fault.SegmentUnknown, "segment", digits.text[:4])
		}
	}
	b.refer(v.get("plan"), "plan", b.plans)
	if most := v.get("max_concurrent"); most.set {
		n.MaxConcurrent = &most.n
	}
	n.CapAmount, n.CapCalls = v.get("monthly_cap").amount, v.get("monthly_calls").n
	targets := v.get("targets")
	n.Profile = routing.Profile{
		Distribution: routing.Distribution(or(v.get("distribution"), string(routing.Sequential))),
		Targets:      b.ring(targets, n.Digits, maxTargets, fault.TargetsTooMany, bound, seen),
		OnBusy:       b.ring(v.get("on_busy"), n.Digits, routing.DefaultMaxForwards, fault.ForwardsTooMany, bound, seen),
		OnNoAnswer:   b.ring(v.get("on_no_answer"), n.Digits, routing.DefaultMaxForwards, fault.ForwardsTooMany, bound, seen),
		RingTimeout:  v.get("ring_timeout").length,
		MaxForwards:  routing.DefaultMaxForwards,
	}
	if v.set {
		catalog.CheckRingTimeout(b.validated(v), "ring_timeout", n.Profile.RingTimeout)
		if n.State == number.Active && !v.get("state").bad && !targets.bad && len(targets.list) == 0 {
			b.problem(targets, fault.TargetsMissing)
		}
	}
	return n
}

// ring reads a list of phones that may ring for a number.
func (b *builder) ring(v *value, own string, most int, tooMany fault.Code, bound map[string]catalog.Target, described map[string]*value) []routing.Target {
	if len(v.list) > most {
		b.problem(v, tooMany, "count", len(v.list), "limit", most)
	}
	var out []routing.Target
	seen := map[string]*value{}
	for _, item := range v.list {
		b.phone(item, own)
		b.once(seen, item)
		if !item.set {
			continue
		}
		b.refer(item, "target", described)
		t := bound[item.text]
		out = append(out, routing.Target{Phone: item.text, Trunk: t.Trunk, RingFor: t.RingTimeout})
	}
	return out
}
