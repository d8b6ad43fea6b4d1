package support

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/chat"
	"sibai/internal/fault"
	"sibai/internal/web/page"
	"sibai/internal/web/sse"
	"sibai/internal/web/talk"
)

// Path is where the pages begin.
const Path = "/support"

// Chat is what the pages need; chat.Service implements it.
type Chat interface {
	Desk(ctx context.Context) (chat.Desk, error)
	Read(ctx context.Context, c chat.ID) (chat.Conversation, []chat.Message, error)
	Answer(ctx context.Context, c chat.ID, staff, token, said string) error
	Close(ctx context.Context, c chat.ID) error
	CallBack(ctx context.Context, c chat.ID, staff, note string) error
	Closed(c chat.Conversation) bool
	Here(ctx context.Context, name string) error
	Away(ctx context.Context, name string) error
	Canned(ctx context.Context) ([]chat.Canned, error)
	SetCanned(ctx context.Context, c chat.Canned) error
	RemoveCanned(ctx context.Context, name string) error
	Done() <-chan struct{}
}

const (
	cookie = "sibai_staff"
	kept   = 30 * 24 * time.Hour
	pace   = time.Second      // how often a stream looks at the store
	renew  = 20 * time.Second // how often an open page says that its reader is there
)

type handlers struct{ chat Chat }

// Routes adds the pages to r.
func Routes(r chi.Router, pages page.Pages, c Chat) {
	h := handlers{c}
	r.Get(Path+"/events", pages.Handle(h.events))
	r.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5))
		r.Get(Path, pages.Handle(h.show))
		r.Post(Path+"/here", pages.Handle(h.here))
		r.Post(Path+"/away", pages.Handle(h.away))
		r.Post(Path+"/say", pages.Handle(h.say))
		r.Post(Path+"/close", pages.Handle(h.close))
		r.Post(Path+"/called", pages.Handle(h.called))
		r.Post(Path+"/canned", pages.Handle(h.setCanned))
		r.Post(Path+"/canned/remove", pages.Handle(h.removeCanned))
	})
}

// sheet is what the page shows.
type sheet struct {
	desk     chat.Desk
	me       string             // who reads; empty before he said so
	open     *chat.Conversation // nil when none is chosen
	closed   map[chat.ID]bool
	messages []chat.Message
	canned   []chat.Canned
	form     talk.Form // the next message
	naming   talk.Form // who is there
	saving   talk.Form // a canned answer
	calling  talk.Form // what came of a call
}

// to is the address of the page with a conversation, 0 for none.
func to(c chat.ID) string {
	if c == 0 {
		return Path
	}
	return Path + "?" + url.Values{"c": {c.String()}}.Encode()
}

func action(what string, c chat.ID) string {
	if c == 0 {
		return Path + "/" + what
	}
	return Path + "/" + what + "?" + url.Values{"c": {c.String()}}.Encode()
}

func me(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return name
}

func chosen(r *http.Request) (chat.ID, error) {
	s := r.URL.Query().Get("c")
	if s == "" {
		return 0, nil
	}
	c, err := chat.ParseID(s)
	if err != nil {
		return 0, fault.New(fault.ChatNotFound)
	}
	return c, nil
}

// look reads what the page shows.
func (h handlers) look(ctx context.Context, r *http.Request) (s sheet, err error) {
	id, err := chosen(r)
	if err != nil {
		return s, err
	}
	s.me = me(r)
	if s.desk, err = h.chat.Desk(ctx); err != nil {
		return s, err
	}
	if s.canned, err = h.chat.Canned(ctx); err != nil {
		return s, err
	}
	s.closed = map[chat.ID]bool{}
	for _, c := range s.desk.Conversations {
		s.closed[c.ID] = h.chat.Closed(c)
	}
	if id != 0 {
		c, list, err := h.chat.Read(ctx, id)
		if err != nil {
			return s, err
		}
		s.open, s.messages, s.closed[id] = &c, list, h.chat.Closed(c)
	}
	s.form, s.naming, s.saving = talk.NewForm(action("say", id)), talk.NewForm(action("here", id)), talk.NewForm(action("canned", id))
	s.calling = talk.NewForm(action("called", id))
	return s, nil
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	if name := me(r); name != "" {
		if err := h.chat.Here(r.Context(), name); err != nil {
			return err
		}
	}
	s, err := h.look(r.Context(), r)
	if err != nil {
		return err
	}
	for _, c := range s.canned {
		if c.Name == r.URL.Query().Get("use") {
			s.form.Text = c.Text
		}
	}
	return page.Render(w, r, http.StatusOK, supportPage(s))
}

// sent reads a form, does what it asks for, and shows the page again with what
// is wrong, or leads back to it.
func (h handlers) sent(w http.ResponseWriter, r *http.Request, do func(f talk.Form, c chat.ID) error, put func(*sheet, talk.Form), fields ...string) error {
	id, err := chosen(r)
	if err != nil {
		return err
	}
	f, err := talk.Read(w, r, "", fields...)
	if err != nil {
		return err
	}
	if err := do(f, id); err != nil {
		if f, err = f.Refused(r.Context(), err); err != nil {
			return err
		}
		s, err := h.look(r.Context(), r)
		if err != nil {
			return err
		}
		put(&s, f)
		return page.Render(w, r, f.Problem.Status, supportPage(s))
	}
	http.Redirect(w, r, to(id), http.StatusSeeOther)
	return nil
}

func (h handlers) here(w http.ResponseWriter, r *http.Request) error {
	return h.sent(w, r, func(f talk.Form, _ chat.ID) error {
		if err := h.chat.Here(r.Context(), f.Fields["name"]); err != nil {
			return err
		}
		http.SetCookie(w, &http.Cookie{
			Name: cookie, Value: url.QueryEscape(f.Fields["name"]), Path: Path, MaxAge: int(kept / time.Second),
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
		})
		return nil
	}, func(s *sheet, f talk.Form) { f.Action = s.naming.Action; s.naming = f }, "name")
}

func (h handlers) away(w http.ResponseWriter, r *http.Request) error {
	id, err := chosen(r)
	if err != nil {
		return err
	}
	if name := me(r); name != "" {
		if err := h.chat.Away(r.Context(), name); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: Path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	http.Redirect(w, r, to(id), http.StatusSeeOther)
	return nil
}

// say answers; with script the form is emptied in its place.
func (h handlers) say(w http.ResponseWriter, r *http.Request) error {
	answer := func(f talk.Form, c chat.ID) error { return h.chat.Answer(r.Context(), c, me(r), f.Token, f.Text) }
	put := func(s *sheet, f talk.Form) { f.Action = s.form.Action; s.form = f }
	if r.Header.Get("HX-Request") == "" {
		return h.sent(w, r, answer, put)
	}
	id, err := chosen(r)
	if err != nil {
		return err
	}
	f, err := talk.Read(w, r, action("say", id))
	if err != nil {
		return err
	}
	if err := answer(f, id); err == nil {
		f = talk.NewForm(f.Action)
	} else if f, err = f.Refused(r.Context(), err); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, talk.Say(f))
}

func (h handlers) close(w http.ResponseWriter, r *http.Request) error {
	id, err := chosen(r)
	if err != nil {
		return err
	}
	if err := h.chat.Close(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, to(id), http.StatusSeeOther)
	return nil
}

// called writes down that a visitor was called back.
func (h handlers) called(w http.ResponseWriter, r *http.Request) error {
	return h.sent(w, r, func(f talk.Form, c chat.ID) error {
		return h.chat.CallBack(r.Context(), c, me(r), f.Text)
	}, func(s *sheet, f talk.Form) { f.Action = s.calling.Action; s.calling = f })
}

func (h handlers) setCanned(w http.ResponseWriter, r *http.Request) error {
	return h.sent(w, r, func(f talk.Form, _ chat.ID) error {
		return h.chat.SetCanned(r.Context(), chat.Canned{Name: f.Fields["name"], Text: f.Text})
	}, func(s *sheet, f talk.Form) { f.Action = s.saving.Action; s.saving = f }, "name")
}

func (h handlers) removeCanned(w http.ResponseWriter, r *http.Request) error {
	return h.sent(w, r, func(f talk.Form, _ chat.ID) error {
		return h.chat.RemoveCanned(r.Context(), f.Fields["name"])
	}, func(s *sheet, f talk.Form) { s.saving = f }, "name")
}

// events follows the desk and the chosen conversation, and says that its
// reader is there as long as the page is open.
func (h handlers) events(w http.ResponseWriter, r *http.Request) error {
	var said time.Time
	return sse.Follow(w, r, h.chat.Done(), pace, func(ctx context.Context) ([]sse.Fragment, error) {
		if name := me(r); name != "" && time.Since(said) > renew {
			if err := h.chat.Here(ctx, name); err != nil {
				return nil, err
			}
			said = time.Now()
		}
		s, err := h.look(ctx, r)
		if err != nil {
			return nil, err
		}
		parts := []sse.Fragment{{Event: "there", Part: present(s)}, {Event: "list", Part: list(s)}}
		if s.open != nil {
			parts = append(parts, sse.Fragment{Event: "log", Part: talk.Log(s.messages, talk.Staff)})
		}
		return parts, nil
	})
}
