package purchase

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"

	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// CartPath is where the numbers are that a visitor gathered.
const CartPath = "/cart"

// The cookie of a cart has its key and nothing else.
const (
	cartCookie = "sibai_cart"
	maxKey     = 64
)

// cartKey is the key that the visitor has; empty: none.
func cartKey(r *http.Request) string {
	c, err := r.Cookie(cartCookie)
	if err != nil || len(c.Value) > maxKey {
		return ""
	}
	return c.Value
}

// cart is what the page of gathered numbers shows.
type cart struct {
	form
	free    []string // those that can be ordered
	problem *forms.Problem
}

// order is the address of the form that orders all that can be.
func (c cart) order() string { return "/order/new?" + url.Values{"number": c.free}.Encode() }

func (h handlers) cart(w http.ResponseWriter, r *http.Request) error {
	return h.showCart(w, r, http.StatusOK, nil)
}

func (h handlers) showCart(w http.ResponseWriter, r *http.Request, status int, bad *forms.Problem) error {
	c := cart{problem: bad}
	if key := cartKey(r); key != "" {
		list, err := h.orders.Cart(r.Context(), key)
		if err != nil {
			return err
		}
		menu, err := h.orders.Offers(r.Context(), list, nil)
		if err != nil {
			return err
		}
		c.offers = menu.Offers
	}
	for _, o := range c.offers {
		if o.State == number.Available {
			c.free = append(c.free, o.Digits)
		}
	}
	return page.Render(w, r, status, cartPage(c))
}

// gather puts a number into the cart, which begins with the first.
func (h handlers) gather(w http.ResponseWriter, r *http.Request) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	key := cartKey(r)
	if key == "" {
		key = rand.Text()
	}
	if err := h.orders.Gather(r.Context(), key, r.PostForm.Get("number")); err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		return h.showCart(w, r, http.StatusUnprocessableEntity, bad)
	}
	http.SetCookie(w, &http.Cookie{
		Name: cartCookie, Value: key, Path: "/", MaxAge: int(order.CartStays.Seconds()), HttpOnly: true, Secure: h.members.Secure(), SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, CartPath, http.StatusSeeOther)
	return nil
}

func (h handlers) putBack(w http.ResponseWriter, r *http.Request) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	if key := cartKey(r); key != "" {
		if err := h.orders.PutBack(r.Context(), key, r.PostForm["number"]...); err != nil {
			return err
		}
	}
	http.Redirect(w, r, CartPath, http.StatusSeeOther)
	return nil
}

// ordered takes what was ordered out of the cart. That is a courtesy: the order
// stands, and the cart says of each number itself that it is not for sale.
func (h handlers) ordered(r *http.Request, o order.Order) {
	key := cartKey(r)
	if key == "" {
		return
	}
	var digits []string
	for _, i := range o.Items {
		digits = append(digits, i.Digits)
	}
	_ = h.orders.PutBack(r.Context(), key, slices.Clip(digits)...)
}
