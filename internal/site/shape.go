package site

import (
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
)

// kind is what a value of the site file is.
type kind int

const (
	text      kind = iota // a string
	code                  // a string that names an entity
	reference             // any scalar, taken as it is written
	integer
	amount   // yuan, read from the text, never through a float
	date     // a day in Asia/Shanghai
	duration // 25s, 2m
	clock    // 22:00, a time of day
	phoneNumber
	serviceNumber // a 400 number
	segment       // its first four digits
	source        // an address, a range, or an address with a port
	endpoint      // an address with a port
	list
	object
)

// shape describes a value. The decoder and the published JSON Schema are both
// made from it, so they cannot differ.
type shape struct {
	kind     kind
	enum     []string     // text: the words allowed
	min, max int          // integer
	least    money.Amount // amount
	most     money.Amount
	items    *shape // list
	fields   []field
}

type field struct {
	name     string
	doc      string
	shape    shape
	required bool
	example  string // of a value, as written in YAML
	fallback string // what stands when the field is left out
}

const (
	maxPrice   = 10_000 * money.Yuan // of one increment or connection
	maxTargets = 100                 // of one number
)

func words[T ~string](list ...T) shape {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return shape{kind: text, enum: out}
}

func listOf(items shape) shape { return shape{kind: list, items: &items} }

func yuan(least, most money.Amount) shape { return shape{kind: amount, least: least, most: most} }

func whole(least, most int) shape { return shape{kind: integer, min: least, max: most} }

var (
	phones = listOf(shape{kind: phoneNumber})

	increment = shape{kind: object, fields: []field{
		{name: "seconds", doc: "Length of the increment in seconds. A started increment is charged whole.", shape: whole(1, 86_400), required: true, example: "60"},
		{name: "price", doc: "Price of one increment in yuan, up to six decimals.", shape: yuan(0, maxPrice), required: true, example: "0.10"},
	}}

	rateFields = []field{
		{name: "connection", doc: "Charged once, in yuan, when the meter starts.", shape: yuan(0, maxPrice), example: "0", fallback: "0"},
		{name: "first", doc: "The first increment.", shape: increment, required: true, example: "{seconds: 60, price: 0.10}"},
		{name: "next", doc: "Every further increment.", shape: increment, example: "{seconds: 6, price: 0.01}", fallback: "as first"},
	}

	bandShape = shape{kind: object, fields: append([]field{
		{name: "name", doc: "Your name for the band; it stands in every charge line.", shape: shape{kind: code}, required: true, example: "night"},
		{name: "days", doc: "The days it begins on. A day among the holidays is a holiday and no day of the week.", shape: listOf(words("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")), example: "[sat, sun, holiday]", fallback: "every day"},
		{name: "from", doc: "When it begins, in Asia/Shanghai.", shape: shape{kind: clock}, required: true, example: "\"22:00\""},
		{name: "to", doc: "When it ends. Not after from: it goes over midnight.", shape: shape{kind: clock}, required: true, example: "\"06:00\""},
	}, rateFields...)}

	bandsField = field{name: "bands", doc: "Other prices at certain times of the day. Each increment has those of the first band that is in force at the increment's start.", shape: listOf(bandShape), example: "[{name: night, from: \"22:00\", to: \"06:00\", first: {seconds: 60, price: 0.05}}]", fallback: "none"}

	classShape = shape{kind: object, fields: append(append([]field{
		{name: "name", doc: "The class of calls: a region of callers, or a kind of phone.", shape: shape{kind: code}, required: true, example: "overseas"},
	}, rateFields...), bandsField)}

	trunkShape = shape{kind: object, fields: []field{
		{name: "code", doc: "Your name for the trunk.", shape: shape{kind: code}, required: true, example: "unicom-sh"},
		{name: "inbound", doc: "Where its calls come from: IP addresses, ranges, or addresses with a port. The narrowest range wins.", shape: listOf(shape{kind: source}), example: "[203.0.113.10]", fallback: "no calls come from it"},
		{name: "outbound", doc: "Where calls to it are sent.", fallback: "no calls are sent to it", example: "{address: 203.0.113.10:5060}", shape: shape{kind: object, fields: []field{
			{name: "address", doc: "IP address and port.", shape: shape{kind: endpoint}, required: true, example: "203.0.113.10:5060"},
			{name: "transport", doc: "Transport of SIP.", shape: words(catalog.UDP, catalog.TCP), example: "udp", fallback: "udp"},
		}}},
	}}

	tariffShape = shape{kind: object, fields: []field{
		{name: "code", doc: "Your name for the tariff.", shape: shape{kind: code}, required: true, example: "standard"},
		{name: "versions", doc: "Its versions. A version never changes once applied: for new prices add one with a later date.", required: true, example: "[{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]",
			shape: listOf(shape{kind: object, fields: []field{
				{name: "effective", doc: "The day, in Asia/Shanghai, from whose start on new calls are rated with it.", shape: shape{kind: date}, required: true, example: "2026-01-01"},
				{name: "connection", doc: "Charged once, in yuan, when the meter starts.", shape: yuan(0, maxPrice), example: "0", fallback: "0"},
				{name: "first", doc: "The first increment.", shape: increment, required: true, example: "{seconds: 60, price: 0.10}"},
				{name: "next", doc: "Every further increment.", shape: increment, example: "{seconds: 6, price: 0.01}", fallback: "as first"},
				bandsField,
				{name: "holidays", doc: "Days that are holidays for the bands.", shape: listOf(shape{kind: date}), example: "[2026-10-01]", fallback: "none"},
				{name: "classes", doc: "Prices of their own for classes of calls; such a class has no part of the version's bands.", shape: listOf(classShape), example: "[{name: overseas, first: {seconds: 60, price: 0.30}}]", fallback: "none"},
			}})},
	}}

	planShape = shape{kind: object, fields: []field{
		{name: "code", doc: "Your name for the plan.", shape: shape{kind: code}, required: true, example: "annual-600"},
		{name: "name", doc: "What customers call it.", shape: shape{kind: text}, required: true, example: "包年600"},
		{name: "kind", doc: "annual (包年): a prepaid package for a term. buyout (买断): no term, pay per use. flat (包年不限量): a fixed fee, fair use.", shape: words(catalog.PlanKinds()...), required: true, example: "annual"},
		{name: "tariff", doc: "Code of the tariff that calls are rated with.", shape: shape{kind: code}, required: true, example: "standard"},
		{name: "fee", doc: "Price of the term (of a buyout: once) in yuan.", shape: yuan(0, catalog.MaxAmount), example: "600", fallback: "0"},
		{name: "term_months", doc: "Length of the term; required for annual and flat.", shape: whole(1, 120), example: "12", fallback: "no term"},
		{name: "package_amount", doc: "Call credit in yuan that the fee of an annual plan buys.", shape: yuan(0, catalog.MaxAmount), example: "600", fallback: "0"},
		{name: "package_seconds", doc: "Included call time in seconds that the fee of an annual plan buys; a started increment takes its whole length.", shape: whole(0, 2_000_000_000), example: "360000", fallback: "0"},
		{name: "leftover", doc: "What a package leaves at the end of its term: expires, or rolls_over into the next term where there is one.", shape: words("expires", "rolls_over"), example: "rolls_over", fallback: "expires"},
		{name: "overdraft", doc: "How far below zero, in yuan, a call that runs may take the account's cash before it is cut. No call begins on it.", shape: yuan(0, catalog.MaxAmount), example: "5", fallback: "0: calls are cut when the credit ends"},
		{name: "collection", doc: "automatic: fee, number fee and minimum consumption are taken from the account's bonus and cash when they are due, and the package is given with the fee. manual: you book them.", shape: words(catalog.Manual, catalog.Automatic), example: "automatic", fallback: "manual"},
		{name: "number_fee", doc: "Price of the right to use a number, once, in yuan.", shape: yuan(0, catalog.MaxAmount), example: "0", fallback: "0"},
		{name: "minimum", doc: "Minimum consumption (低消) of a period in yuan.", shape: yuan(0, catalog.MaxAmount), example: "50", fallback: "none"},
		{name: "minimum_period", doc: "The period of the minimum.", shape: words(catalog.Monthly, catalog.Yearly), example: "monthly", fallback: "monthly"},
		{name: "versions", doc: "Other prices for who orders from a day on. What was ordered before keeps its own. One that is in force never changes: add another one.", fallback: "none", example: "[{effective: 2027-01-01, fee: 700}]", shape: listOf(shape{kind: object, fields: []field{
			{name: "effective", doc: "The day, in Asia/Shanghai, from whose start on orders are placed at it.", shape: shape{kind: date}, required: true, example: "2027-01-01"},
			{name: "fee", doc: "Price of the term (of a buyout: once) in yuan.", shape: yuan(0, catalog.MaxAmount), example: "700", fallback: "as before it"},
			{name: "number_fee", doc: "Price of the right to use a number, once, in yuan.", shape: yuan(0, catalog.MaxAmount), example: "0", fallback: "as before it"},
			{name: "package_amount", doc: "Call credit in yuan that the fee of an annual plan buys.", shape: yuan(0, catalog.MaxAmount), example: "700", fallback: "as before it"},
			{name: "package_seconds", doc: "Included call time in seconds that the fee of an annual plan buys.", shape: whole(0, 2_000_000_000), example: "360000", fallback: "as before it"},
			{name: "minimum", doc: "Minimum consumption of a period in yuan.", shape: yuan(0, catalog.MaxAmount), example: "50", fallback: "as before it"},
		}})},
		{name: "max_concurrent", doc: "Calls at once on one number; 0 means no limit.", shape: whole(0, catalog.MaxConcurrentLimit), example: "10", fallback: "10"},
		{name: "min_grant", doc: "The time that a call is granted at its start.", shape: shape{kind: duration}, example: "60s", fallback: "60s"},
	}}

	topUpShape = shape{kind: object, fields: []field{
		{name: "channel", doc: "How the money came: wechat, alipay, bank, gift, …", shape: shape{kind: code}, required: true, example: "bank"},
		{name: "reference", doc: "The payment's own number at the channel. Channel and reference name a payment for ever: it is booked once.", shape: shape{kind: reference}, required: true, example: "\"2026010100001\""},
		{name: "amount", doc: "Yuan. Either this or seconds.", shape: yuan(money.Micro, catalog.MaxAmount), example: "600", fallback: "none"},
		{name: "seconds", doc: "Included call time, in place of an amount; for the buckets package and extension.", shape: whole(1, charging.MaxTopUpSeconds), example: "36000", fallback: "none"},
		{name: "bucket", doc: "cash (本金) can be refunded, bonus (赠送) not, package (套餐额度) may expire, extension (分机账户) is the sub-wallet of one extension, which pays first for its calls.", shape: words(charging.Cash, charging.Bonus, charging.Package, charging.Extension), example: "cash", fallback: "extension with extension, package with seconds, else cash"},
		{name: "extension", doc: "Number of the extension whose sub-wallet it is.", shape: whole(1, maxExtension), example: "8001", fallback: "none"},
		{name: "expires_on", doc: "The last day on which a package can be used.", shape: shape{kind: date}, example: "2026-12-31", fallback: "never"},
	}}

	arrearsShape = shape{kind: object, fields: []field{
		{name: "at_most", doc: "Credit in yuan that counts as none: what no call can begin with.", shape: yuan(0, catalog.MaxAmount), example: "0.09", fallback: "0"},
		{name: "grace_days", doc: "Days out of credit before the customer is suspended (欠费停机).", shape: whole(0, 3650), example: "7", fallback: "7"},
		{name: "suspended_days", doc: "Days suspended before it is frozen.", shape: whole(0, 3650), example: "30", fallback: "30"},
		{name: "frozen_days", doc: "Days frozen before its numbers are being closed.", shape: whole(0, 3650), example: "30", fallback: "30"},
		{name: "closing_days", doc: "Days in which a top-up still keeps the numbers; then they are given up.", shape: whole(0, 3650), example: "90", fallback: "90"},
		{name: "quarantine_days", doc: "Days that a number rests before it is available again (冷却期).", shape: whole(0, 3650), example: "90", fallback: "90"},
	}}

	targetShape = shape{kind: object, fields: []field{
		{name: "phone", doc: "A mobile, or a fixed line with its area code, of mainland China.", shape: shape{kind: phoneNumber}, required: true, example: "\"01088886666\""},
		{name: "trunk", doc: "Code of the trunk that reaches it.", shape: shape{kind: code}, required: true, example: "unicom-sh"},
		{name: "capacity", doc: "Calls at once: 1 for a mobile, more for a trunk pilot.", shape: whole(1, 10_000), example: "1", fallback: "1"},
		{name: "review", doc: "Where its documents stand. Only an approved target rings.", shape: words(catalog.Reviews()...), example: "approved", fallback: "approved"},
		{name: "ring_timeout", doc: "How long it rings, 5s to 3m.", shape: shape{kind: duration}, example: "25s", fallback: "the number's"},
	}}

	numberShape = shape{kind: object, fields: []field{
		{name: "number", doc: "400 and seven digits; dashes may stand anywhere.", shape: shape{kind: serviceNumber}, required: true, example: "400-123-4567"},
		{name: "plan", doc: "Code of the plan.", shape: shape{kind: code}, required: true, example: "annual-600"},
		{name: "state", doc: "Where it stands in its life.", shape: words(number.Sold, number.Active, number.Suspended, number.Frozen, number.Closing), example: "active", fallback: "active for a new one; a stored state stays"},
		{name: "display", doc: "How it is shown: 400-xxx-xxxx, 400-xxxx-xxx or 4000-xxx-xxx.", shape: words(number.Grouping334, number.Grouping343, number.Grouping433), example: "\"3-3-4\"", fallback: "3-3-4"},
		{name: "distribution", doc: "sequential (顺序): one after the other. simultaneous (同振): all at once.", shape: words(routing.Sequential, routing.Simultaneous), example: "sequential", fallback: "sequential"},
		{name: "targets", doc: "Phones that ring, in this order; each is described under the customer's targets.", shape: phones, example: "[\"01088886666\"]", fallback: "nobody rings"},
		{name: "on_busy", doc: "Phones to forward to when the last result was busy, at most 3.", shape: phones, example: "[\"13800138000\"]", fallback: "no forward"},
		{name: "on_no_answer", doc: "Phones to forward to when nobody answered, at most 3.", shape: phones, example: "[\"13800138000\"]", fallback: "no forward"},
		{name: "ring_timeout", doc: "How long a phone rings, 5s to 3m.", shape: shape{kind: duration}, example: "25s", fallback: "25s"},
		{name: "max_concurrent", doc: "Calls at once that were bought for this number; 0 means no limit.", shape: whole(0, catalog.MaxConcurrentLimit), example: "20", fallback: "the plan's"},
		{name: "monthly_cap", doc: "What its calls of a calendar month may cost in yuan; beyond it no call is connected and a running one is cut (费用控制).", shape: yuan(0, catalog.MaxAmount), example: "300", fallback: "no cap"},
		{name: "monthly_calls", doc: "How many calls of a calendar month may be answered.", shape: whole(0, 1_000_000_000), example: "2000", fallback: "no cap"},
	}}

	customerShape = shape{kind: object, fields: []field{
		{name: "code", doc: "Your name for the customer. It never changes.", shape: shape{kind: code}, required: true, example: "acme"},
		{name: "name", doc: "The company's name as on its business licence.", shape: shape{kind: text}, required: true, example: "示例科技有限公司"},
		{name: "state", doc: "suspended (欠费停机) and frozen (冻结) stop all its numbers.", shape: words(catalog.CustomerStates()...), example: "active", fallback: "active for a new one; a stored state stays"},
		{name: "low_balance", doc: "The customer is alerted once when its credit falls to this many yuan or below; it may be more than there is.", shape: yuan(0, catalog.MaxAmount), example: "50", fallback: "no alert"},
		{name: "top_ups", doc: "Money that came in.", shape: listOf(topUpShape), example: "[{channel: bank, reference: \"1\", amount: 600}]", fallback: "none"},
		{name: "targets", doc: "Phones that its numbers may forward to.", shape: listOf(targetShape), example: "[{phone: \"01088886666\", trunk: unicom-sh}]", fallback: "none"},
		{name: "numbers", doc: "Numbers that it rents.", shape: listOf(numberShape), example: "[{number: 400-123-4567, plan: annual-600}]", fallback: "none"},
	}}

	siteShape = shape{kind: object, fields: []field{
		{name: "$schema", doc: "Where the JSON Schema of this file is, for editors.", shape: shape{kind: text}, example: "site.schema.json", fallback: "none"},
		{name: "operator", doc: "Who runs this business.", example: "{name: 示例通信}", fallback: "as it is", shape: shape{kind: object, fields: []field{
			{name: "name", doc: "The operator's name.", shape: shape{kind: text}, required: true, example: "示例通信"},
		}}},
		{name: "segments", doc: "Which carrier issued the numbers of a segment, where it differs from the usual (4000 4006 unicom, 4008 4009 telecom, 4001 4007 mobile).", fallback: "the usual ones", example: "[{prefix: \"4002\", carrier: mobile}]", shape: listOf(shape{kind: object, fields: []field{
			{name: "prefix", doc: "The first four digits.", shape: shape{kind: segment}, required: true, example: "\"4002\""},
			{name: "carrier", doc: "The carrier.", shape: words(number.Unicom, number.Telecom, number.Mobile), required: true, example: "mobile"},
		}})},
		{name: "floors", doc: "The least that is paid in with an order of a number, by segment.", fallback: "as they are; none at first", example: "[{prefix: \"4006\", amount: 600, minimums: 3}]", shape: listOf(shape{kind: object, fields: []field{
			{name: "prefix", doc: "The first four digits.", shape: shape{kind: segment}, required: true, example: "\"4006\""},
			{name: "amount", doc: "At least this, in yuan.", shape: yuan(0, catalog.MaxAmount), required: true, example: "600"},
			{name: "minimums", doc: "At least so many monthly minimum consumptions.", shape: whole(0, 36), example: "3", fallback: "0"},
		}})},
		{name: "features", doc: "Functions that customers choose when they order a number.", fallback: "as they are; none at first", example: "[{code: menu, name: 语音导航, english: Voice menu, meter: platform, prices: [{effective: 2026-01-01, month: 20}]}]", shape: listOf(shape{kind: object, fields: []field{
			{name: "code", doc: "Your name for the feature.", shape: shape{kind: code}, required: true, example: "menu"},
			{name: "name", doc: "What customers call it, in Chinese.", shape: shape{kind: text}, required: true, example: "语音导航"},
			{name: "english", doc: "The same in English.", shape: shape{kind: text}, required: true, example: "Voice menu"},
			{name: "about", doc: "What it does, in Chinese, for the order page.", shape: shape{kind: text}, example: "来电者按键选择部门。", fallback: "nothing is said"},
			{name: "about_english", doc: "The same in English.", shape: shape{kind: text}, example: "Callers choose a department by key.", fallback: "nothing is said"},
			{name: "meter", doc: "When the meter starts with it. phone: when the called phone answers. platform: when the platform does, which this feature needs (平台接听起计费).", shape: words("phone", "platform"), example: "platform", fallback: "phone"},
			{name: "needs", doc: "Codes of features without which it does not work.", shape: listOf(shape{kind: code}), example: "[menu]", fallback: "none"},
			{name: "excludes", doc: "Codes of features beside which it does not work; to say it at one of the two is enough.", shape: listOf(shape{kind: code}), example: "[ring-back]", fallback: "none"},
			{name: "included", doc: "Codes of the plans that it costs nothing under.", shape: listOf(shape{kind: code}), example: "[annual-600]", fallback: "none"},
			{name: "prices", doc: "Its prices. One that is in force never changes: for a new price add one with a later day. What was ordered keeps its price.", required: true, example: "[{effective: 2026-01-01, month: 20}]", shape: listOf(shape{kind: object, fields: []field{
				{name: "effective", doc: "The day, in Asia/Shanghai, from whose start on orders are placed at it.", shape: shape{kind: date}, required: true, example: "2026-01-01"},
				{name: "once", doc: "Once, in yuan of whole fen, with the order.", shape: yuan(0, catalog.MaxAmount), example: "100", fallback: "0"},
				{name: "month", doc: "For each month, paid with the terms of the plan; with a buyout twelve months at a time. Either this or year.", shape: yuan(0, catalog.MaxAmount/12), example: "20", fallback: "0"},
				{name: "year", doc: "For each twelve months, paid in the same way.", shape: yuan(0, catalog.MaxAmount), example: "200", fallback: "0"},
			}})},
		}})},
		{name: "discounts", doc: "For a time, numbers of some grades cost less once. The promotions page lists them; of several that hold the one that takes most counts.", fallback: "as they are; none at first", example: "[{code: autumn, name: 秋季优惠, english: Autumn, from: 2026-09-01, until: 2026-11-30, percent: 20}]", shape: listOf(shape{kind: object, fields: []field{
			{name: "code", doc: "Your name for the discount.", shape: shape{kind: code}, required: true, example: "autumn"},
			{name: "name", doc: "What customers call it, in Chinese.", shape: shape{kind: text}, required: true, example: "秋季优惠"},
			{name: "english", doc: "The same in English.", shape: shape{kind: text}, required: true, example: "Autumn"},
			{name: "from", doc: "The first day, in Asia/Shanghai.", shape: shape{kind: date}, required: true, example: "2026-09-01"},
			{name: "until", doc: "The last day. To end a discount early, move it.", shape: shape{kind: date}, required: true, example: "2026-11-30"},
			{name: "plans", doc: "Codes of the plans it is for.", shape: listOf(shape{kind: code}), example: "[buyout]", fallback: "all"},
			{name: "grades", doc: "Codes of the grades it is for.", shape: listOf(shape{kind: code}), example: "[aabb]", fallback: "all"},
			{name: "percent", doc: "How much less, in percent of what the grade costs; whole fen, rounded down. Either this or amount.", shape: whole(1, 100), example: "20", fallback: "none"},
			{name: "amount", doc: "How much less, in yuan; never more than the grade costs.", shape: yuan(money.Fen, catalog.MaxAmount), example: "100", fallback: "none"},
		}})},
		{name: "arrears", doc: "What becomes of customers who run out of credit or owe a fee. Without it nobody is suspended but by you.", shape: arrearsShape, example: "{grace_days: 7}", fallback: "as it is; nobody is suspended"},
		{name: "trunks", doc: "SIP connections to carriers and PBXs.", shape: listOf(trunkShape), example: "[{code: unicom-sh, inbound: [203.0.113.10]}]", fallback: "none"},
		{name: "tariffs", doc: "Prices of calls.", shape: listOf(tariffShape), example: "[…]", fallback: "none"},
		{name: "plans", doc: "What customers buy with a number.", shape: listOf(planShape), example: "[…]", fallback: "none"},
		{name: "customers", doc: "Enterprises that rent numbers.", shape: listOf(customerShape), example: "[…]", fallback: "none"},
	}}
)
