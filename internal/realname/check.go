package realname

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/phone"
)

// Finding is one thing that a check found.
type Finding struct {
	Path   string // of the field: legal.id; of a document: documents.pledge
	Warn   bool   // a person shall look; else it cannot be handed in
	Code   fault.Code
	Params fault.Params
}

// Text says what is wrong and how to mend it.
func (f Finding) Text(lang fault.Lang) string {
	return fault.Problem{Path: f.Path, Code: f.Code, Params: f.Params}.Text(lang)
}

// Stated is what a document says of itself, as whoever added it read it.
type Stated struct {
	Name       string `json:"name,omitempty"`        // the enterprise's or the person's on it
	Code       string `json:"code,omitempty"`        // USCC or ID number on it
	ValidUntil string `json:"valid_until,omitempty"` // 2027-01-12; empty: without end, or it has none
}

// Paper is a document as far as the checks look at it.
type Paper struct {
	Kind   Kind
	Target string // phone, of those about a target
	Stated Stated
}

// Check looks at a form and its documents on a day and says all that is wrong,
// in the order of the form. Nothing of it needs a person.
func Check(f Form, papers []Paper, at time.Time) []Finding {
	c := checker{form: f, papers: papers, at: at, today: calendar.Day(at)}
	c.enterprise()
	c.person("legal", f.Legal)
	if f.Handler != nil {
		c.person("handler", *f.Handler)
	}
	c.targets()
	c.needed()
	for i, p := range papers {
		c.paper(i, p)
	}
	return c.found
}

// stops are the findings that keep an application from being handed in.
func stops(list []Finding) error {
	var bad fault.Invalid
	for _, f := range list {
		if !f.Warn {
			bad.Problems = append(bad.Problems, fault.Problem{Path: f.Path, Code: f.Code, Params: f.Params})
		}
	}
	return bad.Err()
}

type checker struct {
	form   Form
	papers []Paper
	at     time.Time
	today  string
	found  []Finding
}

func (c *checker) stop(path string, code fault.Code, pairs ...any) {
	c.found = append(c.found, Finding{Path: path, Code: code, Params: fault.ParamsOf(pairs...)})
}

func (c *checker) warn(path string, code fault.Code, pairs ...any) {
	c.found = append(c.found, Finding{Path: path, Warn: true, Code: code, Params: fault.ParamsOf(pairs...)})
}

// touchy are words in a name or a use that a person shall look at.
var touchy = []string{"贷", "赌", "博彩", "成人用品", "情趣", "彩票", "催收"}

func (c *checker) enterprise() {
	e := c.form.Enterprise
	if e.Name == "" {
		c.stop("enterprise.name", fault.ValueEmpty, "example", "杭州示例茶业有限公司")
	}
	if code := CheckUSCC(e.USCC); code == fault.UsccOuter {
		c.warn("enterprise.uscc", code)
	} else if code != "" {
		c.stop("enterprise.uscc", code)
	}
	switch {
	case !slices.Contains(Industries(), e.Industry):
		c.stop("enterprise.industry", fault.ValueNotAllowed, "value", e.Industry, "allowed", joined(Industries()))
	case e.Industry.Refused():
		c.stop("enterprise.industry", fault.IndustryRefused, "industry", e.Industry)
	}
	if e.Usage == "" {
		c.stop("enterprise.usage", fault.ValueEmpty, "example", "售后热线")
	}
	for _, word := range touchy {
		if strings.Contains(e.Name, word) || strings.Contains(e.Usage, word) {
			c.warn("enterprise.usage", fault.IndustryLook, "word", word)
		}
	}
	c.until("enterprise.valid_until", e.ValidUntil)
}

func (c *checker) person(field string, p Person) {
	if p.Name == "" {
		c.stop(field+".name", fault.ValueEmpty, "example", "周以宁")
	}
	if code := CheckID(p.ID, c.at); code != "" {
		c.stop(field+".id", code)
	}
	c.until(field+".valid_until", p.ValidUntil)
}

// until checks the last day of something, "" being without end.
func (c *checker) until(path, day string) {
	if day == "" {
		return
	}
	last, err := calendar.ParseDay(day)
	left := int(last.Sub(calendar.Midnight(c.at)) / (24 * time.Hour))
	switch {
	case err != nil:
		c.stop(path, fault.DayInvalid, "value", day)
	case day < c.today:
		c.stop(path, fault.DocumentExpired, "on", day)
	case left <= earlyWarningDays:
		c.warn(path, fault.DocumentExpiresSoon, "on", day, "days", left)
	}
}

func (c *checker) targets() {
	if len(c.form.Targets) == 0 {
		c.stop("targets", fault.ValueEmpty, "example", "0371-5566-8800")
	}
	seen := map[string]int{}
	for i, t := range c.form.Targets {
		c.target(i, t)
		if first, twice := seen[t.Phone]; twice {
			c.stop(path("targets", i, "phone"), fault.TargetTwice, "phone", t.Phone, "first", first+1)
		} else {
			seen[t.Phone] = i
		}
	}
}

func (c *checker) target(i int, t Target) {
	n, refusal := phone.ParseTarget(t.Phone)
	switch {
	case refusal != "":
		c.stop(path("targets", i, "phone"), fault.Code(refusal), "phone", t.Phone)
	case t.Line != MobileLine && t.Line != FixedLine && t.Line != TrunkPilot:
		c.stop(path("targets", i, "line"), fault.ValueNotAllowed, "value", t.Line, "allowed", "mobile, fixed, trunk")
	case (n.Class == phone.Mobile) != (t.Line == MobileLine):
		c.stop(path("targets", i, "line"), fault.TargetLineDiffers, "phone", t.Phone, "line", t.Line)
	}
	owner, known := c.owner(t)
	switch {
	case !known:
		c.stop(path("targets", i, "owner"), fault.ValueNotAllowed, "value", t.Owner, "allowed", "enterprise, legal, handler, staff")
	case t.Line == TrunkPilot && t.Owner != OfEnterprise:
		c.stop(path("targets", i, "owner"), fault.TargetTrunkOwner, "phone", t.Phone)
	case t.OwnerName == "":
		c.stop(path("targets", i, "owner_name"), fault.ValueEmpty, "example", "杭州示例茶业有限公司")
	case owner != "" && !SameName(owner, t.OwnerName):
		c.stop(path("targets", i, "owner_name"), fault.NameDiffers, "value", t.OwnerName, "other", owner)
	}
	c.billed(i, t)
}

// owner is who a target must be registered to; "" with staff, whose name is
// nowhere else.
func (c *checker) owner(t Target) (name string, known bool) {
	switch t.Owner {
	case OfEnterprise:
		return c.form.Enterprise.Name, true
	case OfLegal:
		return c.form.Legal.Name, true
	case OfHandler:
		if c.form.Handler == nil {
			return c.form.Legal.Name, true
		}
		return c.form.Handler.Name, true
	}
	return "", t.Owner == OfStaff
}

// billed checks that a bill is not older than three months.
func (c *checker) billed(i int, t Target) {
	at := path("targets", i, "billed_on")
	day, err := calendar.ParseDay(t.BilledOn)
	oldest := calendar.Day(monthsBefore(c.at, billMonths))
	switch {
	case err != nil:
		c.stop(at, fault.DayInvalid, "value", t.BilledOn)
	case calendar.Day(day) > c.today:
		c.stop(at, fault.BillAhead, "on", t.BilledOn)
	case calendar.Day(day) < oldest:
		c.stop(at, fault.BillOld, "phone", t.Phone, "on", t.BilledOn, "oldest", oldest)
	}
}

// monthsBefore is the same day some months earlier, or the last of that month.
func monthsBefore(at time.Time, months int) time.Time {
	day := at.In(calendar.Shanghai)
	first := time.Date(day.Year(), day.Month()-time.Month(months), 1, 0, 0, 0, 0, calendar.Shanghai)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}

// needed says which documents are not there.
func (c *checker) needed() {
	for _, slot := range c.form.Needed() {
		if !c.has(slot.Kind, slot.Target) {
			c.missing(slot.Kind, slot.Target)
		}
	}
}

func (c *checker) has(kind Kind, target string) bool {
	return slices.ContainsFunc(c.papers, func(p Paper) bool { return p.Kind == kind && p.Target == target })
}

func (c *checker) missing(kind Kind, target string) {
	document := kind.Text(true) + "/" + string(kind)
	if target != "" {
		document += " " + target
	}
	c.stop("documents."+string(kind), fault.DocumentMissing, "document", document)
}

// paper compares what a document says with the form.
func (c *checker) paper(i int, p Paper) {
	at := path("documents", i, string(p.Kind))
	name, code := c.form.Enterprise.Name, ""
	switch p.Kind {
	case BusinessLicence:
		code = c.form.Enterprise.USCC
	case LegalFront:
		name, code = c.form.Legal.Name, c.form.Legal.ID
	case HandlerFront:
		if c.form.Handler == nil {
			return
		}
		name, code = c.form.Handler.Name, c.form.Handler.ID
	case TargetBill, TargetPledge:
		name = ""
		for _, t := range c.form.Targets {
			if t.Phone == p.Target {
				name = t.OwnerName
			}
		}
		if name == "" {
			c.warn(at, fault.DocumentNoTarget, "phone", p.Target)
			return
		}
		if p.Kind == TargetPledge {
			name = "" // signed by the owner or by the enterprise
		}
	case LegalBack, HandlerBack:
		name = ""
	}
	if p.Stated.Name != "" && name != "" && !SameName(p.Stated.Name, name) {
		c.stop(at, fault.NameDiffers, "value", p.Stated.Name, "other", name)
	}
	if p.Stated.Code != "" && code != "" && cleanCode(p.Stated.Code) != code {
		c.stop(at, fault.CodeDiffers, "kind", p.Kind)
	}
	c.until(at, p.Stated.ValidUntil)
}

// SameName reports whether two names are the same but for spaces, the width of
// signs, and the many dots that stand in names.
func SameName(a, b string) bool { return plainName(a) == plainName(b) }

func plainName(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u3000' || r == '\u00a0' || r == '\t':
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case strings.ContainsRune("•・‧∙⋅．.", r):
			return '·'
		case r == '〔' || r == '【':
			return '('
		case r == '〕' || r == '】':
			return ')'
		}
		return r
	}, s))
}

// cleanName takes spaces off the ends and control signs out.
func cleanName(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == '\u007f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s))
}

// national is a phone in its national form; what is none stays, for Check.
func national(text string) string {
	if n, refusal := phone.ParseTarget(text); refusal == "" {
		return n.Digits
	}
	return cleanName(text)
}

func path(list string, i int, field string) string { return fmt.Sprintf("%s[%d].%s", list, i, field) }

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}
