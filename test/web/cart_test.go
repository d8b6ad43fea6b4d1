package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/web/text"
)

// Somebody gathers numbers, one of which somebody else orders meanwhile: the cart
// says so, and the others are ordered together.
func TestCart(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	base := "http://" + node.PublicAddr()
	next := 4006001060
	for _, width := range []int64{390, 1440} {
		for _, lang := range text.Langs() {
			name := fmt.Sprintf("cart-%d-%s", width, lang)
			lost, one, two := fmt.Sprint(next), fmt.Sprint(next+1), fmt.Sprint(next+2)
			next += 3
			t.Run(name, func(t *testing.T) {
				w := walk{t, newTab(t, browser), text.With(t.Context(), lang), name}
				w.b.run(t, network.ClearBrowserCookies(), view(width, "light"), chromedp.Navigate(base+"/cart?lang="+string(lang)), chromedp.WaitVisible("h1"))
				w.says("empty", text.T(w.in, "purchase.cartempty"))
				for _, n := range []string{lost, one, two} {
					w.b.run(t, chromedp.Navigate(base+"/numbers/"+n), chromedp.WaitVisible("h1"))
					w.press(`form[action="/cart/add"] button`)
					w.says("gathered", number.Format(n, ""))
				}
				operate(t, cfg, app.Order{Do: app.DoPlace, Wish: &order.Wish{
					Company: "别的公司", Handler: order.Handler{Name: "李四", Phone: "1370013" + lost[6:]}, Items: []order.WishItem{{Number: lost, Plan: "year"}},
				}})
				w.b.run(t, chromedp.Reload())
				w.says("gone", text.T(w.in, "purchase.somegone"))
				w.press(`a.btn-primary`)
				w.says("order", number.Format(two, ""))
				w.fill(map[string]string{"#company": "杭州示例茶业有限公司", "#name": "王小明", "#phone": "1380013" + lost[6:]})
				w.press(`form.sb-split button.btn-primary`)
				w.says("locked", number.Format(one, ""))
				w.b.run(t, chromedp.Navigate(base+"/cart"), chromedp.WaitVisible("h1"))
				w.says("left", number.Format(lost, ""))
				w.press(`form[action="/cart/remove"] button`)
				w.says("none", text.T(w.in, "purchase.cartempty"))
				w.b.clean(t)
			})
		}
	}
}
