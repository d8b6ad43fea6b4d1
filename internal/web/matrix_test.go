package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/go-chi/chi/v5"

	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/chat"
	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/notify"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/reconcile"
	"sibai/internal/site"
	"sibai/internal/target"
	"sibai/internal/vault"
	"sibai/internal/web"
	"sibai/internal/web/account"
	"sibai/internal/web/console"
	"sibai/internal/web/live/livetest"
	"sibai/internal/web/office"
	"sibai/internal/web/outbox"
	"sibai/internal/web/page"
	"sibai/internal/web/review"
	"sibai/internal/web/transfer"
	"sibai/internal/webhook"
)

// allowed says which roles may use each address behind a sign-in, as docs/people.md
// does. An address that is not here fails the test: who adds one says who may.
var (
	everyMember = identity.MemberRoles()
	everyStaff  = identity.StaffRoles()
	reviewers   = []identity.Role{identity.Admin, identity.Reviewer}
	personal    = []identity.Role{identity.Admin, identity.Reviewer, identity.CarrierDesk}
	changers    = []identity.Role{identity.Owner, identity.Routing}
	onlyAdmin   = []identity.Role{identity.Admin}

	allowed = map[string][]identity.Role{
		"GET /console":                           everyMember,
		"GET /console/calls":                     everyMember,
		"GET /console/orders":                    everyMember,
		"GET /console/documents":                 everyMember,
		"POST /console/documents":                {identity.Owner, identity.Finance},
		"GET /console/password":                  everyMember,
		"POST /console/password":                 everyMember,
		"GET /console/passkeys":                  everyMember,
		"POST /console/passkeys":                 everyMember,
		"POST /console/passkeys/begin":           everyMember,
		"POST /console/passkeys/{key}/remove":    everyMember,
		"GET /console/second":                    everyMember,
		"POST /console/second":                   everyMember,
		"GET /console/numbers":                   everyMember,
		"GET /console/numbers/{number}":          everyMember,
		"POST /console/numbers/{number}/targets": changers,
		"POST /console/numbers/{number}/move":    changers,
		"POST /console/numbers/{number}/remove":  changers,
		"POST /console/numbers/{number}/ring":    changers,
		"POST /console/numbers/{number}/restore": changers,
		"POST /console/numbers/{number}/code":    changers,
		"POST /console/numbers/{number}/prove":   changers,
		"GET /console/money":                     {identity.Owner, identity.Finance},
		"POST /console/money":                    {identity.Owner, identity.Finance},
		"GET /console/members":                   {identity.Owner},
		"POST /console/members":                  {identity.Owner},
		"POST /console/members/{person}/remove":  {identity.Owner},

		"GET /office":                          everyStaff,
		"GET /office/password":                 everyStaff,
		"POST /office/password":                everyStaff,
		"GET /office/second":                   everyStaff,
		"POST /office/second":                  everyStaff,
		"GET /office/orders/{id}":              everyStaff,
		"GET /office/orders/{id}/contract.pdf": personal,
		"POST /office/orders/{id}/handin":      reviewers,
		"POST /office/orders/{id}/vet":         reviewers,
		"POST /office/orders/{id}/askagain":    reviewers,
		"POST /office/orders/{id}/refuse":      reviewers,
		"POST /office/orders/{id}/open":        {identity.Admin, identity.CarrierDesk},
		"POST /office/orders/{id}/cancel":      {identity.Admin, identity.Sales},
		"GET /office/customers":                everyStaff,
		"GET /office/passkeys":                 everyStaff,
		"POST /office/passkeys":                everyStaff,
		"POST /office/passkeys/begin":          everyStaff,
		"POST /office/passkeys/{key}/remove":   everyStaff,

		"GET /office/plans":                   everyStaff,
		"GET /office/plans/{plan}/version":    {identity.Admin},
		"POST /office/plans/{plan}/version":   {identity.Admin},
		"POST /office/plans/{plan}/withdraw":  {identity.Admin},
		"GET /office/numbers":                 everyStaff,
		"GET /office/numbers/{number}":        everyStaff,
		"GET /office/numbers/in":              {identity.Admin, identity.Sales},
		"POST /office/numbers/{number}/grade": {identity.Admin, identity.Sales},
		"POST /office/numbers/{number}/state": {identity.Admin, identity.Sales},
		"POST /office/numbers/in":             {identity.Admin, identity.Sales},

		"GET /office/reviews":                                   personal,
		"GET /office/reviews/{id}":                              personal,
		"POST /office/reviews/{id}/whole":                       personal,
		"GET /office/reviews/{id}/documents/{document}":         personal,
		"GET /office/reviews/{id}/documents/{document}/preview": personal,
		"POST /office/reviews/{id}/vendor":                      reviewers,
		"POST /office/reviews/{id}/carrier":                     {identity.Admin, identity.CarrierDesk},
		"GET /office/messages":                                  everyStaff,
		"GET /office/messages/{message}":                        everyStaff,
		"POST /office/messages/{message}/resend":                {identity.Admin, identity.Sales, identity.Reviewer},
		"POST /office/messages/{message}/drop":                  {identity.Admin, identity.Sales, identity.Reviewer},
		"GET /office/bills":                                     {identity.Admin, identity.Cashier},
		"POST /office/bills":                                    {identity.Admin, identity.Cashier},
		"GET /office/bills/{provider}/{day}":                    {identity.Admin, identity.Cashier},
		"POST /office/bills/{provider}/{day}/{seq}":             {identity.Admin, identity.Cashier},
		"GET /office/claims":                                    {identity.Admin, identity.Cashier},
		"GET /office/claims/{id}":                               {identity.Admin, identity.Cashier},
		"GET /office/claims/{id}/slip":                          {identity.Admin, identity.Cashier},
		"POST /office/claims/{id}/approve":                      {identity.Admin, identity.Cashier},
		"POST /office/claims/{id}/reject":                       {identity.Admin, identity.Cashier},

		"GET /console/notices":           everyMember,
		"POST /console/notices":          everyMember,
		"GET /console/notices/choices":   {identity.Owner},
		"POST /console/notices/choices":  {identity.Owner},
		"POST /console/notices/{notice}": everyMember,
		"GET /office/notices":            everyStaff,
		"POST /office/notices":           everyStaff,
		"POST /office/notices/{notice}":  everyStaff,

		"GET /console/webhooks":              {identity.Owner},
		"POST /console/webhooks":             {identity.Owner},
		"GET /console/webhooks/{id}":         {identity.Owner},
		"POST /console/webhooks/{id}/remove": {identity.Owner},
		"POST /console/webhooks/{id}/on":     {identity.Owner},
		"POST /console/webhooks/{id}/ping":   {identity.Owner},
		"POST /console/webhooks/{id}/replay": {identity.Owner},
		"POST /console/webhooks/{id}/rotate": {identity.Owner},
		"GET /console/keys":                  {identity.Owner},
		"POST /console/keys":                 {identity.Owner},
		"POST /console/keys/{id}/revoke":     {identity.Owner},

		"GET /console/transfer":  {identity.Owner, identity.Finance},
		"POST /console/transfer": {identity.Owner, identity.Finance},

		"GET /office/freezes":                    personal,
		"POST /office/freezes":                   reviewers,
		"POST /office/freezes/lift":              reviewers,
		"GET /office/customers/{code}":           everyStaff,
		"GET /office/payments":                   {identity.Admin, identity.Cashier},
		"GET /office/payments/{payment}":         {identity.Admin, identity.Cashier},
		"POST /office/payments/{payment}/refund": {identity.Admin, identity.Cashier},
		"POST /office/payments/{payment}/take":   {identity.Admin, identity.Cashier},
		"GET /office/ledger":                     everyStaff,
		"GET /office/ledger.csv":                 personal,
		"GET /office/ledger.xlsx":                personal,
		"GET /office/staff":                      onlyAdmin,
		"POST /office/staff":                     onlyAdmin,
		"POST /office/staff/dismiss":             onlyAdmin,
		"POST /office/staff/block":               onlyAdmin,
		"POST /office/staff/unblock":             onlyAdmin,
		"GET /office/traces":                     onlyAdmin,

		"GET /support":                everyStaff,
		"GET /support/events":         everyStaff,
		"POST /support/here":          everyStaff,
		"POST /support/away":          everyStaff,
		"POST /support/say":           everyStaff,
		"POST /support/close":         everyStaff,
		"POST /support/called":        everyStaff,
		"POST /support/canned":        everyStaff,
		"POST /support/canned/remove": everyStaff,
	}
	// open are the addresses under the same roofs that need no sign-in, or only
	// whose own session it is.
	open = []string{
		"GET /office/signin", "POST /office/signin", "POST /office/signout", "GET /office/welcome", "POST /office/welcome", "POST /console/customer",
		"GET /office/signin/second", "POST /office/signin/second", "POST /office/signin/sso", "GET /office/signin/sso/back", "POST /office/signin/passkey/begin", "POST /office/signin/passkey",
	}
)

// Every address × every role: who may is served, who may not is refused, and
// nobody gets through without a sign-in or with the other side's.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	b := newBuilding(t)
	seen := map[string]bool{}
	for _, side := range []struct {
		handler http.Handler
		staff   bool
		prefix  string
	}{{b.public, false, "/console"}, {b.operator, true, "/office"}} {
		server := httptest.NewServer(side.handler)
		t.Cleanup(server.Close)
		err := chi.Walk(side.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
			name := method + " " + route
			if !strings.HasPrefix(route, side.prefix) && !strings.HasPrefix(route, "/support") || slices.Contains(open, name) {
				return nil
			}
			may, ok := allowed[name]
			if !ok {
				t.Errorf("%s stands in no table: say in this test and in docs/people.md who may use it", name)
				return nil
			}
			seen[name] = true
			address := server.URL + strings.NewReplacer("{id}", order.ID(7).String(), "{person}", identity.ID(7).String(), "{code}", "tea", "{number}", "4006001000").Replace(route)
			for _, role := range append(identity.MemberRoles(), identity.StaffRoles()...) {
				got := b.status(t, role, method, address)
				switch {
				case role.Staff() != side.staff:
					if got != http.StatusSeeOther && got != http.StatusUnauthorized {
						t.Errorf("%s by %s, of the other side: %d", name, role, got)
					}
				case slices.Contains(may, role):
					if got == http.StatusForbidden || got == http.StatusUnauthorized || got >= 500 {
						t.Errorf("%s by %s: %d", name, role, got)
					}
				case got != http.StatusForbidden:
					t.Errorf("%s by %s: %d, want 403", name, role, got)
				}
			}
			if got := b.status(t, "", method, address); method == http.MethodGet && got != http.StatusSeeOther || method != http.MethodGet && got != http.StatusUnauthorized {
				t.Errorf("%s by nobody: %d", name, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("%s is in the table, but there is no such address", name)
		}
	}
}

// A form of another site is refused on every address that changes something, whoever
// is signed in.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	b := newBuilding(t)
	for _, side := range []struct {
		handler http.Handler
		role    identity.Role
	}{{b.operator, identity.Admin}, {b.public, identity.Owner}} {
		server := httptest.NewServer(side.handler)
		t.Cleanup(server.Close)
		found := 0
		err := chi.Walk(side.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
			if method == http.MethodGet || method == http.MethodHead {
				return nil
			}
			found++
			for header, value := range map[string]string{"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"} {
				req, err := http.NewRequestWithContext(t.Context(), method, server.URL+route, strings.NewReader("name=x&login=x@example.com&role=admin"))
				if err != nil {
					return err
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set(header, value)
				res, err := b.client(t, side.role, server.URL, side.role.Staff()).Do(req)
				if err != nil {
					return err
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s with %s: %d", method, route, header, res.StatusCode)
				}
			}
			return nil
		})
		if err != nil || found < 10 {
			t.Errorf("%d addresses, %v", found, err)
		}
	}
}

// A sign-in has a token of its own, and leads to pages of this site alone.
func TestSignInOnThePage(t *testing.T) {
	t.Parallel()
	b := newBuilding(t)
	server := httptest.NewServer(b.operator)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{
		"/office/staff?x=1": "/office/staff?x=1", "": "/office", "https://evil.example.com/office": "/office", "//evil.example.com/office": "/office",
		"/\\evil.example.com": "/office", "/office/../../x": "/office", "/office//evil": "/office", "javascript:alert(1)": "/office", "/officer": "/office",
	} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(at, []*http.Cookie{{Name: "sibai_office", Value: "planted-by-somebody", Path: "/"}})
		client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.PostForm(server.URL+"/office/signin", url.Values{"login": {"admin@example.com"}, "password": {"right"}, "to": {to}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != want {
			t.Errorf("to %q: %d %q, want %q", to, res.StatusCode, got, want)
		}
		for _, c := range res.Cookies() {
			if c.Value == "planted-by-somebody" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("the cookie is %+v", c)
			}
		}
	}
	res, err := http.PostForm(server.URL+"/office/signin", url.Values{"login": {"admin@example.com<script>"}, "password": {"wrong"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(string(body), "<script>\"") || !strings.Contains(string(body), "admin@example.com&lt;script&gt;") {
		t.Errorf("%d, what was typed is not kept, or not escaped: %v", res.StatusCode, err)
	}
}

// building is both sides with people of every role in them. Nothing behind the
// pages is real: the test is about who gets to it.
type building struct {
	public, operator http.Handler
	people           *cast
	mu               sync.Mutex
	clients          map[string]*http.Client
}

func newBuilding(t *testing.T) *building {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	b := &building{people: &cast{}, clients: map[string]*http.Client{}}
	source := &livetest.Source{}
	b.operator = web.Handler(web.Deps{Live: source, Log: quiet, Chat: noChat{}, Office: web.Office{
		Gate: account.NewGate(page.Pages{Log: quiet}, b.people, memstore.NewWithCleanupInterval(0), true, false), Deps: office.Deps{Source: nothing{}, Orders: nothing{}, People: b.people, Receipts: noReceipts{}}, Applications: noCases{}, Claims: noClaims{}, Bills: noBills{}, Notices: noNotices{}, Messages: outbox.Deps{Messages: noMessages{}, Sender: noMessages{}}, Stock: noNumbers{}, Catalogue: noNumbers{}, Prices: noPrices{},
	}})
	b.public = web.PublicHandler(web.PublicDeps{Log: quiet, Hooks: noHooks{}, Notices: noNotices{}, Keys: noKeys{}, Writes: b.people, Transfers: transfer.Deps{Claims: noClaims{}, Bank: transfer.Bank{Number: "1"}}, Console: web.Console{
		Gate: account.NewGate(page.Pages{Log: quiet}, b.people, memstore.NewWithCleanupInterval(0), false, false), Deps: console.Deps{Source: nothingConsole{}, People: b.people, Payments: nothing{}, Targets: nothing{}, Documents: noPapers{}},
	}})
	return b
}

// client is somebody of a role, signed in to a server.
func (b *building) client(t *testing.T, role identity.Role, server string, staff bool) *http.Client {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	key := string(role) + server
	if c := b.clients[key]; c != nil {
		return c
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if role != "" {
		path := "/signin"
		if staff {
			path = "/office/signin"
		}
		res, err := c.PostForm(server+path, url.Values{"login": {string(role) + "@example.com"}, "password": {"right"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	b.clients[key] = c
	return c
}

func (b *building) status(t *testing.T, role identity.Role, method, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.client(t, role, u.Scheme+"://"+u.Host, strings.HasPrefix(u.Path, "/office")).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// cast is one person of each role. Its sign-in names are ROLE@example.com.
type cast struct{ account.People } // what it does not say itself, nobody asks for

func (cast) person(role identity.Role) identity.Person {
	all := append(identity.MemberRoles(), identity.StaffRoles()...)
	p := identity.Person{ID: identity.ID(slices.Index(all, role) + 1), Name: string(role), Login: string(role) + "@example.com", Password: "x"}
	if role.Staff() {
		p.Staff = role
	}
	return p
}

func (c cast) SignInBy(_ context.Context, login, _, _ string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.OidcUnknown, "login", login)
}

func (c cast) SignIn(_ context.Context, login, password, _ string) (identity.Person, error) {
	role := identity.Role(strings.TrimSuffix(login, "@example.com"))
	if password != "right" || !role.Has(identity.SeeConsole) && !role.Has(identity.SeeOffice) {
		return identity.Person{}, fault.New(fault.SignInWrong)
	}
	return c.person(role), nil
}

func (c cast) Actor(_ context.Context, in identity.Session, staff bool) (identity.Actor, error) {
	all := append(identity.MemberRoles(), identity.StaffRoles()...)
	if in.Person < 1 || int(in.Person) > len(all) || all[in.Person-1].Staff() != staff {
		return identity.Actor{}, fault.New(fault.SignedOut)
	}
	role := all[in.Person-1]
	a := identity.Actor{Person: c.person(role), Role: role}
	if !staff {
		a.Customer = catalog.Customer{ID: 1, Code: "tea", Name: "茶"}
	}
	return a, nil
}

func (cast) Welcome(context.Context, string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.LinkOver)
}
func (cast) Accept(context.Context, string, string, string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.LinkOver)
}
func (cast) ChangePassword(context.Context, identity.ID, string, string, string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.SignInWrong)
}
func (cast) Memberships(context.Context, identity.ID) ([]identity.Membership, error) { return nil, nil }
func (cast) Note(context.Context, identity.Actor, string, string, string, string) error {
	return nil
}
func (cast) Members(context.Context, identity.Actor) ([]identity.Membership, error) { return nil, nil }
func (cast) InviteMember(context.Context, identity.Actor, string, identity.Invitation, string) (identity.Invited, error) {
	return identity.Invited{}, fault.New(fault.LoginInvalid, "login", "")
}
func (cast) Remove(context.Context, identity.Actor, identity.ID, string) error {
	return fault.New(fault.LastOwner)
}
func (cast) Traces(context.Context, identity.Actor, identity.TraceFilter) ([]identity.Trace, error) {
	return nil, nil
}
func (cast) Staff(context.Context, identity.Actor) ([]identity.Person, error) { return nil, nil }
func (cast) InviteStaff(context.Context, identity.Actor, identity.Invitation, string) (identity.Invited, error) {
	return identity.Invited{}, fault.New(fault.LoginInvalid, "login", "")
}
func (cast) Blocked(context.Context, identity.Actor) ([]identity.Person, error) { return nil, nil }
func (cast) Block(context.Context, identity.Actor, string, bool, string, string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.OwnBlock)
}
func (cast) Dismiss(context.Context, identity.Actor, string, string) (identity.Person, error) {
	return identity.Person{}, fault.New(fault.PersonName)
}

func (nothing) Show(context.Context, identity.Actor, string) (target.Sheet, error) {
	return target.Sheet{Digits: "4006001000", State: number.Active}, nil
}
func (nothing) Add(context.Context, target.Act, target.NewPhone) error { return errState }
func (nothing) Move(context.Context, target.Act, target.List, string, bool) error {
	return errState
}
func (nothing) Remove(context.Context, target.Act, target.List, string, bool) error {
	return errState
}
func (nothing) Ring(context.Context, target.Act, target.Ringing) error     { return errState }
func (nothing) Restore(context.Context, target.Act, int) error             { return errState }
func (nothing) SendCode(context.Context, target.Act, string, string) error { return errState }
func (nothing) Prove(context.Context, target.Act, string, string) error    { return errState }

// nothing stands where services are; every order is there and can do nothing.
type nothing struct{}

var errState = fault.New(fault.OrderState, "order", "", "state", "")

// noNumbers is an inventory without numbers.
type noNumbers struct{}

func (noNumbers) List(context.Context, inventory.Filter) ([]inventory.Standing, bool, error) {
	return nil, false, nil
}
func (noNumbers) Own(context.Context) (number.Own, error) { return nil, nil }
func (noNumbers) Overrides(context.Context, string) ([]inventory.Override, error) {
	return nil, nil
}
func (noNumbers) SetGrade(context.Context, inventory.Override) error    { return errState }
func (noNumbers) Move(context.Context, inventory.Step) error            { return errState }
func (noNumbers) State(context.Context, site.Names) (site.State, error) { return site.State{}, nil }
func (noNumbers) Standing(context.Context, string) (inventory.Standing, error) {
	return inventory.Standing{}, fault.New(fault.NumberNotStocked, "number", "4006001000")
}
func (noNumbers) History(context.Context, string) ([]inventory.Event, error) { return nil, nil }
func (noNumbers) Grades(context.Context) (number.Grades, error)              { return nil, nil }
func (noNumbers) Add(context.Context, []inventory.Item, string, bool) (inventory.Taken, error) {
	return inventory.Taken{}, errState
}

// noPrices has no plans.
type noPrices struct{}

func (noPrices) Add(context.Context, string, catalog.PlanVersion, string, bool) (site.Planned, error) {
	return site.Planned{}, errState
}
func (noPrices) Withdraw(context.Context, string, time.Time) error { return errState }

func (nothing) Read(_ context.Context, id order.ID) (order.Order, error) {
	return order.Order{ID: id, State: order.Open}, nil
}
func (nothing) Events(context.Context, order.ID) ([]order.Event, error) { return nil, nil }
func (nothing) Contract(context.Context, order.Order) (order.Document, error) {
	return order.Document{}, nil
}
func (nothing) SignedContract(context.Context, order.Order) (order.Document, error) {
	return order.Document{}, nil
}
func (nothing) HandIn(context.Context, order.ID, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) Vet(context.Context, order.ID, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) AskAgain(context.Context, order.ID, string, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) OpenNumbers(context.Context, order.ID, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) Refuse(context.Context, order.ID, string, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) Cancel(context.Context, order.ID, string, string) (order.Order, error) {
	return order.Order{}, errState
}
func (nothing) Orders(context.Context, order.Filter) ([]order.Order, error) { return nil, nil }
func (nothing) Customers(context.Context) ([]catalog.Customer, error)       { return nil, nil }
func (nothing) Standing(context.Context, string) (*billing.Customer, error) {
	return &billing.Customer{Customer: catalog.Customer{Name: "茶", State: catalog.CustomerActive}}, nil
}
func (nothing) Payments(context.Context, payment.Filter) ([]payment.Payment, error) { return nil, nil }
func (nothing) Ledger(context.Context) ([]office.Entry, error)                      { return nil, nil }
func (nothing) Ask(context.Context, string, money.Amount, string, time.Duration) (payment.Asked, error) {
	return payment.Asked{}, fault.New(fault.ProviderNone)
}

// noReceipts has one payment, which nobody can do anything with.
type noReceipts struct{}

func (noReceipts) Read(_ context.Context, id payment.ID) (payment.Payment, error) {
	return payment.Payment{ID: id, State: payment.Closed}, nil
}
func (noReceipts) Events(context.Context, payment.ID) ([]payment.Event, error) { return nil, nil }
func (noReceipts) Refund(context.Context, payment.ID, money.Amount, string, string) (payment.Refund, error) {
	return payment.Refund{}, errState
}
func (noReceipts) Take(context.Context, payment.ID, string) (payment.Payment, error) {
	return payment.Payment{}, errState
}

// noChat is a chat that nobody writes to.
type noChat struct{}

func (noChat) Desk(context.Context) (chat.Desk, error) { return chat.Desk{}, nil }
func (noChat) Read(context.Context, chat.ID) (chat.Conversation, []chat.Message, error) {
	return chat.Conversation{}, nil, nil
}
func (noChat) Answer(context.Context, chat.ID, string, string, string) error {
	return fault.New(fault.ReasonMissing)
}
func (noChat) CallBack(context.Context, chat.ID, string, string) error {
	return fault.New(fault.ChatNameMissing)
}
func (noChat) Close(context.Context, chat.ID) error          { return nil }
func (noChat) Closed(chat.Conversation) bool                 { return false }
func (noChat) Here(context.Context, string) error            { return nil }
func (noChat) Away(context.Context, string) error            { return nil }
func (noChat) Canned(context.Context) ([]chat.Canned, error) { return nil, nil }
func (noChat) SetCanned(context.Context, chat.Canned) error  { return nil }
func (noChat) RemoveCanned(context.Context, string) error    { return nil }
func (noChat) Done() <-chan struct{} {
	over := make(chan struct{})
	close(over)
	return over
}

type nothingConsole struct{}

func (nothingConsole) Standing(context.Context, catalog.Customer) (console.Standing, error) {
	return console.Standing{Customer: &billing.Customer{}}, nil
}
func (nothingConsole) Calls(context.Context, charging.CDRFilter) ([]cdr.Record, error) {
	return nil, nil
}
func (nothingConsole) Orders(context.Context, order.Filter) ([]order.Order, error) { return nil, nil }

// noCases has no applications.
type noCases struct{ review.Applications }

func (noCases) List(context.Context, realname.Filter) ([]realname.Application, error) {
	return nil, nil
}

func (noCases) Show(_ context.Context, id realname.ID, _ bool, _ string) (realname.Case, error) {
	return realname.Case{}, fault.New(fault.RealnameNotFound, "application", id)
}

func (noCases) Look(_ context.Context, id realname.DocumentID, _ bool, _ string) (realname.Document, []byte, error) {
	return realname.Document{}, nil, fault.New(fault.RealnameDocumentNotFound, "document", id)
}

func (noCases) Decide(_ context.Context, id realname.ID, _ realname.Decision) (realname.Application, error) {
	return realname.Application{}, fault.New(fault.RealnameNotFound, "application", id)
}

func (noCases) Freezes(context.Context) ([]realname.Freeze, error) { return nil, nil }

func (noCases) Freeze(context.Context, string, realname.Cause, string, string) (realname.Freeze, error) {
	return realname.Freeze{}, fault.New(fault.FourEyes, "who", "x")
}

func (noCases) Lift(_ context.Context, n, _, _ string) (realname.Freeze, error) {
	return realname.Freeze{}, fault.New(fault.FreezeNone, "number", n)
}

// noMessages is an outbox without messages.
type noMessages struct{}

func (noMessages) Outbox(context.Context, notify.Filter) ([]notify.Message, error) { return nil, nil }

func (noMessages) Message(context.Context, notify.ID) (notify.Message, bool, error) {
	return notify.Message{}, false, nil
}

func (noMessages) Resend(_ context.Context, id notify.ID) (notify.Message, error) {
	return notify.Message{}, fault.New(fault.MessageNotFound, "message", id.String())
}

func (n noMessages) Drop(ctx context.Context, id notify.ID) (notify.Message, error) {
	return n.Resend(ctx, id)
}

func (noMessages) Channels() (mail, phones bool) { return false, false }

// noClaims has no claims of bank transfers.
type noClaims struct{ transfer.Desk }

func (noClaims) File(_ context.Context, in claim.Statement) (claim.Claim, error) {
	return claim.Claim{}, fault.New(fault.CustomerNotFound, "customer", in.Customer)
}

func (noClaims) List(context.Context, claim.Filter) ([]claim.Claim, error) { return nil, nil }

func (noClaims) Read(_ context.Context, id claim.ID) (claim.Claim, error) {
	return claim.Claim{}, fault.New(fault.ClaimNotFound, "claim", id)
}

func (noClaims) Slip(_ context.Context, id claim.ID) (vault.Type, []byte, error) {
	return "", nil, fault.New(fault.ClaimNotFound, "claim", id)
}

func (noClaims) Approve(_ context.Context, id claim.ID, _ claim.Finding) (claim.Claim, error) {
	return claim.Claim{}, fault.New(fault.ClaimNotFound, "claim", id)
}

func (noClaims) Reject(_ context.Context, id claim.ID, _ claim.Reason, _, _ string) (claim.Claim, error) {
	return claim.Claim{}, fault.New(fault.ClaimNotFound, "claim", id)
}

// noPapers has no documents.
type noPapers struct{}

func (noPapers) Applications(context.Context, catalog.Customer) ([]realname.Application, error) {
	return nil, nil
}

func (noPapers) HandIn(_ context.Context, _ catalog.Customer, digits string) (string, error) {
	return "", fault.New(fault.NumberNotRented, "number", digits)
}

// noBills compares nothing.
type noBills struct{}

func (noBills) Providers() []string { return nil }

func (noBills) Results(context.Context) ([]reconcile.Result, error) { return nil, nil }

func (noBills) Result(_ context.Context, _, day string) (reconcile.Result, error) {
	return reconcile.Result{}, fault.New(fault.DifferenceNotFound, "day", day, "seq", 0)
}

func (noBills) Compare(_ context.Context, provider, _ string, _ []byte) (reconcile.Result, error) {
	return reconcile.Result{}, fault.New(fault.ProviderOff, "provider", provider)
}

func (n noBills) Settle(ctx context.Context, provider, day string, _ int, _, _ string) (reconcile.Result, error) {
	return n.Result(ctx, provider, day)
}

// noKeys has no keys.
type noKeys struct{}

func (noKeys) Keys(context.Context, catalog.Customer) ([]apikey.Key, error) { return nil, nil }

func (noKeys) MakeKey(context.Context, catalog.Customer, string, []apikey.Scope) (apikey.Key, string, error) {
	return apikey.Key{}, "", fault.New(fault.KeysFull, "max", 0)
}

func (noKeys) RevokeKey(_ context.Context, _ catalog.Customer, id apikey.ID) error {
	return fault.New(fault.KeyNotFound, "key", id)
}

// noNotices has nothing to tell.
type noNotices struct{}

func (noNotices) Unread(context.Context, notify.Reader) (int, error) { return 0, nil }

func (noNotices) Told(context.Context, notify.Reader, notify.NoticeID, int) ([]notify.Told, error) {
	return nil, nil
}

func (noNotices) ReadNotice(_ context.Context, _ notify.Reader, id notify.NoticeID) (billing.Notice, error) {
	return billing.Notice{}, fault.New(fault.NoticeNotFound, "notice", id)
}

func (noNotices) Choices(context.Context, catalog.Customer) (notify.Choices, error) {
	return nil, nil
}

func (noNotices) SetChoices(context.Context, catalog.Customer, notify.Choices) error { return nil }

func (noNotices) Contact(context.Context, string) (notify.Contact, bool, error) {
	return notify.Contact{}, false, nil
}

func (noNotices) ReadNotices(context.Context, notify.Reader) error { return nil }

// noHooks has no webhooks.
type noHooks struct{}

func (noHooks) Endpoints(context.Context, catalog.Customer) ([]webhook.Endpoint, error) {
	return nil, nil
}

func (noHooks) Endpoint(_ context.Context, _ catalog.Customer, id webhook.ID) (webhook.Endpoint, []webhook.Delivery, error) {
	return webhook.Endpoint{}, nil, fault.New(fault.WebhookNotFound, "webhook", id)
}

func (noHooks) Add(context.Context, catalog.Customer, string, []webhook.Type) (webhook.Endpoint, error) {
	return webhook.Endpoint{}, fault.New(fault.WebhookURL, "url", "")
}

func (n noHooks) Rotate(ctx context.Context, c catalog.Customer, id webhook.ID) (webhook.Endpoint, error) {
	_, _, err := n.Endpoint(ctx, c, id)
	return webhook.Endpoint{}, err
}

func (n noHooks) Remove(ctx context.Context, c catalog.Customer, id webhook.ID) error {
	_, _, err := n.Endpoint(ctx, c, id)
	return err
}

func (n noHooks) SwitchOn(ctx context.Context, c catalog.Customer, id webhook.ID) error {
	return n.Remove(ctx, c, id)
}

func (n noHooks) Ping(ctx context.Context, c catalog.Customer, id webhook.ID) error {
	return n.Remove(ctx, c, id)
}

func (n noHooks) Replay(ctx context.Context, c catalog.Customer, id webhook.ID, _ string) error {
	return n.Remove(ctx, c, id)
}
