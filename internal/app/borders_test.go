package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/go-chi/chi/v5"

	"sibai/internal/apikey"
	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/notify"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/web"
	"sibai/internal/web/account"
	"sibai/internal/web/checkout"
	pages "sibai/internal/web/page"
	"sibai/internal/web/transfer"
	"sibai/internal/webhook"
)

const bordersSite = `
trunks: [{code: phones, outbound: {address: "127.0.0.1:5999"}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: p, kind: annual, tariff: minute, fee: 10, term_months: 1, collection: automatic}]
customers:
  - code: tea
    name: 杭州茶叶贸易
    low_balance: 1000
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008266688", plan: p, targets: ["13800000001"]}]
  - code: rice
    name: 宁波稻米加工
    low_balance: 1000
    targets: [{phone: "13800000002", trunk: phones}]
    numbers: [{number: "4008266699", plan: p, targets: ["13800000002"]}]
`

// visitor is a customer's owner in a browser, and what the customer has.
type visitor struct {
	http.Client
	base   string // of the pages for customers
	office string // of those for staff
	api    string // of the documents for the operator's keys
	cfg    config.Config
	person identity.ID
	number string
	hook   string              // a webhook of the customer
	notice string              // a notice that the customer was told
	key    string              // an API key of the customer
	links  map[string]*url.URL // by what stands first in their paths: order, pay, verify
}

func (v *visitor) send(t *testing.T, method, path string, form url.Values) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(t, req)
}

// do sends a request and reads the whole answer.
func (v *visitor) do(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	res, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(all)
}

// twoCustomers are the owners of two customers of a node, signed in, each with a
// number, an order, a payment that is asked for and a real-name application.
func twoCustomers(t *testing.T) (tea, rice *visitor) {
	t.Helper()
	cfg := paySettings(t)
	cfg.Order.Trunk, cfg.Order.ShowCodes, cfg.API.Listen = "phones", true, "127.0.0.1:0"
	cfg.Bank.Holder, cfg.Bank.Bank, cfg.Bank.Account = "h", "b", "1"
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(bordersSite), false, quiet); err != nil {
		t.Fatal(err)
	}
	do := func(o app.Order) app.Outcome {
		t.Helper()
		out, err := app.Operate(t.Context(), cfg, o, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	link := func(text string) *url.URL {
		t.Helper()
		u, err := url.Parse(text)
		if err != nil || u.Query().Get("k") == "" {
			t.Fatalf("the link %q: %v", text, err)
		}
		return u
	}
	customer := func(code, name, number, wanted string) *visitor {
		do(app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: wanted}}, Why: "import"})
		do(app.Order{Do: app.DoTopUp, Customer: code, Bucket: charging.Cash, Amount: 100 * money.Yuan, Channel: "bank", Reference: code})
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		v := &visitor{base: "http://" + node.PublicAddr(), office: "http://" + node.HTTPAddr(), api: "http://" + node.APIAddr(), cfg: cfg, number: number, Client: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		v.links = map[string]*url.URL{
			"order": link(do(app.Order{Do: app.DoPlace, Wish: &order.Wish{
				Customer: code, Handler: order.Handler{Name: name, Phone: "13800138000", Lang: "zh"},
				Items: []order.WishItem{{Number: wanted, Plan: "p", Targets: []string{"01066668888"}}},
			}}).Link),
			"pay": link(do(app.Order{Do: app.DoAsk, Customer: code, Amount: 25 * money.Yuan}).Link),
		}
		begun, err := app.RealName(t.Context(), cfg, app.RealNameOrder{Do: app.RealNameBegin, Customer: code, Number: number, Who: "he"}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		out, err := app.RealName(t.Context(), cfg, app.RealNameOrder{Do: app.RealNameLink, Application: begun.Application.ID, Who: "he"}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		v.links["verify"] = link(out.Link)
		in := do(app.Order{Do: app.DoInvite, Customer: code, Invite: &identity.Invitation{Name: name, Login: code + "@example.com", Role: identity.Owner}})
		v.person = in.Person.ID
		welcome := link(in.Link)
		if status, body := v.send(t, http.MethodPost, welcome.Path+"?"+welcome.RawQuery, url.Values{"password": {"four unrelated words"}}); status != http.StatusSeeOther {
			t.Fatalf("come in: %d %s", status, body)
		}
		v.addHook(t)
		v.addKey(t)
		return v
	}
	tea, rice = customer("tea", "王茶", "4008266688", "4006001001"), customer("rice", "李米", "4008266699", "4006001002")
	do(app.Order{Do: app.DoBill}) // both are told that their balance is low
	tea.notice, rice.notice = told(t, cfg, "tea"), told(t, cfg, "rice")
	return tea, rice
}

// told is a notice of a customer.
func told(t *testing.T, cfg config.Config, code string) string {
	t.Helper()
	store, err := app.ReadStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	list, err := store.Catalog.Notices(t.Context(), billing.NoticeFilter{Customer: code, Kind: billing.LowBalance})
	if err != nil || len(list) != 1 {
		t.Fatalf("%s was told %+v, %v", code, list, err)
	}
	return notify.NoticeID(list[0].ID).String()
}

var hookID = regexp.MustCompile(`whk_[0-9A-Z]+`)

// addHook makes a webhook of the customer, in place of one that is gone.
func (v *visitor) addHook(t *testing.T) {
	t.Helper()
	status, body := v.send(t, http.MethodPost, "/console/webhooks", url.Values{"url": {"https://crm.example.com/" + v.number}, "type": {"call.ended"}})
	if v.hook = hookID.FindString(body); status != http.StatusOK || v.hook == "" {
		t.Fatalf("a webhook: %d %s", status, body)
	}
}

var keyID = regexp.MustCompile(`key_[0-9A-Z]+`)

// addKey makes an API key of the customer.
func (v *visitor) addKey(t *testing.T) {
	t.Helper()
	status, body := v.send(t, http.MethodPost, "/console/keys", url.Values{"name": {"CRM of " + v.number}, "scope": {"calls:read"}})
	if v.key = keyID.FindString(body); status != http.StatusOK || v.key == "" {
		t.Fatalf("an API key: %d %s", status, body)
	}
}

// form is one that each of the pages would take from whom it is of.
var anyForm = url.Values{
	"version": {"1"}, "phone": {"13800000001"}, "owner": {"enterprise"}, "list": {"work"}, "to": {"up"}, "sure": {"yes"}, "seconds": {"20"},
	"distribution": {"ordered"}, "restore": {"1"}, "code": {"123456"}, "name": {"王茶"}, "targets": {"13911112222"}, "amount": {"25"}, "do": {"pay"},
}

// noPayer stands where the sandbox is, so that its address is there.
type noPayer struct{ checkout.Sandbox }

// countdown is what of a page changes by itself.
var countdown = regexp.MustCompile(`<span class="sb-tn" data-sb-until="[^"]*">[^<]*</span>`)

// addressed are the routes of the pages for customers that name something of a
// customer; what everybody may name is left out.
func addressed(t *testing.T) (list [][2]string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	gate := account.NewGate(pages.Pages{Log: log}, nil, memstore.NewWithCleanupInterval(0), false, false)
	all := web.PublicHandler(web.PublicDeps{Log: log, Sandbox: noPayer{}, Transfers: transfer.Deps{Bank: transfer.Bank{Number: "1"}}, Console: web.Console{Gate: gate}})
	everybody := []string{"/numbers/{number}", "/help/{slug}"}
	err := chi.Walk(all.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(route, "/console/passkeys") {
			return nil // there are none for an address without a name; package portable tests whose they are
		}
		if strings.Contains(route, "{") && !slices.Contains(everybody, route) && !strings.Contains(route, "{provider}") {
			list = append(list, [2]string{method, route})
		}
		return nil
	})
	if err != nil || len(list) < 20 {
		t.Fatalf("%d routes, %v", len(list), err)
	}
	return list
}

// One customer's owner, signed in, gets of another customer's things what there is of
// things that are not there, on every address that names one: also with the key of
// a link of its own. The other's things stay as they were.
func TestCustomersApart(t *testing.T) {
	t.Parallel()
	tea, rice := twoCustomers(t)
	secrets := []string{"杭州茶叶贸易", "王茶", "tea@example.com", "13800000001", "4006001001"}
	leaks := func(name, body string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(body, s) {
				t.Errorf("%s says %s", name, s)
			}
		}
	}
	nothing := map[string]string{"order": order.ID(7).String(), "pay": payment.ID(7).String(), "verify": realname.ID(7).String()}
	path := func(route string, v *visitor, there bool, key string) string {
		kind, _, _ := strings.Cut(route[1:], "/")
		id, number, person, notice := nothing[kind], "4008266600", identity.ID(7), notify.NoticeID(7).String()
		if there {
			number, person, notice = v.number, v.person, v.notice
			if u := v.links[kind]; u != nil {
				id = strings.Split(u.Path, "/")[2]
			}
		}
		if strings.HasPrefix(route, "/console/webhooks") {
			if id = webhook.ID(7).String(); there {
				id = v.hook
			}
		}
		if strings.HasPrefix(route, "/console/keys") {
			if id = apikey.ID(7).String(); there {
				id = v.key
			}
		}
		out := strings.NewReplacer("{id}", id, "{number}", number, "{person}", person.String(), "{notice}", notice).Replace(route)
		if key != "" {
			out += "?k=" + url.QueryEscape(key)
		}
		return out
	}
	look := func() map[string]string {
		shown := map[string]string{}
		for _, p := range []string{"/console/numbers/" + tea.number, "/console/members", "/console/money", "/console/webhooks", "/console/keys"} {
			status, body := tea.send(t, http.MethodGet, p, nil)
			if status != http.StatusOK {
				t.Fatalf("%s by its owner: %d", p, status)
			}
			shown[p] = body
		}
		for kind, u := range tea.links {
			status, body := tea.send(t, http.MethodGet, u.Path+"?"+u.RawQuery, nil)
			if status != http.StatusOK {
				t.Fatalf("%s by its owner: %d", kind, status)
			}
			shown[kind] = countdown.ReplaceAllString(body, "")
		}
		return shown
	}
	before := look()
	routes := addressed(t)
	for _, r := range routes {
		method, route := r[0], r[1]
		kind, _, _ := strings.Cut(route[1:], "/")
		keys := []string{""}
		if u := rice.links[kind]; u != nil {
			keys = append(keys, u.Query().Get("k"), "x")
		}
		for _, key := range keys {
			got, body := rice.send(t, method, path(route, tea, true, key), anyForm)
			none, _ := rice.send(t, method, path(route, tea, false, key), anyForm)
			if got < 400 || got >= 500 || got != none {
				t.Errorf("%s %s of another, key %q: %d, of nobody: %d", method, route, key, got, none)
			}
			if kind != "console" && got != http.StatusNotFound {
				t.Errorf("%s %s of another, key %q: %d", method, route, key, got)
			}
			leaks(method+" "+route, body)
		}
	}
	secrets = append(secrets, tea.number, "400-826-6688") // no address says them here
	for _, p := range []string{"/console", "/console/numbers", "/console/calls", "/console/orders", "/console/money", "/console/members", "/console/notices"} {
		status, body := rice.send(t, http.MethodGet, p, nil)
		if status != http.StatusOK {
			t.Errorf("%s: %d", p, status)
		}
		leaks(p, body)
	}
	// To look at another customer's console is refused, and changes nothing.
	if status, body := rice.send(t, http.MethodPost, "/console/customer", url.Values{"customer": {"tea"}}); status < 400 {
		t.Errorf("switched to another customer: %d %s", status, body)
	}
	if _, body := rice.send(t, http.MethodGet, "/console", nil); !strings.Contains(body, "宁波稻米加工") {
		t.Error("after that the own console is gone")
	}
	for name, now := range look() {
		if now != before[name] {
			t.Errorf("%s is not what it was", name)
		}
	}
	// The same requests by whom the things are of do find them.
	for _, r := range routes {
		if strings.HasSuffix(r[1], "/replay") {
			continue // of an event, of which there is none yet
		}
		if strings.HasPrefix(r[1], "/console/webhooks") {
			tea.addHook(t) // whatever became of the one before
		}
		kind, _, _ := strings.Cut(r[1][1:], "/")
		key := ""
		if u := tea.links[kind]; u != nil {
			key = u.Query().Get("k")
		}
		if got, _ := tea.send(t, r[0], path(r[1], tea, true, key), anyForm); got == http.StatusNotFound || got >= 500 {
			t.Errorf("%s %s by its owner: %d", r[0], r[1], got)
		}
	}
}

// A session that somebody planted is worth nothing after the sign-in, one that ended
// neither, and who guesses passwords finds the right one no better than the wrong.
func TestSessionsAndGuesses(t *testing.T) {
	t.Parallel()
	tea, rice := twoCustomers(t)
	base, err := url.Parse(tea.base)
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(v *visitor) string {
		for _, c := range v.Jar.Cookies(base) {
			if c.Name == "sibai_console" {
				return c.Value
			}
		}
		return ""
	}
	plant := func(v *visitor, token string) {
		v.Jar.SetCookies(base, []*http.Cookie{{Name: "sibai_console", Value: token, Path: "/"}})
	}
	signIn := func(v *visitor, login, password string) int {
		status, _ := v.send(t, http.MethodPost, "/signin", url.Values{"login": {login}, "password": {password}})
		return status
	}
	console := func(v *visitor) int {
		status, _ := v.send(t, http.MethodGet, "/console/members", nil)
		return status
	}
	fresh := func() *visitor {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &visitor{base: tea.base, Client: http.Client{Jar: jar, CheckRedirect: tea.CheckRedirect}}
	}
	was := cookie(tea)
	for _, token := range []string{"planted-by-somebody", cookie(rice)} {
		victim, attacker := fresh(), fresh()
		plant(victim, token)
		if got := signIn(victim, "tea@example.com", "four unrelated words"); got != http.StatusSeeOther || cookie(victim) == token {
			t.Fatalf("signed in: %d, the token is still the planted one: %v", got, cookie(victim) == token)
		}
		plant(attacker, token)
		if status, body := attacker.send(t, http.MethodGet, "/console", nil); status == http.StatusOK && strings.Contains(body, "杭州茶叶贸易") {
			t.Error("who planted the session is in the console of whom it was planted on")
		}
	}
	if got := console(tea); got != http.StatusOK {
		t.Fatalf("before it signs out: %d", got)
	}
	if status, _ := tea.send(t, http.MethodPost, "/signout", nil); status != http.StatusSeeOther {
		t.Errorf("sign out: %d", status)
	}
	thief := fresh()
	plant(thief, was)
	if got := console(thief); got != http.StatusSeeOther {
		t.Errorf("with the session of who signed out: %d", got)
	}
	guesser := fresh()
	for i := range 8 {
		if got := signIn(guesser, "tea@example.com", "four related words"); got != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	if got := signIn(guesser, "tea@example.com", "four unrelated words"); got != http.StatusUnprocessableEntity || console(guesser) != http.StatusSeeOther {
		t.Errorf("the right password after eight wrong ones: %d", got)
	}
}

// What staff look at that names persons is kept, with who looked: pages that they
// were refused are not.
func TestLooksAreKept(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	out, err := app.Operate(t.Context(), tea.cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: "李审核", Login: "li@example.com", Role: identity.Reviewer}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	welcome, err := url.Parse(out.Link)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	li := &visitor{base: tea.office, Client: http.Client{Jar: jar, CheckRedirect: tea.CheckRedirect}}
	if status, _ := li.send(t, http.MethodPost, welcome.Path+"?"+welcome.RawQuery, url.Values{"password": {"four unrelated words"}}); status != http.StatusSeeOther {
		t.Fatalf("come in: %d", status)
	}
	id := strings.Split(tea.links["order"].Path, "/")[2]
	for path, want := range map[string]int{
		"/office/orders/" + id: 200, "/office/orders/" + id + "/contract.pdf": 200, "/office/customers/tea": 200, "/office/ledger": 200,
		"/office/customers/none": 404, "/office/staff": 403,
	} {
		if status, body := li.send(t, http.MethodGet, path, nil); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	list, err := app.Traces(t.Context(), tea.cfg, identity.TraceFilter{Person: out.Person.ID})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, trace := range list {
		if trace.Who == "李审核" && trace.Address == "127.0.0.1" {
			got = append(got, strings.TrimSpace(trace.Action+" "+trace.Subject))
		}
	}
	slices.Sort(got)
	if want := []string{"contract_seen " + id, "customer_seen tea", "ledger_seen", "order_seen " + id, "password_set li@example.com"}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

// One address may look only so many numbers up, whatever it says of itself, and is
// told so by a page.
func TestLookUpLimit(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	get := func() (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tea.base+"/verify?number=4006001001", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "203.0.113.9")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body), res.Header
	}
	refused := 0
	for range 130 { // the count may begin anew once meanwhile
		status, body, header := get()
		if status == http.StatusOK {
			continue
		}
		if refused++; status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || !strings.Contains(body, "操作过于频繁") {
			t.Fatalf("%d %s", status, body)
		}
	}
	if refused == 0 {
		t.Error("nobody was ever refused")
	}
	if status, _ := tea.send(t, http.MethodGet, "/verify", nil); status != http.StatusOK {
		t.Errorf("the page itself: %d", status)
	}
}

// A member goes on with an order of its customer without the link, and hands in the
// documents of its own numbers; nobody else's.
func TestMembersGoOn(t *testing.T) {
	t.Parallel()
	tea, rice := twoCustomers(t)
	path := tea.links["order"].Path
	if status, body := tea.send(t, http.MethodGet, path, nil); status != http.StatusOK || !strings.Contains(body, "400-600-1001") {
		t.Errorf("its own order: %d", status)
	}
	if status, _ := tea.send(t, http.MethodPost, path+"/code", nil); status != http.StatusSeeOther {
		t.Errorf("a code for its own order: %d", status)
	}
	if status, _ := rice.send(t, http.MethodGet, path, nil); status != http.StatusNotFound {
		t.Errorf("another's order: %d", status)
	}
	stranger := &visitor{base: tea.base}
	if status, _ := stranger.send(t, http.MethodGet, path, nil); status != http.StatusNotFound {
		t.Errorf("without signing in: %d", status)
	}
	for _, c := range []struct {
		v      *visitor
		number string
		status int
	}{{tea, tea.number, http.StatusSeeOther}, {rice, tea.number, http.StatusUnprocessableEntity}, {tea, "4008266600", http.StatusUnprocessableEntity}, {tea, "x", http.StatusUnprocessableEntity}} {
		if status, body := c.v.send(t, http.MethodPost, "/console/documents", url.Values{"number": {c.number}}); status != c.status {
			t.Errorf("documents of %s: %d %s", c.number, status, body)
		}
	}
	if _, body := rice.send(t, http.MethodGet, "/console/documents", nil); strings.Contains(body, "400-826-6688") || !strings.Contains(body, "400-826-6699") {
		t.Errorf("the page of another: %s", body)
	}
}
