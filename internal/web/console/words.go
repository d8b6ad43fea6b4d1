package console

import (
	"context"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/ledger"
	"sibai/internal/phone"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

func lang(ctx context.Context) explain.Lang { return explain.Lang(text.From(ctx)) }

func caller(ctx context.Context, r cdr.Record) string {
	if r.Caller == "" {
		return text.T(ctx, "console.withheld")
	}
	return phone.Mask(r.Caller)
}

func callLook(r cdr.Record) ui.Look {
	if r.Cause == cdr.Answered {
		return ui.Well
	}
	return ui.Check
}

func numberLook(r *billing.Rental) ui.Look { return stateLook(r.State) }

// until is the last day of the term that runs; empty without one.
func until(c *billing.Customer, r *billing.Rental) string {
	var last *billing.Term
	for _, t := range c.Terms {
		if int64(t.Subscription) == r.Subscription.ID && t.Seq > 0 && (last == nil || t.Seq > last.Seq) && !t.PaidAt.IsZero() {
			last = t
		}
	}
	if last == nil {
		return ""
	}
	return last.End.Add(-time.Second).In(calendar.Shanghai).Format("2006-01-02")
}

func join(list []string) string { return strings.Join(list, "，") }

// bucketName is what a bucket is called.
func bucketName(ctx context.Context, b charging.Bucket) string {
	return explain.Bucket(string(b.Kind), lang(ctx))
}

func bucketBalance(ctx context.Context, b charging.Bucket) string {
	if b.Unit == ledger.SEC {
		return explain.Span(time.Duration(b.Balance)*time.Second, lang(ctx))
	}
	return b.Balance.Format()
}
