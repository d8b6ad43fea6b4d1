package office

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"sibai/internal/calendar"
	"sibai/internal/identity"
	"sibai/internal/web/account"
	"sibai/internal/web/page"
)

type ledger struct {
	frame
	list []Entry
}

func (h handlers) ledger(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	list, err := h.Source.Ledger(r.Context())
	if err != nil {
		return err
	}
	if a.Role.Has(identity.SeePersonal) { // the phones stand there whole
		if err := h.People.Note(r.Context(), a, "ledger_seen", "", account.Address(r), ""); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, ledgerPage(ledger{frame{a, "ledger"}, list}))
}

var ledgerHeading = []string{"号码", "状态", "使用单位", "客户代码", "套餐", "绑定号码", "开通日期", "发放运营商", "承载运营商"}

func (e Entry) cells() []string {
	since := ""
	if !e.Since.IsZero() {
		since = e.Since.In(calendar.Shanghai).Format("2006-01-02")
	}
	return []string{e.Number, e.State, plain(e.Company), e.Code, plain(e.Plan), strings.Join(e.Phones, " "), since, e.Issuing, e.Serving}
}

// plain keeps a text that somebody typed from being a formula in a spreadsheet.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// ledgerFile is the ledger as a file, CSV or XLSX by its name. That it was taken
// is kept: it has the phones of customers.
func (h handlers) ledgerFile(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	list, err := h.Source.Ledger(r.Context())
	if err != nil {
		return err
	}
	table := [][]string{ledgerHeading}
	for _, e := range list {
		table = append(table, e.cells())
	}
	kind, name, write := "text/csv; charset=utf-8", "ledger.csv", asCSV
	if strings.HasSuffix(r.URL.Path, ".xlsx") {
		kind, name, write = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ledger.xlsx", asSheet
	}
	content, err := write(table)
	if err != nil {
		return err
	}
	if err := h.People.Note(r.Context(), a, "ledger_taken", name, account.Address(r), strconv.Itoa(len(list))); err != nil {
		return err
	}
	return file(w, kind, name, content)
}

func asCSV(table [][]string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff") // so that Excel reads it as UTF-8
	err := csv.NewWriter(&out).WriteAll(table)
	return out.Bytes(), err
}

func asSheet(table [][]string) ([]byte, error) {
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range table {
		cells := make([]any, len(row))
		for j, c := range row {
			cells[j] = c
		}
		if err := book.SetSheetRow("Sheet1", "A"+strconv.Itoa(i+1), &cells); err != nil {
			return nil, err
		}
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func file(w http.ResponseWriter, kind, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(content) // the reader went away: nothing to mend
	return nil
}
