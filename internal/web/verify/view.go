package verify

import (
	"context"
	"strconv"

	"sibai/internal/realname"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// slotID is the id of a document's place on the page.
func slotID(s realname.Slot) string {
	if s.Target == "" {
		return string(s.Kind)
	}
	return string(s.Kind) + "-" + s.Target
}

// look is how much attention a state asks for.
func look(s realname.State) ui.Look {
	switch s {
	case realname.Approved:
		return ui.Well
	case realname.Asked, realname.Draft:
		return ui.Check
	case realname.Rejected, realname.Lapsed, realname.Expired:
		return ui.Hole
	}
	return ui.Plain
}

// stops and warns part the findings.
func (s sheet) stops() (list []realname.Finding) {
	for _, f := range s.Findings {
		if !f.Warn {
			list = append(list, f)
		}
	}
	return list
}

func (s sheet) warns() (list []realname.Finding) {
	for _, f := range s.Findings {
		if f.Warn {
			list = append(list, f)
		}
	}
	return list
}

// asked is what was asked for last; nil unless it is the customer's turn.
func (s sheet) asked() *realname.Event {
	if s.Application.State != realname.Asked && s.Application.State != realname.Rejected {
		return nil
	}
	for i := len(s.Events) - 1; i >= 0; i-- {
		if e := s.Events[i]; e.What == realname.WasAsked || e.What == realname.WasRejected {
			e.Who = "" // staff is not named
			return &e
		}
	}
	return nil
}

// has finds the document of a slot.
func (s sheet) has(slot realname.Slot) *realname.Document {
	for _, d := range s.Documents {
		if d.Kind == slot.Kind && d.Target == slot.Target {
			return &d
		}
	}
	return nil
}

// shown is the form as it is to be shown: what was typed, else what is stored.
func (s sheet) shown() realname.Form {
	if s.typed != nil {
		return formOf(s.typed)
	}
	return s.Form
}

// rows are the targets that the form shows: those that there are, and one more.
func (s sheet) rows() []realname.Target {
	list := s.shown().Targets
	if len(list) < maxTargets {
		list = append(list[:len(list):len(list)], realname.Target{})
	}
	return list
}

// secret is what stands in a field of a person: nothing that is stored, for it
// is masked; the mask is its hint.
func (s sheet) secret(value string) (typed, hint string) {
	if s.typed != nil {
		return value, ""
	}
	return "", value
}

func number(name string, i int) string { return name + "_" + strconv.Itoa(i) }

func applicant(f realname.Form) string {
	if f.Handler != nil {
		return "handler"
	}
	return "legal"
}

func industries() []string {
	var list []string
	for _, i := range realname.Industries() {
		list = append(list, string(i))
	}
	return list
}

func industryNames(ctx context.Context) []string {
	var list []string
	for _, i := range industries() {
		list = append(list, text.T(ctx, "verify.industry."+i))
	}
	return list
}

// told are the events that a customer is told of, without the names of staff.
func told(ctx context.Context, events []realname.Event) (list []realname.Event) {
	for _, e := range events {
		switch e.What {
		case realname.WasLooked, realname.WasPreviewed, realname.WasSeen, realname.WasLinked, realname.WasLate:
			continue
		}
		if e.What == realname.WasAdded {
			e.Note = realname.Kind(e.Note).Text(text.Chinese(ctx))
		}
		e.Who = ""
		list = append(list, e)
	}
	return list
}
