package bell

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Notices reads notices and marks them as read; the store implements it.
type Notices interface {
	Unread(ctx context.Context, r notify.Reader) (int, error)
	Told(ctx context.Context, r notify.Reader, before notify.NoticeID, limit int) ([]notify.Told, error)
	ReadNotice(ctx context.Context, r notify.Reader, id notify.NoticeID) (billing.Notice, error)
	ReadNotices(ctx context.Context, r notify.Reader) error
	Choices(ctx context.Context, c catalog.Customer) (notify.Choices, error)
	SetChoices(ctx context.Context, c catalog.Customer, choices notify.Choices) error
	Contact(ctx context.Context, code string) (c notify.Contact, ok bool, err error)
}

// People writes down who changed what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

const (
	atOnce = 50                  // notices that a page lists
	fresh  = 90 * 24 * time.Hour // older ones are not counted as unread
)

// Bell is the pages of one side.
type Bell struct {
	notices Notices
	kinds   map[billing.ItemKind]about
	path    string
	see     identity.Permission
	people  People
}

// Routes adds the pages to r, inside of which gate.Sessions must be in use, and makes
// every page of the side show the bell. staff says which side it is.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, notices Notices, people People, staff bool) {
	b := Bell{notices, ofMembers, "/console/notices", identity.SeeConsole, people}
	if staff {
		b = Bell{notices, ofStaff, "/office/notices", identity.SeeOffice, people}
	}
	gate.Rings(func(ctx context.Context, a identity.Actor) (int, error) { return notices.Unread(ctx, b.reader(a)) })
	r.Get(b.path, gate.Need(pages, b.see, b.list))
	r.Post(b.path, gate.Need(pages, b.see, b.all))
	if !staff {
		r.Get(choicesPath, gate.Need(pages, identity.ManageMembers, b.choices))
		r.Post(choicesPath, gate.Need(pages, identity.ManageMembers, b.choose))
	}
	r.Post(b.path+"/{notice}", gate.Need(pages, b.see, b.one))
}

// reader is an actor as it reads notices.
func (b Bell) reader(a identity.Actor) notify.Reader {
	r := notify.Reader{Shard: a.Customer.Shard, Customer: a.Customer.ID, Person: int64(a.Person.ID), Since: time.Now().Add(-fresh)}
	if a.Person.Created.After(r.Since) {
		r.Since = a.Person.Created
	}
	for kind, about := range b.kinds {
		if a.Role.Has(about.needs) {
			r.Kinds = append(r.Kinds, kind)
		}
	}
	return r
}

// target is the page that a notice leads to.
func (b Bell) target(i billing.Item) string {
	path := b.kinds[i.Kind].path
	if i.Number == "" {
		return strings.TrimSuffix(path, "/#")
	}
	return strings.Replace(path, "#", i.Number, 1)
}

// sheet is what the page shows.
type sheet struct {
	actor identity.Actor
	staff bool
	path  string
	list  []notify.Told
	older string // address of the next page; empty: none
	fresh bool   // something is not read
}

func (b Bell) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	var before notify.NoticeID
	if asked := r.URL.Query().Get("before"); asked != "" {
		var err error
		if before, err = notify.ParseNoticeID(asked); err != nil {
			return err
		}
	}
	by := b.reader(a)
	list, err := b.notices.Told(r.Context(), by, before, atOnce+1)
	if err != nil {
		return err
	}
	s := sheet{actor: a, staff: a.Role.Staff(), path: b.path, list: list}
	if len(list) > atOnce {
		s.list = list[:atOnce]
		s.older = b.path + "?before=" + notify.NoticeID(list[atOnce-1].ID).String()
	}
	for _, t := range s.list {
		s.fresh = s.fresh || !t.Read
	}
	return page.Render(w, r, http.StatusOK, listPage(s))
}

// all marks all notices as read.
func (b Bell) all(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	if err := b.notices.ReadNotices(r.Context(), b.reader(a)); err != nil {
		return err
	}
	http.Redirect(w, r, b.path, http.StatusSeeOther)
	return nil
}

// one marks a notice as read and goes where it leads.
func (b Bell) one(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	id, err := notify.ParseNoticeID(chi.URLParam(r, "notice"))
	if err != nil {
		return err
	}
	n, err := b.notices.ReadNotice(r.Context(), b.reader(a), id)
	if err != nil {
		return err
	}
	http.Redirect(w, r, b.target(n.Item), http.StatusSeeOther)
	return nil
}
