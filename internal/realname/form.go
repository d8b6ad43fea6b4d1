package realname

import (
	"sibai/internal/fault"
)

// Industry is what an enterprise does, as far as the rules ask.
type Industry string

// The industries.
const (
	General   Industry = "general"
	Education Industry = "education" // needs a licence
	Medical   Industry = "medical"   // needs a licence
	Loans     Industry = "loans"     // refused
	Gambling  Industry = "gambling"  // refused
	Adult     Industry = "adult"     // refused
)

// Industries are all of them.
func Industries() []Industry {
	return []Industry{General, Education, Medical, Loans, Gambling, Adult}
}

// Refused reports whether no number is sold to the industry.
func (i Industry) Refused() bool { return i == Loans || i == Gambling || i == Adult }

// Licensed reports whether the industry needs a licence.
func (i Industry) Licensed() bool { return i == Education || i == Medical }

// Owner is in whose name a target is registered with its carrier.
type Owner string

// The owners that are allowed.
const (
	OfEnterprise Owner = "enterprise"
	OfLegal      Owner = "legal"   // the legal representative
	OfHandler    Owner = "handler" // 经办人
	OfStaff      Owner = "staff"   // an employee, with a pledge
)

// Line is what kind of phone a target is.
type Line string

// The kinds.
const (
	MobileLine Line = "mobile"
	FixedLine  Line = "fixed"
	TrunkPilot Line = "trunk" // 中继引示号
)

// Form is what an enterprise declares. It is kept sealed.
type Form struct {
	Enterprise Enterprise `json:"enterprise" yaml:"enterprise"`
	Legal      Person     `json:"legal" yaml:"legal"`     // 法定代表人
	Handler    *Person    `json:"handler" yaml:"handler"` // 经办人; nil when the legal representative applies
	Targets    []Target   `json:"targets" yaml:"targets"`
}

// Enterprise is who rents the number.
type Enterprise struct {
	Name       string   `json:"name" yaml:"name"` // as on the business licence
	USCC       string   `json:"uscc" yaml:"uscc"` // 统一社会信用代码
	Industry   Industry `json:"industry" yaml:"industry"`
	Usage      string   `json:"usage" yaml:"usage"`             // what the number is for
	ValidUntil string   `json:"valid_until" yaml:"valid_until"` // 2036-05-17; empty: without end (长期)
}

// Person is a natural person.
type Person struct {
	Name       string `json:"name" yaml:"name"`
	ID         string `json:"id" yaml:"id"`                   // 公民身份号码
	ValidUntil string `json:"valid_until" yaml:"valid_until"` // of the identity card; empty: without end (长期)
}

// Target is a phone that the number shall forward to.
type Target struct {
	Phone     string `json:"phone" yaml:"phone"`
	Line      Line   `json:"line" yaml:"line"`
	Owner     Owner  `json:"owner" yaml:"owner"`
	OwnerName string `json:"owner_name" yaml:"owner_name"` // as on its bill
	BilledOn  string `json:"billed_on" yaml:"billed_on"`   // last day of the bill handed in
}

// Kind is what a document is.
type Kind string

// The kinds of document.
const (
	BusinessLicence  Kind = "business_licence" // 营业执照
	LegalFront       Kind = "legal_front"      // 法定代表人身份证人像面
	LegalBack        Kind = "legal_back"       // 国徽面
	HandlerFront     Kind = "handler_front"    // 经办人身份证人像面
	HandlerBack      Kind = "handler_back"     //
	Authority        Kind = "authority"        // 授权书
	ApplicationForm  Kind = "application_form" // 申请表, sealed
	Pledge           Kind = "pledge"           // 承诺书, sealed
	IndustryLicence  Kind = "industry_licence" // 行业许可证
	TargetBill       Kind = "target_bill"      // of one target
	TargetPledge     Kind = "target_pledge"    // of one target
	maxTargets            = 100
	maxDocuments          = 300
	maxNameLength         = 100
	maxUsageLength        = 200
	earlyWarningDays      = 60
	billMonths            = 3
)

// Kinds are all kinds of document.
func Kinds() []Kind {
	return []Kind{
		BusinessLicence, LegalFront, LegalBack, HandlerFront, HandlerBack, Authority, ApplicationForm, Pledge,
		IndustryLicence, TargetBill, TargetPledge,
	}
}

// OfTarget reports whether a document of the kind is about one target.
func (k Kind) OfTarget() bool { return k == TargetBill || k == TargetPledge }

// identity reports whether a document of the kind shows an identity card.
func (k Kind) identity() bool {
	return k == LegalFront || k == LegalBack || k == HandlerFront || k == HandlerBack
}

// kindWords name the kinds: Chinese, English.
var kindWords = map[Kind][2]string{
	BusinessLicence: {"营业执照", "business licence"},
	LegalFront:      {"法定代表人身份证人像面", "legal representative's identity card, portrait side"},
	LegalBack:       {"法定代表人身份证国徽面", "legal representative's identity card, emblem side"},
	HandlerFront:    {"经办人身份证人像面", "handler's identity card, portrait side"},
	HandlerBack:     {"经办人身份证国徽面", "handler's identity card, emblem side"},
	Authority:       {"授权书", "letter of authority"},
	ApplicationForm: {"盖章申请表", "sealed application form"},
	Pledge:          {"盖章承诺书", "sealed pledge"},
	IndustryLicence: {"行业许可证", "industry licence"},
	TargetBill:      {"目的码话费账单", "bill of the target"},
	TargetPledge:    {"目的码使用承诺书", "pledge for the target"},
}

// Text names the kind, in Chinese with zh, else in English.
func (k Kind) Text(zh bool) string {
	words, ok := kindWords[k]
	switch {
	case !ok:
		return string(k)
	case zh:
		return words[0]
	}
	return words[1]
}

// clean makes what was typed comparable: codes without spaces, phones in their
// national form.
func (f *Form) clean() {
	f.Enterprise.Name, f.Enterprise.USCC = cleanName(f.Enterprise.Name), cleanCode(f.Enterprise.USCC)
	f.Enterprise.Usage = cleanName(f.Enterprise.Usage)
	if f.Enterprise.Industry == "" {
		f.Enterprise.Industry = General
	}
	persons := []*Person{&f.Legal}
	if f.Handler != nil {
		persons = append(persons, f.Handler)
	}
	for _, p := range persons {
		p.Name, p.ID = cleanName(p.Name), cleanCode(p.ID)
	}
	for i := range f.Targets {
		t := &f.Targets[i]
		t.Phone, t.OwnerName = national(t.Phone), cleanName(t.OwnerName)
	}
}

// bounds refuses what is too large to be kept. The rest is told by Check, so
// that a draft may be kept before it is right.
func (f *Form) bounds() error {
	var bad fault.Invalid
	long := func(path, text string, limit int) {
		if len([]rune(text)) > limit {
			bad.Add(path, 0, fault.ValueTooLong, "limit", limit)
		}
	}
	long("enterprise.name", f.Enterprise.Name, maxNameLength)
	long("enterprise.uscc", f.Enterprise.USCC, maxNameLength)
	long("enterprise.usage", f.Enterprise.Usage, maxUsageLength)
	long("legal.name", f.Legal.Name, maxNameLength)
	long("legal.id", f.Legal.ID, maxNameLength)
	if f.Handler != nil {
		long("handler.name", f.Handler.Name, maxNameLength)
		long("handler.id", f.Handler.ID, maxNameLength)
	}
	if len(f.Targets) > maxTargets {
		bad.Add("targets", 0, fault.ValueRange, "value", len(f.Targets), "min", 1, "max", maxTargets)
	}
	for i, t := range f.Targets {
		if i == maxTargets {
			break
		}
		long(path("targets", i, "owner_name"), t.OwnerName, maxNameLength)
		long(path("targets", i, "phone"), t.Phone, maxNameLength)
	}
	return bad.Err()
}
