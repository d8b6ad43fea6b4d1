package transfer

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/vault"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Desk is what the pages of staff need; claim.Service implements it.
type Desk interface {
	List(ctx context.Context, f claim.Filter) ([]claim.Claim, error)
	Read(ctx context.Context, id claim.ID) (claim.Claim, error)
	Slip(ctx context.Context, id claim.ID) (vault.Type, []byte, error)
	Approve(ctx context.Context, id claim.ID, f claim.Finding) (claim.Claim, error)
	Reject(ctx context.Context, id claim.ID, reason claim.Reason, note, who string) (claim.Claim, error)
}

// People writes down who looked and did; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// DeskPath is where staff look at claims.
const DeskPath = "/office/claims"

type desk struct {
	claims Desk
	people People
}

// DeskRoutes adds the pages of staff to r, inside of which gate.Sessions must be
// in use.
func DeskRoutes(r chi.Router, pages page.Pages, gate *account.Gate, claims Desk, people People) {
	d := desk{claims, people}
	r.Get(DeskPath, gate.Need(pages, identity.SeeBooks, d.list))
	r.Get(DeskPath+"/{id}", gate.Need(pages, identity.SeeBooks, d.show))
	r.Get(DeskPath+"/{id}/slip", gate.Need(pages, identity.MoveMoney, d.slip))
	r.Post(DeskPath+"/{id}/approve", gate.Need(pages, identity.MoveMoney, d.approve))
	r.Post(DeskPath+"/{id}/reject", gate.Need(pages, identity.MoveMoney, d.reject))
}

// board is what the pages of staff show.
type board struct {
	actor   identity.Actor
	state   claim.State
	list    []claim.Claim
	c       claim.Claim
	amount  string
	line    string
	reason  claim.Reason
	note    string
	problem *forms.Problem
	at      time.Time
}

func (d desk) list(w http.ResponseWriter, r *http.Request, a identity.Actor) (err error) {
	b := board{actor: a, state: claim.Filed, at: time.Now()}
	if asked := r.URL.Query().Get("state"); asked != "" {
		b.state = claim.State(asked)
	}
	if b.list, err = d.claims.List(r.Context(), claim.Filter{State: b.state}); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(b))
}

func (d desk) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return d.render(w, r, a, http.StatusOK, board{})
}

func (d desk) render(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, b board) error {
	id, err := claim.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if b.c, err = d.claims.Read(r.Context(), id); err != nil {
		return err
	}
	b.actor, b.at = a, time.Now()
	if b.amount == "" {
		b.amount = b.c.Amount.String()
		if b.c.Received > 0 {
			b.amount, b.line = b.c.Received.String(), b.c.Reference
		}
	}
	return page.Render(w, r, status, claimPage(b))
}

// slip gives the slip out, as a file, once that is written down.
func (d desk) slip(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := claim.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := d.people.Note(r.Context(), a, "slip_seen", id.String(), account.Address(r), ""); err != nil {
		return err
	}
	kind, data, err := d.claims.Slip(r.Context(), id)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", map[vault.Type]string{vault.JPEG: "image/jpeg", vault.PNG: "image/png", vault.PDF: "application/pdf"}[kind])
	header.Set("Content-Disposition", `attachment; filename="`+id.String()+kind.Extension()+`"`)
	header.Set("Content-Length", strconv.Itoa(len(data)))
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(data) // the reader went away: nothing to mend
	return nil
}

func (d desk) approve(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return d.act(w, r, a, "claim_approved", func(id claim.ID, b *board) error {
		b.amount, b.line = r.PostForm.Get("amount"), r.PostForm.Get("line")
		sum, err := money.Parse(b.amount)
		if err != nil {
			return fault.Wrap(err, fault.MoneyInvalid, "value", b.amount)
		}
		_, err = d.claims.Approve(r.Context(), id, claim.Finding{Received: sum, Reference: b.line, Who: who(a)})
		return err
	})
}

func (d desk) reject(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return d.act(w, r, a, "claim_rejected", func(id claim.ID, b *board) error {
		b.reason, b.note = claim.Reason(r.PostForm.Get("reason")), r.PostForm.Get("note")
		_, err := d.claims.Reject(r.Context(), id, b.reason, b.note, who(a))
		return err
	})
}

// who is a person where the rule of four eyes compares: names are not unique.
func who(a identity.Actor) string { return a.Person.Name + " " + a.Person.Login }

func (d desk) act(w http.ResponseWriter, r *http.Request, a identity.Actor, trace string, do func(claim.ID, *board) error) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	id, err := claim.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	var b board
	err = do(id, &b)
	if bad, ok := forms.Said(r.Context(), err); ok {
		b.problem = bad
		return d.render(w, r, a, http.StatusUnprocessableEntity, b)
	}
	if err != nil {
		return err
	}
	if err := d.people.Note(r.Context(), a, trace, id.String(), account.Address(r), b.amount+" "+b.line+string(b.reason)); err != nil {
		return err
	}
	http.Redirect(w, r, DeskPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

// reasonText is a reason of a rejection in words.
func reasonText(ctx context.Context, r claim.Reason) string {
	return text.T(ctx, "transfer.reason."+string(r))
}
