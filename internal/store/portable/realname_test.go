package portable_test

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/blob"
	"sibai/internal/calendar"
	"sibai/internal/carrier"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/realname"
	"sibai/internal/store/portable"
	"sibai/internal/tasks"
	"sibai/internal/vault"
)

var _ realname.Store = (*portable.Store)(nil)

const (
	teaNumber = "4001234567"
	teaPhone  = "13900139000" // pending in the example
)

// registry is a real-name service over the world's store.
type registry struct {
	*realname.Service
	w      *world
	folder string
	keys   vault.KeyFile
	next   func() int64
	image  []byte
}

func newRegistry(t *testing.T, w *world) *registry {
	t.Helper()
	w.apply(t, example(t))
	dir := t.TempDir()
	r := &registry{w: w, folder: filepath.Join(dir, "documents"), keys: vault.KeyFile(filepath.Join(dir, "keys"))}
	if _, err := r.keys.Add(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	r.image = file.Bytes()
	var ids atomic.Int64
	ids.Store(1 << 50)
	r.next = func() int64 { return ids.Add(1) }
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	rules := realname.Rules{Answer: 15 * 24 * time.Hour, Vendor: 4 * time.Hour, Carrier: 72 * time.Hour}
	v := vault.New(blob.Folder(r.folder), r.keys, nil)
	r.Service = realname.New(w.store, v, rules, r.next, clock, slog.New(slog.DiscardHandler))
	return r
}

// form is one that nothing is wrong with on the world's day.
func (r *registry) form(until string) realname.Form {
	return realname.Form{
		Enterprise: realname.Enterprise{Name: "杭州示例茶业有限公司", USCC: "9135 0100 M000100Y43", Usage: "售后热线", ValidUntil: until},
		Legal:      realname.Person{Name: "周以宁", ID: "11010519491231002x"},
		Targets: []realname.Target{{
			Phone: "139-0013-9000", Line: realname.MobileLine, Owner: realname.OfLegal, OwnerName: "周以宁", BilledOn: calendar.Day(r.w.now.AddDate(0, -1, 0)),
		}},
	}
}

// filled begins an application and adds all its documents.
func (r *registry) filled(t *testing.T, until string) realname.Application {
	t.Helper()
	a, err := r.Begin(t.Context(), "hangzhou-tea", "400-123-4567", "chen")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fill(t.Context(), a.ID, r.form(until), "chen"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []realname.Kind{
		realname.BusinessLicence, realname.LegalFront, realname.LegalBack, realname.ApplicationForm, realname.Pledge, realname.TargetBill, realname.TargetPledge,
	} {
		r.add(t, a.ID, kind)
	}
	return a
}

func (r *registry) add(t *testing.T, id realname.ID, kind realname.Kind) realname.Document {
	t.Helper()
	d, err := r.Add(t.Context(), id, realname.NewDocument{Kind: kind, Target: teaPhone, Name: "scan.png", Data: r.image}, "chen")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *registry) decide(t *testing.T, id realname.ID, stage realname.State, v realname.Verdict, reasons ...realname.Reason) realname.Application {
	t.Helper()
	a, err := r.Decide(t.Context(), id, realname.Decision{Stage: stage, Verdict: v, Reasons: reasons, Who: "he"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// approved takes an application through both reviews.
func (r *registry) approved(t *testing.T, until string) realname.Application {
	t.Helper()
	a := r.filled(t, until)
	if _, err := r.HandIn(t.Context(), a.ID, "chen"); err != nil {
		t.Fatal(err)
	}
	r.decide(t, a.ID, realname.VendorReview, realname.Pass)
	return r.decide(t, a.ID, realname.CarrierReview, realname.Pass)
}

func (r *registry) turn(t *testing.T, at time.Time) int {
	t.Helper()
	r.w.set(at)
	done, err := r.Turn(t.Context(), r.w.store, 1)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (r *registry) state(t *testing.T) number.State {
	t.Helper()
	for _, l := range r.w.load(t).Lines {
		if l.Number == teaNumber {
			return l.State
		}
	}
	t.Fatal("the number is not there")
	return ""
}

func (r *registry) show(t *testing.T, id realname.ID) realname.Case {
	t.Helper()
	c, err := r.Show(t.Context(), id, false, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func whats(c realname.Case) []realname.What {
	var list []realname.What
	for _, e := range c.Events {
		list = append(list, e.What)
	}
	return list
}

// rings reports whether a call to the number may ring the phone that the form
// names.
func (r *registry) rings(t *testing.T) bool {
	t.Helper()
	for _, l := range r.w.load(t).Lines {
		if l.Number == teaNumber {
			for _, f := range l.Profile.OnNoAnswer {
				if f.Phone == teaPhone {
					return true
				}
			}
		}
	}
	return false
}

// From a draft to a phone that rings: what is wrong keeps it from being handed
// in, both reviews and asking again are walked, and nothing can be done twice or
// out of turn.
func TestRealNamePath(t *testing.T) { on(t, testRealNamePath) }

func testRealNamePath(t *testing.T, w *world) {
	r := newRegistry(t, w)
	ctx := t.Context()
	for customer, code := range map[string]fault.Code{"nobody": fault.CustomerNotFound, "beijing-books": fault.RealnameNotOwner} {
		if _, err := r.Begin(ctx, customer, teaNumber, "chen"); fault.CodeOf(err) != code {
			t.Errorf("begun by %s: %v", customer, err)
		}
	}
	a, err := r.Begin(ctx, "hangzhou-tea", teaNumber, "chen")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Begin(ctx, "hangzhou-tea", teaNumber, "chen"); fault.CodeOf(err) != fault.RealnameOpen {
		t.Errorf("begun twice: %v", err)
	}
	if _, err := r.HandIn(ctx, a.ID, "chen"); fault.CodeOf(err) != fault.InputInvalid {
		t.Errorf("an empty one handed in: %v", err)
	}
	if _, err := r.Fill(ctx, a.ID, r.form("2036-05-17"), "chen"); err != nil {
		t.Fatal(err)
	}
	first := r.add(t, a.ID, realname.BusinessLicence)
	for _, kind := range []realname.Kind{realname.BusinessLicence, realname.LegalFront, realname.LegalBack, realname.ApplicationForm, realname.Pledge, realname.TargetBill, realname.TargetPledge} {
		r.add(t, a.ID, kind)
	}
	if c := r.show(t, a.ID); len(c.Documents) != 7 || len(c.Findings) != 0 || c.Form.Legal.ID != "1101**********002X" || c.Form.Legal.Name != "周**" {
		t.Errorf("%d documents, findings %+v, form %+v", len(c.Documents), c.Findings, c.Form)
	}
	if _, _, err := r.Look(ctx, first.ID, false, "he"); fault.CodeOf(err) != fault.RealnameDocumentGone {
		t.Errorf("a replaced document: %v", err)
	}
	pass := realname.Decision{Stage: realname.VendorReview, Verdict: realname.Pass, Who: "he"}
	if _, err := r.Decide(ctx, a.ID, pass); fault.CodeOf(err) != fault.RealnameState {
		t.Errorf("a draft is passed: %v", err)
	}
	if a, err = r.HandIn(ctx, a.ID, "chen"); err != nil || a.State != realname.VendorReview || !a.Deadline.Equal(w.now.Add(4*time.Hour)) {
		t.Fatalf("%+v %v", a, err)
	}
	w.waits(t, tasks.VendorReviews, 1)
	if _, err := r.Fill(ctx, a.ID, r.form(""), "chen"); fault.CodeOf(err) != fault.RealnameState {
		t.Errorf("filled while it is reviewed: %v", err)
	}
	if _, err := r.Add(ctx, a.ID, realname.NewDocument{Kind: realname.Pledge, Data: r.image}, "chen"); fault.CodeOf(err) != fault.RealnameState {
		t.Errorf("added while it is reviewed: %v", err)
	}
	for _, d := range []realname.Decision{
		{Stage: realname.VendorReview, Verdict: realname.Ask}, {Stage: realname.VendorReview, Verdict: realname.Reject, Reasons: []realname.Reason{"nonsense"}},
		{Stage: realname.Draft, Verdict: realname.Pass}, {Stage: realname.VendorReview, Verdict: "maybe"}, {Stage: realname.CarrierReview, Verdict: realname.Pass},
	} {
		if _, err := r.Decide(ctx, a.ID, d); err == nil {
			t.Errorf("decided: %+v", d)
		}
	}
	r.decide(t, a.ID, realname.VendorReview, realname.Ask, "unclear", "seal")
	notices, err := w.store.Notices(ctx, billing.NoticeFilter{Kind: billing.DocumentsAsked})
	if err != nil || len(notices) != 1 || notices[0].Item.Until != "2026-06-16" {
		t.Errorf("notices %+v, %v", notices, err)
	}
	r.add(t, a.ID, realname.BusinessLicence)
	if _, err := r.HandIn(ctx, a.ID, "chen"); err != nil {
		t.Fatal(err)
	}
	r.decide(t, a.ID, realname.VendorReview, realname.Pass)
	w.waits(t, tasks.VendorReviews, 0)
	w.waits(t, tasks.CarrierReviews, 1)
	if _, err := r.Decide(ctx, a.ID, pass); fault.CodeOf(err) != fault.RealnameState {
		t.Errorf("passed twice: %v", err)
	}
	if r.rings(t) {
		t.Error("a phone rings before its approval")
	}
	done := r.decide(t, a.ID, realname.CarrierReview, realname.Pass)
	if done.State != realname.Approved || done.ValidUntil != "2036-05-17" || !done.Deadline.IsZero() {
		t.Errorf("%+v", done)
	}
	if !r.rings(t) {
		t.Error("the approved phone does not ring")
	}
	list, err := r.List(ctx, realname.Filter{Customer: "hangzhou-tea", State: realname.Approved})
	if err != nil || len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("%+v %v", list, err)
	}
}

// Nobody sees anything without its being written down, and the store has no
// name or number of a person in plain.
func TestRealNameLooks(t *testing.T) { on(t, testRealNameLooks) }

func testRealNameLooks(t *testing.T, w *world) {
	r := newRegistry(t, w)
	a := r.filled(t, "")
	card := r.show(t, a.ID).Documents[1]
	before := len(r.show(t, a.ID).Events)
	if _, data, err := r.Look(t.Context(), card.ID, false, "he"); err != nil || len(data) == 0 {
		t.Fatal(err)
	}
	if d, data, err := r.Look(t.Context(), card.ID, true, "he"); err != nil || d.Type != vault.JPEG || len(data) == 0 {
		t.Fatal(err)
	}
	if c, err := r.Show(t.Context(), a.ID, true, "he"); err != nil || c.Form.Legal.ID != "11010519491231002X" {
		t.Errorf("%+v %v", c.Form, err)
	}
	events := r.show(t, a.ID).Events[before:]
	if len(events) != 3 || events[0].What != realname.WasLooked || events[0].Document != card.ID || events[0].Who != "he" ||
		events[1].What != realname.WasPreviewed || events[2].What != realname.WasSeen {
		t.Errorf("%+v", events)
	}
	for _, table := range []string{"realname", "realname_document", "realname_event"} {
		rows, err := w.db.Read().QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if text := string(*v.(*[]byte)); strings.Contains(text, "周以宁") || strings.Contains(text, "19491231") {
					t.Errorf("%s.%s has %q in plain", table, columns[i], text)
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	}
}

// Reminders come at 60, 30 and 7 days, the number is frozen when the last day is
// over, and the next approval opens it again and ends the former application.
func TestRealNameExpiry(t *testing.T) { on(t, testRealNameExpiry) }

func testRealNameExpiry(t *testing.T, w *world) {
	r := newRegistry(t, w)
	old := r.approved(t, "2026-12-31")
	for _, step := range []struct {
		day  string
		done int
	}{{"2026-10-31", 0}, {"2026-11-01", 1}, {"2026-11-02", 0}, {"2026-12-05", 1}, {"2026-12-31", 1}, {"2027-01-01", 1}, {"2027-01-02", 0}} {
		at, err := calendar.ParseDay(step.day)
		if err != nil {
			t.Fatal(err)
		}
		if done := r.turn(t, at.Add(time.Minute)); done != step.done {
			t.Errorf("%s: %d done, want %d", step.day, done, step.done)
		}
	}
	c := r.show(t, old.ID)
	if c.Application.State != realname.Expired || c.Freeze == nil || c.Freeze.Cause != realname.DocumentsExpired {
		t.Errorf("%+v %+v", c.Application, c.Freeze)
	}
	reminded := 0
	for _, what := range whats(c) {
		if what == realname.WasReminded {
			reminded++
		}
	}
	if reminded != 3 || r.state(t) != number.Frozen {
		t.Errorf("%d reminders, the number is %s", reminded, r.state(t))
	}
	again := r.approved(t, "2037-01-01")
	if r.state(t) != number.Active || r.show(t, old.ID).Application.State != realname.Superseded || r.show(t, again.ID).Freeze != nil {
		t.Errorf("number %s, former %s", r.state(t), r.show(t, old.ID).Application.State)
	}
	history, err := inventory.New(w.store, r.next, nil).History(t.Context(), teaNumber)
	if err != nil || len(history) < 3 || history[len(history)-1].Why != "realname" || history[len(history)-2].State != number.Frozen {
		t.Errorf("%+v %v", history, err)
	}
	notices, err := w.store.Notices(t.Context(), billing.NoticeFilter{Kind: billing.DocumentsExpired})
	if err != nil || len(notices) != 1 {
		t.Errorf("%+v %v", notices, err)
	}
}

// A draft that nobody goes on with lapses, and a review that takes too long is
// told of once.
func TestRealNameDeadlines(t *testing.T) { on(t, testRealNameDeadlines) }

func testRealNameDeadlines(t *testing.T, w *world) {
	r := newRegistry(t, w)
	a := r.filled(t, "")
	if done := r.turn(t, june.Add(16*24*time.Hour)); done != 1 || r.show(t, a.ID).Application.State != realname.Lapsed {
		t.Errorf("%d done, %s", done, r.show(t, a.ID).Application.State)
	}
	b := r.filled(t, "")
	if _, err := r.HandIn(t.Context(), b.ID, "chen"); err != nil {
		t.Fatal(err)
	}
	late := w.now.Add(5 * time.Hour)
	if first, second := r.turn(t, late), r.turn(t, late.Add(time.Hour)); first != 1 || second != 0 || !slices.Contains(whats(r.show(t, b.ID)), realname.WasLate) {
		t.Errorf("%d and %d done, %v", first, second, whats(r.show(t, b.ID)))
	}
	toldStaff(t, w.store, billing.ReviewLate, b.ID.String())
	r.decide(t, b.ID, realname.VendorReview, realname.Reject, "forged")
	if _, err := r.Fill(t.Context(), b.ID, r.form(""), "chen"); fault.CodeOf(err) != fault.RealnameState {
		t.Errorf("a rejected one is filled: %v", err)
	}
}

// A permanent freeze needs two persons; lifted, the number is what it was,
// unless its documents ran out meanwhile.
func TestFourEyes(t *testing.T) { on(t, testFourEyes) }

func testFourEyes(t *testing.T, w *world) {
	r := newRegistry(t, w)
	ctx := t.Context()
	if _, err := r.Freeze(ctx, "4001239999", realname.UnlawfulUse, "", "he"); fault.CodeOf(err) != fault.FreezeState {
		t.Errorf("a number that is not there: %v", err)
	}
	if _, err := r.Freeze(ctx, teaNumber, realname.DocumentsExpired, "", "he"); fault.CodeOf(err) != fault.ValueNotAllowed {
		t.Errorf("expiry by hand: %v", err)
	}
	if f, err := r.Freeze(ctx, teaNumber, realname.UnlawfulUse, "诈骗举报", "he"); err != nil || f.Standing() || r.state(t) != number.Active {
		t.Fatalf("%+v %v", f, err)
	}
	w.waits(t, tasks.Freezes, 1)
	if _, err := r.Freeze(ctx, teaNumber, realname.UnlawfulUse, "", "he"); fault.CodeOf(err) != fault.FourEyes {
		t.Errorf("confirmed by the same person: %v", err)
	}
	defer w.waits(t, tasks.Freezes, 0)
	if f, err := r.Freeze(ctx, teaNumber, realname.UnlawfulUse, "", "lin"); err != nil || !f.Standing() || r.state(t) != number.Frozen {
		t.Fatalf("%+v %v", f, err)
	}
	if list, err := r.Freezes(ctx); err != nil || len(list) != 1 || list[0].ProposedBy != "he" || list[0].FrozenBy != "lin" {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := r.Lift(ctx, teaNumber, "误报", "he"); err != nil || r.state(t) != number.Active {
		t.Errorf("%v, %s", err, r.state(t))
	}
	if _, err := r.Lift(ctx, teaNumber, "", "he"); fault.CodeOf(err) != fault.FreezeNone {
		t.Errorf("lifted twice: %v", err)
	}
	r.approved(t, "2026-12-31")
	for _, who := range []string{"he", "lin"} {
		if _, err := r.Freeze(ctx, teaNumber, realname.NotApplicant, "", who); err != nil {
			t.Fatal(err)
		}
	}
	over, err := calendar.ParseDay("2027-01-02")
	if err != nil {
		t.Fatal(err)
	}
	r.turn(t, over)
	if _, err := r.Lift(ctx, teaNumber, "", "he"); err != nil || r.state(t) != number.Frozen {
		t.Errorf("%v, %s", err, r.state(t))
	}
	if list, err := r.Freezes(ctx); err != nil || len(list) != 1 || list[0].Cause != realname.DocumentsExpired {
		t.Errorf("%+v %v", list, err)
	}
}

// The carrier gets each application once, with its documents, and its answers
// decide; what cannot be read or used is put aside with the reason.
func TestCarrierFiles(t *testing.T) { on(t, testCarrierFiles) }

func testCarrierFiles(t *testing.T, w *world) {
	r := newRegistry(t, w)
	ctx := t.Context()
	dir := t.TempDir()
	over := carrier.Folder(dir)
	a := r.filled(t, "")
	if _, err := r.HandIn(ctx, a.ID, "chen"); err != nil {
		t.Fatal(err)
	}
	exchange := func() (int, int, error) {
		w.set(w.now.Add(time.Minute))
		return r.Exchange(ctx, w.store, 1, over)
	}
	if sent, answered, err := exchange(); sent != 0 || answered != 0 || err != nil {
		t.Errorf("before the first review: %d %d %v", sent, answered, err)
	}
	r.decide(t, a.ID, realname.VendorReview, realname.Pass)
	for want := 1; want >= 0; want-- {
		if sent, _, err := exchange(); sent != want || err != nil {
			t.Errorf("%d sent, want %d: %v", sent, want, err)
		}
	}
	sheet, err := os.ReadFile(filepath.Join(dir, "out", a.ID.String()+".json"))
	if err != nil || !bytes.Contains(sheet, []byte("11010519491231002X")) || !bytes.Contains(sheet, []byte("legal_front-")) {
		t.Errorf("%s %v", sheet, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "out", a.ID.String(), "*.png"))
	if err != nil || len(files) != 7 {
		t.Errorf("%v %v", files, err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "in", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a.csv", "application,decision\nrn_0000000000001,approved\n")
	put("b.csv", "application,decision\n"+a.ID.String()+",perhaps\n")
	put("c.json", `[{"application":"`+a.ID.String()+`","decision":"ask","reasons":["seal"],"note":"章","surprise":1}]`)
	put("notes.txt", "not an answer")
	if _, answered, err := exchange(); answered != 0 || err == nil {
		t.Errorf("%d answered: %v", answered, err)
	}
	for _, name := range []string{"a.csv", "b.csv", "c.json"} {
		if text, err := os.ReadFile(filepath.Join(dir, "bad", name+".txt")); err != nil || len(text) == 0 {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	put("d.json", `[{"application":"`+a.ID.String()+`","decision":"ask","reasons":["seal"],"note":"请盖章"}]`)
	if _, answered, err := exchange(); answered != 1 || err != nil || r.show(t, a.ID).Application.State != realname.Asked {
		t.Errorf("%d answered: %v", answered, err)
	}
	put("d.json", `[{"application":"`+a.ID.String()+`","decision":"ask","reasons":["seal"],"note":"请盖章"}]`) // once more changes nothing
	if _, answered, err := exchange(); answered != 0 || err != nil {
		t.Errorf("the same answer: %d %v", answered, err)
	}
	if _, err := r.HandIn(ctx, a.ID, "chen"); err != nil {
		t.Fatal(err)
	}
	r.decide(t, a.ID, realname.VendorReview, realname.Pass)
	if sent, _, err := exchange(); sent != 1 || err != nil {
		t.Errorf("after it was asked again: %d %v", sent, err)
	}
	put("e.csv", "\ufeffApplication,Decision,Reference\n"+a.ID.String()+",通过,CU-77\n")
	if _, answered, err := exchange(); answered != 1 || err != nil {
		t.Errorf("%d %v", answered, err)
	}
	c := r.show(t, a.ID)
	if c.Application.State != realname.Approved || c.Application.Reference != "CU-77" {
		t.Errorf("%+v", c.Application)
	}
	looks := 0
	for _, e := range c.Events {
		if e.What == realname.WasLooked && e.Who == "carrier" {
			looks++
		}
	}
	if looks != 14 {
		t.Errorf("%d looks of the carrier, want 7 each time", looks)
	}
	state := w.load(t).Lines
	if len(state) == 0 || !r.rings(t) {
		t.Errorf("the approved phone does not ring (%s)", catalog.Approved)
	}
	if _, err := r.Send(ctx, nil); fault.CodeOf(err) != fault.CarrierFolderOff {
		t.Errorf("no folder: %v", err)
	}
}

// A new master key seals all keys anew; the old one may go. Documents that no
// row knows are swept away a day later, others stay.
func TestRewrapAndSweep(t *testing.T) { on(t, testRewrapAndSweep) }

func testRewrapAndSweep(t *testing.T, w *world) {
	r := newRegistry(t, w)
	ctx := t.Context()
	a := r.filled(t, "")
	if _, err := r.keys.Add(); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Rewrap(ctx); err != nil || n != 15 { // the form, and two of each document
		t.Errorf("%d %v", n, err)
	}
	text, err := os.ReadFile(string(r.keys))
	if err != nil {
		t.Fatal(err)
	}
	newest, _, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(string(r.keys), []byte(newest), 0o600); err != nil {
		t.Fatal(err)
	}
	c := r.show(t, a.ID)
	if _, data, err := r.Look(ctx, c.Documents[0].ID, false, "he"); err != nil || len(data) == 0 {
		t.Error(err)
	}
	orphan := realname.DocumentID(r.next())
	if err := blob.Folder(r.folder).Put(ctx, orphan.Name(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if removed, err := r.Sweep(ctx, w.store, 1); err != nil || removed != 1 {
		t.Errorf("%d swept: %v", removed, err)
	}
	names, err := blob.Folder(r.folder).Names(ctx)
	if err != nil || len(names) != 7 {
		t.Errorf("%v %v", names, err)
	}
}
