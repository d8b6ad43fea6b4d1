package notify

import (
	"strings"

	"sibai/internal/billing"
	"sibai/internal/number"
)

// saying is what a message says around its notice.
type saying struct{ subject, remedy string }

// sayings are those of every kind of notice: Chinese, English.
var sayings = map[billing.ItemKind][2]saying{
	billing.LowBalance: {
		{"余额提醒", "请及时充值，以免影响来电接听。"},
		{"Your balance is low", "Please top up in time, so that your calls go on."}},
	billing.StageChanged: {
		{"账户状态变更", "如有欠费，补足后服务即恢复。"},
		{"The state of your account has changed", "If anything is owed, service is restored as soon as it is paid."}},
	billing.NumberLost: {
		{"号码已销号", "如有疑问，请与我们联系。"},
		{"Your number was given up", "Please write to us if you have a question."}},
	billing.DocumentsAsked: {
		{"实名材料需要补正", "请在期限前重新提交，逾期申请将失效。"},
		{"Documents are needed again", "Please hand them in before the day that is named, or the application lapses."}},
	billing.DocumentsExpire: {
		{"实名材料即将到期", "请在到期前提交换新后的证件，以免号码被冻结。"},
		{"Your documents are about to run out", "Please hand in the renewed ones before, or the number is frozen."}},
	billing.DocumentsExpired: {
		{"实名材料已到期，号码冻结", "提交换新后的证件，审核通过即恢复。"},
		{"Your documents have run out and the number is frozen", "Hand in the renewed ones: it is opened again once they are approved."}},
	billing.NumberFrozen: {
		{"号码已冻结", "如有异议，请与我们联系申诉。"},
		{"Your number is frozen", "Please write to us if you want to appeal."}},
	billing.WebhookOff: {
		{"事件通知已停用", "修好接收方后，请在控制台 Webhook 页重新启用，期间的事件会补发。"},
		{"Webhooks are switched off", "Once the receiver works, switch them on again on the page Webhook of the console; what was missed is sent then."}},
	billing.OrderSigned: {
		{"合同已签署", "付款成功后，我们会请你提交实名材料。"},
		{"Your contract is signed", "Once it is paid, we ask for the documents."}},
	billing.OrderEnding: {
		{"号码保留时间将到", "请尽快完成签署和付款，逾期号码会释放。"},
		{"Your number waits not much longer", "Please sign and pay in time, or it is released."}},
	billing.OrderExpired: {
		{"订单已失效", "仍需要这个号码时，请重新下单。"},
		{"Your order is over", "If you still want the number, please order it again."}},
	billing.OrderPaid: {
		{"付款成功", "请从订单页提交营业执照、身份证等材料。"},
		{"Your payment arrived", "Please hand in the licence and the identity cards from the page of the order."}},
	billing.OrderDocuments: {
		{"请提交实名材料", "请从订单页提交，以免号码释放。"},
		{"Documents are missing", "Please hand them in from the page of the order, so that the number stays yours."}},
	billing.OrderAsked: {
		{"材料需要补正", "请按所列原因修改后，从订单页重新提交。"},
		{"Documents are needed once more", "Please mend what is named and hand them in again from the page of the order."}},
	billing.OrderOpened: {
		{"号码已开通", "可以在控制台设置接听电话和路由。"},
		{"Your number is open", "You can choose the phones that ring in the console."}},
	billing.OrderLapsed: {
		{"订单已失效，号码释放", "款项按约定退回，请留意退款通知。"},
		{"Your order has lapsed", "The money goes back as agreed; you are told when it does."}},
	billing.OrderRefused: {
		{"审核未通过", "款项会全部退回。如有疑问，请与我们联系。"},
		{"Your order was refused", "All of the money goes back. Please write to us if you have a question."}},
	billing.OrderRefunded: {
		{"订单已退款", "到账时间以支付渠道为准。"},
		{"Your order is refunded", "When it arrives depends on the way it was paid."}},
	billing.TermEnds: {
		{"套餐即将到期", "请保证余额足够续期，以免影响来电接听。"},
		{"Your term ends soon", "Please see that the balance is enough for the next one, so that your calls go on."}},
	billing.ReviewLate: {
		{"审核超期", "请尽快在后台审核。"},
		{"A review is late", "Please decide it in the office."}},
	billing.PaymentOff: {
		{"收款与付款单不符", "请在后台付款页核对：收下这笔钱，或退回。"},
		{"Money came that was not asked for", "Please look at the payment in the office: take the sum, or send it back."}},
	billing.BillDiffers: {
		{"对账不符", "请在后台对账页逐条核对并处理。"},
		{"A bill and the books differ", "Please look at each difference on the page of bills in the office."}},
	billing.ChannelFails: {
		{"消息未能送达", "请在后台发件箱查看原因，并检查邮件服务器或短信通道。"},
		{"Messages are not taken over", "Please see in the outbox why, and check the mail server or the vendor of short messages."}},
}

// Text is the message as its subject, one line, and its body, plain text with
// lines that end in \n. contact is how the operator is reached, in words; it
// may be empty.
func (m Message) Text(contact string) (subject, body string) {
	lang, hello, reach := 0, "您好：", "联系我们："
	if m.Lang == "en" {
		lang, hello, reach = 1, "Hello,", "How to reach us: "
	}
	if m.Kind != OfNotice {
		return codeWords(m, lang)
	}
	item := m.Item
	if m.Customer != 0 {
		item.Customer = "" // it knows its own name
	}
	said := sayings[item.Kind][lang]
	subject = said.subject
	if item.Number != "" {
		subject += " " + number.Format(item.Number, "")
	}
	lines := []string{hello, "", item.Text(lang == 0), said.remedy}
	if contact != "" {
		lines = append(lines, "", reach+contact)
	}
	return subject, strings.Join(lines, "\n") + "\n"
}

// codeWords say that a one-time code or an invitation was sent, and what for; the
// code and the link are kept nowhere.
func codeWords(m Message, lang int) (subject, body string) {
	if m.Kind == Invitation {
		subject, _ = Invite{Lang: m.Lang}.text()
	} else {
		subject, _ = Code{Kind: m.Kind, Lang: m.Lang}.text()
		subject += " · " + codeSayings[m.Kind][lang]
	}
	if m.About != "" {
		subject += " · " + m.About
	}
	return subject, subject + "\n"
}
