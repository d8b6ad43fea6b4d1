package bell

import (
	"net/http"
	"slices"

	"sibai/internal/identity"
	"sibai/internal/notify"
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
	http.Redirect(w, r, choicesPath+"?saved", http.StatusSeeOther)
	return nil
}
