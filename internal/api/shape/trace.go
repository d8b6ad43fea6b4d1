package shape

import (
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/identity"
)

// Looking says which traces are wanted.
type Looking struct {
	Action string `query:"action" maxLength:"40" doc:"Only those of an action, such as signed_in."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
}

// Trace is something that somebody did, or looked at.
type Trace struct {
	At      time.Time `json:"at"`
	Who     string    `json:"who,omitempty" doc:"The name that the person had; missing: the system or the terminal."`
	Action  string    `json:"action" example:"member_invited"`
	Subject string    `json:"subject,omitempty" doc:"What it was done to."`
	Detail  string    `json:"detail,omitempty"`
	Address string    `json:"address,omitempty" doc:"The network address it came from."`
}

// TracesOf says traces.
func TracesOf(list []identity.Trace) *struct{ Body rest.Page[Trace] } {
	out := &struct{ Body rest.Page[Trace] }{rest.Page[Trace]{Items: []Trace{}}}
	for _, t := range list {
		out.Body.Items = append(out.Body.Items, Trace{t.At.UTC(), t.Who, t.Action, t.Subject, t.Detail, t.Address})
	}
	return out
}
