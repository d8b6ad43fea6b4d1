package bell

import (
	"net/http"
	"slices"
	"strings"

	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// choicesPath is the page on which a customer chooses how it is told of what.
const choicesPath = "/console/notices/choices"

// form is what the page of choices shows.
type form struct {
	actor   identity.Actor
	contact notify.Contact
	choices notify.Choices
	saved   bool
}

func (b Bell) choices(w http.ResponseWriter, r *http.Request, a identity.Actor) (err error) {
	f := form{actor: a, saved: r.URL.Query().Has("saved")}
	if f.contact, _, err = b.notices.Contact(r.Context(), a.Customer.Code); err != nil {
		return err
	}
	if f.choices, err = b.notices.Choices(r.Context(), a.Customer); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, choicesPage(f))
}

func (b Bell) choose(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	choices := notify.Choices{}
	for _, t := range notify.Topics() {
		typed := r.PostForm[string(t)]
		choices[t] = notify.Ways{Email: slices.Contains(typed, "email"), Phone: slices.Contains(typed, "phone"), Page: slices.Contains(typed, "page")}
	}
	if err := b.notices.SetChoices(r.Context(), a.Customer, choices); err != nil {
		return err
	}
	if err := b.people.Note(r.Context(), a, "notices_chosen", "", account.Address(r), said(choices)); err != nil {
		return err
	}
	http.Redirect(w, r, choicesPath+"?saved", http.StatusSeeOther)
	return nil
}

// said is what was chosen, for the trace: the ways of each topic.
func said(choices notify.Choices) string {
	var topics []string
	for _, t := range notify.Topics() {
		w, ways := choices.Ways(t), []string{}
		for _, way := range []struct {
			name string
			on   bool
		}{{"email", w.Email}, {"phone", w.Phone}, {"page", w.Page}} {
			if way.on {
				ways = append(ways, way.name)
			}
		}
		topics = append(topics, string(t)+"="+strings.Join(ways, "+"))
	}
	return strings.Join(topics, " ")
}
