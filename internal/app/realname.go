package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"sibai/internal/carrier"
	"sibai/internal/config"
	"sibai/internal/id"
	"sibai/internal/realname"
	"sibai/internal/vault"
	"sibai/internal/web/verify"
)

// realNameEvery is how often it is looked for what is due, and for the
// carrier's answers.
const realNameEvery = time.Minute

// realNames makes the real-name service over the folder of documents that the
// settings name.
func realNames(cfg config.Config, store *Store, ids *id.Generator, log *slog.Logger) *realname.Service {
	rules := realname.Rules{Answer: cfg.RealName.Answer, Vendor: cfg.RealName.VendorReview, Carrier: cfg.RealName.CarrierReview}
	return realname.New(store.Catalog, documents(cfg), rules, ids.Next, nil, log)
}

// carrierOf is how files are exchanged with the carrier; nil when they are not.
func carrierOf(cfg config.Config) realname.Carrier {
	if cfg.RealName.CarrierFolder == "" {
		return nil
	}
	return carrier.Folder(cfg.RealName.CarrierFolder)
}

// startRealNames does what is due with applications and exchanges files with the
// carrier, on this node or another one that shares the store.
func (n *Node) startRealNames() {
	ctx, cancel := context.WithCancel(context.Background())
	n.stopNaming = func() {
		cancel()
		n.naming.Wait()
	}
	n.naming.Go(func() {
		tick := time.NewTicker(realNameEvery)
		defer tick.Stop()
		for {
			if err := n.realNameTurn(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("not everything of real-name verification could be dealt with; it is tried again", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (n *Node) realNameTurn(ctx context.Context) error {
	done, errDue := n.names.Turn(ctx, n.store.Catalog, n.cfg.Node)
	removed, errSweep := n.names.Sweep(ctx, n.store.Catalog, n.cfg.Node)
	sent, answered, errCarrier := n.names.Exchange(ctx, n.store.Catalog, n.cfg.Node, carrierOf(n.cfg))
	moved, errOrders := n.ordersFollow(ctx)
	if done+removed+sent+answered+moved > 0 {
		n.log.Info("real-name verification", "due", done, "sent", sent, "answered", answered, "orders", moved, "swept", removed)
	}
	return errors.Join(errDue, errSweep, errCarrier, errOrders)
}

// The orders about real-name verification.
const (
	RealNameBegin   = "begin"
	RealNameFill    = "fill"
	RealNameAdd     = "add"
	RealNameShow    = "show"
	RealNameHandIn  = "hand_in"
	RealNameLink    = "link"
	RealNameDecide  = "decide"
	RealNameLook    = "look"
	RealNameFreeze  = "freeze"
	RealNameLift    = "lift"
	RealNameSend    = "send"
	RealNameCollect = "collect"
	RealNameRekey   = "rekey"
)

// RealNameOrder is what somebody at the terminal wants done.
type RealNameOrder struct {
	Do          string
	Who         string
	Customer    string                `json:",omitempty"`
	Number      string                `json:",omitempty"`
	Application realname.ID           `json:",omitempty"`
	DocumentID  realname.DocumentID   `json:",omitempty"`
	Form        *realname.Form        `json:",omitempty"`
	New         *realname.NewDocument `json:",omitempty"`
	Decision    *realname.Decision    `json:",omitempty"`
	Whole       bool                  `json:",omitempty"` // of show: unmasked
	Preview     bool                  `json:",omitempty"` // of look
	Cause       realname.Cause        `json:",omitempty"`
	Note        string                `json:",omitempty"`
}

// RealNameOutcome is what became of it.
type RealNameOutcome struct {
	Application *realname.Application `json:",omitempty"`
	Document    *realname.Document    `json:",omitempty"`
	Data        []byte                `json:",omitempty"`
	Case        *realname.Case        `json:",omitempty"`
	Freeze      *realname.Freeze      `json:",omitempty"`
	Count       int                   `json:",omitempty"`
	Link        string                `json:",omitempty"`
}

// RealName does an order: by the node that serves the data directory, or on the
// store itself when none does.
func RealName(ctx context.Context, cfg config.Config, o RealNameOrder, log *slog.Logger) (RealNameOutcome, error) {
	if client := nodeOf(cfg); client != nil {
		return realNameByNode(ctx, client, o)
	}
	open := OpenStore
	if missing, err := nothingStored(ctx, cfg); err != nil {
		return RealNameOutcome{}, err
	} else if missing {
		open = ReadStore // says that nothing is stored, and makes nothing
	}
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return RealNameOutcome{}, fmt.Errorf("node: %w", err)
	}
	store, err := open(ctx, cfg)
	if err != nil {
		return RealNameOutcome{}, err
	}
	out, err := realNameOrder(ctx, cfg, realNames(cfg, store, ids, log), o, "")
	return out, errors.Join(err, store.Close())
}

// realNameOrder does an order; public is where the pages for customers are
// served, empty when they are not here.
func realNameOrder(ctx context.Context, cfg config.Config, s *realname.Service, o RealNameOrder, public string) (out RealNameOutcome, err error) {
	var (
		a realname.Application
		d realname.Document
		f realname.Freeze
	)
	switch o.Do {
	case RealNameBegin:
		if err := firstKey(cfg); err != nil {
			return out, err
		}
		a, err = s.Begin(ctx, o.Customer, o.Number, o.Who)
		out.Application = &a
	case RealNameFill:
		a, err = s.Fill(ctx, o.Application, *o.Form, o.Who)
		out.Application = &a
	case RealNameAdd:
		d, err = s.Add(ctx, o.Application, *o.New, o.Who)
		out.Document = &d
	case RealNameShow:
		c, err := s.Show(ctx, o.Application, o.Whole, o.Who)
		return RealNameOutcome{Case: &c}, err
	case RealNameHandIn:
		a, err = s.HandIn(ctx, o.Application, o.Who)
		out.Application = &a
	case RealNameLink:
		base, err := desk{cfg: cfg, public: public}.links()
		if err != nil {
			return out, err
		}
		a, key, err := s.Link(ctx, o.Application, o.Who)
		return RealNameOutcome{Application: &a, Link: base + verify.Path(a.ID, key)}, err
	case RealNameDecide:
		o.Decision.Who = o.Who
		a, err = s.Decide(ctx, o.Application, *o.Decision)
		out.Application = &a
	case RealNameLook:
		d, out.Data, err = s.Look(ctx, o.DocumentID, o.Preview, o.Who)
		out.Document = &d
	case RealNameFreeze:
		f, err = s.Freeze(ctx, o.Number, o.Cause, o.Note, o.Who)
		out.Freeze = &f
	case RealNameLift:
		f, err = s.Lift(ctx, o.Number, o.Note, o.Who)
		out.Freeze = &f
	case RealNameSend:
		out.Count, err = s.Send(ctx, carrierOf(cfg))
	case RealNameCollect:
		out.Count, err = s.Collect(ctx, carrierOf(cfg))
	case RealNameRekey:
		out.Count, err = s.Rewrap(ctx)
	default:
		err = fmt.Errorf("unknown order %q", o.Do)
	}
	return out, err
}

// firstKey makes the first master key where the embedded store has none. Nodes
// that share a store share the file too, so there somebody puts it.
func firstKey(cfg config.Config) error {
	file := vault.KeyFile(cfg.DocumentKeys())
	if cfg.Store.URL != "" || file.Exists() {
		return nil
	}
	_, err := file.Add()
	return err
}

// AddDocumentKey puts a new master key on top of the key file and returns its
// name.
func AddDocumentKey(cfg config.Config) (string, error) {
	return vault.KeyFile(cfg.DocumentKeys()).Add()
}

// RealNames lists applications, also while nodes serve the store.
func RealNames(ctx context.Context, cfg config.Config, f realname.Filter) (list []realname.Application, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = realname.New(s.Catalog, nil, realname.Rules{}, nil, nil, nil).List(ctx, f)
		return err
	})
	return list, err
}

// Freezes lists the numbers that rules stop, also while nodes serve the store.
func Freezes(ctx context.Context, cfg config.Config) (list []realname.Freeze, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Freezes(ctx)
		return err
	})
	return list, err
}

// realNamed is what the node answers to /realname.
type realNamed struct {
	Outcome RealNameOutcome
	Refused *applied `json:",omitempty"`
}

// maxRealName bounds an order with its document in base 64, in bytes.
const maxRealName = 2 * vault.MaxFile

func (n *Node) handleRealName(w http.ResponseWriter, r *http.Request) {
	var o RealNameOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRealName)).Decode(&o); err != nil {
		no := refused(fmt.Errorf("read the order: %w", err))
		answer(w, http.StatusBadRequest, realNamed{Refused: &no})
		return
	}
	out, err := realNameOrder(r.Context(), n.cfg, n.names, o, n.publicAddr)
	if err != nil {
		no := refused(err)
		answer(w, http.StatusUnprocessableEntity, realNamed{Outcome: out, Refused: &no})
		return
	}
	if o.Do == RealNameHandIn || o.Do == RealNameDecide || o.Do == RealNameCollect {
		if _, err := n.ordersFollow(r.Context()); err != nil {
			n.log.Error("an order could not follow its real-name application; it is tried again", "error", err)
		}
	}
	answer(w, http.StatusOK, realNamed{Outcome: out})
}

// reviews is the real-name service for the pages of staff: orders follow what is
// decided there at once.
type reviews struct {
	*realname.Service
	n *Node
}

// Decide implements review.Applications.
func (r reviews) Decide(ctx context.Context, id realname.ID, d realname.Decision) (realname.Application, error) {
	a, err := r.Service.Decide(ctx, id, d)
	if err != nil {
		return a, err
	}
	if _, err := r.n.ordersFollow(ctx); err != nil {
		r.n.log.ErrorContext(ctx, "an order could not follow its real-name application; it is tried again", "error", err)
	}
	return a, nil
}

func realNameByNode(ctx context.Context, client *http.Client, o RealNameOrder) (RealNameOutcome, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return RealNameOutcome{}, fmt.Errorf("ask the running node: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/realname", bytes.NewReader(body))
	if err != nil {
		return RealNameOutcome{}, fmt.Errorf("ask the running node: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return RealNameOutcome{}, fmt.Errorf("ask the running node: %w", err)
	}
	defer res.Body.Close()
	var out realNamed
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return RealNameOutcome{}, fmt.Errorf("read the running node's answer: %w", err)
	}
	if out.Refused != nil {
		return out.Outcome, out.Refused.err()
	}
	return out.Outcome, nil
}
