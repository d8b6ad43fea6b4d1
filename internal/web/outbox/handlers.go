package outbox

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/ui"
)

// Messages reads what is kept of messages; the store implements it.
type Messages interface {
	Outbox(ctx context.Context, f notify.Filter) ([]notify.Message, error)
	Message(ctx context.Context, id notify.ID) (m notify.Message, ok bool, err error)
}

// Sender has messages sent again or dropped; notify.Service implements it.
type Sender interface {
	Resend(ctx context.Context, id notify.ID) (notify.Message, error)
	Drop(ctx context.Context, id notify.ID) (notify.Message, error)
	Channels() (mail, phones bool)
}

// People writes down who did it; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Deps is what the pages need.
type Deps struct {
	Messages Messages
	Sender   Sender
	Contact  string // how the operator is reached, the last line of a message; may be empty
}

// Path is where the list is.
const Path = "/office/messages"

// atOnce is how many messages a page lists.
const atOnce = 50

type handlers struct {
	Deps
	people People
}

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, d Deps, people People) {
	h := handlers{d, people}
	r.Get(Path, gate.Need(pages, identity.SeeOffice, h.list))
	r.Get(Path+"/{message}", gate.Need(pages, identity.SeeOffice, h.show))
	r.Post(Path+"/{message}/resend", gate.Need(pages, identity.MendMessages, h.act("message_resent", d.Sender.Resend)))
	r.Post(Path+"/{message}/drop", gate.Need(pages, identity.MendMessages, h.act("message_dropped", d.Sender.Drop)))
}

// board is what the list shows.
type board struct {
	actor        identity.Actor
	mail, phones bool // channels that this node has
	filter       notify.Filter
	list         []notify.Message
	older        string // address of the next page; empty: none
}

// sheet is what the page of a message shows.
type sheet struct {
	actor   identity.Actor
	mail    bool
	m       notify.Message
	subject string
	body    string
	problem *forms.Problem
}

func (h handlers) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	b := board{actor: a}
	b.mail, b.phones = h.Sender.Channels()
	asked := r.URL.Query()
	b.filter = notify.Filter{State: notify.State(asked.Get("state")), Customer: asked.Get("customer"), Limit: atOnce + 1}
	if s := b.filter.State; s != "" && !slices.Contains(notify.States(), s) {
		return fault.New(fault.ValueNotAllowed, "value", string(s), "allowed", "queued, sent, failed, dropped")
	}
	var err error
	if before := asked.Get("before"); before != "" {
		if b.filter.Before, err = notify.ParseID(before); err != nil {
			return err
		}
	}
	if b.list, err = h.Messages.Outbox(r.Context(), b.filter); err != nil {
		return err
	}
	if len(b.list) > atOnce {
		b.list = b.list[:atOnce]
		b.older = b.address(b.filter.State, b.list[atOnce-1].ID.String())
	}
	return page.Render(w, r, http.StatusOK, listPage(b))
}

// address is that of the list in a state, for the same customer.
func (b board) address(s notify.State, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"state": string(s), "customer": b.filter.Customer, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return Path
	}
	return Path + "?" + q.Encode()
}

func (h handlers) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, http.StatusOK, sheet{actor: a})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) error {
	id, err := notify.ParseID(chi.URLParam(r, "message"))
	if err != nil {
		return err
	}
	var ok bool
	if s.m, ok, err = h.Messages.Message(r.Context(), id); err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.MessageNotFound, "message", id.String())
	}
	s.mail, _ = h.Sender.Channels()
	s.subject, s.body = s.m.Text(h.Contact)
	return page.Render(w, r, status, messagePage(s))
}

// act does something about a message and writes down who did it.
func (h handlers) act(trace string, do func(context.Context, notify.ID) (notify.Message, error)) func(http.ResponseWriter, *http.Request, identity.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		id, err := notify.ParseID(chi.URLParam(r, "message"))
		if err != nil {
			return err
		}
		m, err := do(r.Context(), id)
		if p, ok := forms.Said(r.Context(), err); ok {
			return h.render(w, r, http.StatusConflict, sheet{actor: a, problem: p})
		}
		if err != nil {
			return err
		}
		if err := h.people.Note(r.Context(), a, trace, id.String(), account.Address(r), m.Masked()); err != nil {
			return err
		}
		http.Redirect(w, r, Path+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
}

// reason is why the last try failed, where mail servers like to repeat the address.
func reason(m notify.Message) string {
	if m.Address == "" {
		return m.Error
	}
	return regexp.MustCompile("(?i)"+regexp.QuoteMeta(m.Address)).ReplaceAllLiteralString(m.Error, m.Masked())
}

func subject(m notify.Message) string {
	s, _ := m.Text("")
	return s
}

func look(s notify.State) ui.Look {
	switch s {
	case notify.Sent:
		return ui.Well
	case notify.Failed:
		return ui.Hole
	case notify.Queued:
		return ui.Check
	}
	return ui.Plain
}
