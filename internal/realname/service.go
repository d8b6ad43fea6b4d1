package realname

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/vault"
)

// Rules are how long each step may take.
type Rules struct {
	Answer  time.Duration // a customer: a draft, or what was asked for again
	Vendor  time.Duration // the first review
	Carrier time.Duration // the second
}

// Service verifies real names. Its methods are safe for concurrent use, by
// several processes too. who is the person that acts, as the face knows it.
type Service struct {
	store Store
	vault *vault.Vault
	rules Rules
	newID func() int64
	now   func() time.Time
	log   *slog.Logger
}

// New makes a Service. newID gives time-ordered ids, never the same twice; now
// nil means time.Now, log nil slog.Default.
func New(store Store, v *vault.Vault, rules Rules, newID func() int64, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.Default()
	}
	return &Service{store, v, rules, newID, now, log}
}

// clock is the time as it is stored.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Begin begins an application of a customer for a number that it rents. Faults:
// customer_not_found, number_invalid, realname_open, realname_not_owner.
func (s *Service) Begin(ctx context.Context, customer, digits, who string) (Application, error) {
	digits, err := number.Parse(digits)
	if err != nil {
		return Application{}, err
	}
	c, ok, err := s.store.Find(ctx, customer)
	if err != nil {
		return Application{}, err
	}
	if !ok {
		return Application{}, fault.New(fault.CustomerNotFound, "customer", customer)
	}
	at := s.clock()
	a := Application{
		ID: ID(s.newID()), Shard: c.Shard, Customer: c.ID, Code: c.Code, Number: digits, State: Draft, Enterprise: c.Name,
		CreatedAt: at, Deadline: at.Add(s.rules.Answer), DueAt: at.Add(s.rules.Answer), Events: 1,
	}
	if a.Form, err = s.seal(&a, Form{Enterprise: Enterprise{Name: c.Name, Industry: General}}); err != nil {
		return Application{}, err
	}
	e := Event{Shard: a.Shard, Application: a.ID, Seq: 1, At: at, What: WasBegun, State: Draft, Who: who}
	return a, s.store.AddRealName(ctx, a, e)
}

func (s *Service) seal(a *Application, f Form) (Sealed, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return Sealed{}, fault.Wrap(err, fault.Internal)
	}
	header, body, err := s.vault.Seal(a.what(), text)
	return Sealed{header, body}, err
}

func (s *Service) form(a *Application) (f Form, err error) {
	text, err := s.vault.Open(a.what(), a.Form.Header, a.Form.Body)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fault.Wrap(err, fault.VaultBroken, "what", a.what())
	}
	return f, nil
}

func (s *Service) stated(d *Document) (st Stated, err error) {
	text, err := s.vault.Open(d.ID.String(), d.Stated.Header, d.Stated.Body)
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(text, &st); err != nil {
		return st, fault.Wrap(err, fault.VaultBroken, "what", d.ID.String())
	}
	return st, nil
}

// write adds an event to what is written of an application. Faults:
// realname_state when it cannot happen now.
func (s *Service) write(a *Application, e Event) (Event, error) {
	to, ok := a.State.next(e.What)
	if !ok {
		return e, fault.New(fault.RealnameState, "application", a.ID, "state", a.State)
	}
	a.State = to
	a.Events++
	e.Shard, e.Application, e.Seq, e.At, e.State = a.Shard, a.ID, a.Events, s.clock(), to
	return e, nil
}

// one changes an application by one event.
func (s *Service) one(ctx context.Context, id ID, e Event, change func(f *File, w *Writes) error) (a Application, err error) {
	err = s.store.ChangeRealName(ctx, id, func(f *File) (Writes, error) {
		w := Writes{Application: f.Application}
		done, err := s.write(&w.Application, e)
		if err != nil {
			return Writes{}, err
		}
		w.Events = []Event{done}
		if change != nil {
			if err := change(f, &w); err != nil {
				return Writes{}, err
			}
		}
		a = w.Application
		return w, nil
	})
	return a, err
}

// Fill replaces the form of an application that the customer may change. It
// need not be right yet: Findings says what is wrong. Faults: realname_state,
// input_invalid for what is too long.
func (s *Service) Fill(ctx context.Context, id ID, form Form, who string) (Application, error) {
	form.clean()
	if err := form.bounds(); err != nil {
		return Application{}, err
	}
	return s.one(ctx, id, Event{What: WasFilled, Who: who}, func(_ *File, w *Writes) (err error) {
		w.Application.Enterprise = form.Enterprise.Name
		w.Application.Form, err = s.seal(&w.Application, form)
		return err
	})
}

// NewDocument is a document to be added. It replaces the one of its kind and target.
type NewDocument struct {
	Kind   Kind
	Target string // phone, of those about a target
	Stated Stated
	Name   string // of the file, for faults only
	Data   []byte
}

// Add adds a document. What is no document is refused before anything is kept.
// Faults: those of vault.Accept, realname_state, realname_full.
func (s *Service) Add(ctx context.Context, id ID, n NewDocument, who string) (Document, error) {
	if err := n.clean(); err != nil {
		return Document{}, err
	}
	f, ok, err := s.store.RealName(ctx, id)
	switch {
	case err != nil:
		return Document{}, err
	case !ok:
		return Document{}, fault.New(fault.RealnameNotFound, "application", id)
	case !f.Application.State.Editable():
		return Document{}, fault.New(fault.RealnameState, "application", id, "state", f.Application.State)
	}
	clean, err := s.vault.Accept(ctx, n.Name, n.Data)
	if err != nil {
		return Document{}, err
	}
	d := Document{
		ID: DocumentID(s.newID()), Shard: f.Application.Shard, Application: id, Kind: n.Kind, Target: n.Target,
		Type: clean.Type, Size: len(clean.Data), AddedAt: s.clock(),
	}
	text, err := json.Marshal(n.Stated)
	if err != nil {
		return Document{}, fault.Wrap(err, fault.Internal)
	}
	if d.Stated.Header, d.Stated.Body, err = s.vault.Seal(d.ID.String(), text); err != nil {
		return Document{}, err
	}
	// The document is kept before it is written down: what a process that dies
	// between leaves behind is swept away later.
	if d.Header, err = s.vault.Put(ctx, d.ID.Name(), clean.Data); err != nil {
		return Document{}, err
	}
	_, err = s.one(ctx, id, Event{What: WasAdded, Who: who, Document: d.ID, Note: string(d.Kind)}, func(f *File, w *Writes) error {
		if len(f.Documents) >= maxDocuments {
			return fault.New(fault.RealnameFull, "limit", maxDocuments)
		}
		for _, old := range f.Documents {
			if old.GoneAt.IsZero() && old.Kind == d.Kind && old.Target == d.Target {
				old.GoneAt = d.AddedAt
				w.Documents = append(w.Documents, old)
			}
		}
		w.Documents = append(w.Documents, d)
		return nil
	})
	return d, err
}

func (n *NewDocument) clean() error {
	var bad fault.Invalid
	if !slices.Contains(Kinds(), n.Kind) {
		bad.Add("kind", 0, fault.ValueNotAllowed, "value", n.Kind, "allowed", joined(Kinds()))
	}
	if n.Target != "" {
		n.Target = national(n.Target)
	}
	if n.Kind.OfTarget() && n.Target == "" {
		bad.Add("target", 0, fault.ValueEmpty, "example", "0371-5566-8800")
	}
	if !n.Kind.OfTarget() {
		n.Target = ""
	}
	n.Stated.Name, n.Stated.Code = cleanName(n.Stated.Name), cleanCode(n.Stated.Code)
	for path, text := range map[string]string{"name": n.Stated.Name, "code": n.Stated.Code, "target": n.Target} {
		if len([]rune(text)) > maxNameLength {
			bad.Add(path, 0, fault.ValueTooLong, "limit", maxNameLength)
		}
	}
	return bad.Err()
}

// HandIn hands an application in for review. Faults: input_invalid with all that
// the checks refuse, realname_state.
func (s *Service) HandIn(ctx context.Context, id ID, who string) (Application, error) {
	return s.one(ctx, id, Event{What: WasHandedIn, Who: who}, func(f *File, w *Writes) error {
		_, found, err := s.check(f)
		if err != nil {
			return err
		}
		if err := stops(found); err != nil {
			return err
		}
		s.until(&w.Application, s.rules.Vendor)
		return nil
	})
}

// until sets the deadline of the state that begins now.
func (s *Service) until(a *Application, length time.Duration) {
	a.Deadline = s.clock().Add(length)
	a.DueAt = a.Deadline
}

// check opens a form and looks at it and the documents that count.
func (s *Service) check(f *File) (Form, []Finding, error) {
	form, err := s.form(&f.Application)
	if err != nil {
		return form, nil, err
	}
	papers, err := s.papers(f)
	return form, Check(form, papers, s.now()), err
}

func (s *Service) papers(f *File) ([]Paper, error) {
	var papers []Paper
	for _, d := range f.Documents {
		if !d.GoneAt.IsZero() {
			continue
		}
		st, err := s.stated(&d)
		if err != nil {
			return nil, err
		}
		papers = append(papers, Paper{Kind: d.Kind, Target: d.Target, Stated: st})
	}
	return papers, nil
}

// Case is an application for those who look at it.
type Case struct {
	Application Application
	Form        Form
	Documents   []Document // that count
	Events      []Event
	Findings    []Finding
	Freeze      *Freeze // of the number; nil when none stands
}

// Show reads an application with what the checks say. Numbers and names of
// persons are masked; with whole they are not, and who looked is written down
// first. Faults: realname_not_found.
func (s *Service) Show(ctx context.Context, id ID, whole bool, who string) (Case, error) {
	if whole {
		if _, err := s.one(ctx, id, Event{What: WasSeen, Who: who}, nil); err != nil {
			return Case{}, err
		}
	}
	f, ok, err := s.store.RealName(ctx, id)
	if err != nil {
		return Case{}, err
	}
	if !ok {
		return Case{}, fault.New(fault.RealnameNotFound, "application", id)
	}
	c := Case{Application: f.Application, Events: f.Events}
	if f.Number.Last.Standing() {
		c.Freeze = f.Number.Last
	}
	for _, d := range f.Documents {
		if d.GoneAt.IsZero() {
			c.Documents = append(c.Documents, d)
		}
	}
	if c.Form, c.Findings, err = s.check(&f); err != nil {
		return Case{}, err
	}
	if !whole {
		c.Form = c.Form.masked()
	}
	return c, nil
}

// masked is the form without what tells who a person is.
func (f Form) masked() Form {
	hide := func(p Person) Person {
		p.Name, p.ID = MaskName(p.Name), Mask(p.ID)
		return p
	}
	f.Legal = hide(f.Legal)
	if f.Handler != nil {
		h := hide(*f.Handler)
		f.Handler = &h
	}
	f.Targets = slices.Clone(f.Targets)
	for i, t := range f.Targets {
		if t.Owner != OfEnterprise {
			f.Targets[i].OwnerName = MaskName(t.OwnerName)
		}
	}
	return f
}

// List lists applications. Faults: customer_not_found, value_not_allowed.
func (s *Service) List(ctx context.Context, f Filter) ([]Application, error) {
	if err := f.State.Check(); err != nil {
		return nil, err
	}
	return s.store.RealNames(ctx, f)
}

// Look gives a document to somebody: the original, or with preview a small
// masked picture with words across it. Who looks is written down first. A PDF
// has no preview. Faults: realname_document_not_found, realname_document_gone,
// file_type.
func (s *Service) Look(ctx context.Context, id DocumentID, preview bool, who string) (Document, []byte, error) {
	d, ok, err := s.store.RealNameDocument(ctx, id)
	switch {
	case err != nil:
		return d, nil, err
	case !ok:
		return d, nil, fault.New(fault.RealnameDocumentNotFound, "document", id)
	case !d.GoneAt.IsZero():
		return d, nil, fault.New(fault.RealnameDocumentGone, "document", id)
	case preview && d.Type == vault.PDF:
		return d, nil, fault.New(fault.FileType, "name", id, "got", d.Type)
	}
	e := Event{What: WasLooked, Who: who, Document: id}
	if preview {
		e.What = WasPreviewed
	}
	a, err := s.one(ctx, d.Application, e, nil)
	if err != nil {
		return d, nil, err
	}
	data, err := s.vault.Get(ctx, id.Name(), d.Header)
	if err != nil || !preview {
		return d, data, err
	}
	words := fmt.Sprintf("ONLY FOR %s  %s  %s", number.Format(a.Number, ""), who, s.clock().Format(time.DateOnly))
	data, _, err = s.vault.Preview(d.Type, data, words, d.Kind.identity())
	d.Type = vault.JPEG
	return d, data, err
}

// Rewrap seals every key anew by the newest master key, which is to be in the
// key file already, and says how many were.
func (s *Service) Rewrap(ctx context.Context) (int, error) {
	return s.store.RewrapKeys(ctx, func(what, header string) (string, bool, error) { return s.vault.Rewrap(what, header) })
}
