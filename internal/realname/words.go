package realname

import (
	"strings"
)

var stateWords = map[State][2]string{
	Draft: {"草稿", "draft"}, VendorReview: {"初审中", "vendor_review"}, CarrierReview: {"终审中", "carrier_review"}, Asked: {"待补正", "asked"},
	Approved: {"已通过", "approved"}, Rejected: {"已拒绝", "rejected"}, Lapsed: {"逾期作废", "lapsed"}, Expired: {"证件过期", "expired"},
	Superseded: {"已被取代", "superseded"},
}

// Text says the state, in Chinese with zh, else in English.
func (s State) Text(zh bool) string {
	words, ok := stateWords[s]
	switch {
	case !ok:
		return string(s)
	case zh:
		return words[0]
	}
	return words[1]
}

// eventWords are the sentences of the kinds of event: Chinese, English. Their
// places are who, the document, the reasons and the note.
var eventWords = map[What][2]string{
	WasBegun:      {"{who} 新建申请", "{who} began it"},
	WasFilled:     {"{who} 填写表单", "{who} filled the form"},
	WasAdded:      {"{who} 提交材料 {document}（{note}）", "{who} added {document} ({note})"},
	WasLooked:     {"{who} 查看原件 {document}", "{who} looked at the original of {document}"},
	WasPreviewed:  {"{who} 预览 {document}", "{who} previewed {document}"},
	WasSeen:       {"{who} 查看完整表单", "{who} looked at the form unmasked"},
	WasLinked:     {"{who} 生成提交链接", "{who} made a link for the customer"},
	WasHandedIn:   {"{who} 提交审核", "{who} handed it in"},
	WasPassed:     {"{who} 初审通过 {note}", "{who} passed the first review {note}"},
	WasSent:       {"已交运营商", "given to the carrier"},
	WasApproved:   {"{who} 终审通过 {note}", "{who} approved it {note}"},
	WasAsked:      {"{who} 退回补正：{reasons} {note}", "{who} asked again: {reasons} {note}"},
	WasRejected:   {"{who} 拒绝：{reasons} {note}", "{who} rejected it: {reasons} {note}"},
	WasLate:       {"审核超时", "the review is late"},
	WasLapsed:     {"逾期未提交，作废", "nobody went on in time: lapsed"},
	WasReminded:   {"提醒：材料还有 {note} 天到期", "reminded: documents run out in {note} days"},
	WasExpired:    {"材料已于 {note} 到期", "documents ran out on {note}"},
	WasSuperseded: {"由 {note} 取代", "superseded by {note}"},
}

// Text says the event as one line, in Chinese with zh, else in English.
func (e Event) Text(zh bool) string {
	lang := 1
	if zh {
		lang = 0
	}
	var reasons []string
	for _, r := range e.Reasons {
		text, _ := r.Text(zh)
		reasons = append(reasons, text)
	}
	text := strings.NewReplacer("{who}", e.Who, "{document}", e.Document.String(), "{reasons}", strings.Join(reasons, map[bool]string{true: "；", false: "; "}[zh]),
		"{note}", e.Note).Replace(eventWords[e.What][lang])
	return strings.TrimSpace(text)
}
