package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/chat"
	"sibai/internal/claim"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/webhook"
)

// program is a program that uses the API with a key.
type program struct {
	base, secret string
	named        int // requests that it gave names
}

func newProgram(t *testing.T, v *visitor, base string, w apikey.Wish) *program {
	t.Helper()
	made, err := app.ChangeKeys(t.Context(), v.cfg, app.KeyChange{Wish: w})
	if err != nil {
		t.Fatal(err)
	}
	return &program{base: base, secret: made.Secret}
}

type reply struct {
	status int
	header http.Header
	body   string
}

// code is that of a problem.
func (r reply) code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal([]byte(r.body), &p)
	return p.Code
}

func (p *program) ask(t *testing.T, method, path, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.secret)
	req.Header.Set("Accept-Language", "en")
	if p.named++; method == http.MethodPost {
		req.Header.Set("Idempotency-Key", fmt.Sprint("test-", p.named))
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Del(header[i])
		if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); res.StatusCode >= 400 && kind != "application/problem+json" {
		t.Errorf("%s %s: %d as %q: %s", method, path, res.StatusCode, kind, text)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// described is an operation of a document.
type described struct {
	method, path string
	scope        apikey.Scope
	params       []string // in its path
}

var scopeIn = regexp.MustCompile("Scope: `([a-z:]+)`")

// document reads the operations that a node says it has.
func document(t *testing.T, base, spec string) (list []described) {
	t.Helper()
	res, err := http.Get(base + spec)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct{ Description string }
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%s: %q, %v", spec, doc.OpenAPI, err)
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			scope := scopeIn.FindStringSubmatch(doc.Paths[path][method].Description)
			if scope == nil {
				t.Fatalf("%s %s says no scope", method, path)
			}
			d := described{method: strings.ToUpper(method), path: path, scope: apikey.Scope(scope[1])}
			for _, p := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1) {
				d.params = append(d.params, p[1])
			}
			list = append(list, d)
		}
	}
	return list
}

// at is the path of an operation about certain things.
func (d described) at(ids map[string]string) string {
	path := d.path
	for _, p := range d.params {
		path = strings.ReplaceAll(path, "{"+p+"}", ids[p])
	}
	return path
}

// bodies that operations take, by the ends of their paths.
func (d described) body() string {
	for _, b := range [][2]string{
		{"/phones", `{"phone":"13911112222","owner":"staff"}`}, {"/move", `{"up":true}`}, {"/ringing", `{"distribution":"simultaneous"}`},
		{"/proofs/{phone}", `{"code":"123456"}`}, {"/signature", `{"name":"王茶","code":"123456","document":"00"}`}, {"/payment", `{}`},
		{"/payments", `{"amount":"25.00"}`}, {"/orders", `{"numbers":[],"handler":{"name":"王茶","phone":"13800138000"}}`},
		{"/webhooks", `{"url":"https://crm.example.com/","types":["call.ended"]}`}, {"/v1/numbers", `{"numbers":[{"number":"4006001777"}]}`},
		{"/ask-again", `{"why":"x"}`}, {"/refuse", `{"why":"x"}`}, {"/cancel", `{}`}, {"/vet", `{}`}, {"/open", `{}`}, {"/hand-in", `{}`},
		{"/messages", `{"by":"x","text":"x"}`}, {"/call-back", `{"by":"x"}`}, {"/close", `{}`},
		{"/applications", `{"number":"4008266688"}`}, {"/form", `{"enterprise":{"name":"茶"}}`}, {"/documents", `{"kind":"pledge","data":"eA=="}`},
		{"/members", `{"name":"李明","login":"liming@example.com","role":"viewer"}`}, {"/transfers", `{"payer":"茶","amount":"1.00","day":"2026-11-01"}`},
		{"/book", `{"received":"1.00","reference":"x-1"}`}, {"/reject", `{"reason":"unclear"}`},
		{"-review", `{"verdict":"pass"}`}, {"/refunds", `{"amount":"1.00","reference":"r","why":"x"}`}, {"/take", ""}, {"/versions", `{"day":"2027-01-01","fee":"700","dry":true}`},
		{"/state", `{"state":"available","why":"x"}`}, {"/grade", `{"grade":"A","why":"x"}`},
	} {
		if strings.HasSuffix(d.path, b[0]) && d.method != http.MethodGet && d.method != http.MethodDelete {
			return b[1]
		}
	}
	return ""
}

// things are the ids by which a customer's things are named.
func things(v *visitor) map[string]string {
	id := func(kind string) string { return strings.Split(v.links[kind].Path, "/")[2] }
	return map[string]string{
		"number": v.number, "order": id("order"), "payment": id("pay"), "webhook": v.hook, "call": "call_0000000000007", "chat": chat.ID(7).String(), "application": id("verify"),
		"member": v.person.String(), "transfer": claim.ID(7).String(), "document": realname.DocumentID(7).String(), "plan": "p", "day": "2027-01-01",
		"list": "main", "phone": "13800000001", "version": "1", "event": "ping_1",
	}
}

// A key of one customer finds of another customer's things what there is of things
// that are not there, in every operation that names one, and changes nothing.
func TestAPICustomersApart(t *testing.T) {
	t.Parallel()
	tea, rice := twoCustomers(t)
	wish := func(v string) apikey.Wish { return apikey.Wish{Customer: v, Scopes: apikey.Customer.Scopes()} }
	of, by := newProgram(t, tea, tea.base, wish("tea")), newProgram(t, rice, rice.base, wish("rice"))
	nothing := map[string]string{
		"number": "4008266600", "order": order.ID(7).String(), "payment": payment.ID(7).String(), "webhook": webhook.ID(7).String(),
		"call": "call_0000000000007", "list": "main", "phone": "13800000001", "version": "1", "event": "ping_1", "application": realname.ID(7).String(),
		"member": identity.ID(7).String(), "transfer": claim.ID(7).String(),
	}
	shown := func() (all []string) {
		for _, p := range []string{"/numbers/" + tea.number, "/orders", "/payments", "/webhooks", "/members", "/transfers", "/balance", "/orders/" + things(tea)["order"], "/applications/" + things(tea)["application"]} {
			r := of.ask(t, http.MethodGet, "/api/customer/v1"+p, "")
			if r.status != http.StatusOK {
				t.Fatalf("%s by its owner: %d %s", p, r.status, r.body)
			}
			all = append(all, r.body)
		}
		return all
	}
	filed := of.ask(t, http.MethodPost, "/api/customer/v1/transfers", `{"payer":"杭州示例茶业","amount":"980.00"}`)
	var transfer struct{ ID string }
	if err := json.Unmarshal([]byte(filed.body), &transfer); err != nil || transfer.ID == "" {
		t.Fatalf("%d %s", filed.status, filed.body)
	}
	hers := things(tea)
	hers["transfer"] = transfer.ID
	before, tried := shown(), 0
	for _, d := range document(t, rice.base, "/api/customer/openapi.json") {
		if len(d.params) == 0 || strings.Contains(d.path, "/shop/") {
			continue
		}
		tried++
		got := by.ask(t, d.method, d.at(hers), d.body(), "If-Match", `"1"`)
		none := by.ask(t, d.method, d.at(nothing), d.body(), "If-Match", `"1"`)
		if got.status != http.StatusNotFound || got.status != none.status || got.code() != none.code() {
			t.Errorf("%s %s of another: %d %s, of nobody: %d %s", d.method, d.path, got.status, got.body, none.status, none.code())
		}
		if strings.Contains(got.body, "杭州") || strings.Contains(got.body, "13800138000") {
			t.Errorf("%s %s says %s", d.method, d.path, got.body)
		}
	}
	if tried < 20 {
		t.Errorf("only %d operations name something", tried)
	}
	for i, now := range shown() {
		if now != before[i] {
			t.Errorf("it was %s and is %s", before[i], now)
		}
	}
	for _, p := range []string{"/numbers", "/orders", "/payments", "/webhooks", "/calls", "/notices", "/applications", "/members", "/traces", "/transfers", "/balance", "/statement?from=2026-01-01&to=2026-01-31"} {
		r := by.ask(t, http.MethodGet, "/api/customer/v1"+p, "")
		if r.status != http.StatusOK || strings.Contains(r.body, tea.number) || strings.Contains(r.body, things(tea)["order"]) || strings.Contains(r.body, tea.hook) || strings.Contains(r.body, transfer.ID) {
			t.Errorf("%s: %d %s", p, r.status, r.body)
		}
	}
}

// Each operation needs its own scope and no other, and keys of one side open nothing
// of the other's.
func TestAPIScopes(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	for _, side := range []struct {
		side       apikey.Side
		base, spec string
		wish       func([]apikey.Scope) apikey.Wish
	}{
		{apikey.Customer, tea.base, "/api/customer/openapi.json", func(s []apikey.Scope) apikey.Wish { return apikey.Wish{Customer: "tea", Scopes: s} }},
		{apikey.Operator, tea.api, "/api/operator/openapi.json", func(s []apikey.Scope) apikey.Wish { return apikey.Wish{Client: "erp", Scopes: s} }},
	} {
		other := newProgram(t, tea, side.base, apikey.Wish{Client: "crm", Scopes: []apikey.Scope{apikey.Read}})
		if side.side == apikey.Operator {
			other = newProgram(t, tea, side.base, apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
		}
		keys := map[apikey.Scope][2]*program{} // with nothing but a scope, and with all others
		for _, scope := range side.side.Scopes() {
			rest := slices.DeleteFunc(slices.Clone(side.side.Scopes()), func(s apikey.Scope) bool { return s == scope })
			keys[scope] = [2]*program{newProgram(t, tea, side.base, side.wish([]apikey.Scope{scope})), newProgram(t, tea, side.base, side.wish(rest))}
		}
		list := document(t, side.base, side.spec)
		ids := things(tea)
		ids["customer"] = "tea"
		for _, d := range list {
			// An If-Match of another version: who may do it changes nothing.
			if r := keys[d.scope][1].ask(t, d.method, d.at(ids), d.body(), "If-Match", `"99"`); r.status != http.StatusForbidden || r.code() != "key_scope" {
				t.Errorf("%s %s without %s: %d %s", d.method, d.path, d.scope, r.status, r.body)
			}
			if r := other.ask(t, d.method, d.at(ids), d.body()); r.status != http.StatusForbidden || r.code() != "key_side" {
				t.Errorf("%s %s with a key of the other side: %d %s", d.method, d.path, r.status, r.body)
			}
			nobody := &program{base: side.base}
			if r := nobody.ask(t, d.method, d.at(ids), d.body()); r.status != http.StatusUnauthorized {
				t.Errorf("%s %s without a key: %d %s", d.method, d.path, r.status, r.body)
			}
			if r := keys[d.scope][0].ask(t, d.method, d.at(ids), d.body(), "If-Match", `"99"`); r.status == http.StatusForbidden || r.status == http.StatusUnauthorized || r.status >= 500 {
				t.Errorf("%s %s with %s: %d %s", d.method, d.path, d.scope, r.status, r.body)
			}
		}
		if len(list) < 15 {
			t.Errorf("%s: only %d operations", side.side, len(list))
		}
	}
}

// What is no request for an operation is a problem with a code, never a fault of
// the node.
func TestAPIMalformed(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	long := `{"why":"` + strings.Repeat("长", 40_000) + `"}`
	for _, side := range []struct {
		p    *program
		spec string
	}{
		{newProgram(t, tea, tea.base, apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()}), "/api/customer/openapi.json"},
		{newProgram(t, tea, tea.api, apikey.Wish{Client: "erp", Scopes: apikey.Operator.Scopes()}), "/api/operator/openapi.json"},
	} {
		for _, d := range document(t, side.p.base, side.spec) {
			ids, odd := things(tea), map[string]string{}
			ids["customer"] = "tea"
			for name := range ids {
				odd[name] = "%00%27%22-1"
			}
			var tries []reply
			if d.method != http.MethodGet && d.method != http.MethodDelete && d.body() != "" && !strings.HasSuffix(d.path, "customer/v1/orders/{order}/cancel") {
				for _, body := range []string{`{`, `[]`, `"x"`, `{"nothing":1}`, `{"why":"\\u0000","name":"\\u0000","phone":"\\u0000"}`, `{"phone":1,"amount":1,"url":{},"numbers":{},"code":[],"why":3,"up":"x","distribution":0}`, long} {
					tries = append(tries, side.p.ask(t, d.method, d.at(ids), body, "If-Match", `"1"`))
				}
			}
			if d.method == http.MethodPost {
				tries = append(tries, side.p.ask(t, d.method, d.at(ids), d.body(), "Idempotency-Key", ""))
			}
			if len(d.params) > 0 {
				tries = append(tries, side.p.ask(t, d.method, d.at(odd), d.body(), "If-Match", `"1"`))
			}
			if d.method == http.MethodGet && strings.Contains("numbers orders payments transfers calls customers", d.path[strings.LastIndex(d.path, "/")+1:]) && !strings.HasSuffix(d.path, "customer/v1/numbers") {
				for _, q := range []string{"?limit=0", "?limit=x", "?limit=100000", "?cursor=%21", "?cursor=e30"} {
					tries = append(tries, side.p.ask(t, d.method, d.at(ids)+q, ""))
				}
			}
			for i, r := range tries {
				if r.status < 400 || r.status >= 500 || r.code() == "" {
					t.Errorf("%s %s, try %d: %d %s", d.method, d.path, i, r.status, r.body)
				}
			}
		}
	}
}

// A POST that is sent again gets the answer that it got, link and all, and nothing
// is done twice, also on another node of the store.
func TestAPIAgain(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	p := newProgram(t, tea, tea.base, apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
	const path = "/api/customer/v1/payments"
	first := p.ask(t, http.MethodPost, path, `{"amount":"500.00"}`, "Idempotency-Key", "a")
	again := p.ask(t, http.MethodPost, path, `{"amount":"500.00"}`, "Idempotency-Key", "a")
	if first.status != http.StatusCreated || again.status != first.status || again.body != first.body || !strings.Contains(first.body, `"link":"http://`) {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
		t.Error("it is not said which answer is a former one")
	}
	if other := p.ask(t, http.MethodPost, path, `{"amount":"501.00"}`, "Idempotency-Key", "a"); other.status != http.StatusUnprocessableEntity || other.code() != "idempotency_key_reused" {
		t.Errorf("another request: %d %s", other.status, other.body)
	}
	if bare := p.ask(t, http.MethodPost, path, `{"amount":"500.00"}`, "Idempotency-Key", ""); bare.code() != "idempotency_key_missing" {
		t.Errorf("without a name: %d %s", bare.status, bare.body)
	}
	wrong := p.ask(t, http.MethodPost, path, `{"amount":"x"}`, "Idempotency-Key", "b")
	if r := p.ask(t, http.MethodPost, path, `{"amount":"x"}`, "Idempotency-Key", "b"); wrong.code() != "money_invalid" || r.body != wrong.body {
		t.Errorf("a refusal, again: %s, then %s", wrong.body, r.body)
	}
	list := p.ask(t, http.MethodGet, path, "")
	if n := strings.Count(list.body, `"yuan":"500.00"`); n != 1 {
		t.Errorf("%d payments: %s", n, list.body)
	}
}

// A program declares who rents a number, hands in a document once though it sends it
// twice, and is told what is missing; persons come back masked, to it and to the
// operator's program, and what it did is in the trail of the application.
func TestAPIDocuments(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	p := newProgram(t, tea, tea.base+"/api/customer/v1", apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
	office := newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "erp", Scopes: apikey.Operator.Scopes()})
	at := "/applications/" + things(tea)["application"]
	form := `{"enterprise":{"name":"茶","industry":"general"},"legal":{"name":"王大茶","id":"330106198001011234"},"targets":[{"phone":"01066668888","owner":"enterprise"}]}`
	if r := p.ask(t, http.MethodPut, at+"/form", form); r.status != http.StatusOK || strings.Contains(r.body, "王大茶") || strings.Contains(r.body, "330106198001011234") || !strings.Contains(r.body, `"path":"enterprise.uscc"`) {
		t.Errorf("declared: %d %s", r.status, r.body)
	}
	pdf := `{"kind":"pledge","name":"茶","data":"` + base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n1 0 obj <</S /Foo>> endobj\n%%EOF\n")) + `"}`
	first := p.ask(t, http.MethodPost, at+"/documents", pdf, "Idempotency-Key", "d")
	again := p.ask(t, http.MethodPost, at+"/documents", pdf, "Idempotency-Key", "d")
	if first.status != http.StatusCreated || again.body != first.body || !strings.Contains(first.body, `"type":"application/pdf"`) {
		t.Errorf("handed in: %d %s, again %s", first.status, first.body, again.body)
	}
	if r := p.ask(t, http.MethodPost, at+"/documents", `{"kind":"pledge","data":"PGh0bWw+"}`); r.code() != "file_type" {
		t.Errorf("no document: %d %s", r.status, r.body)
	}
	if r := p.ask(t, http.MethodPost, at+"/hand-in", ""); r.status != http.StatusUnprocessableEntity || r.code() != "input_invalid" || !strings.Contains(r.body, "documents.business_licence") {
		t.Errorf("handed in with nearly nothing: %d %s", r.status, r.body)
	}
	for name, r := range map[string]reply{"customer": p.ask(t, http.MethodGet, at, ""), "operator": office.ask(t, http.MethodGet, at, "")} {
		if r.status != http.StatusOK || strings.Count(r.body, `"document_added"`) != 1 || !strings.Contains(r.body, `"kind":"pledge"`) || strings.Contains(r.body, "王大茶") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := office.ask(t, http.MethodGet, "/applications?customer=tea&state=draft", ""); strings.Count(r.body, `"id":"rn_`) != 1 {
		t.Errorf("listed: %d %s", r.status, r.body)
	}
	if r := p.ask(t, http.MethodGet, "/members", ""); !strings.Contains(r.body, `"login":"tea@example.com"`) {
		t.Errorf("members: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodGet, "/traces?action=password_set", ""); strings.Count(r.body, `"action":"password_set"`) != 2 {
		t.Errorf("traces: %d %s", r.status, r.body)
	}
}

// A program of the operator's answers visitors: once, though it asks twice.
func TestAPIChats(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	office := newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "crm", Scopes: []apikey.Scope{apikey.ChatsAnswer}})
	if status, body := tea.send(t, http.MethodPost, "/contact", url.Values{"token": {"t"}, "name": {"李女士"}, "contact": {"0571-88886666"}, "offline": {"1"}, "text": {"多少钱？"}}); status != http.StatusSeeOther {
		t.Fatalf("a message is left: %d %s", status, body)
	}
	list := office.ask(t, http.MethodGet, "/chats", "")
	id := regexp.MustCompile(`cnv_\w+`).FindString(list.body)
	if list.status != http.StatusOK || id == "" || !strings.Contains(list.body, `"waiting":true`) || !strings.Contains(list.body, `"left":true`) {
		t.Fatalf("%d %s", list.status, list.body)
	}
	const answer = `{"by":"小王","text":"每分钟 0.10 元起"}`
	first := office.ask(t, http.MethodPost, "/chats/"+id+"/messages", answer, "Idempotency-Key", "m")
	again := office.ask(t, http.MethodPost, "/chats/"+id+"/messages", answer, "Idempotency-Key", "m")
	if first.status != http.StatusOK || again.body != first.body || strings.Count(first.body, `"text"`) != 2 || !strings.Contains(first.body, `"waiting":false`) {
		t.Errorf("answered: %d %s, again %s", first.status, first.body, again.body)
	}
	if second := office.ask(t, http.MethodPost, "/chats/"+id+"/messages", answer, "Idempotency-Key", "n"); strings.Count(second.body, `"text"`) != 3 {
		t.Errorf("the same words under another name: %s", second.body)
	}
	if r := office.ask(t, http.MethodPost, "/chats/"+id+"/call-back", `{"by":"小王","note":"周五再打"}`); r.status != http.StatusOK || !strings.Contains(r.body, `"called_at"`) {
		t.Errorf("called: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, "/chats/"+id+"/close", ""); r.status != http.StatusOK || !strings.Contains(r.body, `"over":true`) {
		t.Errorf("closed: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, "/chats/"+id+"/messages", answer); r.code() != "chat_closed" {
		t.Errorf("answered after its end: %d %s", r.status, r.body)
	}
}

// A transfer that a customer's program claims is booked by the operator's, each line
// of the statement once; a large one waits for a person, whatever programs say.
func TestAPITransfers(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	p := newProgram(t, tea, tea.base+"/api/customer/v1", apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
	desk := newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "erp", Scopes: apikey.Operator.Scopes()})
	other := newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "bank", Scopes: apikey.Operator.Scopes()})
	type transfer struct {
		ID, State, Reason          string
		Booked                     bool
		Received, Proposed, Amount struct{ Micro int64 }
	}
	read := func(r reply, status int) (out transfer) {
		t.Helper()
		if err := json.Unmarshal([]byte(r.body), &out); err != nil || r.status != status {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return out
	}
	claims := func(amount string) string {
		return read(p.ask(t, http.MethodPost, "/transfers", `{"payer":"杭州示例茶业","amount":"`+amount+`"}`), http.StatusCreated).ID
	}
	balance := func() int64 {
		var b struct{ Available struct{ Micro int64 } }
		r := p.ask(t, http.MethodGet, "/balance", "")
		if err := json.Unmarshal([]byte(r.body), &b); err != nil || b.Available.Micro == 0 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return b.Available.Micro
	}
	before := balance()
	small, same, large, none := claims("980.00"), claims("980.00"), claims("60000.00"), claims("1.00")
	book := func(by *program, id, sum, line string) reply {
		return by.ask(t, http.MethodPost, "/transfers/"+id+"/book", `{"received":"`+sum+`","reference":"`+line+`"}`)
	}
	if b := read(book(desk, small, "979.99", "L-1"), http.StatusOK); !b.Booked || b.State != "approved" || b.Received.Micro != 979_990_000 {
		t.Errorf("%+v", b)
	}
	if r := book(desk, same, "979.99", "L-1"); r.code() != "claim_reference" {
		t.Errorf("the same line again: %d %s", r.status, r.body)
	}
	if b := read(book(desk, large, "60000.00", "L-2"), http.StatusOK); b.Booked || b.State != "filed" || b.Proposed.Micro != 60_000_000_000 || b.Received.Micro != 0 {
		t.Errorf("%+v", b)
	}
	if seen := read(p.ask(t, http.MethodGet, "/transfers/"+large, ""), http.StatusOK); seen.State != "filed" || seen.Received.Micro != 0 {
		t.Errorf("the customer sees a proposal: %+v", seen)
	}
	for _, by := range []*program{desk, other} {
		if r := book(by, large, "60000.00", "L-2"); r.code() != "four_eyes" {
			t.Errorf("a program as the second pair of eyes: %d %s", r.status, r.body)
		}
	}
	if b := read(desk.ask(t, http.MethodPost, "/transfers/"+none+"/reject", `{"reason":"not_found","note":"没有这笔"}`), http.StatusOK); b.State != "rejected" || b.Reason != "not_found" {
		t.Errorf("%+v", b)
	}
	if got := balance() - before; got != 979_990_000 {
		t.Errorf("%d micro-yuan were booked", got)
	}
}

// A program invites members and removes them, but does nothing to owners.
func TestAPIMembers(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	p := newProgram(t, tea, tea.base+"/api/customer/v1", apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
	var list struct {
		Items []struct{ ID, Login, Role string }
	}
	members := func() {
		t.Helper()
		list.Items = nil
		r := p.ask(t, http.MethodGet, "/members", "")
		if err := json.Unmarshal([]byte(r.body), &list); err != nil || r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	members()
	if len(list.Items) != 1 || list.Items[0].Role != "owner" {
		t.Fatalf("%+v", list)
	}
	owner := list.Items[0]
	invite := func(login, role string) reply {
		return p.ask(t, http.MethodPost, "/members", `{"name":"李明","login":"`+login+`","role":"`+role+`"}`)
	}
	for _, r := range []reply{invite("new@example.com", "owner"), invite(owner.Login, "viewer"), p.ask(t, http.MethodDelete, "/members/"+owner.ID, "")} {
		if r.code() != "owner_by_key" {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	var done struct {
		Member struct{ ID string }
		Link   string
	}
	if r := invite("liming@example.com", "viewer"); r.status != http.StatusCreated || json.Unmarshal([]byte(r.body), &done) != nil || !strings.HasPrefix(done.Link, "http") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	page, err := http.Get(done.Link)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if page.StatusCode != http.StatusOK {
		t.Errorf("the link %s: %d", done.Link, page.StatusCode)
	}
	if members(); len(list.Items) != 2 {
		t.Errorf("%+v", list)
	}
	if r := p.ask(t, http.MethodDelete, "/members/"+done.Member.ID, ""); r.status != http.StatusNoContent {
		t.Errorf("%d %s", r.status, r.body)
	}
	if members(); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
}

// A program of the operator's gives a payment back once, and moves and grades numbers;
// it sees documents, each look written down, and decides only the review that it means.
func TestAPIOffice(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	p := newProgram(t, tea, tea.base+"/api/customer/v1", apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()})
	office := newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "erp", Scopes: apikey.Operator.Scopes()})

	pay := tea.links["pay"]
	if status, body := tea.send(t, http.MethodPost, pay.Path+"/sandbox?"+pay.RawQuery, url.Values{"do": {"pay"}, "amount": {"25"}}); status >= 400 {
		t.Fatalf("paid: %d %s", status, body)
	}
	back := "/payments/" + things(tea)["payment"] + "/refunds"
	if r := office.ask(t, http.MethodPost, back, `{"amount":"25.01","reference":"a","why":"退租"}`); r.code() != "refund_over" {
		t.Errorf("too much: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, back, `{"amount":"5.00","reference":"a"}`); r.code() != "reason_missing" {
		t.Errorf("without a reason: %d %s", r.status, r.body)
	}
	first := office.ask(t, http.MethodPost, back, `{"amount":"5.00","reference":"a","why":"退租"}`)
	again := office.ask(t, http.MethodPost, back, `{"amount":"5.00","reference":"a","why":"退租"}`)
	if first.status != http.StatusOK || !strings.Contains(first.body, `"state":"done"`) || again.body != first.body {
		t.Errorf("%d %s, again %s", first.status, first.body, again.body)
	}
	if r := office.ask(t, http.MethodGet, "/payments/"+things(tea)["payment"], ""); !strings.Contains(r.body, `"refunded":{"micro":5000000,`) {
		t.Errorf("after it: %s", r.body)
	}
	if r := office.ask(t, http.MethodPost, "/payments/"+things(tea)["payment"]+"/take", ""); r.code() != "payment_state" {
		t.Errorf("taken though right: %d %s", r.status, r.body)
	}

	if _, err := app.Operate(t.Context(), tea.cfg, app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: "4006001050"}}, Why: "import"}, quiet); err != nil {
		t.Fatal(err)
	}
	if r := office.ask(t, http.MethodPost, "/numbers/4006001050/grade", `{"fee":"3000","minimum":"200","why":"谈好的"}`); r.status != http.StatusOK {
		t.Errorf("graded: %d %s", r.status, r.body)
	}
	if r := p.ask(t, http.MethodGet, "/shop/numbers/4006001050", ""); !strings.Contains(r.body, "3000") {
		t.Errorf("the shop has another price: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, "/numbers/4006001050/state", `{"state":"quarantine","why":"投诉多"}`); r.code() != "number_state_step" {
		t.Errorf("moved too far: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, "/numbers/"+tea.number+"/state", `{"state":"suspended","why":"投诉多"}`); r.status != http.StatusOK || !strings.Contains(r.body, `"state":"suspended"`) {
		t.Errorf("moved: %d %s", r.status, r.body)
	}

	plan := func(body string) reply { return office.ask(t, http.MethodPost, "/plans/p/versions", body) }
	if r := plan(`{"day":"2020-01-01","fee":"700"}`); r.code() != "plan_version_day" {
		t.Errorf("planned for the past: %d %s", r.status, r.body)
	}
	day := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	for _, dry := range []string{"true", "false"} {
		if r := plan(`{"day":"` + day + `","number_fee":"77.00","dry":` + dry + `}`); r.status != http.StatusOK || !strings.Contains(r.body, `"number_fee":{"micro":77000000,`) {
			t.Errorf("planned, dry %s: %d %s", dry, r.status, r.body)
		}
	}
	if r := plan(`{"day":"` + day + `","number_fee":"78.00"}`); r.code() != "plan_version_taken" {
		t.Errorf("planned twice: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodGet, "/plans", ""); strings.Count(r.body, `"by":"API erp"`) != 1 || !strings.Contains(r.body, day) {
		t.Errorf("plans: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodDelete, "/plans/p/versions/"+day, ""); r.status != http.StatusNoContent {
		t.Errorf("withdrawn: %d %s", r.status, r.body)
	}

	at := "/applications/" + things(tea)["application"]
	scan := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n1 0 obj <</S /Foo>> endobj\n%%EOF\n"))
	added := p.ask(t, http.MethodPost, at+"/documents", `{"kind":"pledge","name":"茶","data":"`+scan+`"}`)
	document := regexp.MustCompile(`doc_\w+`).FindString(added.body)
	if r := office.ask(t, http.MethodGet, at+"/documents/"+document, ""); r.status != http.StatusOK || !strings.Contains(r.body, `"data":"`) {
		t.Errorf("the document: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodGet, at+"/documents/"+realname.DocumentID(7).String(), ""); r.code() != "realname_document_not_found" {
		t.Errorf("no document: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodPost, at+"/vendor-review", `{"verdict":"pass"}`); r.status != http.StatusConflict {
		t.Errorf("decided before it was handed in: %d %s", r.status, r.body)
	}
	if r := office.ask(t, http.MethodGet, at, ""); !strings.Contains(r.body, `"document_looked_at"`) {
		t.Errorf("the look is not written down: %s", r.body)
	}
}

// An application that a customer's program handed in passes both reviews by two keys,
// each for its own review alone; one that is asked for again says why.
func TestAPIReviews(t *testing.T) {
	t.Parallel()
	tea, rice := twoCustomers(t)
	key := func(client string, scopes ...apikey.Scope) *program {
		return newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: client, Scopes: scopes})
	}
	vendor, carrier := key("erp", apikey.ReviewsVendor), key("carrier", apikey.ReviewsCarrier)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 400, 300))); err != nil {
		t.Fatal(err)
	}
	scan := base64.StdEncoding.EncodeToString(picture.Bytes())
	state := func(r reply) string {
		t.Helper()
		var c struct{ State string }
		if err := json.Unmarshal([]byte(r.body), &c); err != nil || r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return c.State
	}
	// handIn declares, and hands in every document.
	handIn := func(v *visitor, code, name string) (at string) {
		t.Helper()
		p := newProgram(t, v, v.base+"/api/customer/v1", apikey.Wish{Customer: code, Scopes: apikey.Customer.Scopes()})
		at = "/applications/" + things(v)["application"]
		billed := calendar.Day(time.Now().AddDate(0, -1, 0))
		state(p.ask(t, http.MethodPut, at+"/form", `{"enterprise":{"name":"`+name+`","uscc":"91350100M000100Y43","usage":"售后热线"},"legal":{"name":"周以宁","id":"11010519491231002X"},`+
			`"targets":[{"phone":"01066668888","line":"fixed","owner":"legal","owner_name":"周以宁","billed_on":"`+billed+`"}]}`))
		for _, kind := range []string{"business_licence", "legal_front", "legal_back", "application_form", "pledge", "target_bill", "target_pledge"} {
			target := ""
			if strings.HasPrefix(kind, "target") {
				target = `"target":"01066668888",`
			}
			if r := p.ask(t, http.MethodPost, at+"/documents", `{"kind":"`+kind+`",`+target+`"data":"`+scan+`"}`); r.status != http.StatusCreated {
				t.Fatalf("%s: %d %s", kind, r.status, r.body)
			}
		}
		if got := state(p.ask(t, http.MethodPost, at+"/hand-in", "")); got != "vendor_review" {
			t.Fatalf("handed in: %s", got)
		}
		return at
	}
	at := handIn(tea, "tea", "杭州茶叶贸易")
	if r := carrier.ask(t, http.MethodPost, at+"/vendor-review", `{"verdict":"pass"}`); r.code() != "key_scope" {
		t.Errorf("the carrier's key at the operator's review: %d %s", r.status, r.body)
	}
	if r := carrier.ask(t, http.MethodPost, at+"/carrier-review", `{"verdict":"pass"}`); r.code() != "realname_state" {
		t.Errorf("the carrier's review before the operator's: %d %s", r.status, r.body)
	}
	if r := vendor.ask(t, http.MethodPost, at+"/vendor-review", `{"verdict":"ask"}`); r.code() != "realname_reasons" {
		t.Errorf("asked again for nothing: %d %s", r.status, r.body)
	}
	if got := state(vendor.ask(t, http.MethodPost, at+"/vendor-review", `{"verdict":"pass"}`)); got != "carrier_review" {
		t.Errorf("after the operator's review: %s", got)
	}
	if r := vendor.ask(t, http.MethodPost, at+"/carrier-review", `{"verdict":"pass"}`); r.code() != "key_scope" {
		t.Errorf("the operator's key at the carrier's review: %d %s", r.status, r.body)
	}
	if got := state(carrier.ask(t, http.MethodPost, at+"/carrier-review", `{"verdict":"pass","reference":"C-1"}`)); got != "approved" {
		t.Errorf("after the carrier's review: %s", got)
	}
	other := handIn(rice, "rice", "成都米业")
	r := vendor.ask(t, http.MethodPost, other+"/vendor-review", `{"verdict":"ask","reasons":["seal"],"note":"公章请盖全"}`)
	if state(r) != "asked" || !strings.Contains(r.body, "公章请盖全") {
		t.Errorf("asked for again: %s", r.body)
	}
}

var command = regexp.MustCompile(`(?m)^(?:([A-Z]+)=\$\()?curl -s (?:-X ([A-Z]+) )?"?\$(API|OFFICE)([^\s"]*)"? -H "\$AUTH"((?: -H (?:"[^"]*"|'[^']*'))*)(?: -d '([^']*)')?(?: \| jq -r (\S+)\))?$`)

// The commands of docs/rest.md do what they say, in their order.
func TestRestGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/rest.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(guide)
	tea, _ := twoCustomers(t)
	for _, digits := range []string{"4006001003", "4006001004"} {
		if _, err := app.Operate(t.Context(), tea.cfg, app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: digits}}, Why: "import"}, quiet); err != nil {
			t.Fatal(err)
		}
	}
	bases := map[string]*program{
		"API":    newProgram(t, tea, tea.base+"/api/customer/v1", apikey.Wish{Customer: "tea", Scopes: apikey.Customer.Scopes()}),
		"OFFICE": newProgram(t, tea, tea.api+"/api/operator/v1", apikey.Wish{Client: "erp", Scopes: apikey.Operator.Scopes()}),
	}
	vars := map[string]string{}
	fill := func(s string) string {
		for name, value := range vars {
			s = strings.ReplaceAll(s, "$"+name, value)
		}
		return s
	}
	found := command.FindAllStringSubmatch(text, -1)
	for _, c := range found {
		method := c[2]
		if method == "" {
			method = map[bool]string{true: http.MethodPost, false: http.MethodGet}[c[6] != "" || strings.Contains(c[5], "Idempotency-Key")]
		}
		var header []string
		for _, h := range regexp.MustCompile(`-H (?:"([^"]*)"|'([^']*)')`).FindAllStringSubmatch(c[5], -1) {
			name, value, _ := strings.Cut(h[1]+h[2], ": ")
			if name != "Idempotency-Key" {
				header = append(header, name, fill(value))
			}
		}
		r := bases[c[3]].ask(t, method, fill(c[4]), fill(c[6]), header...)
		if r.status >= 300 {
			t.Fatalf("%s: %d %s", c[0], r.status, r.body)
		}
		if c[1] == "" {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(r.body), &value); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Split(strings.Trim(c[7], "."), ".") {
			key, first := strings.CutSuffix(key, "[0]")
			if value = value.(map[string]any)[key]; first {
				value = value.([]any)[0]
			}
		}
		vars[c[1]] = value.(string)
	}
	if n := strings.Count(text, "curl "); n != len(found) || n < 12 {
		t.Errorf("%d of %d commands were run", len(found), n)
	}
}
