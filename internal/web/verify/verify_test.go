package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/realname"
	"sibai/internal/vault"
	"sibai/internal/web/page"
	"sibai/internal/web/verify"
)

const (
	application = realname.ID(1 << 50)
	key         = "the-key"
)

// desk has one application, and writes down what is asked of it.
type desk struct {
	state realname.State
	err   error // of what is asked
	asked []string
	form  realname.Form
	added realname.NewDocument
}

func (d *desk) Open(_ context.Context, id, k string) (realname.Case, error) {
	if id != application.String() || k != key {
		return realname.Case{}, fault.New(fault.RealnameNotFound, "application", id)
	}
	return realname.Case{
		Application: realname.Application{ID: application, Number: "4006001000", State: d.state, Enterprise: "<script>企业", Deadline: time.Unix(1_800_000_000, 0)},
		Form: realname.Form{
			Enterprise: realname.Enterprise{Name: "<script>企业"}, Legal: realname.Person{Name: "周**", ID: "1101**********002X"},
			Targets: []realname.Target{{Phone: "13900139000", Owner: realname.OfLegal, OwnerName: "周**"}},
		},
		Events: []realname.Event{{What: realname.WasHandedIn, Who: "chen"}, {What: realname.WasAsked, Who: "hejing", Reasons: []realname.Reason{"seal"}, Note: "x"}, {What: realname.WasLooked, Who: "hejing"}},
	}, nil
}

func (d *desk) Amend(_ context.Context, id realname.ID, f realname.Form, who string) (realname.Application, error) {
	d.asked, d.form = append(d.asked, "amend by "+who), f
	return realname.Application{ID: id}, d.err
}

func (d *desk) Add(_ context.Context, _ realname.ID, n realname.NewDocument, who string) (realname.Document, error) {
	d.asked, d.added = append(d.asked, "add by "+who), n
	return realname.Document{}, d.err
}

func (d *desk) HandIn(_ context.Context, id realname.ID, who string) (realname.Application, error) {
	d.asked = append(d.asked, "hand in by "+who)
	return realname.Application{ID: id}, d.err
}

func send(t *testing.T, d *desk, method, path, k, kind string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := chi.NewRouter()
	verify.Routes(r, page.Pages{Log: slog.New(slog.DiscardHandler), Public: true}, d)
	req := httptest.NewRequest(method, "/verify/"+application.String()+path+"?"+url.Values{"k": {k}}.Encode(), bytes.NewReader(body))
	req.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

const urlencoded = "application/x-www-form-urlencoded"

// upload is a form with a document.
func upload(t *testing.T, kind, target, name string, data []byte) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for field, value := range map[string]string{"kind": kind, "target": target, "until": "2036-01-01"} {
		if err := form.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), b.Bytes()
}

// Who has not the key sees nothing and does nothing, whatever is sent.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	d := &desk{state: realname.Draft}
	kind, body := upload(t, "pledge", "", "a.png", []byte("x"))
	for _, c := range []struct {
		method, path, kind string
		body               []byte
	}{{"GET", "", "", nil}, {"POST", "/form", urlencoded, []byte("name=x")}, {"POST", "/document", kind, body}, {"POST", "/hand-in", urlencoded, nil}} {
		for _, k := range []string{"", "other", key + " "} {
			w := send(t, d, c.method, c.path, k, c.kind, c.body)
			if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "企业") {
				t.Errorf("%s %s with key %q: %d", c.method, c.path, k, w.Code)
			}
		}
	}
	if len(d.asked) > 0 {
		t.Errorf("done without the key: %v", d.asked)
	}
}

// What is shown is escaped, persons have masks only as hints, and staff is not
// named.
func TestShown(t *testing.T) {
	t.Parallel()
	w := send(t, &desk{state: realname.Asked}, "GET", "", key, "", nil)
	body := w.Body.String()
	if w.Code != http.StatusOK || strings.Contains(body, "<script>企业") || strings.Contains(body, "hejing") || strings.Contains(body, `value="1101`) ||
		!strings.Contains(body, `placeholder="1101**********002X"`) || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", w.Code, body)
	}
	closed := send(t, &desk{state: realname.VendorReview}, "GET", "", key, "", nil).Body.String()
	if strings.Contains(closed, "<form class") || strings.Contains(closed, `type="file"`) {
		t.Errorf("a form while it is reviewed: %s", closed)
	}
}

// The form comes to the service as it was typed, and what is refused is shown
// with what was typed.
func TestFill(t *testing.T) {
	t.Parallel()
	d := &desk{state: realname.Draft}
	typed := url.Values{
		"name": {"茶业"}, "uscc": {"9135"}, "industry": {"medical"}, "usage": {"热线"}, "until": {"2036-01-01"}, "legal_name": {"周"}, "legal_id": {"11"},
		"applicant": {"handler"}, "handler_name": {"陈"}, "phone_0": {"139"}, "line_0": {"mobile"}, "owner_0": {"legal"}, "owner_name_0": {"周"},
		"billed_on_0": {"2026-10-01"}, "phone_1": {""}, "line_1": {"fixed"}, "phone_2": {"010"},
	}
	w := send(t, d, "POST", "/form", key, urlencoded, []byte(typed.Encode()))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != verify.Path(application, key)+"#form" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	f := d.form
	if f.Enterprise.Name != "茶业" || f.Enterprise.Industry != realname.Medical || f.Handler == nil || f.Handler.Name != "陈" || len(f.Targets) != 2 ||
		f.Targets[0].BilledOn != "2026-10-01" || f.Targets[1].Phone != "010" || d.asked[0] != "amend by "+realname.ByLink {
		t.Errorf("%+v %v", f, d.asked)
	}
	d.err = fault.New(fault.RealnameState, "application", application, "state", realname.Approved)
	w = send(t, d, "POST", "/form", key, urlencoded, []byte(typed.Encode()))
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="9135"`) || !strings.Contains(w.Body.String(), "form-bad") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A document comes with its kind, target and last day; the name of the file is
// never a path; what is too large, empty or no upload is refused at its slot.
func TestUpload(t *testing.T) {
	t.Parallel()
	d := &desk{state: realname.Draft}
	kind, body := upload(t, "target_bill", "13900139000", `../../etc/pass"wd.png`, []byte("picture"))
	w := send(t, d, "POST", "/document", key, kind, body)
	if w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "#target_bill-13900139000") {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if n := d.added; n.Kind != realname.TargetBill || n.Target != "13900139000" || string(n.Data) != "picture" || n.Stated.ValidUntil != "2036-01-01" || strings.ContainsAny(n.Name, "/\\") {
		t.Errorf("%+v", n)
	}
	d.asked = nil
	for name, size := range map[string]int{"empty": 0, "too large for the request": vault.MaxFile + 1<<20} {
		kind, body := upload(t, "pledge", "", "a.png", make([]byte, size))
		if w := send(t, d, "POST", "/document", key, kind, body); w.Code != http.StatusUnprocessableEntity || len(d.asked) > 0 || !strings.Contains(w.Body.String(), `id="pledge-bad"`) {
			t.Errorf("%s: %d, %v", name, w.Code, d.asked)
		}
	}
	if w := send(t, d, "POST", "/document", key, urlencoded, []byte("kind=pledge")); w.Code != http.StatusUnprocessableEntity || len(d.asked) > 0 {
		t.Errorf("no upload: %d", w.Code)
	}
	d.err = fmt.Errorf("the disk is full")
	kind, body = upload(t, "pledge", "", "a.png", []byte("x"))
	if w := send(t, d, "POST", "/document", key, kind, body); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("a fault of ours: %d %s", w.Code, w.Body)
	}
}

func TestHandIn(t *testing.T) {
	t.Parallel()
	d := &desk{state: realname.Draft}
	if w := send(t, d, "POST", "/hand-in", key, urlencoded, nil); w.Code != http.StatusSeeOther || d.asked[0] != "hand in by "+realname.ByLink {
		t.Errorf("%d %v", w.Code, d.asked)
	}
	bad := &fault.Invalid{}
	bad.Add("legal.id", 0, fault.IDNumberCheck)
	d.err = bad
	if w := send(t, d, "POST", "/hand-in", key, urlencoded, nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "hand-in-bad") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
