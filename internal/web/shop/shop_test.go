package shop_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/tariff"
	"sibai/internal/web"
	"sibai/internal/web/shop"
	"sibai/internal/whatif"
)

// stock is an inventory of a few numbers, one in each state that pages tell.
type stock struct {
	standing map[string]inventory.Standing
	plans    []catalog.Plan
}

func (s stock) Index(ctx context.Context) (*number.Index, error) {
	grades, err := s.Grades(ctx)
	return number.NewIndex(grades, func(yield func(string, bool) bool) {
		for digits, st := range s.standing {
			if !yield(digits, st.State == number.Available) {
				return
			}
		}
	}), err
}

func (stock) Changed(context.Context, time.Time) (map[string]bool, bool, error) {
	return nil, true, nil
}

func (stock) Own(context.Context) (number.Own, error) { return nil, nil }
func (stock) Grades(context.Context) (number.Grades, error) {
	return number.Grades{
		{Code: "pairs", Name: "对子", English: "pairs", Form: "AABB", Fee: 1400 * money.Yuan, Minimum: 100 * money.Yuan},
		{Code: "forever", Name: "一生一世", English: "for ever", Form: "*1314*", Fee: 600 * money.Yuan},
	}, nil
}

func (stock) Segments(context.Context) (number.Segments, error) { return number.DefaultSegments(), nil }

func (s stock) Standing(_ context.Context, digits string) (inventory.Standing, error) {
	st, ok := s.standing[digits]
	if !ok {
		return st, fault.New(fault.NumberNotStocked, "number", digits)
	}
	return st, nil
}

func (stock) Revision(context.Context) (int64, error) { return 1, nil }

func (s stock) Plans(context.Context) (whatif.Offers, error) {
	version := func(code string, price money.Amount) []tariff.Version {
		one := tariff.Increment{Length: time.Minute, Price: price}
		return []tariff.Version{{ID: 1, Code: code, Version: 1, Effective: time.Unix(0, 0), First: one, Next: one}}
	}
	return whatif.Offers{
		Plans: s.plans,
		Tariffs: map[string][]tariff.Version{
			"minute": version("minute", 120_000), "zero": version("zero", 0), "carrier": version("carrier", 60_000),
		},
	}, nil
}

func (stock) Floors(context.Context) (catalog.Floors, error) {
	return catalog.Floors{{Prefix: "4008", Amount: 800 * money.Yuan}}, nil
}

func (stock) Discounts(context.Context) (catalog.Discounts, error) { return nil, nil }

// seeded has thirty plain numbers and the ones that pages are opened of.
func seeded() stock {
	s := stock{standing: map[string]inventory.Standing{}, plans: []catalog.Plan{
		{Code: "annual", Name: "包年<600>", Kind: catalog.Annual, Tariff: "minute", Fee: 600 * money.Yuan, TermMonths: 12, Package: 600 * money.Yuan},
		{Code: "buyout", Name: "买断", Kind: catalog.Buyout, Tariff: "minute", NumberFee: 9000 * money.Yuan},
		{Code: "flat", Name: "不限量", Kind: catalog.Flat, Tariff: "zero", Fee: 1800 * money.Yuan, TermMonths: 12},
	}}
	put := func(digits string, state number.State, owner string) {
		s.standing[digits] = inventory.Standing{Digits: digits, State: state, Issuing: number.Telecom, Serving: number.Telecom, Owner: owner}
	}
	for i := range 30 {
		put("40082640"+string(rune('0'+i/10))+string(rune('0'+i%10)), number.Available, "")
	}
	put("4008261122", number.Available, "")
	put("4008131499", number.Available, "")
	put("4008000001", number.Locked, "")
	locked := s.standing["4008000001"]
	locked.Since = time.Date(2026, 11, 23, 12, 1, 7, 0, time.UTC)
	s.standing["4008000001"] = locked
	put("4008000002", number.Active, "杭州云禾家居服务有限公司")
	put("4008000003", number.Suspended, "小计商贸")
	put("4008000004", number.Quarantine, "")
	return s
}

func serve(t *testing.T, s stock) http.Handler {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	x := shelf.New(s, s, shelf.Config{Cost: "carrier"}, nil, quiet)
	if err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return web.PublicHandler(web.PublicDeps{Shop: shop.Deps{Shelf: x, Contact: "0571-88880000", Lock: 30 * time.Minute}, Log: quiet})
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

var leaked = regexp.MustCompile(`[>"](layout|nav|shop|error)\.[a-z_.]+[<"]`)

// Every page in its states, in both languages.
func TestPages(t *testing.T) {
	t.Parallel()
	h := serve(t, seeded())
	for _, c := range []struct {
		name, path string
		status     int
		has, lacks []string
	}{
		{"home", "/", 200, []string{"32 个号码", "400-826-4000", "首年合计", "¥600.00", "再看其余 20 个", "按「包年&lt;600&gt;」算"}, []string{"400-800-0002", "style=", "<600>"}},
		{"home in English", "/?lang=en", 200, []string{"32 numbers", "First year", "20 more"}, nil},
		{"second page", "/?page=3", 200, []string{"前一页", "400-826-<b>1122</b>"}, []string{"再看其余"}},
		{"a tail", "/?q=1122", 200, []string{"1 个号码", "<b>1122</b>", "对子", "末尾是 AABB"}, nil},
		{"a mask", "/?q=____-499", 200, []string{"1 个号码", "<b>499</b>"}, nil},
		{"a whole mask", "/?q=400-8261-12_", 200, []string{"1 个号码"}, nil},
		{"a form", "/?q=AABB", 200, []string{"400-826-<b>1122</b>", `aria-current="true"`}, nil},
		{"full-width", "/?q=" + "１１２２", 200, []string{"1 个号码"}, nil},
		{"contains", "/?has=1314", 200, []string{"400-8<b>13-14</b>99", "一生一世", "含有 1314", "<details class=\"sb-more\" open"}, nil},
		{"without 4", "/?no4=1", 200, []string{"1 个号码", "400-826-"}, []string{"400-813-1499"}},
		{"none", "/?q=7777", 200, []string{"没有符合的号码"}, nil},
		{"carrier", "/?carrier=mobile", 200, []string{"没有符合的号码"}, nil},
		{"under a plan", "/?q=1122&plan=buyout", 200, []string{"¥10,400.00", "按「买断」算"}, nil},
		{"picked", "/?q=1122&n=4008261122", 200, []string{"对比 1 / 4", "移出对比", "/compare?n=4008261122"}, nil},
		{"bad text", "/?q=hello", 422, []string{"还没有搜索", `value="hello"`, "aria-invalid"}, []string{"个号码</h2>"}},
		{"markup", "/?q=%22%3E%3Cscript%3E", 422, nil, []string{"<script>"}},
		{"too long a mask", "/?q=12345678", 422, []string{"aria-invalid"}, nil},
		{"bad fields", "/?has=x&day=1988-13-01&word=%25&most=-1&carrier=x&grade=x", 422, []string{"1 到 7 位数字", "写成 1988-05-18", "英文字母", "大于 0 的金额"}, nil},
		{"bad page", "/?page=-3", 200, []string{"32 个号码"}, nil},

		{"for sale", "/numbers/4008261122", 200, []string{"可选", "0571-88880000", "/order/new?number=4008261122&amp;plan=", "¥3,100.00", "¥2,800.00", "¥10,400.00", "第 1 条", "每月至少消费 ¥100.00", "相近的号码"}, nil},
		{"plain", "/numbers/4008264001", 200, []string{"普通号没有号码费"}, nil},
		{"locked", "/numbers/4008000001?lang=en", 200, []string{"Somebody is ordering it", "23 Nov 20:31:07", `data-sb-until="2026-11-23T12:31:07Z"`}, []string{"0571"}},
		{"taken", "/numbers/4008000002", 200, []string{"已经有主人了"}, []string{"云禾", "0571"}},
		{"resting", "/numbers/4008000004", 200, []string{"正在冷却"}, nil},
		{"not there", "/numbers/4009999999", 404, []string{"4009999999", "回到选号码"}, nil},
		{"as people write it", "/numbers/400-826-1122", 301, nil, nil},
		{"no number", "/numbers/12", 422, nil, nil},

		{"compare", "/compare?n=4008261122&n=4008131499&n=4008000002&n=x&plan=annual", 200, []string{"400-826-", "400-8", "400-800-0002 现在不能选了", "订这 2 个号码", "number=4008261122&amp;number=4008131499&amp;plan=annual"}, nil},
		{"compare nothing", "/compare", 200, []string{"没有要对比的号码"}, nil},

		{"plans", "/plans", 200, []string{"选", "最省", "<svg", "你在这里"}, nil},
		{"few calls", "/plans?calls=10&min=1&sec=0&years=1&lang=en", 200, []string{"Take 包年&lt;600&gt;: 1 year costs ¥600.00"}, nil},
		{"many calls", "/plans?calls=20000&min=3&sec=0&years=1", 200, []string{"不限量不提供", "不提供</span>"}, nil},
		{"for a number", "/plans?calls=0&min=1&sec=0&years=1&number=400-826-1122", 200, []string{"号码 400-826-1122（对子）", "选包年&lt;600&gt;：1 年费用 ¥3,200.00"}, nil},
		{"bad plans", "/plans?calls=x&min=99&sec=60&years=9&number=12", 422, []string{"0 到 200,000", "分钟填 0 到 60", "400 加七位", `value="x"`}, []string{"<svg class=\"sb-chart sb-wide"}},
		{"no length", "/plans?min=0&sec=0", 422, []string{"至少 1 秒"}, nil},

		{"verify", "/verify", 200, []string{"查一查"}, nil},
		{"genuine", "/verify?number=400-800-0002", 200, []string{"是从我们这里开通的号码", "杭州******有限公司"}, []string{"云禾"}},
		{"stopped", "/verify?number=4008000003", 200, []string{"现在停用", "小计**"}, []string{"商贸"}},
		{"not open", "/verify?number=4008261122", 200, []string{"没有开通"}, nil},
		{"not ours", "/verify?number=4001234567&lang=en", 200, []string{"was not opened with us"}, nil},
		{"no 400 number", "/verify?number=10086", 422, []string{"400 加七位数字", `value="10086"`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := get(h, c.path)
			body := w.Body.String()
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			for _, s := range c.has {
				if !strings.Contains(body, s) {
					t.Errorf("lacks %q", s)
				}
			}
			for _, s := range c.lacks {
				if strings.Contains(body, s) {
					t.Errorf("has %q", s)
				}
			}
			if keys := leaked.FindAllString(body, -1); keys != nil {
				t.Errorf("keys instead of sentences: %v", keys)
			}
			if t.Failed() {
				t.Log(body)
			}
		})
	}
}

// Before there is anything to sell the pages say so, and whom to ask.
func TestNothingToSell(t *testing.T) {
	t.Parallel()
	s := seeded()
	s.plans = nil
	h := serve(t, s)
	for path, want := range map[string]string{"/plans": "还没有可选的套餐", "/numbers/4008261122": "还没有可选的套餐", "/": "号码费 ¥0.00", "/compare?n=4008261122": "号码费 ¥1,400.00"} {
		if body := get(h, path).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s lacks %q: %s", path, want, body)
		}
	}
	maps.DeleteFunc(s.standing, func(string, inventory.Standing) bool { return true })
	if body := get(serve(t, s), "/").Body.String(); !strings.Contains(body, "还没有可选的号码") || !strings.Contains(body, "0571-88880000") {
		t.Errorf("an empty shop: %s", body)
	}
}

// The address is the page: what a search shows can be sent to somebody.
func TestShare(t *testing.T) {
	t.Parallel()
	h := serve(t, seeded())
	link := regexp.MustCompile(`href="(/\?[^"]*page=1[^"]*)"`)
	path := "/?q=____-122&has=8&no4=1&plan=buyout&n=4008131499"
	first := get(h, path).Body.String()
	found := link.FindStringSubmatch(first)
	if found == nil {
		t.Fatalf("no link to share: %s", first)
	}
	shared := strings.ReplaceAll(found[1], "&amp;", "&")
	again := get(h, shared).Body.String()
	for _, s := range []string{"<b>122</b>", "按「买断」算", "400-813-1499", `value="____-122"`, `name="no4" value="1"`} {
		if !strings.Contains(again, s) {
			t.Errorf("%s lacks %q", shared, s)
		}
	}
}
