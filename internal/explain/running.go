package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/phone"
)

// Running says what is known at an instant of a call that has not ended, from
// the credit that it holds on an account.
func Running(h *charging.Hold, v *charging.AccountView, at time.Time, l Lang) string {
	var b strings.Builder
	d := h.Draft
	fmt.Fprintf(&b, l.pick(pair{"通话 %s，来电 %s → %s，%s 接入，还没有结束。\n", "Call %s from %s to %s came in at %s and has not ended.\n"}),
		h.Key.ID, phone.Mask(d.Caller), number.Format(d.Number, ""), clock(d.StartedAt))
	switch {
	case h.MeterStartedAt.IsZero():
		b.WriteString(l.pick(pair{"还没有证实有人接听，没有开始计费。\n", "No answer is proven yet: the meter has not started.\n"}))
	default:
		fmt.Fprintf(&b, l.pick(pair{"%s 起计费，已证实通话到计费第 %d 秒。\n", "The meter started at %s; %d billable seconds are proven.\n"}),
			clock(h.MeterStartedAt), int64(h.Elapsed.Seconds()))
	}
	last := h.Grants[len(h.Grants)-1]
	fmt.Fprintf(&b, l.pick(pair{"已预占到第 %d 秒（%s），结束时按实际时长结算，多余的退回。\n", "Reserved up to second %d (%s); the end is settled by the true length and the rest goes back.\n"}),
		int64(last.Granted.Seconds()), reserved(h, v, l))
	if last.Final {
		b.WriteString(l.pick(pair{"余额不够再往后，除非充值。\n", "The credit pays for no more, unless the account is topped up.\n"}))
	}
	if h.Node != charging.Elsewhere && h.LeaseUntil.Before(at) {
		fmt.Fprintf(&b, l.pick(pair{"节点 %d 应在 %s 前续约，没有续：它可能已失联，通话将按已证实的时长结算。\n", "Node %d should have renewed it before %s and did not: it may be lost, and the call will be settled by what is proven.\n"}),
			h.Node, clock(h.LeaseUntil))
	} else if h.Node == charging.Elsewhere {
		b.WriteString(l.pick(pair{"由其他交换机承载，通过接口计费。\n", "Another switch carries it and asks for credit over the API.\n"}))
	} else {
		fmt.Fprintf(&b, l.pick(pair{"由节点 %d 承载。\n", "Node %d carries it.\n"}), h.Node)
	}
	return b.String()
}

// reserved says what a hold has reserved, by unit.
func reserved(h *charging.Hold, v *charging.AccountView, l Lang) string {
	var sums [2]money.Amount // yuan, seconds of included time
	for _, p := range h.Parts {
		i := slices.IndexFunc(v.Buckets, func(b charging.Bucket) bool { return b.ID == p.Bucket })
		if i >= 0 && v.Buckets[i].Unit == ledger.SEC {
			sums[1] += p.Amount
		} else {
			sums[0] += p.Amount
		}
	}
	var parts []string
	if sums[1] != 0 {
		parts = append(parts, fmt.Sprintf(l.pick(pair{"套餐时长 %d 秒", "%d s of included time"}), int64(sums[1])))
	}
	if sums[0] != 0 || len(parts) == 0 {
		parts = append(parts, "¥"+sums[0].String())
	}
	return strings.Join(parts, " + ")
}

func clock(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05") }
