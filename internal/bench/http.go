package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/app"
	"sibai/internal/config"
)

// HTTPOptions say what is measured through the charging API.
type HTTPOptions struct {
	Dir      string // an empty directory for the node
	URL      string // of an empty PostgreSQL database; empty for SQLite
	Name     string // of the store, for the row
	Callers  int    // connections, each with one call at a time
	For      time.Duration
	Accounts int // customers with a number each, up to MaxHTTPAccounts
}

// MaxHTTPAccounts is how many 400 numbers a segment has.
const MaxHTTPAccounts = 1_000_000

// HTTP measures the charging API of a whole node on loopback: each of the three
// operations of a call is a request of its own.
func HTTP(ctx context.Context, o HTTPOptions) (row ChargingRow, err error) {
	cfg := config.Default()
	cfg.Data, cfg.Store.URL = o.Dir, o.URL
	cfg.HTTP.Listen, cfg.Admin.Listen, cfg.API.Listen = "127.0.0.1:0", "", "127.0.0.1:0"
	cfg.SIP.Listen, cfg.Billing.Every, cfg.Audit.At = []string{"udp:127.0.0.1:0"}, 0, ""
	quiet := slog.New(slog.DiscardHandler)
	if _, err := app.Apply(ctx, cfg, "bench.yaml", site(o.Accounts), false, quiet); err != nil {
		return row, fmt.Errorf("make the customers: %w", err)
	}
	key, err := app.ChangeKeys(ctx, cfg, app.KeyChange{Wish: apikey.Wish{Client: "bench", Name: "bench", Scopes: []apikey.Scope{apikey.Charge, apikey.Read}}})
	if err != nil {
		return row, fmt.Errorf("make an API key: %w", err)
	}
	node, err := app.Start(ctx, cfg, quiet)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, node.Stop(context.WithoutCancel(ctx))) }()
	c := &client{
		base: "http://" + node.APIAddr() + "/api/v1/calls/", secret: "Bearer " + key.Secret,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Callers, DisableCompression: true}},
	}
	defer c.http.CloseIdleConnections()
	row = ChargingRow{Store: o.Name, Via: "http", Callers: o.Callers, Accounts: o.Accounts}
	if err := drive(ctx, o.Callers, o.For, &row, func(t *timings, dice *rand.Rand) error {
		return c.call(ctx, t, dice.IntN(o.Accounts))
	}); err != nil {
		return row, err
	}
	return row, judge(ctx, node.Store().Money, &row)
}

// site describes customers with one number each, at ¥0.10 a started minute.
func site(customers int) []byte {
	var b bytes.Buffer
	b.WriteString(`trunks:
  - {code: phones, outbound: {address: "127.0.0.1:9"}}
tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}
plans:
  - {code: p, name: p, kind: buyout, tariff: minute, max_concurrent: 0}
customers:
`)
	for i := range customers {
		fmt.Fprintf(&b, `  - code: c%d
    name: c%d
    top_ups: [{channel: bank, reference: "%d", amount: 100000}]
    targets: [{phone: "13800138000", trunk: phones}]
    numbers: [{number: "%s", plan: p, targets: ["13800138000"]}]
`, i, i, i, numberOf(i))
	}
	return b.Bytes()
}

func numberOf(i int) string { return fmt.Sprintf("4008%06d", i) }

// client speaks to the API as a switch does.
type client struct {
	base, secret string
	http         *http.Client
	calls        atomic.Int64
}

// call makes one call of 75 seconds: two started minutes.
func (c *client) call(ctx context.Context, t *timings, account int) error {
	began := time.Now()
	name := fmt.Sprint("bench-", c.calls.Add(1))
	var grant struct {
		Granted int64  `json:"granted_seconds"`
		Refused string `json:"refused"`
	}
	if err := c.post(ctx, name+"/reserve", `{"number":"`+numberOf(account)+`","caller":"13800138000"}`, &grant); err != nil {
		return err
	}
	if grant.Refused != "" {
		return fmt.Errorf("%s was refused: %s", name, grant.Refused)
	}
	t.reserve = append(t.reserve, milliseconds(time.Since(began)))
	if err := c.post(ctx, name+"/extend", `{"sequence":1,"elapsed_seconds":50}`, &grant); err != nil {
		return err
	}
	var record struct {
		Charge struct {
			Micro int64 `json:"micro"`
		} `json:"charge"`
	}
	if err := c.post(ctx, name+"/settle", `{"talk_seconds":75,"target":"13900139000"}`, &record); err != nil {
		return err
	}
	if record.Charge.Micro != 200_000 { // 2 started minutes at ¥0.10
		return fmt.Errorf("%s was charged %d micro-yuan, must be 200000", name, record.Charge.Micro)
	}
	t.call = append(t.call, milliseconds(time.Since(began)))
	return nil
}

func (c *client) post(ctx context.Context, path, body string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", c.secret)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s\n%s", path, res.Status, text)
	}
	return json.Unmarshal(text, answer)
}
