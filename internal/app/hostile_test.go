package app_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/money"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/test/alipay"
	"sibai/test/wechatpay"
)

// sent is a notification as it comes over HTTP.
type sent struct {
	header http.Header
	body   []byte
}

// Whatever is sent to the addresses where providers tell of payments: only what the
// provider signed, for this merchant, of a payment over it, changes anything; and only
// the sum that was asked for, in yuan, is booked, once.
func TestHostileNotifications(t *testing.T) {
	t.Parallel()
	we, strangeWe, ali, strangeAli := wechatpay.Start(t), wechatpay.Start(t), alipay.Start(t), alipay.Start(t)
	cfg := weChatSettings(t, we)
	cfg.Alipay, cfg.Pay.Sandbox = alipaySettings(t, ali).Alipay, true
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	post := func(provider string, n sent) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+node.PublicAddr()+"/pay/notify/"+provider, bytes.NewReader(n.body))
		if err != nil {
			t.Fatal(err)
		}
		if r.Header = n.header.Clone(); r.Header == nil {
			r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	byWeChat := func(from *wechatpay.Vendor, id string, fen int64, currency string, at time.Time, change map[string]any) sent {
		tells := wechatpay.Transaction(id, fen, currency)
		maps.Copy(tells, change)
		header, body := from.Notify(t, "TRANSACTION.SUCCESS", tells, at)
		return sent{header, body}
	}
	byAlipay := func(from *alipay.Vendor, id, amount string, change ...string) sent {
		tells := alipay.Tells(id, amount)
		for i := 0; i < len(change); i += 2 {
			tells.Set(change[i], change[i+1])
		}
		return sent{nil, from.Notify(tells)}
	}
	twisted := func(n sent, from, to string) sent {
		if !bytes.Contains(n.body, []byte(from)) {
			t.Fatalf("%s is not in %s", from, n.body)
		}
		return sent{n.header, bytes.Replace(n.body, []byte(from), []byte(to), 1)}
	}
	forger, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	bySandbox := func(id payment.ID) sent {
		header, body, err := forger.Pay(payment.Notice{Payment: id, Reference: "r", Amount: 25 * money.Yuan, Currency: "CNY", PaidAt: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return sent{header, body}
	}
	now := time.Now()
	for _, c := range []struct {
		name, provider string
		make           func(id payment.ID) sent
		status         int
		state          payment.State
	}{
		{"another key", "wechat", func(id payment.ID) sent { return byWeChat(strangeWe, id.String(), 2500, "CNY", now, nil) }, 401, payment.Created},
		{"another key", "alipay", func(id payment.ID) sent { return byAlipay(strangeAli, id.String(), "25.00") }, 401, payment.Created},
		{"another key", "sandbox", func(id payment.ID) sent { return bySandbox(id) }, 401, payment.Created},
		{"nothing", "wechat", func(payment.ID) sent { return sent{} }, 401, payment.Created},
		{"nothing", "alipay", func(payment.ID) sent { return sent{} }, 401, payment.Created},
		{"nothing", "sandbox", func(payment.ID) sent { return sent{} }, 401, payment.Created},
		{"as from another provider", "alipay", func(id payment.ID) sent { return byWeChat(we, id.String(), 2500, "CNY", now, nil) }, 401, payment.Created},
		{"as from another provider", "wechat", func(id payment.ID) sent { return byAlipay(ali, id.String(), "25.00") }, 401, payment.Created},
		{"changed on the way", "wechat", func(id payment.ID) sent {
			return twisted(byWeChat(we, id.String(), 2500, "CNY", now, nil), "encrypt-resource", "encrypt-resourcE")
		}, 401, payment.Created},
		{"changed on the way", "alipay", func(id payment.ID) sent {
			return twisted(byAlipay(ali, id.String(), "0.01"), "total_amount=0.01", "total_amount=25.00")
		}, 401, payment.Created},
		{"played six minutes later", "wechat", func(id payment.ID) sent {
			return byWeChat(we, id.String(), 2500, "CNY", now.Add(-6*time.Minute), nil)
		}, 401, payment.Created},
		{"a field twice", "alipay", func(id payment.ID) sent {
			n := byAlipay(ali, id.String(), "25.00")
			return sent{nil, append(n.body, "&total_amount=1.00"...)}
		}, 401, payment.Created},
		{"the old signature", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), "25.00", "sign_type", "RSA") }, 401, payment.Created},
		{"another app", "wechat", func(id payment.ID) sent {
			return byWeChat(we, id.String(), 2500, "CNY", now, map[string]any{"appid": "wx9"})
		}, 400, payment.Created},
		{"another app", "alipay", func(id payment.ID) sent {
			return byAlipay(ali, id.String(), "25.00", "app_id", "2021000000000002")
		}, 400, payment.Created},
		{"another merchant", "wechat", func(id payment.ID) sent {
			return byWeChat(we, id.String(), 2500, "CNY", now, map[string]any{"mchid": "1900000002"})
		}, 400, payment.Created},
		{"another merchant", "alipay", func(id payment.ID) sent {
			return byAlipay(ali, id.String(), "25.00", "seller_id", "2088000000000002")
		}, 400, payment.Created},
		{"not paid", "wechat", func(id payment.ID) sent {
			return byWeChat(we, id.String(), 2500, "CNY", now, map[string]any{"trade_state": "NOTPAY"})
		}, 400, payment.Created},
		{"not paid yet", "alipay", func(id payment.ID) sent {
			return byAlipay(ali, id.String(), "25.00", "trade_status", "WAIT_BUYER_PAY")
		}, 200, payment.Created},
		{"less than nothing", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), -2500, "CNY", now, nil) }, 400, payment.Created},
		{"less than nothing", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), "-25.00") }, 400, payment.Created},
		{"more than there is", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), 1<<62, "CNY", now, nil) }, 400, payment.Created},
		{"more than there is", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), strings.Repeat("9", 30)) }, 400, payment.Created},
		{"a fen too little", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), 2499, "CNY", now, nil) }, 200, payment.Differs},
		{"a fen too little", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), "24.99") }, 200, payment.Differs},
		{"a fen too much", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), 2501, "CNY", now, nil) }, 200, payment.Differs},
		{"a fen too much", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), "25.01") }, 200, payment.Differs},
		{"dollars", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), 2500, "USD", now, nil) }, 200, payment.Differs},
		{"right", "wechat", func(id payment.ID) sent { return byWeChat(we, id.String(), 2500, "CNY", now, nil) }, 200, payment.Paid},
		{"right", "alipay", func(id payment.ID) sent { return byAlipay(ali, id.String(), "25.00") }, 200, payment.Paid},
	} {
		asked, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan, Channel: c.provider}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		n := c.make(asked.Payment.ID)
		for range 2 { // the very same again changes nothing more
			if status := post(c.provider, n); status != c.status {
				t.Errorf("%s, %s: %d, want %d", c.provider, c.name, status, c.status)
			}
		}
		p, events, err := app.PaymentHistory(t.Context(), cfg, asked.Payment.ID)
		want := map[payment.State]int{payment.Created: 1, payment.Differs: 2, payment.Paid: 3}[c.state]
		if err != nil || p.State != c.state || p.Booked() != (c.state == payment.Paid) || len(events) != want {
			t.Errorf("%s, %s: %s, booked %v, %d events, %v", c.provider, c.name, p.State, p.Booked(), len(events), err)
		}
	}
	// What one provider rightly tells is not taken at another's address, nor of another's payment.
	over := func(provider string) payment.ID {
		asked, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan, Channel: provider}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return asked.Payment.ID
	}
	for provider, n := range map[string]sent{
		"wechat": byWeChat(we, over("alipay").String(), 2500, "CNY", now, nil), "alipay": byAlipay(ali, over("wechat").String(), "25.00"),
	} {
		if status := post(provider, n); status != 404 {
			t.Errorf("%s tells of another's payment: %d", provider, status)
		}
	}
	if status := post(url.PathEscape("../alipay"), byAlipay(ali, over("alipay").String(), "25.00")); status/100 != 4 {
		t.Errorf("a provider that is none: %d", status)
	}
}
