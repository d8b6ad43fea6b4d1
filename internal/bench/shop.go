package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"time"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/id"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
)

// ShopOptions say what is measured of the shop.
type ShopOptions struct {
	Dir     string // an empty directory for the node
	URL     string // of an empty PostgreSQL database; empty for SQLite
	Name    string // of the store, for the row
	Numbers int    // for sale, up to MaxHTTPAccounts
	Rate    int    // pages a second
	For     time.Duration
}

// ShopRow is what the shop took, in milliseconds.
type ShopRow struct {
	Store     string  `json:"store"`
	Numbers   int     `json:"numbers"`
	Read      float64 `json:"index_ms"` // to read them all into memory
	IndexMB   float64 `json:"index_mb"`
	SearchP50 float64 `json:"search_p50_ms"` // each one another, none remembered
	SearchP99 float64 `json:"search_p99_ms"`
	Rate      int     `json:"pages_per_s"` // asked for, whatever the answers take
	Pages     int     `json:"pages"`
	PageP50   float64 `json:"page_p50_ms"` // from when it was to be asked for
	PageP99   float64 `json:"page_p99_ms"`
	CPU       float64 `json:"cpu_cores"` // of node and visitors together
}

const shopSite = `tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.12}}]}
  - {code: zero, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0}}]}
  - {code: carrier, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.045}}]}
plans:
  - {code: annual, name: annual, kind: annual, tariff: minute, fee: 600, term_months: 12, package_amount: 600, minimum: 50, minimum_period: monthly}
  - {code: buyout, name: buyout, kind: buyout, tariff: minute, number_fee: 3000}
  - {code: flat, name: flat, kind: flat, tariff: zero, fee: 1800, term_months: 12}
features:
  - {code: menu, name: 语音导航, english: Voice menu, about: 来电者按键选择部门。, about_english: Callers choose a department by key., meter: platform, prices: [{effective: 2026-01-01, month: 10}]}
  - {code: tone, name: 彩铃, english: Ring-back tone, excludes: [menu], prices: [{effective: 2026-01-01, once: 30}]}
discounts:
  - {code: all, name: 优惠, english: Discount, from: 2026-01-01, until: 2099-12-31, grades: [aabb, abab, aaa], percent: 20}
`

// Shop measures searches and pages of the shop of a whole node on loopback.
func Shop(ctx context.Context, o ShopOptions) (row ShopRow, err error) {
	cfg := config.Default()
	cfg.Data, cfg.Store.URL = o.Dir, o.URL
	cfg.HTTP.Listen, cfg.Admin.Listen, cfg.Public.Listen = "127.0.0.1:0", "", "127.0.0.1:0"
	cfg.SIP.Listen, cfg.Billing.Every, cfg.Audit.At = []string{"udp:127.0.0.1:0"}, 0, ""
	cfg.Shop.CostTariff = "carrier"
	cfg.HTTP.Proxies = []string{"127.0.0.1"} // visitors come from many addresses
	quiet := slog.New(slog.DiscardHandler)
	if err := stockShop(ctx, cfg, o.Numbers, quiet); err != nil {
		return row, fmt.Errorf("take in the numbers: %w", err)
	}
	node, err := app.Start(ctx, cfg, quiet)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, node.Stop(context.WithoutCancel(ctx))) }()
	row = ShopRow{Store: o.Name, Numbers: o.Numbers, Rate: o.Rate}
	if err := row.search(ctx, node); err != nil {
		return row, err
	}
	return row, row.pages(ctx, "http://"+node.PublicAddr(), o)
}

func stockShop(ctx context.Context, cfg config.Config, numbers int, quiet *slog.Logger) error {
	if _, err := app.Apply(ctx, cfg, "bench.yaml", []byte(shopSite), false, quiet); err != nil {
		return err
	}
	grades := number.DefaultGrades()
	for i := range grades {
		grades[i].Fee = money.Amount(len(grades)-i) * 100 * money.Yuan
	}
	if _, err := app.Operate(ctx, cfg, app.Order{Do: app.DoGrades, Grades: grades}, quiet); err != nil {
		return err
	}
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	// An hour ago: visitors do not come in the minute after an import.
	stock := inventory.New(store.Catalog, ids.Next, func() time.Time { return time.Now().Add(-time.Hour) })
	for i := 0; i < numbers && err == nil; i += inventory.MaxItems {
		items := make([]inventory.Item, min(inventory.MaxItems, numbers-i))
		for k := range items {
			items[k].Digits = numberOf(i + k)
		}
		_, err = stock.Add(ctx, items, "generate", false)
	}
	return errors.Join(err, store.Close())
}

// searches is how many are made of one kind.
const searches = 100

func (row *ShopRow) search(ctx context.Context, node *app.Node) error {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	index, err := inventory.New(node.Store().Catalog, nil, nil).Index(ctx)
	if err != nil {
		return err
	}
	row.Read = milliseconds(time.Since(began))
	runtime.GC()
	runtime.ReadMemStats(&after)
	row.IndexMB = (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / (1 << 20)
	dice := rand.New(rand.NewPCG(4, 400))
	var took []float64
	for range searches {
		for _, q := range []number.Query{
			{Forms: []number.Form{number.Form(fmt.Sprintf("%03d", dice.IntN(1000)))}},
			{Forms: []number.Form{number.Form(fmt.Sprintf("*%02d*", dice.IntN(100))), "!4"}},
			{Forms: []number.Form{"AABB"}, Skip: dice.IntN(1000)},
			{Mask: fmt.Sprintf("400_%d__%d__", dice.IntN(10), dice.IntN(10))},
			{Near: numberOf(dice.IntN(row.Numbers)), Limit: 6},
			{Carrier: number.Telecom, Grade: "no4", Skip: dice.IntN(1000), MaxFee: 500 * money.Yuan},
		} {
			began := time.Now()
			if _, err := index.Search(q); err != nil {
				return err
			}
			took = append(took, milliseconds(time.Since(began)))
		}
	}
	row.SearchP50, row.SearchP99 = percentile(took, 50), percentile(took, 99)
	runtime.KeepAlive(index)
	return nil
}

// visit is the address of a page that somebody opens.
func visit(dice *rand.Rand, numbers int) string {
	digits := numberOf(dice.IntN(numbers))
	switch dice.IntN(10) {
	case 0, 1:
		return "/"
	case 2, 3:
		return fmt.Sprintf("/?q=____%03d", dice.IntN(1000))
	case 4:
		return fmt.Sprintf("/?q=AABB&no4=1&page=%d", 1+dice.IntN(20))
	case 5:
		return fmt.Sprintf("/?has=%d&most=1000", dice.IntN(1000))
	case 6, 7:
		return "/numbers/" + digits
	case 8:
		return fmt.Sprintf("/plans?calls=%d&min=2&sec=0&years=3&number=%s", dice.IntN(2000), digits)
	default:
		return "/verify?number=" + digits
	}
}

// pages asks for pages at a rate, each at its time, though others are not
// answered yet.
func (row *ShopRow) pages(ctx context.Context, base string, o ShopOptions) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}}
	defer client.CloseIdleConnections()
	dice := rand.New(rand.NewPCG(4, 401))
	total := int(o.For.Seconds() * float64(o.Rate))
	took, errs := make([]float64, total), make([]error, total)
	var wg sync.WaitGroup
	before, began := cpuTime(), time.Now()
	for i := range total {
		at := began.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
		path := visit(dice, o.Numbers)
		timer := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			timer.Stop()
			wg.Wait()
			return ctx.Err()
		case <-timer.C:
		}
		wg.Go(func() {
			errs[i] = fetch(ctx, client, base+path)
			took[i] = milliseconds(time.Since(at))
		})
	}
	wg.Wait()
	row.CPU = (cpuTime() - before).Seconds() / time.Since(began).Seconds()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	row.Pages, row.PageP50, row.PageP99 = total, percentile(took, 50), percentile(took, 99)
	return nil
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err == nil {
		n := rand.Uint32()
		request.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
	}
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
