package app_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sibai/internal/app"
	"sibai/internal/identity"
)

// wordsSite has words in it that are a formula to a spreadsheet, a script to a browser
// and a command to a template.
const wordsSite = `
trunks: [{code: phones, outbound: {address: "127.0.0.1:5999"}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: "@SUM(1+1)<img src=x onerror=alert(2)>", kind: annual, tariff: minute, fee: 10, term_months: 1, collection: automatic}]
customers:
  - code: tea
    name: "=HYPERLINK(\"http://evil.example.com\")<script>alert(1)</script>{{.Secret}}"
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008266688", plan: p, targets: ["13800000001"]}]
`

// What somebody typed is words, wherever it is shown or taken out.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	cfg := paySettings(t)
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(wordsSite), false, quiet); err != nil {
		t.Fatal(err)
	}
	sign := func(base string, o app.Order) *visitor {
		t.Helper()
		out, err := app.Operate(t.Context(), cfg, o, quiet)
		if err != nil {
			t.Fatal(err)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		v := &visitor{base: base, Client: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		if status, body := v.send(t, http.MethodPost, address(t, out.Link).RequestURI(), url.Values{"password": {"four unrelated words"}}); status != http.StatusSeeOther {
			t.Fatalf("%d %s", status, body)
		}
		return v
	}
	const name = `=cmd|'/C calc'!A0<script>alert(3)</script>`
	staff := sign("http://"+node.HTTPAddr(), app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: name, Login: "li@example.com", Role: identity.Admin}})
	owner := sign("http://"+node.PublicAddr(), app.Order{Do: app.DoInvite, Customer: "tea", Invite: &identity.Invitation{Name: name, Login: "wang@example.com", Role: identity.Owner}})
	for v, paths := range map[*visitor][]string{
		staff: {"/office", "/office/customers", "/office/customers/tea", "/office/ledger", "/office/payments", "/office/plans", "/office/staff", "/office/traces", "/office/numbers/4008266688", "/"},
		owner: {"/console", "/console/numbers", "/console/numbers/4008266688", "/console/money", "/console/members", "/console/documents", "/console/orders", "/numbers/4008266688", "/verify?number=4008266688", "/plans"},
	} {
		for _, p := range paths {
			status, body := v.send(t, http.MethodGet, p, nil)
			if status != http.StatusOK {
				t.Errorf("%s: %d", p, status)
			}
			for _, s := range []string{"<script>alert", "<img src=x", "map[", "<no value>"} {
				if strings.Contains(body, s) {
					t.Errorf("%s has %s", p, s)
				}
			}
		}
	}
	if _, body := staff.send(t, http.MethodGet, "/office/customers", nil); !strings.Contains(body, "{{.Secret}}") || !strings.Contains(body, "&lt;script&gt;") {
		t.Error("the name is not shown as it was typed")
	}
	status, file := staff.send(t, http.MethodGet, "/office/ledger.csv", nil)
	if status != http.StatusOK {
		t.Fatalf("the ledger: %d", status)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	for _, cell := range rows[1] {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Errorf("a formula in the ledger: %q", cell)
		}
	}
	status, file = staff.send(t, http.MethodGet, "/office/ledger.xlsx", nil)
	book, err := excelize.OpenReader(strings.NewReader(file))
	if status != http.StatusOK || err != nil {
		t.Fatalf("the ledger as a sheet: %d, %v", status, err)
	}
	defer book.Close()
	typed := 0
	for _, at := range []string{"A2", "B2", "C2", "D2", "E2", "F2", "G2", "H2", "I2"} {
		kind, err := book.GetCellType("Sheet1", at)
		if err != nil || kind == excelize.CellTypeFormula {
			t.Errorf("%s is of type %d, %v", at, kind, err)
		}
		cell, err := book.GetCellValue("Sheet1", at)
		if err != nil || cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Errorf("a formula in the sheet: %q, %v", cell, err)
		}
		if strings.Contains(cell, "<script>") || strings.Contains(cell, "{{") {
			typed++
		}
	}
	if typed == 0 {
		t.Error("the sheet has nothing of what was typed: the test shows nothing")
	}
}
