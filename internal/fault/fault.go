package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is the class of a fault. Each face maps it once to its own signs: HTTP
// status (RFC 9457), SIP status, exit code of the command line.
type Kind string

// The kinds of fault.
const (
	KindInvalid         Kind = "invalid"         // the input is wrong; sending it again does not help
	KindNotFound        Kind = "not_found"       // what was named does not exist
	KindConflict        Kind = "conflict"        // it contradicts what is stored
	KindForbidden       Kind = "forbidden"       // the asker may not do this
	KindUnauthenticated Kind = "unauthenticated" // the asker is not known
	KindExhausted       Kind = "exhausted"       // a limit or quota is used up
	KindUnavailable     Kind = "unavailable"     // it may work later
	KindInternal        Kind = "internal"        // a mistake of ours
)

// Code names one fault for ever, in snake case. The constants are generated
// from codes.yaml.
type Code string

// Lang is a language that texts exist in.
type Lang string

// The languages of the texts.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Params fill the {places} of a code's texts.
type Params map[string]string

// Error is a fault with its code. Err is what caused it, nil when the code
// says everything.
type Error struct {
	Kind   Kind
	Code   Code
	Params Params
	Where  string // in an input: site.yaml:12: customers[0]; empty otherwise
	Err    error
}

type text struct{ what, cause, remedy string }

type entry struct {
	kind   Kind
	en, zh text
}

func (e entry) in(lang Lang) text {
	if lang == Chinese {
		return e.zh
	}
	return e.en
}

// New makes a fault of a known code. The pairs are names and values of the
// places in its texts: New(StoreLocked, "dir", dir). Its kind is the code's.
func New(code Code, pairs ...any) *Error {
	return Wrap(nil, code, pairs...)
}

// Wrap makes a fault caused by err, which errors.Is and errors.As still find.
func Wrap(err error, code Code, pairs ...any) *Error {
	kind := KindInternal
	if e, ok := entries[code]; ok {
		kind = e.kind
	}
	return &Error{Kind: kind, Code: code, Params: ParamsOf(pairs...), Err: err}
}

// ParamsOf turns names and values into Params. A name without a value gets
// an empty one.
func ParamsOf(pairs ...any) Params {
	if len(pairs) == 0 {
		return nil
	}
	params := make(Params, (len(pairs)+1)/2)
	for i := 0; i < len(pairs); i += 2 {
		value := ""
		if i+1 < len(pairs) {
			value = fmt.Sprint(pairs[i+1])
		}
		params[fmt.Sprint(pairs[i])] = value
	}
	return params
}

// Error says in one English line what is wrong, what caused it where that is
// known, and how to mend it.
func (e *Error) Error() string {
	s := e.Text(English)
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if remedy := e.Remedy(English); remedy != "" {
		s += " — " + remedy
	}
	return s
}

// Unwrap returns what caused the fault.
func (e *Error) Unwrap() error { return e.Err }

// Text says what is wrong.
func (e *Error) Text(lang Lang) string { return e.Code.Text(lang, e.Params) }

// Cause says what this usually comes from.
func (e *Error) Cause(lang Lang) string { return fill(entries[e.Code].in(lang).cause, e.Params) }

// Remedy says how to mend it.
func (e *Error) Remedy(lang Lang) string { return e.Code.Remedy(lang, e.Params) }

// Text says what is wrong; a code that is not known is shown as it is.
func (c Code) Text(lang Lang, params Params) string {
	e, ok := entries[c]
	if !ok {
		return string(c)
	}
	return fill(e.in(lang).what, params)
}

// Remedy says how to mend it; empty for a code that is not known.
func (c Code) Remedy(lang Lang, params Params) string {
	return fill(entries[c].in(lang).remedy, params)
}

// Kind returns the kind that faults of the code have, KindInternal for a code
// that is not known.
func (c Code) Kind() Kind {
	if e, ok := entries[c]; ok {
		return e.kind
	}
	return KindInternal
}

// Known reports whether the code is in codes.yaml.
func (c Code) Known() bool {
	_, ok := entries[c]
	return ok
}

// KindOf returns the kind of the first fault in err's chain, KindInternal
// when there is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var invalid *Invalid
	if errors.As(err, &invalid) {
		return KindInvalid
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// CodeOf returns the code of the first fault in err's chain, "" when there is
// none.
func CodeOf(err error) Code {
	var invalid *Invalid
	if errors.As(err, &invalid) {
		return InputInvalid
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// fill puts params into the {places} of s. A place without a value stays as
// it is, so that a mistake shows instead of hiding.
func fill(s string, params Params) string {
	if len(params) == 0 || !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			break
		}
		// The brace nearest to the end opens the place; one before it is text.
		open := strings.LastIndexByte(s[:end], '{')
		value, ok := params[s[open+1:end]]
		if open < 0 || !ok {
			b.WriteString(s[:end+1])
		} else {
			b.WriteString(s[:open])
			b.WriteString(value)
		}
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}
