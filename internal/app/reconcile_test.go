package app_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/identity"
	"sibai/test/alipay"
)

// The job gets the bill of a day by itself; finance sees what differs, settles it with
// a word, and hands another provider's bill in. A file that is none changes nothing.
func TestBills(t *testing.T) {
	t.Parallel()
	vendor := alipay.Start(t)
	cfg := alipaySettings(t, vendor)
	day := calendar.Day(time.Now().AddDate(0, 0, -2))
	vendor.Bill(day, []byte("支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,退款批次号/请求号\n2026001,SHOP-1,交易,"+day+" 12:00:00,10.00,\n#业务明细列表结束\n"))
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{base: "http://" + node.HTTPAddr(), Client: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	out, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: "王会计", Login: "wang@example.com", Role: identity.Cashier}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	welcome := address(t, out.Link)
	if status, body := v.send(t, http.MethodPost, welcome.RequestURI(), url.Values{"password": {"four unrelated words"}}); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	path := "/office/bills/alipay/" + day
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if status, body := v.send(t, http.MethodGet, path, nil); status == http.StatusOK {
			if !strings.Contains(body, "账单里有，账上没有") || !strings.Contains(body, "SHOP-1") || !strings.Contains(body, "¥10.00") {
				t.Errorf("%s", body)
			}
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the bill was not compared: %d", status)
		}
	}
	if _, body := v.send(t, http.MethodGet, "/office/bills", nil); !strings.Contains(body, "1 项差异") {
		t.Errorf("the list: %s", body)
	}
	if status, body := v.send(t, http.MethodPost, path+"/1", url.Values{"why": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
		t.Errorf("without a word: %d", status)
	}
	if status, _ := v.send(t, http.MethodPost, path+"/1", url.Values{"why": {"<b>商城</b>的订单"}}); status != http.StatusSeeOther {
		t.Errorf("settled: %d", status)
	}
	if _, body := v.send(t, http.MethodGet, path, nil); !strings.Contains(body, "&lt;b&gt;商城&lt;/b&gt;的订单") || !strings.Contains(body, "王会计") || strings.Contains(body, "待处理") {
		t.Errorf("after it: %s", body)
	}
	hand := func(day, text string) (int, string) {
		t.Helper()
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for name, value := range map[string]string{"provider": "sandbox", "day": day} {
			if err := form.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		file, err := form.CreateFormFile("bill", "bill.csv")
		if err == nil {
			_, err = io.WriteString(file, text)
		}
		if err == nil {
			err = form.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+"/office/bills", &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		return v.do(t, req)
	}
	const head = "payment,refund,reference,amount,time\n"
	if status, body := hand(day, "a,b\n"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "不是该渠道当天的账单") {
		t.Errorf("no bill: %d", status)
	}
	if status, _ := hand(calendar.Day(time.Now()), head); status != http.StatusUnprocessableEntity {
		t.Errorf("of today: %d", status)
	}
	if status, body := hand(day, head+"SHOP-9,,x,3.00,"+day+"T12:00:00+08:00\n"); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, body)
	}
	if _, body := v.send(t, http.MethodGet, "/office/bills/sandbox/"+day, nil); !strings.Contains(body, "SHOP-9") {
		t.Errorf("%s", body)
	}
}
