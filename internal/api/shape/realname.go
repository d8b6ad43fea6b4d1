package shape

import (
	"time"

	"sibai/internal/fault"
	"sibai/internal/realname"
)

// Application is one verification of who rents a number (实名认证).
type Application struct {
	ID         string    `json:"id" example:"rn_0ARZ3NDEKTSV4"`
	Number     string    `json:"number"`
	State      string    `json:"state" doc:"draft, vendor_review, carrier_review, asked, approved, rejected, lapsed, expired, superseded."`
	Enterprise string    `json:"enterprise" doc:"Its name as declared."`
	CreatedAt  time.Time `json:"created_at"`
	Deadline   time.Time `json:"deadline,omitzero" doc:"Until then the state's next step is to be done."`
	ValidUntil string    `json:"valid_until,omitempty" doc:"The first last day among the documents that were approved."`
}

// ApplicationOf says an application.
func ApplicationOf(a realname.Application) Application {
	return Application{
		ID: a.ID.String(), Number: a.Number, State: string(a.State), Enterprise: a.Enterprise, CreatedAt: a.CreatedAt.UTC(),
		Deadline: a.Deadline.UTC(), ValidUntil: a.ValidUntil,
	}
}

// Case is an application with what was handed in, what the checks say and what
// became of it.
type Case struct {
	Application
	Frozen    bool        `json:"frozen" doc:"A rule stops the number."`
	Form      Form        `json:"form" doc:"What is declared; names and numbers of persons are masked."`
	Documents []Document  `json:"documents"`
	Findings  []Finding   `json:"findings" doc:"What the checks found; it can be handed in when all are warnings."`
	Events    []NameEvent `json:"events" doc:"The oldest first."`
}

// Document is a document that counts.
type Document struct {
	ID      string    `json:"id" example:"doc_0ARZ3NDEKTSV4"`
	Kind    string    `json:"kind"`
	Target  string    `json:"target,omitempty" doc:"The phone that it is about."`
	Type    string    `json:"type" example:"image/jpeg"`
	Size    int       `json:"size" doc:"Bytes, as kept."`
	AddedAt time.Time `json:"added_at"`
}

// DocumentOf says a document.
func DocumentOf(d realname.Document) Document {
	return Document{ID: d.ID.String(), Kind: string(d.Kind), Target: d.Target, Type: string(d.Type), Size: d.Size, AddedAt: d.AddedAt.UTC()}
}

// Finding is one thing that a check found.
type Finding struct {
	Path string `json:"path" example:"legal.id" doc:"Of the form, or documents. and a kind."`
	Warn bool   `json:"warn" doc:"A person will look at it; else it cannot be handed in."`
	Code string `json:"code"`
	Text string `json:"text" doc:"What is wrong and how to mend it, in the language of the request."`
}

// NameEvent is one thing that became of an application.
type NameEvent struct {
	At      time.Time `json:"at"`
	What    string    `json:"what" doc:"begun, filled, document_added, handed_in, vendor_passed, asked and others."`
	State   string    `json:"state" doc:"After it."`
	Reasons []string  `json:"reasons,omitempty" doc:"Why it was asked for again or rejected, by their codes."`
	Note    string    `json:"note,omitempty"`
}

// CaseOf says a case in a language.
func CaseOf(c realname.Case, lang fault.Lang) Case {
	out := Case{
		Application: ApplicationOf(c.Application), Frozen: c.Freeze != nil, Form: formOf(c.Form),
		Documents: []Document{}, Findings: []Finding{}, Events: []NameEvent{},
	}
	for _, d := range c.Documents {
		out.Documents = append(out.Documents, DocumentOf(d))
	}
	for _, f := range c.Findings {
		out.Findings = append(out.Findings, Finding{f.Path, f.Warn, string(f.Code), f.Text(lang)})
	}
	for _, e := range c.Events {
		to := NameEvent{At: e.At.UTC(), What: string(e.What), State: string(e.State), Note: e.Note}
		for _, r := range e.Reasons {
			to.Reasons = append(to.Reasons, string(r))
		}
		out.Events = append(out.Events, to)
	}
	return out
}

// Form is what an enterprise declares.
type Form struct {
	Enterprise struct {
		Name       string `json:"name" doc:"As on the business licence."`
		USCC       string `json:"uscc,omitempty" doc:"统一社会信用代码, 18 characters (GB 32100)."`
		Industry   string `json:"industry,omitempty" doc:"general, education, medical; no number is sold to others." example:"general"`
		Usage      string `json:"usage,omitempty" doc:"What the number is for."`
		ValidUntil string `json:"valid_until,omitempty" doc:"Of the licence, 2036-05-17; empty: without end (长期)."`
	} `json:"enterprise"`
	Legal   Person         `json:"legal,omitzero" doc:"The legal representative (法定代表人)."`
	Handler *Person        `json:"handler,omitempty" doc:"Who applies (经办人); missing: the legal representative."`
	Targets []TargetHolder `json:"targets,omitempty" doc:"The phones that the number shall ring."`
}

// Person is a natural person.
type Person struct {
	Name       string `json:"name,omitempty"`
	ID         string `json:"id,omitempty" doc:"公民身份号码 (GB 11643)."`
	ValidUntil string `json:"valid_until,omitempty" doc:"Of the identity card; empty: without end (长期)."`
}

// TargetHolder is a phone and whose it is.
type TargetHolder struct {
	Phone     string `json:"phone"`
	Line      string `json:"line,omitempty" doc:"mobile, fixed or trunk (中继引示号)."`
	Owner     string `json:"owner,omitempty" doc:"enterprise, legal, handler or staff."`
	OwnerName string `json:"owner_name,omitempty" doc:"As on its bill."`
	BilledOn  string `json:"billed_on,omitempty" doc:"Last day of the bill that is handed in."`
}

// RealName is the form as the checks read it.
func (f *Form) RealName() realname.Form {
	out := realname.Form{
		Enterprise: realname.Enterprise{
			Name: f.Enterprise.Name, USCC: f.Enterprise.USCC, Industry: realname.Industry(f.Enterprise.Industry),
			Usage: f.Enterprise.Usage, ValidUntil: f.Enterprise.ValidUntil,
		},
		Legal: realname.Person(f.Legal),
	}
	if f.Handler != nil {
		h := realname.Person(*f.Handler)
		out.Handler = &h
	}
	for _, t := range f.Targets {
		out.Targets = append(out.Targets, realname.Target{
			Phone: t.Phone, Line: realname.Line(t.Line), Owner: realname.Owner(t.Owner), OwnerName: t.OwnerName, BilledOn: t.BilledOn,
		})
	}
	return out
}

func formOf(f realname.Form) (out Form) {
	e := &out.Enterprise
	e.Name, e.USCC, e.Industry, e.Usage, e.ValidUntil = f.Enterprise.Name, f.Enterprise.USCC, string(f.Enterprise.Industry), f.Enterprise.Usage, f.Enterprise.ValidUntil
	out.Legal = Person(f.Legal)
	if f.Handler != nil {
		h := Person(*f.Handler)
		out.Handler = &h
	}
	for _, t := range f.Targets {
		out.Targets = append(out.Targets, TargetHolder{t.Phone, string(t.Line), string(t.Owner), t.OwnerName, t.BilledOn})
	}
	return out
}
