package realname

import (
	"slices"

	"sibai/internal/fault"
)

// Reason is why an application is asked for again or rejected. The values are
// stored and published.
type Reason string

// reason is what a reason says, and what mends it: Chinese, English.
type reason struct {
	code         Reason
	text, remedy [2]string
}

// reasons is the list that reviewers choose from, in its order.
var reasons = []reason{
	{"bill_old", [2]string{"目的码账单早于 3 个月", "the bill of a target is older than three months"}, [2]string{"请上传近 3 个月的账单，其他材料不用重交", "hand in a bill of the last three months; nothing else again"}},
	{"unclear", [2]string{"照片模糊或有遮挡", "a picture is blurred or covered"}, [2]string{"请重拍：四角完整、文字清晰、没有反光", "take it again: all four corners, sharp text, no reflection"}},
	{"seal", [2]string{"公章不清或与名称不符", "the seal is unclear or another's"}, [2]string{"请加盖与营业执照名称一致的公章后重交", "seal it with the seal of the enterprise on the licence"}},
	{"expired", [2]string{"证件过期或快到期", "a document ran out or soon will"}, [2]string{"请交换新后的证件", "hand in the renewed document"}},
	{"licence", [2]string{"缺少行业许可证", "the industry's licence is missing"}, [2]string{"教育、医疗等行业请补交许可证", "hand in the licence of the industry"}},
	{"usage", [2]string{"用途与经营范围不符", "the use does not fit the licensed business"}, [2]string{"请改写用途，或说明与经营范围的关系", "describe the use so that it fits the licensed business"}},
	{"names", [2]string{"各材料的名称不一致", "the names on the documents differ"}, [2]string{"请按营业执照统一名称", "use the name on the business licence everywhere"}},
	{"owner", [2]string{"目的码归属证明不足", "it is not shown whose phone a target is"}, [2]string{"请交载明户名的账单和使用承诺书", "hand in a bill that names the owner, and the pledge"}},
	{"incomplete", [2]string{"材料不全", "documents are missing"}, [2]string{"请按清单补齐", "add what the list names"}},
	{"industry", [2]string{"属于不受理的行业", "the industry is not served"}, [2]string{"贷款、博彩、成人类业务不能开通 400 号码", "loans, gambling and adult services get no 400 number"}},
	{"not_enterprise", [2]string{"申请人不是企业", "the applicant is no enterprise"}, [2]string{"请以企业名义重新申请", "apply as an enterprise"}},
	{"forged", [2]string{"材料不真实", "a document is not genuine"}, [2]string{"如有异议请申诉", "appeal if you disagree"}},
	{"carrier", [2]string{"运营商不同意开通", "the carrier does not agree"}, [2]string{"请联系我们了解原因", "ask us for the cause"}},
}

// Reasons are all reasons in their order.
func Reasons() []Reason {
	list := make([]Reason, len(reasons))
	for i, r := range reasons {
		list[i] = r.code
	}
	return list
}

// Text says the reason and what mends it, in Chinese with zh, else in English.
func (r Reason) Text(zh bool) (text, remedy string) {
	lang := 1
	if zh {
		lang = 0
	}
	for _, known := range reasons {
		if known.code == r {
			return known.text[lang], known.remedy[lang]
		}
	}
	return string(r), ""
}

// checkReasons refuses an empty list and what is not in the list of reasons.
func checkReasons(list []Reason) error {
	if len(list) == 0 {
		return fault.New(fault.RealnameReasons, "known", joined(Reasons()))
	}
	for _, r := range list {
		if !slices.Contains(Reasons(), r) {
			return fault.New(fault.ValueNotAllowed, "value", r, "allowed", joined(Reasons()))
		}
	}
	return nil
}

// Cause is why a number is frozen by a rule.
type Cause string

// The causes. Arrears freeze numbers too; that is the billing's.
const (
	DocumentsExpired Cause = "documents_expired"
	UnlawfulUse      Cause = "unlawful_use"
	NotApplicant     Cause = "not_applicant" // the user is not who applied
)

// Causes are all causes.
func Causes() []Cause { return []Cause{DocumentsExpired, UnlawfulUse, NotApplicant} }

// Permanent reports whether the cause takes a second person and an appeal.
func (c Cause) Permanent() bool { return c == UnlawfulUse || c == NotApplicant }

var causeWords = map[Cause][2][2]string{
	DocumentsExpired: {{"实名材料过期", "请提交换新后的证件，审核通过即恢复"}, {"documents ran out", "hand in the renewed documents; the number opens when they are approved"}},
	UnlawfulUse:      {{"违法违规使用", "如有异议，请书面申诉并附证明"}, {"unlawful use", "appeal in writing, with evidence, if you disagree"}},
	NotApplicant:     {{"实际使用人与申请人不符", "请由申请企业说明并重新认证"}, {"the user is not the applicant", "the enterprise that applied explains and verifies anew"}},
}

// Text says the cause and what mends it, in Chinese with zh, else in English.
func (c Cause) Text(zh bool) (text, remedy string) {
	lang := 1
	if zh {
		lang = 0
	}
	words := causeWords[c][lang]
	return words[0], words[1]
}
