package web_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/web/text"
)

// TestPromotions: there are none at first; once a site file has some the page
// lists them, and a number's page says what it costs with them.
func TestPromotions(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, base := numbersNode(t)
	first := newTab(t, browser)
	first.run(t, view(390, "light"), chromedp.Navigate(base+"/promotions?lang=zh"), has("h3", "现在没有优惠"))
	day := func(days int) string { return calendar.Day(time.Now().AddDate(0, 0, days)) }
	discounts := fmt.Sprintf(`
discounts:
  - {code: now, name: 对子号八折, english: Pairs, from: %s, until: %s, plans: [annual], grades: [aabb], percent: 20}
  - {code: next, name: 下个月减一百, english: A hundred off, from: %s, until: %s, amount: 100}
  - {code: past, name: 已经过去, english: Over, from: 2020-01-01, until: 2020-01-31, amount: 100}
`, day(-1), day(1), day(20), day(40))
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(shopSite+discounts), false, quiet); err != nil {
		t.Fatal(err)
	}
	// The shop looks anew by itself.
	first.run(t, chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			var there bool
			if err := chromedp.Run(ctx, chromedp.Navigate(base+"/promotions?lang=zh"), chromedp.Evaluate(`document.body.textContent.includes("对子号八折")`, &there)); err != nil || there {
				return err
			}
			time.Sleep(200 * time.Millisecond) // between two looks at a page that nothing tells of
		}
	}))
	for _, c := range []struct {
		width  int64
		scheme string
		lang   text.Lang
		words  []string
	}{
		{360, "light", text.ZH, []string{"对子号八折", "减 20%", "下个月减一百", "即将开始", "对子"}},
		{1440, "dark", text.EN, []string{"Pairs", "20% off", "A hundred off", "Coming", "two pairs"}},
	} {
		b := newTab(t, browser)
		name := fmt.Sprintf("promotions-%d-%s", c.width, c.lang)
		var wide []string
		b.run(t, view(c.width, c.scheme), chromedp.Navigate(base+"/promotions?lang="+string(c.lang)), chromedp.WaitVisible("h2"))
		for _, w := range c.words {
			b.run(t, has("main", w))
		}
		var past bool
		b.run(t, chromedp.Evaluate(`document.querySelector("main").textContent.match(/已经过去|Over/) !== null`, &past), chromedp.Evaluate(sideways, &wide))
		if past || len(wide) > 0 {
			t.Errorf("%s: shows what is over: %v; stands out: %v", name, past, wide)
		}
		b.shoot(t, name)
		// 1,400 less a fifth, beside the plan's own fees.
		b.run(t, chromedp.Navigate(base+"/numbers/4008261122"), has("main table a[href='/promotions']", "¥280.00"), chromedp.Evaluate(sideways, &wide))
		if len(wide) > 0 {
			t.Errorf("%s: the number's page stands out: %v", name, wide)
		}
		b.shoot(t, name+"-number")
		b.clean(t)
	}
}
