package app

import (
	"slices"
	"testing"

	"sibai/internal/billing"
	"sibai/internal/notify"
	"sibai/internal/sms"
)

func TestNoticeTemplates(t *testing.T) {
	t.Parallel()
	got := map[notify.Kind]sms.Template{}
	if err := noticeTemplates("low_balance=SMS_1:balance  order_opened=SMS_2", got); err != nil || len(got) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	low, opened := got[notify.ShortNotice(billing.LowBalance)], got[notify.ShortNotice(billing.OrderOpened)]
	if low.ID != "SMS_1" || !slices.Equal(low.Names, []string{"balance"}) || opened.ID != "SMS_2" || !slices.Equal(opened.Names, []string{"number"}) {
		t.Errorf("%+v", got)
	}
	if err := noticeTemplates("all=x", got); err != nil || len(got) != len(billing.NoticeKinds()) || got[notify.ShortNotice(billing.LowBalance)].ID != "SMS_1" {
		t.Errorf("%d kinds, %v", len(got), err)
	}
	for _, bad := range []string{"low_balance", "nothing=SMS_1", "low_balance=", "low_balance=SMS_1:code"} {
		if err := noticeTemplates(bad, map[notify.Kind]sms.Template{}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
