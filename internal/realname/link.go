package realname

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"sibai/internal/fault"
)

// ByLink is who acts when somebody does who has the link of an application.
const ByLink = "customer"

// Link makes the link's key of an application, of 128 random bits, which is kept
// nowhere: who has it may fill the form, add documents and hand them in, and
// sees no name or number of a person. A key that was made before opens nothing
// any more. Faults: realname_not_found, realname_state when it is decided.
func (s *Service) Link(ctx context.Context, id ID, who string) (Application, string, error) {
	key := rand.Text()
	a, err := s.one(ctx, id, Event{What: WasLinked, Who: who}, func(_ *File, w *Writes) error {
		w.Application.Link = linkHash(key)
		return nil
	})
	return a, key, err
}

func linkHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Open shows an application to who has its link, persons masked. A wrong key
// says realname_not_found, as an id that never was does.
func (s *Service) Open(ctx context.Context, application, key string) (Case, error) {
	id, err := ParseID(application)
	if err != nil {
		return Case{}, err
	}
	f, ok, err := s.store.RealName(ctx, id)
	if err != nil {
		return Case{}, err
	}
	// In a time that does not depend on how much of the key is right.
	if !ok || subtle.ConstantTimeCompare([]byte(linkHash(key)), []byte(f.Application.Link)) != 1 {
		return Case{}, fault.New(fault.RealnameNotFound, "application", application)
	}
	return s.Show(ctx, id, false, ByLink)
}

// Amend fills the form anew for somebody who sees it masked: names and numbers
// of persons that are left empty stay as they are. Faults as of Fill.
func (s *Service) Amend(ctx context.Context, id ID, form Form, who string) (Application, error) {
	f, ok, err := s.store.RealName(ctx, id)
	if err != nil {
		return Application{}, err
	}
	if !ok {
		return Application{}, fault.New(fault.RealnameNotFound, "application", id)
	}
	old, err := s.form(&f.Application)
	if err != nil {
		return Application{}, err
	}
	keep := func(p *Person, was *Person) {
		if was == nil {
			return
		}
		if p.Name == "" {
			p.Name = was.Name
		}
		if p.ID == "" {
			p.ID = was.ID
		}
	}
	keep(&form.Legal, &old.Legal)
	if form.Handler != nil {
		keep(form.Handler, old.Handler)
	}
	for i := range form.Targets {
		t := &form.Targets[i]
		for _, was := range old.Targets {
			if t.OwnerName == "" && was.Phone == national(t.Phone) && was.Owner == t.Owner {
				t.OwnerName = was.OwnerName
			}
		}
	}
	return s.Fill(ctx, id, form, who)
}

// Slot is a document that an application needs.
type Slot struct {
	Kind   Kind
	Target string // phone, of those about a target
}

// Needed lists the documents that a form needs, in their order.
func (f Form) Needed() []Slot {
	list := []Slot{{Kind: BusinessLicence}, {Kind: LegalFront}, {Kind: LegalBack}}
	if f.Handler != nil {
		list = append(list, Slot{Kind: HandlerFront}, Slot{Kind: HandlerBack}, Slot{Kind: Authority})
	}
	list = append(list, Slot{Kind: ApplicationForm}, Slot{Kind: Pledge})
	if f.Enterprise.Industry.Licensed() {
		list = append(list, Slot{Kind: IndustryLicence})
	}
	for _, t := range f.Targets {
		list = append(list, Slot{TargetBill, t.Phone}, Slot{TargetPledge, t.Phone})
	}
	return list
}
