package livetest

import (
	"time"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/money"
	"sibai/internal/web/live"
	"sibai/internal/web/text"
)

// At is when the seeded snapshot was taken: Sunday 22 November 2026, 20:36:00
// in Shanghai.
var At = time.Date(2026, 11, 22, 20, 36, 0, 0, calendar.Shanghai)

// Ids of seeded calls.
const (
	Platform  = "call_platform"  // answered by the platform first, three buckets pay
	Direct    = "call_direct"    // answered by the phone, one bucket, connection fee
	NoCredit  = "call_nocredit"  // refused
	Recovered = "call_recovered" // its node was lost
	Busy      = "call_busy"      // every phone was busy
	Talking   = "call_talking"
	Ringing   = "call_ringing"
)

const (
	home  = "4008266688"
	press = "4006161234"
)

// Empty is a system with nothing in it.
func Empty(text.Lang) live.Snapshot { return live.Snapshot{At: At, SIP: "127.0.0.1:5060"} }

// Quiet is a system with numbers and customers that nobody has called yet.
func Quiet(lang text.Lang) live.Snapshot {
	s := Seed(lang)
	return live.Snapshot{At: At, Wallets: s.Wallets, Numbers: s.Numbers, SIP: s.SIP}
}

// Seed is a busy evening.
func Seed(lang text.Lang) live.Snapshot {
	say := func(zh, en string) string {
		if lang == text.ZH {
			return zh
		}
		return en
	}
	yunhe := say("云禾家居服务（上海）有限公司", "Yunhe Home Services (Shanghai) Ltd")
	qing := say("青木出版社", "Qingmu Press")
	return live.Snapshot{
		At:    At,
		Today: live.Today{Running: 2, Calls: 1286, Answered: 1209, Charged: 412*money.Yuan + 680_000},
		Running: []live.Call{
			{ID: Ringing, State: live.Ringing, Trunk: "cu-sh", Number: press, Customer: qing, Caller: "02155668800",
				Region: say("上海", "Shanghai"), Phone: "8003", StartedAt: at(-9), Charge: 12 * money.Fen,
				Legs: []cdr.Leg{{Target: "8003", InvitedAt: at(-8), RingingAt: at(-7)}},
				Why:  []string{say("号码使用中，余额够付第一分钟：接入。", "The number is open and the balance pays the first minute: let in.")}},
			{ID: Talking, State: live.Talking, Trunk: "cu-sh", Number: home, Customer: yunhe, Caller: "13912345678",
				Region: say("江苏南京", "Nanjing, Jiangsu"), Phone: "13812346021", StartedAt: at(-75), AnsweredAt: at(-67), Charge: 24 * money.Fen,
				Legs: []cdr.Leg{{Target: "13812346021", InvitedAt: at(-74), AnsweredAt: at(-67), Outcome: "answered"}},
				Why:  []string{say("号码使用中，余额够付第一分钟：接入。", "The number is open and the balance pays the first minute: let in.")}},
		},
		Recent:  recent(say, yunhe, qing),
		Wallets: wallets(yunhe, qing, say("苏州河泽泵业有限公司", "Suzhou Heze Pumps Ltd")),
		Numbers: []string{home, press},
		SIP:     "127.0.0.1:5060",
	}
}

func wallets(yunhe, qing, heze string) []live.Wallet {
	return []live.Wallet{
		{ID: "cust_heze", Customer: heze, Cash: 40_000, Available: 40_000, Suspended: true},
		{ID: "cust_qing", Customer: qing, Cash: 18*money.Yuan + 600_000, Held: 12 * money.Fen,
			Overdraft: 10 * money.Yuan, Available: 28*money.Yuan + 480_000, Low: true},
		{ID: "cust_yunhe", Customer: yunhe, Cash: 1234*money.Yuan + 500_000, Bonus: 51*money.Yuan + 900_000,
			Package: 300 * money.Yuan, Held: 24 * money.Fen, Available: 1586*money.Yuan + 160_000},
	}
}

func recent(say func(zh, en string) string, yunhe, qing string) []live.Call {
	line := func(bucket, rule string, n, seconds int64, price, amount money.Amount) cdr.Line {
		return cdr.Line{Bucket: bucket, Tariff: "standard", Version: 7, Rule: rule, Increments: n, Seconds: seconds, Price: price, Amount: amount,
			Shared: seconds > 0 && price*money.Amount(n) != amount}
	}
	ended := func(c live.Call, from int) live.Call {
		c.State, c.StartedAt, c.Trunk = live.Ended, at(from), "cu-sh"
		if c.EndedAt.IsZero() {
			c.EndedAt = c.StartedAt.Add(time.Second)
		}
		return c
	}
	return []live.Call{
		ended(live.Call{ID: Platform, Number: home, Customer: yunhe, Caller: "13766662286", Region: say("上海", "Shanghai"), Phone: "8003",
			PlatformAnsweredAt: at(-293), AnsweredAt: at(-268), EndedAt: at(-46), Talk: 222 * time.Second, Billable: 247 * time.Second,
			Cause: cdr.Answered, EndedBy: cdr.Caller, Charge: 60 * money.Fen,
			Lines: []cdr.Line{
				line("package", "first", 1, 60, 12*money.Fen, 12*money.Fen),
				line("package", "next", 1, 60, 12*money.Fen, 12*money.Fen),
				line("bonus", "next", 1, 60, 12*money.Fen, 5*money.Fen),
				line("cash", "next", 1, 60, 12*money.Fen, 7*money.Fen),
				line("cash", "next", 2, 60, 12*money.Fen, 24*money.Fen),
			},
			Legs: []cdr.Leg{
				{Target: "13900004477", InvitedAt: at(-279), EndedAt: at(-277), Outcome: "busy"},
				{Target: "8003", InvitedAt: at(-277), AnsweredAt: at(-268), Outcome: "answered"},
			},
			Why: []string{
				say("号码使用中，余额够付第一分钟，当时 2 / 10 路：接入。", "The number is open, the balance pays the first minute, 2 of 10 lines in use: let in."),
				say("周日 20:31 落在「周末晚间」时段，由夜班接。", "Sunday 20:31 falls in “weekend evening”, which the night shift answers."),
				say("上海没有单独规则，走「其他地区」。", "Shanghai has no rule of its own; “other regions” applies."),
				say("夜班按顺序响铃：139****4477 正在通话，1 秒后转下一个。", "The night shift rings in order: 139****4477 was busy, the next one after 1 s."),
				say("分机 8003 在线，响 9 秒后接起。", "Extension 8003 was online and answered after 9 s."),
			}}, -293),
		ended(live.Call{ID: NoCredit, Number: "4007798800", Customer: say("苏州河泽泵业有限公司", "Suzhou Heze Pumps Ltd"), Caller: "", Cause: cdr.NoCredit, Status: 480,
			Why: []string{
				say("400-779-8800 由苏州河泽泵业有限公司租用。", "400-779-8800 is rented by Suzhou Heze Pumps Ltd."),
				say("可用余额 ¥0.04，不够付第一分钟的 ¥0.12：拒绝。充值后下一通就能接入。", "¥0.04 available does not pay ¥0.12 for the first minute: refused. After a top-up the next call gets through."),
			}}, -400),
		ended(live.Call{ID: Direct, Number: press, Customer: qing, Caller: "075522334455", Region: say("广东深圳", "Shenzhen, Guangdong"), Phone: "13812346021",
			AnsweredAt: at(-890), EndedAt: at(-829), Talk: 61 * time.Second, Billable: 60200 * time.Millisecond,
			Cause: cdr.Answered, EndedBy: cdr.Called, Charge: 266_000,
			Lines: []cdr.Line{
				line("cash", "connection", 1, 0, 5*money.Fen, 5*money.Fen),
				line("cash", "first", 1, 60, 108_000, 108_000),
				line("cash", "next", 1, 60, 108_000, 108_000),
			},
			Legs: []cdr.Leg{{Target: "13812346021", InvitedAt: at(-900), AnsweredAt: at(-890), Outcome: "answered"}},
			Why:  []string{say("号码使用中：接入。", "The number is open: let in."), say("138****6021 响 10 秒后接起。", "138****6021 answered after 10 s.")}}, -901),
		ended(live.Call{ID: Busy, Number: home, Customer: yunhe, Caller: "15988887777", Region: say("浙江杭州", "Hangzhou, Zhejiang"), Cause: cdr.Busy, Status: 486,
			EndedAt: at(-994),
			Legs: []cdr.Leg{
				{Target: "13900004477", InvitedAt: at(-999), EndedAt: at(-998), Outcome: "busy"},
				{Target: "13812346021", InvitedAt: at(-998), EndedAt: at(-994), Outcome: "busy"},
			},
			Why: []string{say("两部电话都忙，没有下一个：告诉来电人忙。", "Both phones were busy and there is no next one: the caller heard busy.")}}, -1000),
		ended(live.Call{ID: Recovered, Number: home, Customer: yunhe, Caller: "13312340000", Phone: "13812346021",
			AnsweredAt: at(-1190), EndedAt: at(-1130), Talk: time.Minute, Billable: time.Minute, Cause: cdr.NodeLost, EndedBy: cdr.Platform, Recovered: true,
			Charge: 12 * money.Fen, Lines: []cdr.Line{line("package", "first", 1, 60, 12*money.Fen, 12*money.Fen)},
			Legs: []cdr.Leg{{Target: "13812346021", InvitedAt: at(-1199), AnsweredAt: at(-1190), Outcome: "answered"}},
			Why:  []string{say("138****6021 接起。", "138****6021 answered.")}}, -1200),
		ended(live.Call{ID: "call_gaveup", Number: home, Customer: yunhe, Caller: "17012345678", Cause: cdr.CallerGaveUp, Status: 487,
			EndedAt: at(-1291), Legs: []cdr.Leg{{Target: "13812346021", InvitedAt: at(-1300), EndedAt: at(-1291), Outcome: "cancelled"}}}, -1301),
		ended(live.Call{ID: "call_unknown", Number: "4001112222", Caller: "13700001111", Cause: cdr.UnknownNumber, Status: 404,
			Why: []string{say("没有人租用 400-111-2222：拒绝。", "Nobody rents 400-111-2222: refused.")}}, -90000),
	}
}

// at is an instant so many seconds from At.
func at(seconds int) time.Time { return At.Add(time.Duration(seconds) * time.Second) }
