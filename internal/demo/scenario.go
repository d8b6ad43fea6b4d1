package demo

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/money"
	"sibai/internal/siptest"
)

// scenario is a call, or several at once, and what must come of it.
type scenario struct {
	name   pair
	number string // dialled
	talk   time.Duration
	giveUp time.Duration
	calls  int // at once; 0 means 1

	// topUp is paid in to the customer before the calls, so that a scenario
	// that spends everything can be played again.
	customer string
	topUp    money.Amount

	cause cdr.Cause
	// expected is the charge, worked out by hand; sum how.
	expected money.Amount
	sum      string
	// answered is, of several calls, how many must be answered; the others
	// must be refused with cause and cost nothing.
	answered int
}

type pair struct{ zh, en string }

// phones is what each phone does when it rings.
var phones = map[string]siptest.Behaviour{
	"13800000001": {Ring: 700 * time.Millisecond, Audio: true},
	"13800000002": {Status: 486},
	"13800000003": {Ring: 500 * time.Millisecond, Audio: true},
	"13800000004": {Silent: true},
	"13800000005": {Silent: true},
	"13800000006": {Ring: 4 * time.Second, Audio: true},
	"13800000007": {Ring: 800 * time.Millisecond, Status: 603},
	"02150001000": {Ring: 300 * time.Millisecond, Audio: true},
	"13800000011": {Ring: 400 * time.Millisecond, Audio: true},
	"13800000021": {Ring: 300 * time.Millisecond, Audio: true},
	"13800000031": {Ring: 300 * time.Millisecond, Audio: true},
	"02150002000": {Ring: 500 * time.Millisecond},
}

// scenarios are played in this order, round and round. Talking times lie in
// the middle of an increment, so that a slow machine changes no charge.
var scenarios = []scenario{
	{
		name:   pair{"接通", "answered"},
		number: "4008266688", talk: 2 * time.Second,
		cause: cdr.Answered, expected: 100_000, sum: "1 started minute × ¥0.10",
	},
	{
		name:   pair{"第一个忙，第二个接", "first phone busy, second answers"},
		number: "4008266601", talk: 2 * time.Second,
		cause: cdr.Answered, expected: 100_000, sum: "1 started minute × ¥0.10",
	},
	{
		name:   pair{"都没接，不收费", "no answer at all, costs nothing"},
		number: "4008266602",
		cause:  cdr.NoAnswer, expected: 0, sum: "nobody answered: 0",
	},
	{
		name:   pair{"同时响铃，先接者通话", "all ring, first answer wins"},
		number: "4008266603", talk: 2 * time.Second,
		cause: cdr.Answered, expected: 100_000, sum: "1 started minute × ¥0.10",
	},
	{
		name:   pair{"来电人等不及", "caller gives up while ringing"},
		number: "4008266604", giveUp: 1500 * time.Millisecond,
		cause: cdr.CallerGaveUp, expected: 0, sum: "nobody answered: 0",
	},
	{
		name:   pair{"被叫拒接", "callee rejects"},
		number: "4008266605",
		cause:  cdr.Rejected, expected: 0, sum: "nobody answered: 0",
	},
	{
		name:   pair{"遇忙转移", "busy, forwarded"},
		number: "4008266606", talk: 2 * time.Second,
		cause: cdr.Answered, expected: 100_000, sum: "1 started minute × ¥0.10",
	},
	{
		name:   pair{"6 秒计费加接通费", "6-second increments and a connection fee"},
		number: "4006120012", talk: 9 * time.Second,
		cause: cdr.Answered, expected: 41_600, sum: "¥0.02 + 2 started 6 s (9 s) × ¥0.0108 = 0.02 + 0.0216",
	},
	{
		name:   pair{"不限量套餐", "flat plan"},
		number: "4006120013", talk: 2 * time.Second,
		cause: cdr.Answered, expected: 0, sum: "unlimited answering: 1 started minute × ¥0",
	},
	{
		name:   pair{"通话中余额用完，到点切断", "credit runs out in mid-call"},
		number: "4001000021", talk: 30 * time.Second, customer: "xiaoji", topUp: 10_000,
		cause: cdr.CreditExhausted, expected: 10_000, sum: "paid in ¥0.01 = 5 s × ¥0.002: cut after 5 s",
	},
	{
		name:   pair{"没有余额", "no credit"},
		number: "4007000031", talk: time.Second,
		cause: cdr.NoCredit, expected: 0, sum: "refused before a phone rang: 0",
	},
	{
		name:   pair{"停机的号码", "suspended number"},
		number: "4006120014", talk: time.Second,
		cause: cdr.NumberSuspended, expected: 0, sum: "refused before a phone rang: 0",
	},
	{
		name:   pair{"空号", "unknown number"},
		number: "4009999999", talk: time.Second,
		cause: cdr.UnknownNumber, expected: 0, sum: "refused before a phone rang: 0",
	},
	{
		name:   pair{"余额只够 7 个，20 个同时打来", "20 calls at once, money for 7"},
		number: "4009000041", talk: 3 * time.Second, calls: 20, customer: "fengmang", topUp: 700_000,
		cause: cdr.NoCredit, expected: 100_000, answered: 7,
		sum: "paid in ¥0.70 = 7 × ¥0.10: 7 answered, 1 started minute each; 13 refused",
	},
}

func (s scenario) size() int { return max(1, s.calls) }

// script is the order in which n calls are made: round after round, a group
// only where all of it still fits. n 0 is one round.
func script(n int) []scenario {
	if n == 0 {
		return scenarios
	}
	var out []scenario
	for n > 0 {
		for _, s := range scenarios {
			if s.size() <= n {
				out = append(out, s)
				n -= s.size()
			}
		}
	}
	return out
}
