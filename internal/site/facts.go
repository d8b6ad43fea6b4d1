package site

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

// The facts of every entity: what of it a file can say, as text.

func trunkFacts(t catalog.Trunk) []fact {
	outbound := ""
	if !t.Outbound.IsZero() {
		outbound = t.Outbound.Address.String() + " over " + string(t.Outbound.Transport)
	}
	return []fact{{"inbound", catalog.JoinSources(t.Inbound)}, {"outbound", outbound}}
}

func floorFacts(f catalog.Floor) []fact {
	return []fact{{"amount", sum(f.Amount)}, {"minimums", count(f.Minimums)}}
}

func discountFacts(d catalog.Discount) []fact {
	return []fact{
		{"name", d.Name}, {"english", d.English}, {"from", calendar.Day(d.From)}, {"until", calendar.Day(d.Until.Add(-1))},
		{"plans", strings.Join(d.Plans, ", ")}, {"grades", strings.Join(d.Grades, ", ")}, {"percent", count(d.Percent)}, {"amount", sum(d.Amount)},
	}
}

func featureFacts(f catalog.Feature) []fact {
	facts := []fact{
		{"name", f.Name}, {"english", f.English}, {"about", f.About}, {"about_english", f.AboutEnglish}, {"meter", meter(f.Answers)},
		{"needs", strings.Join(f.Needs, ", ")}, {"excludes", strings.Join(f.Excludes, ", ")}, {"included", strings.Join(f.Included, ", ")},
	}
	for _, p := range f.Prices {
		facts = append(facts, fact{"price from " + calendar.Day(p.From), featurePrice(p)})
	}
	return facts
}

func featurePrice(p catalog.FeaturePrice) string {
	return p.Once.String() + " once, " + p.Year.String() + " a year"
}

func meter(platform bool) string {
	if platform {
		return "platform"
	}
	return "phone"
}

func tariffFacts(v tariff.Version) []fact {
	increment := func(i tariff.Increment) string {
		return i.Price.String() + " per " + strconv.Itoa(int(i.Length/time.Second)) + " s"
	}
	rate := func(prefix string, r tariff.Rate) []fact {
		return []fact{{prefix + "connection", r.Connection.String()}, {prefix + "first", increment(r.First)}, {prefix + "next", increment(r.Next)}}
	}
	facts := rate("", tariff.Rate{Connection: v.Connection, First: v.First, Next: v.Next})
	bands := func(prefix string, list []tariff.Band) {
		if len(list) > 1 { // their order counts
			names := make([]string, len(list))
			for i, b := range list {
				names[i] = b.Name
			}
			facts = append(facts, fact{prefix + "bands", strings.Join(names, ", ")})
		}
		for _, b := range list {
			at := prefix + "band " + b.Name + " "
			facts = append(append(facts, fact{at + "time", bandTime(b)}), rate(at, b.Rate)...)
		}
	}
	bands("", v.Bands)
	for _, c := range v.Classes {
		facts = append(facts, rate("class "+c.Name+" ", c.Rate)...)
		bands("class "+c.Name+" ", c.Bands)
	}
	days := make([]string, len(v.Holidays))
	for i, d := range v.Holidays {
		days[i] = d.String()
	}
	if len(days) > 0 {
		facts = append(facts, fact{"holidays", strings.Join(days, ", ")})
	}
	return facts
}

// bandTime says when a band is in force: 22:00-06:00 sat, sun.
func bandTime(b tariff.Band) string {
	hm := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	text := hm(b.From) + "-" + hm(b.To)
	var days []string
	for _, name := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"} {
		if b.Days&bandDays[name] != 0 {
			days = append(days, name)
		}
	}
	if len(days) > 0 {
		text += " " + strings.Join(days, ", ")
	}
	return text
}

func versionFact(v catalog.PlanVersion) string {
	return fmt.Sprintf("fee %s, number_fee %s, package_amount %s, package_seconds %d, minimum %s", v.Fee, v.NumberFee, v.Package, v.Seconds, v.Minimum)
}

func planFacts(p catalog.Plan) []fact {
	minimum := ""
	if p.Minimum != 0 {
		minimum = p.Minimum.String() + " " + string(p.MinimumPeriod)
	}
	facts := []fact{
		{"name", p.Name}, {"kind", string(p.Kind)}, {"tariff", p.Tariff},
		{"fee", sum(p.Fee)}, {"term_months", count(p.TermMonths)}, {"package_amount", sum(p.Package)},
		{"number_fee", sum(p.NumberFee)}, {"minimum", minimum},
		{"max_concurrent", limit(p.MaxConcurrent)}, {"min_grant", p.MinGrant.String()},
		{"package_seconds", count(int(p.Seconds))}, {"leftover", leftover(p.RollOver)},
		{"overdraft", sum(p.Overdraft)}, {"collection", collection(p.Collection)},
	}
	for _, v := range p.Versions {
		facts = append(facts, fact{"from " + calendar.Day(v.From), versionFact(v)})
	}
	return facts
}

func customerFacts(c catalog.Customer) []fact {
	return []fact{{"name", c.Name}, {"state", string(c.State)}, {"low_balance", sum(c.LowBalance)}}
}

func arrearsFacts(a catalog.Arrears) []fact {
	days := func(d time.Duration) string { return strconv.Itoa(int(d / (24 * time.Hour))) }
	return []fact{
		{"at_most", a.AtMost.String()}, {"grace_days", days(a.Grace)}, {"suspended_days", days(a.Suspended)},
		{"frozen_days", days(a.Frozen)}, {"closing_days", days(a.Closing)}, {"quarantine_days", days(a.Quarantine)},
	}
}

func targetFacts(t catalog.Target) []fact {
	return []fact{
		{"trunk", t.Trunk}, {"capacity", count(t.Capacity)}, {"review", string(t.Review)},
		{"ring_timeout", length(t.RingTimeout)},
	}
}

// rentalFacts are those of a number but for its profile. plan is the code of
// its subscription's plan.
func rentalFacts(r Rental, plan string) []fact {
	most := ""
	if r.Subscription.MaxConcurrent != nil {
		most = limit(*r.Subscription.MaxConcurrent)
	}
	return []fact{{"plan", plan}, {"state", string(r.State)}, {"display", string(r.Grouping)}, {"max_concurrent", most},
		{"monthly_cap", sum(r.Subscription.CapAmount)}, {"monthly_calls", count(r.Subscription.CapCalls)}}
}

func collection(c catalog.Collection) string {
	if c == catalog.Manual {
		return ""
	}
	return string(c)
}

func leftover(rollOver bool) string {
	if rollOver {
		return "rolls_over"
	}
	return ""
}

func profileFacts(p routing.Profile) []fact {
	return []fact{
		{"distribution", string(p.Distribution)}, {"targets", ringing(p.Targets)},
		{"on_busy", ringing(p.OnBusy)}, {"on_no_answer", ringing(p.OnNoAnswer)},
		{"ring_timeout", length(p.RingTimeout)}, {"forwards", count(p.MaxForwards)},
	}
}

func ringing(targets []routing.Target) string {
	parts := make([]string, len(targets))
	for i, t := range targets {
		parts[i] = t.Phone + " over " + t.Trunk
		if t.RingFor > 0 {
			parts[i] += fmt.Sprintf(" for %s", t.RingFor)
		}
	}
	return strings.Join(parts, ", ")
}

func sum(a money.Amount) string {
	if a == 0 {
		return ""
	}
	return a.String()
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func limit(n int) string {
	if n == 0 {
		return "no limit"
	}
	return strconv.Itoa(n)
}

func length(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
