package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/realname"
)

type realnameShowCmd struct {
	Application string `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
	Whole       bool   `help:"Show the names and numbers of persons unmasked. Who looked is written down."`
	JSON        bool   `help:"Print one JSON object."`
}

func (cmd *realnameShowCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameShow, Application: id, Whole: cmd.Whole})
	if err != nil {
		return err
	}
	zh, k := c.language() == explain.ZH, out.Case
	if cmd.JSON {
		return encodeLine(caseShown(k, c))
	}
	c.stands(&k.Application)
	if k.Freeze != nil {
		what, remedy := k.Freeze.Cause.Text(zh)
		fmt.Printf("✗ %s — %s\n", what, remedy)
	}
	f := k.Form
	fmt.Printf("%s  %s  %s  %s  %s\n", f.Enterprise.Name, f.Enterprise.USCC, f.Enterprise.Industry, f.Enterprise.Usage, f.Enterprise.ValidUntil)
	person := func(title string, p realname.Person) {
		fmt.Printf("%s  %s  %s  %s\n", title, p.Name, p.ID, p.ValidUntil)
	}
	person(map[bool]string{true: "法定代表人", false: "legal representative"}[zh], f.Legal)
	if f.Handler != nil {
		person(map[bool]string{true: "经办人", false: "handler"}[zh], *f.Handler)
	}
	for _, t := range f.Targets {
		fmt.Printf("%s  %s  %s %s  %s\n", t.Phone, t.Line, t.Owner, t.OwnerName, t.BilledOn)
	}
	for _, d := range k.Documents {
		fmt.Printf("%s  %s %s  %s  %d\n", d.ID, d.Kind.Text(zh), d.Target, d.Type, d.Size)
	}
	c.findings(k.Findings)
	for _, e := range k.Events {
		fmt.Printf("%s  %s\n", shown(e.At), e.Text(zh))
	}
	return nil
}

type applicationJSON struct {
	ID         string     `json:"id"`
	Customer   string     `json:"customer"`
	Number     string     `json:"number"`
	Enterprise string     `json:"enterprise"`
	State      string     `json:"state"`
	CreatedAt  time.Time  `json:"created_at"`
	Deadline   *time.Time `json:"deadline,omitempty"`
	ValidUntil string     `json:"valid_until,omitempty"`
	Reference  string     `json:"reference,omitempty"`
}

func applicationShown(a realname.Application) applicationJSON {
	out := applicationJSON{
		ID: a.ID.String(), Customer: a.Code, Number: a.Number, Enterprise: a.Enterprise, State: string(a.State), CreatedAt: a.CreatedAt,
		ValidUntil: a.ValidUntil, Reference: a.Reference,
	}
	if !a.Deadline.IsZero() {
		out.Deadline = &a.Deadline
	}
	return out
}

type caseJSON struct {
	applicationJSON
	Form      realname.Form  `json:"form"`
	Documents []documentJSON `json:"documents"`
	Findings  []findingJSON  `json:"findings"`
	Events    []realEvent    `json:"events"`
}

type documentJSON struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Target  string    `json:"target,omitempty"`
	Type    string    `json:"type"`
	Bytes   int       `json:"bytes"`
	AddedAt time.Time `json:"added_at"`
}

type findingJSON struct {
	Path string `json:"path"`
	Stop bool   `json:"stop"`
	Code string `json:"code"`
	Text string `json:"text"`
}

type realEvent struct {
	At      time.Time         `json:"at"`
	What    string            `json:"what"`
	State   string            `json:"state"`
	Who     string            `json:"who,omitempty"`
	Reasons []realname.Reason `json:"reasons,omitempty"`
	Note    string            `json:"note,omitempty"`
}

func caseShown(k *realname.Case, c *cli) caseJSON {
	out := caseJSON{applicationJSON: applicationShown(k.Application), Form: k.Form, Documents: []documentJSON{}, Findings: []findingJSON{}}
	for _, d := range k.Documents {
		out.Documents = append(out.Documents, documentJSON{d.ID.String(), string(d.Kind), d.Target, string(d.Type), d.Size, d.AddedAt})
	}
	for _, f := range k.Findings {
		out.Findings = append(out.Findings, findingJSON{f.Path, !f.Warn, string(f.Code), f.Text(c.faults())})
	}
	for _, e := range k.Events {
		out.Events = append(out.Events, realEvent{e.At, string(e.What), string(e.State), e.Who, e.Reasons, e.Note})
	}
	return out
}

type realnameGetCmd struct {
	Document string `arg:"" help:"The document, doc_…, as sibai realname show shows it."`
	Output   string `short:"o" required:"" placeholder:"FILE" help:"Where to write it."`
	Preview  bool   `help:"Write a small picture with words across it instead, the numbers of identity cards masked."`
}

func (cmd *realnameGetCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseDocumentID(cmd.Document)
	if err != nil {
		return err
	}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameLook, DocumentID: id, Preview: cmd.Preview})
	if err != nil {
		return err
	}
	return os.WriteFile(cmd.Output, out.Data, 0o600)
}
