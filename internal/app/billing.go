package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/id"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/notify"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
)

// startJobs runs the billing now and then, on this node or another one that
// shares the store.
func (n *Node) startJobs() {
	if n.cfg.Billing.Every == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stopJobs = func() {
		cancel()
		n.jobs.Wait()
	}
	n.jobs.Go(func() {
		tick := time.NewTicker(n.cfg.Billing.Every)
		defer tick.Stop()
		for {
			n.bill(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (n *Node) bill(ctx context.Context) {
	report, ran, err := n.billing.Turn(ctx, n.store.Catalog, n.cfg.Node, n.cfg.Billing.Every)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.log.Error("the billing did not come to its end; the next run goes on", "error", err)
	case ran && len(report.Items)+len(report.Failed) > 0:
		n.log.Info("billing", "items", len(report.Items), "failed", len(report.Failed))
	}
}

// The orders of an operator at the terminal.
const (
	DoBill    = "bill"
	DoTopUp   = "top_up"
	DoRefund  = "refund"
	DoReverse = "reverse"
	DoRenew   = "renew"
	DoStock   = "stock"  // Items come into the inventory of numbers
	DoGrades  = "grades" // Grades are the table of grades from now on
	DoGrade   = "grade"  // Word is said of Number by Who: Why
	DoMove    = "move"   // Number becomes State by the hand of Who: Why

	DoAsk       = "pay_ask"    // Customer is asked for Amount over Channel, "" being the first provider
	DoTake      = "pay_take"   // what came for Payment is booked though it differs
	DoClose     = "pay_close"  // Payment shall not be made any more
	DoPayRefund = "pay_refund" // Amount of Payment goes back, under Reference

	DoPlace   = "order_place"   // Wish is ordered
	DoTargets = "order_targets" // the numbers of Sale are to ring Targets
	DoHandIn  = "order_hand_in" // its documents are there
	DoInvite  = "invite"        // Invite is let into the office, or with Customer into its console
	DoLink    = "link"          // Invite.Login gets a link to set a password anew
	DoDismiss = "dismiss"       // Invite.Login works for the operator no more
	DoBlock   = "block"         // Invite.Login signs in no more
	DoLift    = "block_lift"    // Invite.Login signs in again
	DoForget  = "forget_app"    // Invite.Login signs in without the authenticator app that it lost

	DoVet    = "order_vet"       // the operator's review is passed
	DoAgain  = "order_ask_again" // some are asked for again: Why
	DoRefuse = "order_refuse"    // they are refused for good: Why
	DoCancel = "order_cancel"    // nobody is to pay it any more
	DoOpen   = "order_open"      // both reviews are passed

	DoContact = "contact" // Contact is where its customer is written to
	DoResend  = "resend"  // Message is sent again
	DoDrop    = "drop"    // Message is not to be sent
)

// Order is what an operator at the terminal wants done.
type Order struct {
	Do        string
	Preview   bool     `json:",omitempty"` // of DoBill
	Manual    []string `json:",omitempty"` // of DoBill: numbers, see billing.Service.RunManual
	Customer  string
	Number    string // ten digits
	Bucket    charging.BucketKind
	Amount    money.Amount
	Channel   string
	Reference string
	Txn       ledger.ID
	Payment   payment.ID `json:",omitempty"`

	Wish    *order.Wish `json:",omitempty"`
	Sale    order.ID    `json:",omitempty"`
	Targets []string    `json:",omitempty"`
	Who     string      `json:",omitempty"` // acts: a name

	Invite *identity.Invitation `json:",omitempty"`

	Items  []inventory.Item `json:",omitempty"`
	Why    string           `json:",omitempty"` // of DoStock: import or generate; of orders, a reason
	Grades number.Grades    `json:",omitempty"`
	Word   number.Word      `json:",omitzero"`
	State  number.State     `json:",omitempty"`

	Contact notify.Contact `json:",omitzero"`
	Message notify.ID      `json:",omitempty"`
}

// Outcome is what became of an Order.
type Outcome struct {
	Report *billing.Report  `json:",omitempty"`
	Last   *billing.JobRun  `json:",omitempty"` // of DoBill: the last run by a node
	Credit *charging.Credit `json:",omitempty"`
	Posted *charging.Posted `json:",omitempty"`
	Item   *billing.Item    `json:",omitempty"`
	Taken  *inventory.Taken `json:",omitempty"`

	Payment *payment.Payment `json:",omitempty"`
	Link    string           `json:",omitempty"` // of DoAsk: where Payment can be made; of DoPlace: the order's page
	Back    *payment.Refund  `json:",omitempty"`
	Sale    *order.Order     `json:",omitempty"`
	Person  *identity.Person `json:",omitempty"`
	Message *notify.Message  `json:",omitempty"`
}

// Operate does an order: by the node that serves the data directory, or on the
// store itself when none does.
func Operate(ctx context.Context, cfg config.Config, o Order, log *slog.Logger) (Outcome, error) {
	if out, served, err := orderFromNode(ctx, cfg, o); served {
		return out, err
	}
	open := OpenStore
	if o.Preview {
		open = ReadStore
	} else if missing, err := nothingStored(ctx, cfg); err != nil {
		return Outcome{}, err
	} else if missing {
		open = ReadStore // says that nothing is stored, and makes nothing
	}
	store, err := open(ctx, cfg)
	if err != nil {
		return Outcome{}, err
	}
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return Outcome{}, errors.Join(fmt.Errorf("node: %w", err), store.Close())
	}
	bank := charging.New(store.Money, charging.Config{Node: cfg.Node, Rules: charging.Rules{CashBeforeBonus: !cfg.Charging.BonusFirst}}, ids, log)
	bank.Start()
	d := desk{cfg: cfg, store: store, billing: billing.New(store.Catalog, bank, ids.Next, nil, log), stock: inventory.New(store.Catalog, ids.Next, nil), people: identity.New(store.Catalog, nil, ids.Next, nil, log)}
	d.notify = notify.New(notify.Parts{Store: store.Catalog, Contact: cfg.Shop.Contact, NewID: ids.Next, Log: log})
	out := Outcome{}
	if d.payments, _, err = payments(cfg, store, d.billing, ids, log); err == nil {
		if d.orders, err = orders(cfg, store, bank, d.billing, d.payments, signing{d.notify}, ids, log); err == nil {
			out, err = d.operate(ctx, o)
		}
	}
	bank.Stop()
	return out, errors.Join(err, store.Close())
}

// desk is where orders are done.
type desk struct {
	cfg      config.Config
	store    *Store
	billing  *billing.Service
	stock    *inventory.Service
	payments *payment.Service
	orders   *order.Service
	people   *identity.Service
	notify   *notify.Service
	public   string // where the pages for customers are served; empty when they are not here
}

func (d desk) operate(ctx context.Context, o Order) (out Outcome, err error) {
	b, stock, store := d.billing, d.stock, d.store
	switch o.Do {
	case DoAsk, DoTake, DoClose, DoPayRefund:
		return d.pay(ctx, o)
	case DoPlace, DoTargets, DoHandIn, DoVet, DoAgain, DoRefuse, DoCancel, DoOpen:
		return d.order(ctx, o)
	case DoInvite, DoLink, DoDismiss, DoForget, DoBlock, DoLift:
		return d.invite(ctx, o)
	case DoContact, DoResend, DoDrop:
		return d.message(ctx, o)
	case DoBill:
		report, err := b.RunManual(ctx, o.Manual, o.Preview)
		if err != nil {
			return out, err
		}
		out.Report = &report
		last, ok, err := store.Catalog.LastRun(ctx, billing.JobName)
		if ok {
			out.Last = &last
		}
		return out, err
	case DoTopUp:
		credit, err := b.TopUp(ctx, o.Customer, charging.TopUp{Bucket: o.Bucket, Amount: o.Amount, Channel: o.Channel, Reference: o.Reference})
		return Outcome{Credit: &credit}, err
	case DoRefund:
		posted, err := b.Refund(ctx, o.Customer, o.Amount, o.Channel, o.Reference)
		return Outcome{Posted: &posted}, err
	case DoReverse:
		posted, err := b.Reverse(ctx, o.Txn)
		return Outcome{Posted: &posted}, err
	case DoRenew:
		item, err := b.Renew(ctx, o.Number)
		return Outcome{Item: &item}, err
	case DoStock:
		taken, err := stock.Add(ctx, o.Items, o.Why, o.Preview)
		return Outcome{Taken: &taken}, err
	case DoGrades:
		return out, stock.SetGrades(ctx, o.Grades)
	case DoGrade:
		return out, stock.SetGrade(ctx, inventory.Override{Digits: o.Number, Word: o.Word, Why: o.Why, Who: o.Who})
	case DoMove:
		return out, stock.Move(ctx, inventory.Step{Digits: o.Number, To: o.State, Why: o.Why, Who: o.Who})
	}
	return out, fmt.Errorf("unknown order %q", o.Do)
}

// ordered is what the node answers to /order.
type ordered struct {
	Outcome Outcome
	Refused *applied `json:",omitempty"`
}

// maxOrder bounds an order, in bytes.
const maxOrder = 1 << 20

func (n *Node) handleOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := json.NewDecoder(io.LimitReader(r.Body, maxOrder)).Decode(&o); err != nil {
		no := refused(fmt.Errorf("read the order: %w", err))
		answer(w, http.StatusBadRequest, ordered{Refused: &no})
		return
	}
	d := desk{n.cfg, n.store, n.billing, inventory.New(n.store.Catalog, n.ids.Next, nil), n.payments, n.orders, n.people, n.notify, n.publicAddr}
	out, err := d.operate(r.Context(), o)
	if err != nil {
		no := refused(err)
		answer(w, http.StatusUnprocessableEntity, ordered{Refused: &no})
		return
	}
	answer(w, http.StatusOK, ordered{Outcome: out})
}

// orderFromNode asks the node that serves the data directory; served is false
// when none does.
func orderFromNode(ctx context.Context, cfg config.Config, o Order) (out Outcome, served bool, err error) {
	path := socketPath(cfg.Data)
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return out, false, nil // nobody listens: no node, or one that died
	}
	_ = conn.Close() // it was only a knock
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	text, err := json.Marshal(o)
	if err != nil {
		return out, true, fmt.Errorf("ask the running node: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/order", bytes.NewReader(text))
	if err != nil {
		return out, true, fmt.Errorf("ask the running node: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return out, true, fmt.Errorf("ask the running node: %w", err)
	}
	defer res.Body.Close()
	var body ordered
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return out, true, fmt.Errorf("read the running node's answer: %w", err)
	}
	if body.Refused != nil {
		return out, true, body.Refused.err()
	}
	return body.Outcome, true, nil
}
