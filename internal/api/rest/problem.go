package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/fault"
)

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Type   string  `json:"type" doc:"Names the kind of problem for ever: urn:sibai:fault: and the code." example:"urn:sibai:fault:client_call_not_found"`
	Title  string  `json:"title" doc:"The HTTP status in words." example:"Not Found"`
	Status int     `json:"status" doc:"HTTP status." example:"404"`
	Code   string  `json:"code" doc:"The fault's code; docs/errors.md lists all." example:"client_call_not_found"`
	Detail string  `json:"detail" doc:"What is wrong, in the language asked for."`
	Remedy string  `json:"remedy,omitempty" doc:"How to mend it, in the language asked for."`
	Fields []Field `json:"fields,omitempty" doc:"Of invalid input: each field that is wrong."`
}

// Field is one field of a request that is wrong.
type Field struct {
	Field  string `json:"field" doc:"Name of the field." example:"talk_seconds"`
	Code   string `json:"code" doc:"The fault's code." example:"value_range"`
	Detail string `json:"detail" doc:"What is wrong with it."`
	Remedy string `json:"remedy,omitempty" doc:"How to mend it."`
}

// Error says the problem in one line.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problem documents.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Kind]int{
	fault.KindInvalid:         http.StatusUnprocessableEntity,
	fault.KindNotFound:        http.StatusNotFound,
	fault.KindConflict:        http.StatusConflict,
	fault.KindForbidden:       http.StatusForbidden,
	fault.KindUnauthenticated: http.StatusUnauthorized,
	fault.KindExhausted:       http.StatusServiceUnavailable,
	fault.KindUnavailable:     http.StatusServiceUnavailable,
	fault.KindInternal:        http.StatusInternalServerError,
}

// ProblemOf says an error as a problem; status 0 takes that of the fault's kind.
func ProblemOf(err error, lang fault.Lang, status int) *Problem {
	var known *fault.Error
	var invalid *fault.Invalid
	switch {
	case errors.As(err, &invalid):
		known = fault.New(fault.InputInvalid)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		known = fault.New(fault.StoreSlow, "after", "the time that the client waited")
	case !errors.As(err, &known):
		known = fault.Wrap(err, fault.Internal)
	}
	if status == 0 {
		status = statuses[known.Kind]
	}
	p := &Problem{
		Type: "urn:sibai:fault:" + string(known.Code), Title: http.StatusText(status), Status: status,
		Code: string(known.Code), Detail: known.Text(lang), Remedy: known.Remedy(lang),
	}
	if invalid != nil {
		for _, each := range invalid.Problems {
			p.Fields = append(p.Fields, Field{each.Path, string(each.Code), each.Code.Text(lang, each.Params), each.Code.Remedy(lang, each.Params)})
		}
	}
	return p
}

// write answers an error outside of any operation.
func write(w http.ResponseWriter, r *http.Request, err error, status int) {
	p := ProblemOf(err, language(r.Header.Get("Accept-Language")), status)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody to tell
}

// problems makes huma say errors as Problem. It keeps this in variables of its
// package, so it is done once.
var problems = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		lang := fault.Chinese
		if ctx != nil {
			lang = language(ctx.Header("Accept-Language"))
			if status == http.StatusServiceUnavailable {
				ctx.SetHeader("Retry-After", "1")
			}
		}
		return refuse(lang, status, msg, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return refuse(fault.Chinese, status, msg, errs)
	}
})

// refuse makes the problem of an operation's error, or of a request that huma
// itself cannot read.
func refuse(lang fault.Lang, status int, msg string, errs []error) *Problem {
	if len(errs) == 1 {
		var detail *huma.ErrorDetail
		if !errors.As(errs[0], &detail) {
			return ProblemOf(errs[0], lang, 0)
		}
	}
	reasons := make([]string, 0, len(errs)+1)
	body := true
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			at, outside := strings.CutPrefix(detail.Location, "query.")
			if outside {
				reasons = append(reasons, at+": "+detail.Message)
			} else {
				reasons = append(reasons, detail.Message)
			}
			body = body && strings.HasPrefix(detail.Location, "body") || detail.Location == ""
		}
	}
	if len(reasons) > 0 && !body {
		return ProblemOf(fault.New(fault.RequestRefused, "reason", strings.Join(reasons, "; ")), lang, http.StatusBadRequest)
	}
	if len(reasons) > 0 {
		return ProblemOf(fault.New(fault.JSONInvalid, "reason", strings.Join(reasons, "; ")), lang, http.StatusBadRequest)
	}
	return ProblemOf(fault.New(fault.RequestRefused, "reason", msg), lang, status)
}
