package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/routing"
	"sibai/internal/target"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Targets changes the phones of numbers; target.Service implements it.
type Targets interface {
	Show(ctx context.Context, a identity.Actor, digits string) (target.Sheet, error)
	Add(ctx context.Context, act target.Act, in target.NewPhone) error
	Move(ctx context.Context, act target.Act, l target.List, digits string, up bool) error
	Remove(ctx context.Context, act target.Act, l target.List, digits string, sure bool) error
	Ring(ctx context.Context, act target.Act, r target.Ringing) error
	Restore(ctx context.Context, act target.Act, version int) error
	SendCode(ctx context.Context, act target.Act, digits, lang string) error
	Prove(ctx context.Context, act target.Act, digits, code string) error
}

type numbersView struct {
	frame
	standing Standing
}

func (h handlers) numbers(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	f, err := h.frame(r, a, "mynumbers")
	if err != nil {
		return err
	}
	v := numbersView{frame: f}
	if v.standing, err = h.Source.Standing(r.Context(), a.Customer); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, numbersPage(v))
}

// numberView is the page of a number.
type numberView struct {
	frame
	sheet  target.Sheet
	rental *billing.Rental // nil while billing does not know it
	until  string
	ahead  []billing.Item // of this number
	today  tally
	sold   []catalog.SoldFeature // functions that were ordered with it
	change bool                  // whether the reader may change phones
	// next are the rings of the next call, with nobody answering.
	next []routing.Ring

	typed   target.NewPhone
	ring    string // seconds, as typed
	problem *forms.Problem
	of      string // what the problem stands beside: add, ring, versions, or a phone
	sure    string // the last phone that rings, about to be removed
	from    target.List
}

// tally counts calls.
type tally struct{ calls, answered int }

func count(list []cdr.Record) (t tally) {
	for i := range list {
		t.calls++
		if list[i].Cause == cdr.Answered || !list[i].AnsweredAt.IsZero() {
			t.answered++
		}
	}
	return t
}

func (h handlers) number(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.sheet(w, r, a, http.StatusOK, numberView{typed: target.NewPhone{Owner: target.OfEnterprise}})
}

// sheet shows a number; of v only what was typed and is wrong is given.
func (h handlers) sheet(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, v numberView) error {
	digits, err := digitsOf(r)
	if err != nil {
		return err
	}
	if v.frame, err = h.frame(r, a, "mynumbers"); err != nil {
		return err
	}
	if v.sheet, err = h.Targets.Show(r.Context(), a, digits); err != nil {
		return err
	}
	standing, err := h.Source.Standing(r.Context(), a.Customer)
	if err != nil {
		return err
	}
	at := time.Now()
	if standing.Customer != nil {
		for _, rental := range standing.Customer.Rentals {
			if rental.Digits == digits {
				v.rental, v.until = rental, until(standing.Customer, rental)
			}
		}
	}
	for _, item := range standing.Ahead {
		if item.Number == digits {
			v.ahead = append(v.ahead, item)
		}
	}
	calls, err := h.Source.Calls(r.Context(), charging.CDRFilter{
		Customer: int64(a.Customer.ID), Number: digits, Since: midnight(at), Limit: charging.MaxCDRs,
	})
	if err != nil {
		return err
	}
	if v.sold, err = h.sold(r.Context(), a, digits); err != nil {
		return err
	}
	v.today, v.change, v.next = count(calls), a.Role.Has(identity.ChangeTargets), next(&v.sheet)
	if v.ring == "" && v.sheet.Profile.RingTimeout > 0 {
		v.ring = strconv.Itoa(int(v.sheet.Profile.RingTimeout / time.Second))
	}
	return page.Render(w, r, status, numberPage(v))
}

// sold are the functions that a number was ordered with.
func (h handlers) sold(ctx context.Context, a identity.Actor, digits string) ([]catalog.SoldFeature, error) {
	list, err := h.Source.Orders(ctx, order.Filter{Customer: a.Customer.Code, State: order.Open})
	if err != nil {
		return nil, err
	}
	for i := range list { // the newest first
		for _, item := range list[i].Items {
			if item.Digits == digits {
				return item.Features, nil
			}
		}
	}
	return nil, nil
}

// midnight is when the day of an instant began in China.
func midnight(at time.Time) time.Time {
	y, m, d := at.In(calendar.Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, calendar.Shanghai)
}

// digitsOf reads the number of an address. Faults: number_not_rented.
func digitsOf(r *http.Request) (string, error) {
	text := chi.URLParam(r, "number")
	digits, err := number.Parse(text)
	if err != nil {
		return "", fault.New(fault.NumberNotRented, "number", text)
	}
	return digits, nil
}

// next is how the next call rings when nobody answers: by the same decision that
// calls are routed by.
func next(s *target.Sheet) (rings []routing.Ring) {
	open := directory.Routable(s.Profile, func(digits string) (catalog.Target, bool) {
		p, ok := s.Phone(digits)
		return p.Target, ok
	})
	d := routing.Decide(open, routing.Situation{State: number.Active})
	for last := routing.Outcome(""); ; last = routing.NoAnswer {
		ring, ok := d.Next(last)
		if !ok || d.Refused != "" {
			return rings
		}
		rings = append(rings, ring)
	}
}

// alter reads a form of the number's page and does what it says. what is wrong
// stands on the page again, beside what was typed; else the page is shown anew.
func (h handlers) alter(of string, do func(r *http.Request, act target.Act, v *numberView) error) func(http.ResponseWriter, *http.Request, identity.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		if err := forms.Read(w, r); err != nil {
			return err
		}
		digits, err := digitsOf(r)
		if err != nil {
			return err
		}
		version, err := strconv.Atoi(r.PostForm.Get("version"))
		if err != nil {
			version = -1 // no version that ever was: the page says that it is out of date
		}
		v := numberView{of: of, typed: target.NewPhone{Owner: target.OfEnterprise}}
		err = do(r, target.Act{By: a, Number: digits, Version: version, Address: account.Address(r)}, &v)
		switch bad, ok := forms.Said(r.Context(), err); {
		case fault.CodeOf(err) == fault.NumberNotRented, fault.CodeOf(err) == fault.NotAllowed:
			return err
		case ok:
			v.problem = bad
			return h.sheet(w, r, a, http.StatusUnprocessableEntity, v)
		case err != nil:
			return err
		}
		http.Redirect(w, r, numberPath(digits), http.StatusSeeOther)
		return nil
	}
}

func numberPath(digits string) string { return "/console/numbers/" + digits }

func (h handlers) addPhone(r *http.Request, act target.Act, v *numberView) error {
	v.typed = target.NewPhone{Phone: r.PostForm.Get("phone"), Owner: target.Owner(r.PostForm.Get("owner")), List: target.List(r.PostForm.Get("list"))}
	return h.Targets.Add(r.Context(), act, v.typed)
}

func (h handlers) movePhone(r *http.Request, act target.Act, v *numberView) error {
	v.of = r.PostForm.Get("phone")
	return h.Targets.Move(r.Context(), act, target.List(r.PostForm.Get("list")), v.of, r.PostForm.Get("to") == "up")
}

func (h handlers) removePhone(r *http.Request, act target.Act, v *numberView) error {
	v.of, v.from = r.PostForm.Get("phone"), target.List(r.PostForm.Get("list"))
	err := h.Targets.Remove(r.Context(), act, v.from, v.of, r.PostForm.Get("sure") == "yes")
	if fault.CodeOf(err) == fault.TargetLast {
		v.sure = v.of
	}
	return err
}

func (h handlers) setRing(r *http.Request, act target.Act, v *numberView) error {
	v.ring = r.PostForm.Get("seconds")
	ring := target.Ringing{Distribution: routing.Distribution(r.PostForm.Get("distribution"))}
	if v.ring != "" {
		seconds, err := strconv.Atoi(v.ring)
		if err != nil || seconds < 1 || seconds > 100_000 {
			return fault.New(fault.DurationRange, "value", v.ring, "min", "5s", "max", "3m")
		}
		ring.For = time.Duration(seconds) * time.Second
	}
	return h.Targets.Ring(r.Context(), act, ring)
}

func (h handlers) restore(r *http.Request, act target.Act, _ *numberView) error {
	version, err := strconv.Atoi(r.PostForm.Get("restore"))
	if err != nil {
		return fault.New(fault.VersionGone, "version", r.PostForm.Get("restore"), "number", number.Format(act.Number, ""))
	}
	return h.Targets.Restore(r.Context(), act, version)
}

func (h handlers) sendCode(r *http.Request, act target.Act, v *numberView) error {
	v.of = r.PostForm.Get("phone")
	return h.Targets.SendCode(r.Context(), act, v.of, string(text.From(r.Context())))
}

func (h handlers) prove(r *http.Request, act target.Act, v *numberView) error {
	v.of = r.PostForm.Get("phone")
	return h.Targets.Prove(r.Context(), act, v.of, r.PostForm.Get("code"))
}
