package realname_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/realname"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, calendar.Shanghai)

// The codes of known enterprises pass; a wrong outer sign is only a warning
// while the organisation code inside is right.
func TestUSCC(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Code{
		"91350100M000100Y43":  "", // the standard's own example
		"91110000600037341L":  "", // real ones, from public notices
		"91440300708461136T":  "",
		"91440300708461136X":  fault.UsccOuter,
		"91440300708461137T":  fault.UsccCheck,
		"9144030070846113":    fault.UsccFormat,
		"91440300708461136TT": fault.UsccFormat,
		"9144030O708461136T":  fault.UsccFormat, // the letter O
		"91440300708461136I":  fault.UsccFormat,
		"":                    fault.UsccFormat,
	} {
		if got := realname.CheckUSCC(code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]fault.Code{
		"11010519491231002X": "", // the standard's examples
		"440524188001010014": fault.IDNumberBirth,
		"110105194912310021": fault.IDNumberCheck,
		"11010519491331002X": fault.IDNumberBirth,
		"11010519500229002X": fault.IDNumberBirth, // no leap year
		"110105203012310021": fault.IDNumberBirth, // not born yet
		"11010519491231002x": fault.IDNumberFormat,
		"1101051949123100":   fault.IDNumberFormat,
		"X1010519491231002X": fault.IDNumberFormat,
	} {
		if got := realname.CheckID(number, noon); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}

// One digit that is mistyped is always found: that is what the sign is for.
func TestOneWrongDigitIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := []byte("11010519491231002X")
		at := rapid.IntRange(0, 16).Draw(t, "at")
		digit := byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		same := number[at] == digit
		number[at] = digit
		if got := realname.CheckID(string(number), noon); (got == "") != same {
			t.Errorf("%s: %q", number, got)
		}
	})
}

func FuzzUSCC(f *testing.F) {
	f.Add("91350100M000100Y43")
	f.Add("中文中文中文中文中文中文")
	f.Fuzz(func(t *testing.T, code string) {
		if realname.CheckUSCC(code) == "" && len(code) != 18 {
			t.Errorf("%q passes", code)
		}
		if realname.CheckID(code, noon) == "" && len(code) != 18 {
			t.Errorf("%q passes", code)
		}
	})
}

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"云禾家居服务（上海）有限公司", "云禾家居服务(上海) 有限公司"},
		{"阿依古丽·买买提", "阿依古丽•买买提"}, {"ＡＢＣ科技", "abc科技"},
	} {
		if !realname.SameName(pair[0], pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	if realname.SameName("杭州示例茶业有限公司", "杭州示例茶叶有限公司") {
		t.Error("another name is the same")
	}
}

// sound is a form that nothing is wrong with on that day, and its papers.
func sound() (realname.Form, []realname.Paper) {
	form := realname.Form{
		Enterprise: realname.Enterprise{Name: "杭州示例茶业有限公司", USCC: "91350100M000100Y43", Industry: realname.General, Usage: "售后热线"},
		Legal:      realname.Person{Name: "周以宁", ID: "11010519491231002X", ValidUntil: "2036-05-17"},
		Targets: []realname.Target{{
			Phone: "037155668800", Line: realname.FixedLine, Owner: realname.OfEnterprise, OwnerName: "杭州示例茶业有限公司", BilledOn: "2026-10-31",
		}},
	}
	papers := []realname.Paper{
		{Kind: realname.BusinessLicence, Stated: realname.Stated{Name: "杭州示例茶业有限公司", Code: "91350100M000100Y43"}},
		{Kind: realname.LegalFront, Stated: realname.Stated{Name: "周以宁", Code: "11010519491231002X"}}, {Kind: realname.LegalBack},
		{Kind: realname.ApplicationForm}, {Kind: realname.Pledge},
		{Kind: realname.TargetBill, Target: "037155668800"}, {Kind: realname.TargetPledge, Target: "037155668800"},
	}
	return form, papers
}

func TestSoundFormPasses(t *testing.T) {
	t.Parallel()
	form, papers := sound()
	if found := realname.Check(form, papers, noon); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Each fault is found, at its field, with its code; and only what a person must
// see is a warning.
func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	type change func(*realname.Form, *[]realname.Paper)
	for name, c := range map[string]struct {
		change change
		path   string
		code   fault.Code
		warn   bool
	}{
		"no name":            {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.Name = "" }, "enterprise.name", fault.ValueEmpty, false},
		"uscc":               {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.USCC = "91350100M000110Y43" }, "enterprise.uscc", fault.UsccCheck, false},
		"early uscc":         {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.USCC = "91440300708461136X" }, "enterprise.uscc", fault.UsccOuter, true},
		"loans":              {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.Industry = realname.Loans }, "enterprise.industry", fault.IndustryRefused, false},
		"unknown industry":   {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.Industry = "x" }, "enterprise.industry", fault.ValueNotAllowed, false},
		"touchy use":         {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.Usage = "小额贷款咨询" }, "enterprise.usage", fault.IndustryLook, true},
		"school":             {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.Industry = realname.Education }, "documents.industry_licence", fault.DocumentMissing, false},
		"licence ran out":    {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.ValidUntil = "2026-11-22" }, "enterprise.valid_until", fault.DocumentExpired, false},
		"last day":           {func(f *realname.Form, _ *[]realname.Paper) { f.Enterprise.ValidUntil = "2026-11-23" }, "enterprise.valid_until", fault.DocumentExpiresSoon, true},
		"no day":             {func(f *realname.Form, _ *[]realname.Paper) { f.Legal.ValidUntil = "2026-02-30" }, "legal.valid_until", fault.DayInvalid, false},
		"id":                 {func(f *realname.Form, _ *[]realname.Paper) { f.Legal.ID = "110105194912310021" }, "legal.id", fault.IDNumberCheck, false},
		"handler's papers":   {func(f *realname.Form, _ *[]realname.Paper) { f.Handler = &f.Legal }, "documents.authority", fault.DocumentMissing, false},
		"no target":          {func(f *realname.Form, _ *[]realname.Paper) { f.Targets = nil }, "targets", fault.ValueEmpty, false},
		"virtual operator":   {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].Phone = "17012345678" }, "targets[0].phone", "target_virtual_operator", false},
		"a 400 number":       {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].Phone = "4001234567" }, "targets[0].phone", "target_service_number", false},
		"a mobile as a line": {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].Phone = "13800138000" }, "targets[0].line", fault.TargetLineDiffers, false},
		"a person's trunk": {func(f *realname.Form, _ *[]realname.Paper) {
			f.Targets[0].Line, f.Targets[0].Owner = realname.TrunkPilot, realname.OfLegal
		}, "targets[0].owner", fault.TargetTrunkOwner, false},
		"another's phone":    {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].OwnerName = "别的公司" }, "targets[0].owner_name", fault.NameDiffers, false},
		"old bill":           {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].BilledOn = "2026-08-22" }, "targets[0].billed_on", fault.BillOld, false},
		"bill ahead":         {func(f *realname.Form, _ *[]realname.Paper) { f.Targets[0].BilledOn = "2026-11-24" }, "targets[0].billed_on", fault.BillAhead, false},
		"twice":              {func(f *realname.Form, _ *[]realname.Paper) { f.Targets = append(f.Targets, f.Targets[0]) }, "targets[1].phone", fault.TargetTwice, false},
		"no bill":            {func(_ *realname.Form, p *[]realname.Paper) { *p = append((*p)[:5], (*p)[6]) }, "documents.target_bill", fault.DocumentMissing, false},
		"licence of another": {func(_ *realname.Form, p *[]realname.Paper) { (*p)[0].Stated.Name = "别的公司" }, "documents[0].business_licence", fault.NameDiffers, false},
		"card of another":    {func(_ *realname.Form, p *[]realname.Paper) { (*p)[1].Stated.Code = "110105194912310021" }, "documents[1].legal_front", fault.CodeDiffers, false},
		"pledge of no target": {func(_ *realname.Form, p *[]realname.Paper) {
			*p = append(*p, realname.Paper{Kind: realname.TargetPledge, Target: "13800138000"})
		}, "documents[7].target_pledge", fault.DocumentNoTarget, true},
	} {
		form, papers := sound()
		c.change(&form, &papers)
		hit := false
		for _, f := range realname.Check(form, papers, noon) {
			hit = hit || f.Path == c.path && f.Code == c.code && f.Warn == c.warn
			for _, lang := range []fault.Lang{fault.Chinese, fault.English} {
				if text := f.Text(lang); strings.Contains(text, "{") || text == "" {
					t.Errorf("%s: %s: %s", name, f.Code, text)
				}
			}
		}
		if !hit {
			t.Errorf("%s: not found: %+v", name, realname.Check(form, papers, noon))
		}
	}
}

// A bill of the same day three months ago is taken, also at the ends of months.
func TestBillAge(t *testing.T) {
	t.Parallel()
	for day, oldest := range map[string]string{"2026-11-23": "2026-08-23", "2026-05-31": "2026-02-28", "2026-01-15": "2025-10-15"} {
		at, err := calendar.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		form, papers := sound()
		form.Targets[0].BilledOn = oldest
		if found := realname.Check(form, papers, at); len(found) > 0 {
			t.Errorf("%s: a bill of %s: %+v", day, oldest, found)
		}
		last, _ := calendar.ParseDay(oldest)
		form.Targets[0].BilledOn = calendar.Day(last.AddDate(0, 0, -1))
		if found := realname.Check(form, papers, at); len(found) != 1 || found[0].Code != fault.BillOld {
			t.Errorf("%s: %+v", day, found)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{"11010519491231002X": "1101**********002X", "1234": "***4", "": ""} {
		if got := realname.Mask(number); got != want {
			t.Errorf("%s: %s", number, got)
		}
	}
	if got := realname.MaskName("周以宁"); got != "周**" {
		t.Error(got)
	}
}

// Every reason, state, kind and cause has its words in both languages.
func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	say := func(zh, en string) {
		if zh == "" || en == "" || zh == en || seen[zh] {
			t.Errorf("%q %q", zh, en)
		}
		seen[zh] = true
	}
	for _, r := range realname.Reasons() {
		zh, zhRemedy := r.Text(true)
		en, enRemedy := r.Text(false)
		say(zh, en)
		say(zhRemedy, enRemedy)
	}
	for _, s := range realname.States() {
		say(s.Text(true), s.Text(false))
	}
	for _, k := range realname.Kinds() {
		say(k.Text(true), k.Text(false))
	}
	for _, c := range realname.Causes() {
		zh, zhRemedy := c.Text(true)
		en, enRemedy := c.Text(false)
		say(zh, en)
		say(zhRemedy, enRemedy)
	}
}
