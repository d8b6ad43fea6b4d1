package order

import "strings"

// stateWords are the states as people call them: Chinese, English.
var stateWords = map[State][2]string{
	Locked: {"待签署", "to be signed"}, Signed: {"待付款", "to be paid"}, Paying: {"付款处理中", "being paid"}, Paid: {"待提交资料", "waits for documents"},
	Reviewing: {"初审中", "under review"}, Vetted: {"终审中", "with the carrier for review"}, Open: {"已开通", "open"}, Expired: {"超时未付款，已释放", "expired unpaid"}, Cancelled: {"已取消", "cancelled"},
	Lapsed: {"未提交资料，已失效", "lapsed without documents"}, Refused: {"审核未通过", "refused"},
}

// Text says the state, in Chinese with zh, else in English.
func (s State) Text(zh bool) string { return stateWords[s][lang(zh)] }

func lang(zh bool) int {
	if zh {
		return 0
	}
	return 1
}

// kindWords are the sentences of the kinds of event; their places are who did it
// and why.
var kindWords = map[Kind][2]string{
	WasPlaced:    {"下单，号码已锁定", "ordered: the numbers are locked"},
	WasCoded:     {"发送签署验证码", "a one-time code for the signature was sent"},
	WasGuessed:   {"验证码输入错误", "a wrong code was typed"},
	WasSigned:    {"合同已签署", "the contract is signed"},
	WasAsked:     {"发起付款 {why}", "payment {why} is asked for"},
	WasClaimed:   {"提交转账认领 {why}，号码继续保留", "a bank transfer is claimed, {why}: the numbers stay locked"},
	WasTaking:    {"款项到账，开始扣费", "the money is there: the fees are being taken"},
	WasShort:     {"余额被其他费用占用，继续等待付款", "something else took the money first: it waits for payment again"},
	WasPaid:      {"首期费用已扣，号码已售", "the first fees are paid: the numbers are sold"},
	WasTargeted:  {"绑定号码改为 {why}", "the phones to ring are {why}"},
	WasHandedIn:  {"资料已提交", "the documents are handed in"},
	WasAskedMore: {"{who} 要求补正：{why}", "{who} asks for documents again: {why}"},
	WasVetted:    {"{who} 初审通过，转运营商终审", "{who} passed the review: the carrier's comes next"},
	WasOpened:    {"{who} 开通号码", "{who} opened the numbers"},
	WasExpired:   {"超时未付款，号码已释放", "nobody paid in time: the numbers are released"},
	WasCancelled: {"{who} 取消订单，号码已释放 {why}", "{who} cancelled it: the numbers are released {why}"},
	WasLapsed:    {"逾期未提交资料，号码已释放", "no documents came in time: the numbers are released"},
	WasRefused:   {"{who} 驳回：{why}；号码已释放", "{who} refused it: {why}; the numbers are released"},
	WasReturned:  {"费用已退回账户", "the fees are back on the account"},
	WasReminded:  {"已提醒客户期限将到", "the customer was reminded that the time ends soon"},
	WasRefunded:  {"已原路退款 {why} 元", "{why} yuan go back to the payer"},
}

var whoWords = map[string][2]string{ByCustomer: {"客户", "the customer"}, ByJob: {"系统", "the system"}}

// Text says the event as one line, in Chinese with zh, else in English.
func (e Event) Text(zh bool) string {
	who := e.Who
	if words, ok := whoWords[who]; ok {
		who = words[lang(zh)]
	}
	return strings.TrimSpace(strings.NewReplacer("{who}", who, "{why}", e.Why).Replace(kindWords[e.Kind][lang(zh)]))
}
