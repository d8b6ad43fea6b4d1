// Package forms is what the pages' forms have in common: how they are read, and how
// what was wrong with them is said beside what was typed.
package forms

import (
	"context"
	"errors"
	"net/http"

	"sibai/internal/fault"
	"sibai/internal/web/text"
)

// Problem is what is wrong with what somebody typed and how to mend it, in the
// reader's language.
type Problem struct{ What, Remedy string }

// Say is a fault in the words of the reader of ctx.
func Say(ctx context.Context, f *fault.Error) *Problem {
	lang := text.From(ctx)
	return &Problem{f.Text(lang), f.Remedy(lang)}
}

// Said turns an error into words that stand beside a form; of several problems, the
// first. ok is false for nil, for errors that are no faults, and for those that
// nobody mends by typing something else: an outage or a defect.
func Said(ctx context.Context, err error) (p *Problem, ok bool) {
	var many *fault.Invalid
	if errors.As(err, &many) && len(many.Problems) > 0 {
		first := many.Problems[0]
		lang := text.From(ctx)
		return &Problem{first.Code.Text(lang, first.Params), first.Code.Remedy(lang, first.Params)}, true
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.KindInternal || f.Kind == fault.KindUnavailable {
		return nil, false
	}
	return Say(ctx, f), true
}

// Max is how long a form of fields alone may be, in bytes.
const Max = 16 << 10

// Read parses a form of at most Max bytes into r.PostForm. Faults: input_invalid.
func Read(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, Max)
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.InputInvalid)
	}
	return nil
}
