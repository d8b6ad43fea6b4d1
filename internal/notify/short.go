package notify

import (
	"slices"
	"strconv"
	"strings"

	"sibai/internal/billing"
	"sibai/internal/number"
)

// noticePrefix stands before the kind of a notice where it goes to a mobile.
const noticePrefix = "notice_"

// ShortNotice is the kind of a short message that tells a notice: each has a template
// of its own.
func ShortNotice(kind billing.ItemKind) Kind { return Kind(noticePrefix + string(kind)) }

// ofNumber and so on are what the words of notices have places for.
var (
	ofNumber      = []string{"number"}
	ofNumberUntil = []string{"number", "until"}
)

// places are the names of what fills a short message, in the order of Short.Params.
var places = map[Kind][]string{
	ToSign: {"code", "minutes"}, ToSignIn: {"code", "minutes"}, ToRing: {"code", "minutes"}, Invitation: {"name", "company", "link"},

	ShortNotice(billing.LowBalance): {"balance"}, ShortNotice(billing.StageChanged): {"stage"}, ShortNotice(billing.NumberLost): ofNumber,
	ShortNotice(billing.DocumentsAsked): ofNumberUntil, ShortNotice(billing.DocumentsExpire): ofNumberUntil, ShortNotice(billing.DocumentsExpired): ofNumberUntil,
	ShortNotice(billing.NumberFrozen): ofNumber, ShortNotice(billing.WebhookOff): {"host"},
	ShortNotice(billing.OrderSigned): ofNumberUntil, ShortNotice(billing.OrderEnding): ofNumberUntil, ShortNotice(billing.OrderExpired): ofNumber,
	ShortNotice(billing.OrderPaid): ofNumberUntil, ShortNotice(billing.OrderDocuments): ofNumberUntil, ShortNotice(billing.OrderAsked): ofNumberUntil,
	ShortNotice(billing.OrderOpened): ofNumber, ShortNotice(billing.OrderLapsed): ofNumber, ShortNotice(billing.OrderRefused): ofNumber,
	ShortNotice(billing.OrderRefunded): {"number", "amount"}, ShortNotice(billing.TermEnds): {"number", "until", "amount"},
	ShortNotice(billing.ReviewLate): ofNumber, ShortNotice(billing.PaymentOff): {"payment"}, ShortNotice(billing.BillDiffers): {"provider", "until"}, ShortNotice(billing.ChannelFails): {"messages"},
}

// Places are the names of what fills a short message of a kind, in their order; nil
// for what is no such kind.
func Places(kind Kind) []string { return slices.Clone(places[kind]) }

// short is the message as it goes to a mobile.
func (m Message) short() Short {
	item, zh := m.Item, m.Lang != "en"
	if m.Customer != 0 {
		item.Customer = ""
	}
	about := number.Format(item.Number, "")
	if item.More > 0 {
		about += " +" + strconv.Itoa(item.More)
	}
	values := map[string]string{
		"number": about, "until": item.Until, "amount": item.Amount.String(), "balance": item.Balance.String(), "stage": item.Stage.Text(zh),
		"host": item.Host, "payment": item.Subject, "provider": item.Subject, "messages": strconv.Itoa(item.Count),
	}
	s := Short{Key: m.ID.String(), Kind: ShortNotice(item.Kind), To: m.Address, Lang: m.Lang, Text: item.Text(zh)}
	for _, name := range places[s.Kind] {
		s.Params = append(s.Params, values[name])
	}
	return s
}

// ToMobile reports whether the message goes to a mobile, and not to an e-mail address.
func (m Message) ToMobile() bool { return !strings.Contains(m.Address, "@") }
