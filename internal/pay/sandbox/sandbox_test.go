package sandbox_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
)

var _ payment.Provider = (*sandbox.Provider)(nil)

func start(t testing.TB) *sandbox.Provider {
	t.Helper()
	p, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What it notifies of is read back whole; what it did not sign is forged, also
// when another sandbox did.
func TestNotifications(t *testing.T) {
	t.Parallel()
	one, other := start(t), start(t)
	want := payment.Notice{Payment: 7, Reference: "r1", Amount: 19_999 * money.Fen, Currency: "CNY", PaidAt: time.Date(2026, 6, 1, 4, 0, 0, 1000, time.UTC)}
	header, body, err := one.Pay(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := one.Read(header, body); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		by     *sandbox.Provider
		header http.Header
		body   string
	}{
		"another sandbox": {other, header, string(body)},
		"changed":         {one, header, strings.Replace(string(body), "1999", "9999", 1)},
		"longer":          {one, header, string(body) + " "},
		"unsigned":        {one, http.Header{}, string(body)},
		"no hexadecimal":  {one, http.Header{sandbox.Header: {"zz"}}, string(body)},
		"half signed":     {one, http.Header{sandbox.Header: {header.Get(sandbox.Header)[:32]}}, string(body)},
		"empty":           {one, header, ""},
	} {
		if n, err := c.by.Read(c.header, []byte(c.body)); fault.CodeOf(err) != fault.NotificationForged || n != (payment.Notice{}) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
	for name, n := range map[string]payment.Notice{
		"no reference": {Payment: 7, Amount: 1, Currency: "CNY", PaidAt: want.PaidAt},
		"no amount":    {Payment: 7, Reference: "r", Currency: "CNY", PaidAt: want.PaidAt},
		"negative":     {Payment: 7, Reference: "r", Amount: -1, Currency: "CNY", PaidAt: want.PaidAt},
		"no currency":  {Payment: 7, Reference: "r", Amount: 1, PaidAt: want.PaidAt},
		"no time":      {Payment: 7, Reference: "r", Amount: 1, Currency: "CNY"},
	} {
		header, body, err := one.Pay(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := one.Read(header, body); fault.CodeOf(err) != fault.NotificationInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct {
		err    error
		status int
	}{
		{nil, 200},
		{fault.New(fault.NotificationForged), 401},
		{fault.New(fault.NotificationInvalid), 400},
		{fault.New(fault.PaymentNotFound), 404},
		{fault.New(fault.StoreFailed), 503},
		{errors.New("anything"), 503},
	} {
		if a := p.Answer(c.err); a.Status != c.status || strings.Contains(a.Body, "SUCCESS") != (c.err == nil) {
			t.Errorf("%v: %+v", c.err, a)
		}
	}
}
