package talk

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"sibai/internal/fault"
	"sibai/internal/web/text"
)

// MaxForm bounds what a form may send, in bytes: a thousand characters of
// three bytes, each written as %E4, and room for the rest.
const MaxForm = 16 << 10

// Form is the form for one message.
type Form struct {
	Action  string // where it is sent
	Token   string // sent twice, it counts once
	Text    string // as typed
	Fields  map[string]string
	Problem *Problem
}

// Problem is what is wrong with what was typed, in the reader's words.
type Problem struct {
	Field, What, Remedy string
	Status              int
}

// NewForm is an empty form.
func NewForm(action string) Form { return Form{Action: action, Token: rand.Text()} }

// Read reads the form that was sent to it.
func Read(w http.ResponseWriter, r *http.Request, action string, fields ...string) (Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if err := r.ParseForm(); err != nil {
		return Form{}, fault.Wrap(err, fault.InputInvalid)
	}
	f := Form{Action: action, Token: r.PostForm.Get("token"), Text: r.PostForm.Get("text"), Fields: map[string]string{}}
	if len(f.Token) == 0 || len(f.Token) > 32 {
		f.Token = rand.Text()
	}
	for _, name := range fields {
		f.Fields[name] = r.PostForm.Get(name)
	}
	return f, nil
}

// Refused is f with err said of it; err comes back when it is no fault of what
// was typed.
func (f Form) Refused(ctx context.Context, err error) (Form, error) {
	var said *fault.Error
	if !errors.As(err, &said) {
		return f, err
	}
	status, ok := map[fault.Kind]int{
		fault.KindInvalid: http.StatusUnprocessableEntity, fault.KindConflict: http.StatusConflict, fault.KindExhausted: http.StatusTooManyRequests,
	}[said.Kind]
	if !ok {
		return f, err
	}
	lang := text.From(ctx)
	f.Problem = &Problem{Field: field(said.Code), What: said.Text(lang), Remedy: said.Remedy(lang), Status: status}
	return f, nil
}

// field is which one a fault is about.
func field(code fault.Code) string {
	switch code {
	case fault.ChatContactInvalid:
		return "contact"
	case fault.ChatNameMissing:
		return "name"
	}
	return "text"
}

func (f Form) wrong(field string) bool { return f.Problem != nil && f.Problem.Field == field }
