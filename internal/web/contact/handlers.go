package contact

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/chat"
	"sibai/internal/fault"
	"sibai/internal/web/page"
	"sibai/internal/web/sse"
	"sibai/internal/web/talk"
	"sibai/internal/web/text"
)

// Path is where the pages begin.
const Path = "/contact"

// Chat is what the pages need; chat.Service implements it.
type Chat interface {
	Begin(ctx context.Context, in chat.Start) (chat.Conversation, string, error)
	Open(ctx context.Context, c chat.ID, key string) (chat.Conversation, []chat.Message, error)
	Say(ctx context.Context, c chat.ID, key, token, said string) error
	End(ctx context.Context, c chat.ID, key string) error
	Closed(c chat.Conversation) bool
	Present(ctx context.Context) ([]string, error)
	Done() <-chan struct{}
}

const (
	cookie = "sibai_chat"
	kept   = 30 * 24 * time.Hour
	pace   = time.Second // how often a stream looks at the store
	// readers bounds the streams of one node; who comes later reads without.
	readers = 500
)

type handlers struct {
	chat  Chat
	slots chan struct{}
}

// Routes adds the pages to r.
func Routes(r chi.Router, pages page.Pages, c Chat) {
	h := handlers{c, make(chan struct{}, readers)}
	r.Get(Path+"/events", pages.Handle(h.events))
	r.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5))
		r.Get(Path, pages.Handle(h.show))
		r.Post(Path, pages.Handle(h.begin))
		r.Post(Path+"/say", pages.Handle(h.say))
		r.Post(Path+"/end", pages.Handle(h.end))
	})
}

// sheet is what the page shows.
type sheet struct {
	present      []string
	conversation *chat.Conversation // nil before there is one
	messages     []chat.Message
	closed       bool
	form         talk.Form
}

// own is the conversation that the browser's cookie opens; ok is false when
// there is none.
func (h handlers) own(r *http.Request) (s sheet, key string, ok bool, err error) {
	id, key, ok := keyed(r)
	if !ok {
		return s, "", false, nil
	}
	found, list, err := h.chat.Open(r.Context(), id, key)
	if fault.CodeOf(err) == fault.ChatNotFound {
		return s, "", false, nil
	}
	if err != nil {
		return s, "", false, err
	}
	s.conversation, s.messages, s.closed = &found, list, h.chat.Closed(found)
	return s, key, true, nil
}

// keyed reads the cookie; one that is missing or broken is none.
func keyed(r *http.Request) (c chat.ID, key string, ok bool) {
	kept, err := r.Cookie(cookie)
	if err == nil {
		var name string
		name, key, _ = strings.Cut(kept.Value, ".")
		c, err = chat.ParseID(name)
	}
	return c, key, err == nil
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, _, ok, err := h.own(r)
	if err != nil {
		return err
	}
	s.form = talk.NewForm(Path + "/say")
	if !ok || s.closed {
		s.form.Action = Path
	}
	return h.render(w, r, http.StatusOK, s)
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) (err error) {
	if s.present, err = h.chat.Present(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, status, contactPage(s))
}

// begin makes a conversation. Whether it is one or a message that is left was
// decided by the page that the visitor saw.
func (h handlers) begin(w http.ResponseWriter, r *http.Request) error {
	f, err := talk.Read(w, r, Path, "name", "contact", "offline")
	if err != nil {
		return err
	}
	c, key, err := h.chat.Begin(r.Context(), chat.Start{
		Name: f.Fields["name"], Contact: f.Fields["contact"], Text: f.Text, Offline: f.Fields["offline"] != "",
		Lang: string(text.From(r.Context())), Address: address(r), Token: f.Token,
	})
	if err != nil {
		if f, err = f.Refused(r.Context(), err); err != nil {
			return err
		}
		return h.render(w, r, f.Problem.Status, sheet{form: f})
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: c.ID.String() + "." + key, Path: Path, MaxAge: int(kept / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: overTLS(r),
	})
	http.Redirect(w, r, Path+"#say", http.StatusSeeOther)
	return nil
}

func (h handlers) say(w http.ResponseWriter, r *http.Request) error {
	s, key, ok, err := h.own(r)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.ChatNotFound)
	}
	if s.form, err = talk.Read(w, r, Path+"/say"); err != nil {
		return err
	}
	inPlace := r.Header.Get("HX-Request") != ""
	err = h.chat.Say(r.Context(), s.conversation.ID, key, s.form.Token, s.form.Text)
	switch {
	case err != nil:
		if s.form, err = s.form.Refused(r.Context(), err); err != nil {
			return err
		}
		if !inPlace {
			return h.render(w, r, s.form.Problem.Status, s)
		}
	case !inPlace:
		http.Redirect(w, r, Path+"#say", http.StatusSeeOther)
		return nil
	default:
		s.form = talk.NewForm(Path + "/say")
	}
	// htmx puts only a success into its place.
	return page.Render(w, r, http.StatusOK, talk.Say(s.form))
}

// end closes the conversation, and forgets it in this browser.
func (h handlers) end(w http.ResponseWriter, r *http.Request) error {
	s, key, ok, err := h.own(r)
	if err != nil {
		return err
	}
	if ok {
		if err := h.chat.End(r.Context(), s.conversation.ID, key); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: Path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: overTLS(r)})
	http.Redirect(w, r, Path, http.StatusSeeOther)
	return nil
}

// events follows the conversation.
func (h handlers) events(w http.ResponseWriter, r *http.Request) error {
	_, _, ok, err := h.own(r)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.ChatNotFound)
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		w.Header().Set("Retry-After", "10")
		return page.Refusal{Status: http.StatusServiceUnavailable, Title: "error.unavailable", Why: "error.unavailablewhy"}
	}
	return sse.Follow(w, r, h.chat.Done(), pace, func(ctx context.Context) ([]sse.Fragment, error) {
		s, _, ok, err := h.own(r)
		if err == nil && !ok {
			err = fault.New(fault.ChatNotFound)
		}
		if err == nil {
			s.present, err = h.chat.Present(ctx)
		}
		if err != nil {
			return nil, err
		}
		return []sse.Fragment{{Event: "there", Part: there(s)}, {Event: "log", Part: talk.Log(s.messages, talk.Visitor)}}, nil
	})
}

// address is where the visitor comes from. A proxy on this machine or in a
// private network is believed about who spoke to it; a stranger is not.
func address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || !peer.Unmap().IsLoopback() && !peer.Unmap().IsPrivate() {
		return peer
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if a, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
		return a
	}
	return peer
}

// overTLS reports whether the visitor speaks TLS, to us or to the proxy.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
