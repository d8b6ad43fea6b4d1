package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/explain"
	"sibai/internal/siptest"
)

//go:embed site.yaml
var siteText string

// Options say how the demo runs.
type Options struct {
	Calls  int    // how many; 0: until ctx ends, at a gentle pace
	HTTP   string // address of the live page
	Public string // address of the shop
	Keep   string // data directory to keep; empty: a temporary one
	Past   bool   // whether there are people and orders from before, for the pages to show
	Store  string // address of a PostgreSQL database; empty: the embedded store
	Lang   explain.Lang
	Show   Show
	Logger *slog.Logger
}

// Show is told what happens, for people or machines. Its methods may be
// called from several goroutines at once.
type Show interface {
	Ready(page, shop string, sip netip.AddrPort)
	// People says who can sign in, below the addresses of the operator's pages and
	// of the customers'.
	People(page, shop string, cast Cast)
	Happens(what string)
	Call(c Call, rec cdr.Record, sum string)
	Books(r *charging.Report, s Summary)
}

// together is how many scenarios run at once when a number of calls is asked.
const together = 6

// gentle is the pause between scenarios of the endless demo.
const gentle = 2 * time.Second

type demo struct {
	opts    Options
	began   time.Time
	node    *app.Node
	carrier *siptest.Carrier
	phones  *siptest.Phones
	records *records

	mu      sync.Mutex // guards what follows
	summary Summary
	round   int
	turn    map[string]*sync.Mutex // scenarios that spend everything go one at a time
	caller  int
}

// Run runs the demo and returns its summary. An error means that it could not
// run; that something was wrong is in the summary.
func Run(ctx context.Context, o Options) (_ Summary, err error) {
	data := o.Keep
	if data == "" {
		if data, err = os.MkdirTemp("", "sibai-demo-*"); err != nil {
			return Summary{}, fmt.Errorf("make a temporary data directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	d := &demo{opts: o, began: time.Now(), records: newRecords(), turn: map[string]*sync.Mutex{}}
	d.summary.Type = "summary"
	for _, s := range scenarios {
		d.turn[s.customer] = &sync.Mutex{}
	}
	if err := d.start(ctx, data); err != nil {
		return d.summary, errors.Join(err, d.stop())
	}
	d.play(ctx)
	if err := d.judgeAll(context.WithoutCancel(ctx)); err != nil {
		return d.summary, errors.Join(err, d.stop())
	}
	return d.summary, d.stop()
}

func (d *demo) start(ctx context.Context, data string) (err error) {
	if d.carrier, err = siptest.NewCarrier("127.0.0.1:0"); err != nil {
		return err
	}
	if d.phones, err = siptest.NewPhones("127.0.0.1:0"); err != nil {
		return err
	}
	for n, b := range phones {
		d.phones.Set(n, b)
	}
	cfg := Settings()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen = data, d.opts.HTTP, ""
	cfg.SIP.Listen, cfg.Store.URL = []string{"udp:127.0.0.1:0"}, d.opts.Store
	cfg.Charging.Renew = time.Second
	cfg.Public.Listen = d.opts.Public
	text := Site(d.carrier.Addr(), d.phones.Addr())
	cast := Cast{}
	fresh, err := empty(ctx, cfg)
	switch {
	case err != nil:
		return err
	case fresh:
		if cast, err = Furnish(ctx, cfg, text, d.opts.Past, d.opts.Logger); err != nil {
			return err
		}
	default: // was kept by a demo before: its people have the passwords that it said
		if _, err := app.Apply(ctx, cfg, "demo/site.yaml", []byte(text), false, d.opts.Logger); err != nil {
			return fmt.Errorf("describe the demo's installation: %w", err)
		}
	}
	if d.node, err = app.Start(ctx, cfg, d.opts.Logger, app.WithObserver(d.records)); err != nil {
		return err
	}
	d.opts.Show.Ready("http://"+d.node.HTTPAddr(), "http://"+d.node.PublicAddr()+"/", d.node.SIPAddr())
	d.opts.Show.People("http://"+d.node.HTTPAddr(), "http://"+d.node.PublicAddr(), cast)
	return nil
}

// empty reports whether nothing was described to the store yet.
func empty(ctx context.Context, cfg config.Config) (_ bool, err error) {
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	list, err := store.Catalog.Customers(ctx)
	return len(list) == 0, err
}

// Site is the site file of the demo, whose calls come from carrier and ring phones.
func Site(carrier, phones netip.AddrPort) string {
	today := time.Now()
	return strings.NewReplacer("{{carrier}}", carrier.String(), "{{phones}}", phones.String(),
		"{{from}}", calendar.Day(today.AddDate(0, 0, -20)), "{{until}}", calendar.Day(today.AddDate(0, 0, 40)),
		"{{later}}", calendar.Day(today.AddDate(0, 0, 41)), "{{end}}", calendar.Day(today.AddDate(0, 0, 70))).Replace(siteText)
}

// Settings are those of the demo, but for data directory and addresses.
func Settings() config.Config {
	cfg := config.Default()
	cfg.Pay.Sandbox, cfg.Shop = true, sold
	cfg.Order.Trunk, cfg.Order.ShowCodes = "phones", true
	cfg.Bank.Holder, cfg.Bank.Bank, cfg.Bank.Account = "示例通信有限公司", "示例银行杭州分行", "6222000000000400"
	return cfg
}

func (d *demo) stop() error {
	var err error
	if d.node != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = d.node.Stop(ctx)
	}
	if d.carrier != nil {
		d.carrier.Stop()
	}
	if d.phones != nil {
		d.phones.Stop()
	}
	return err
}

// play makes the calls: a given number briskly, or for ever at a gentle pace.
// When ctx ends it begins no more; those that run end by themselves.
func (d *demo) play(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	unhook := context.AfterFunc(ctx, func() {
		d.opts.Show.Happens("stopping: calls that run may end; interrupt again to leave at once")
	})
	defer unhook()
	running := context.WithoutCancel(ctx)
	slots := make(chan struct{}, together)
	run := func(s scenario) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			d.scenario(running, s)
		})
	}
	if d.opts.Calls > 0 {
		for _, s := range script(d.opts.Calls) {
			if ctx.Err() != nil {
				return
			}
			run(s)
		}
		return
	}
	for {
		for _, s := range scenarios {
			select {
			case <-ctx.Done():
				return
			case <-time.After(gentle):
				run(s)
			}
		}
	}
}

// scenario makes the calls of one scenario at once and judges them.
func (d *demo) scenario(ctx context.Context, s scenario) {
	if s.topUp > 0 {
		turn := d.turn[s.customer]
		turn.Lock()
		defer turn.Unlock()
		if err := d.topUp(ctx, s); err != nil {
			d.wrong("%s: pay in: %v", s.name.en, err)
			return
		}
	}
	answered := make(chan bool, s.size())
	for range s.size() {
		go func() { answered <- d.call(ctx, s) }()
	}
	count := 0
	for range s.size() {
		if <-answered {
			count++
		}
	}
	if s.calls > 1 && count != s.answered {
		d.wrong("%s: %d were answered, must be %d", s.name.en, count, s.answered)
	}
}

func (d *demo) topUp(ctx context.Context, s scenario) error {
	line, ok := d.node.Directory().Line(s.number)
	if !ok {
		return fmt.Errorf("number %s is not in the directory", s.number)
	}
	d.mu.Lock()
	d.round++
	// A kept data directory has the payments of demos before.
	reference := "demo-" + strconv.FormatInt(d.began.UnixMilli(), 10) + "-" + strconv.Itoa(d.round)
	d.mu.Unlock()
	_, err := d.node.Charging().TopUp(ctx, charging.TopUp{
		Shard: line.Bill.Shard, Account: line.Bill.Account, Bucket: charging.Cash, Amount: s.topUp,
		Channel: "alipay", Reference: reference, At: time.Now(),
	})
	return err
}

// call makes one call, waits for its CDR and shows it.
func (d *demo) call(ctx context.Context, s scenario) (answered bool) {
	d.mu.Lock()
	d.caller++
	caller := fmt.Sprintf("137%08d", 12340000+d.caller)
	d.mu.Unlock()
	name := s.name.en
	if d.opts.Lang == explain.ZH {
		name = s.name.zh
	}
	out, err := d.carrier.Dial(ctx, siptest.Plan{
		Proxy: d.node.SIPAddr(), Number: s.number, Caller: caller, Talk: s.talk, GiveUp: s.giveUp, Audio: s.calls <= 1,
		Progress: func(what string) { d.opts.Show.Happens(fmt.Sprintf("%s  %s  %s", caller, name, what)) },
	})
	if err != nil {
		d.wrong("%s: %v", s.name.en, err)
		return false
	}
	rec, ok := d.records.await(out.CallID)
	if !ok {
		d.wrong("%s: call %s left no CDR", s.name.en, out.CallID)
		return out.Answered
	}
	c := judge(s, out, rec, d.opts.Lang)
	d.mu.Lock()
	d.summary.Calls++
	if c.Answered {
		d.summary.Answered++
	}
	d.summary.ChargedMicro += c.ChargeMicro
	d.summary.ExpectedMicro += c.ExpectedMicro
	if c.Wrong != "" {
		d.summary.Wrong++
	}
	d.mu.Unlock()
	d.opts.Show.Call(c, rec, s.sum)
	return out.Answered
}

func (d *demo) wrong(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	d.mu.Lock()
	d.summary.Wrong++
	d.summary.What = append(d.summary.What, what)
	d.mu.Unlock()
	d.opts.Show.Happens("WRONG: " + what)
}

// judgeAll looks at the whole when every call is over: the books, what was
// spent beyond what was paid in, and whether a phone was left behind.
func (d *demo) judgeAll(ctx context.Context) error {
	report, err := d.node.Charging().Audit(ctx)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	d.summary.AuditOK = report.OK()
	seen := map[charging.AccountID]bool{}
	for _, line := range d.node.Directory().Lines() {
		if line.Bill.Account == 0 || seen[line.Bill.Account] { // 0: a number that is nobody's yet
			continue
		}
		seen[line.Bill.Account] = true
		view, err := d.node.Charging().Balances(ctx, line.Bill.Shard, line.Bill.Account)
		if err != nil {
			return fmt.Errorf("read the balance of %s: %w", line.CustomerName, err)
		}
		for _, b := range view.Buckets {
			d.summary.OverspendMicro += int64(max(0, -b.Balance))
		}
	}
	if ringing, talking := d.quiet(); ringing+talking > 0 {
		d.wrong("%d phones still ring and %d still talk though every call is over", ringing, talking)
	}
	d.opts.Show.Books(report, d.summary)
	return nil
}

// quiet waits for the phones to hear of the end of the last calls, and says how
// many still ring and talk.
func (d *demo) quiet() (ringing, talking int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Second)
	for {
		if ringing, talking = d.phones.Busy(); ringing+talking == 0 {
			return 0, 0
		}
		select {
		case <-tick.C:
		case <-deadline:
			return ringing, talking
		}
	}
}

// records keeps the CDRs of the node by the Call-ID of the caller's leg.
type records struct {
	mu sync.Mutex // guards by
	by map[string]chan cdr.Record
}

func newRecords() *records { return &records{by: map[string]chan cdr.Record{}} }

func (r *records) box(id string) chan cdr.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by[id] == nil {
		r.by[id] = make(chan cdr.Record, 1)
	}
	return r.by[id]
}

// Changed is not of interest.
func (*records) Changed(call.View) {}

// Ended keeps a CDR. It does not block: a call has one.
func (r *records) Ended(rec cdr.Record, _ string) {
	select {
	case r.box(rec.SIPCallID) <- rec:
	default:
	}
}

// await waits for the CDR of a call.
func (r *records) await(callID string) (cdr.Record, bool) {
	t := time.NewTimer(20 * time.Second)
	defer t.Stop()
	select {
	case rec := <-r.box(callID):
		r.mu.Lock()
		delete(r.by, callID)
		r.mu.Unlock()
		return rec, true
	case <-t.C:
		return cdr.Record{}, false
	}
}
