package purchase_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/order"
	"sibai/internal/web/page"
	"sibai/internal/web/purchase"
)

// counter has one order, and founds customers. Nothing else is asked of it here.
type counter struct {
	purchase.Orders
	order   order.Order
	founded []string
}

func (c *counter) Open(context.Context, string, string) (order.Order, error) { return c.order, nil }

func (c *counter) Contract(context.Context, order.Order) (order.Document, error) {
	return order.Document{}, nil
}
func (c *counter) Events(context.Context, order.ID) ([]order.Event, error) { return nil, nil }
func (c *counter) Terms() order.Terms                                      { return order.Terms{} }
func (c *counter) Found(_ context.Context, _ catalog.Customer, _, login, _ string) (identity.Invited, bool, error) {
	c.founded = append(c.founded, login)
	return identity.Invited{Key: "k"}, true, nil
}

// Anybody may order in the name of a phone; only a contract that was signed with a
// code to it makes the phone a name to sign in with.
func TestAccountOfAProvenPhone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		signed time.Time
		status int
		to     string
		founds int
	}{
		{"locked", time.Time{}, http.StatusUnprocessableEntity, "", 0},
		{"signed", time.Now(), http.StatusSeeOther, "/welcome?k=k", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			desk := &counter{order: order.Order{ID: 1 << 50, State: order.Locked, LockedUntil: time.Now().Add(time.Hour), Handler: order.Handler{Phone: "13800138000"}, Items: []order.Item{{Digits: "4006001000"}}}}
			if desk.order.Signature.At = c.signed; !c.signed.IsZero() {
				desk.order.State = order.Signed
			}
			r := chi.NewRouter()
			purchase.Routes(r, page.Pages{Log: slog.New(slog.DiscardHandler), Public: true}, desk, desk, stranger{}, nil, purchase.Ways{})
			server := httptest.NewServer(r)
			defer server.Close()
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			path := server.URL + "/order/" + desk.order.ID.String()
			res, err := client.Get(path + "?k=x")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil || res.StatusCode != http.StatusOK || strings.Contains(string(body), "/account?") != (c.founds > 0) {
				t.Errorf("the page: %d, %v; offers the console: %v", res.StatusCode, err, strings.Contains(string(body), "/account?"))
			}
			res, err = client.Post(path+"/account?k=x", "application/x-www-form-urlencoded", nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got := res.Header.Get("Location"); res.StatusCode != c.status || got != c.to || len(desk.founded) != c.founds {
				t.Errorf("%d %q, founded %v", res.StatusCode, got, desk.founded)
			}
		})
	}
}

// stranger is who did not sign in.
type stranger struct{}

func (stranger) Secure() bool { return true }

func (stranger) Actor(*http.Request) (identity.Actor, error) {
	return identity.Actor{}, fault.New(fault.SignedOut)
}
