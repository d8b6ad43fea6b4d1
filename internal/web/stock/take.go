package stock

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

const (
	// maxIn is how many numbers a page takes in at once; more go by the terminal.
	maxIn = 20_000
	// maxFile bounds a file, and the numbers that a preview carries.
	maxFile = 4 << 20
)

// taking is what the page for numbers that come in shows.
type taking struct {
	actor       identity.Actor
	first, last string
	problem     *forms.Problem
	rows        []rowProblem
	preview     *preview
	done        *inventory.Taken
}

type rowProblem struct {
	row int
	forms.Problem
}

// preview is what would come in. It travels in the form, so that any node can
// take it in, and what is taken in is what was shown.
type preview struct {
	taken inventory.Taken
	lines string // of numbers, as in a file
	why   string
}

const (
	byImport   = "import"
	byGenerate = "generate"
)

func (h handlers) form(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return page.Render(w, r, http.StatusOK, takePage(taking{actor: a}))
}

func (h handlers) take(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	t := taking{actor: a}
	items, why, err := h.read(w, r, &t)
	var out inventory.Taken
	if err == nil {
		out, err = h.add(r, items, why, r.PostFormValue("do") != "take")
	}
	if err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		t.problem = bad
		return page.Render(w, r, http.StatusUnprocessableEntity, takePage(t))
	}
	if r.PostFormValue("do") != "take" {
		t.preview = &preview{out, linesOf(items), why}
		return page.Render(w, r, http.StatusOK, takePage(t))
	}
	detail := fmt.Sprintf("+%d, %d known", out.Added, len(out.Known))
	if err := h.traces.Note(r.Context(), a, "numbers_"+why, number.Format(items[0].Digits, ""), account.Address(r), detail); err != nil {
		return err
	}
	t.done = &out
	return page.Render(w, r, http.StatusOK, takePage(t))
}

// add takes numbers in, so many at once that calls need not wait for long.
func (h handlers) add(r *http.Request, items []inventory.Item, why string, dry bool) (sum inventory.Taken, err error) {
	for len(items) > 0 {
		part := items[:min(inventory.MaxItems, len(items))]
		items = items[len(part):]
		out, err := h.inventory.Add(r.Context(), part, why, dry)
		if err != nil {
			return sum, err
		}
		sum.Added += out.Added
		sum.Known = append(sum.Known, out.Known...)
	}
	return sum, nil
}

// read finds the numbers of a form: those of a preview, of a file, or a segment.
func (h handlers) read(w http.ResponseWriter, r *http.Request, t *taking) (items []inventory.Item, why string, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFile)
	if err := r.ParseMultipartForm(maxFile); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, "", fault.Wrap(err, fault.InputInvalid)
	}
	t.first, t.last = r.PostFormValue("first"), r.PostFormValue("last")
	switch lines := r.PostFormValue("numbers"); {
	case lines != "":
		why = byImport
		if r.PostFormValue("why") == byGenerate {
			why = byGenerate
		}
		items, err = h.rows(r, t, "preview", strings.NewReader(lines))
	case t.first != "" || t.last != "":
		why = byGenerate
		items, err = segment(t.first, t.last)
	default:
		why = byImport
		file, head, ferr := r.FormFile("file")
		if ferr != nil || head.Size == 0 {
			return nil, "", fault.New(fault.NumbersFileMissing)
		}
		defer file.Close()
		items, err = h.rows(r, t, head.Filename, file)
	}
	if err == nil && (len(items) == 0 || len(items) > maxIn) {
		err = fault.New(fault.ValueRange, "value", len(items), "min", 1, "max", maxIn)
	}
	return items, why, err
}

// rows reads a file, and notes what is wrong with its rows.
func (h handlers) rows(r *http.Request, t *taking, name string, from io.Reader) ([]inventory.Item, error) {
	items, err := inventory.ReadNumbers(from)
	if err == nil {
		return items, nil
	}
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, one := range many.Unwrap() {
			var bad inventory.RowError
			if errors.As(one, &bad) && bad.Fault != nil {
				t.rows = append(t.rows, rowProblem{bad.Row, *forms.Say(r.Context(), bad.Fault)})
			}
		}
	}
	reason := strings.ReplaceAll(err.Error(), "\n", "; ")
	if len(t.rows) > 0 {
		reason = text.T(r.Context(), "stock.reason", "Rows", text.Count(len(t.rows)))
	}
	return nil, fault.Wrap(err, fault.NumbersFileInvalid, "file", name, "reason", reason)
}

func segment(first, last string) ([]inventory.Item, error) {
	from, err := number.Parse(first)
	if err != nil {
		return nil, fault.Wrap(err, fault.NumberInvalid, "value", first)
	}
	to, err := number.Parse(last)
	if err != nil {
		return nil, fault.Wrap(err, fault.NumberInvalid, "value", last)
	}
	list, ok := number.Between(from, to)
	if !ok {
		return nil, fault.New(fault.NumbersRangeInvalid, "first", first, "last", last)
	}
	items := make([]inventory.Item, len(list))
	for i, digits := range list {
		items[i] = inventory.Item{Digits: digits}
	}
	return items, nil
}

// linesOf writes numbers as a file has them.
func linesOf(items []inventory.Item) string {
	var b strings.Builder
	b.WriteString("number,serving\n")
	for _, i := range items {
		b.WriteString(i.Digits + "," + string(i.Serving) + "\n")
	}
	return b.String()
}
