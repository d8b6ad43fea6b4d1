package portable

import (
	"strings"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/realname"
	"sibai/internal/vault"
)

type realnameRow struct {
	bun.BaseModel `bun:"table:realname"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	Number        string `bun:"number"`
	State         string `bun:"state"`
	Enterprise    string `bun:"enterprise"`
	FormHeader    string `bun:"form_header"`
	Form          string `bun:"form"`
	CreatedAt     int64  `bun:"created_at"`
	Deadline      int64  `bun:"deadline"`
	DueAt         int64  `bun:"due_at"`
	ValidUntil    string `bun:"valid_until"`
	Reference     string `bun:"reference"`
	SentAt        int64  `bun:"sent_at"`
	Events        int    `bun:"events"`
	Link          string `bun:"link"`
}

func realnameToRow(a realname.Application) realnameRow {
	return realnameRow{
		Shard: a.Shard, ID: int64(a.ID), Customer: int64(a.Customer), Code: a.Code, Number: a.Number, State: string(a.State), Enterprise: a.Enterprise,
		FormHeader: a.Form.Header, Form: a.Form.Body, CreatedAt: micros(a.CreatedAt), Deadline: micros(a.Deadline), DueAt: micros(a.DueAt),
		ValidUntil: a.ValidUntil, Reference: a.Reference, SentAt: micros(a.SentAt), Events: a.Events, Link: a.Link,
	}
}

func (r realnameRow) application() realname.Application {
	return realname.Application{
		ID: realname.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Number: r.Number, State: realname.State(r.State),
		Enterprise: r.Enterprise, Form: realname.Sealed{Header: r.FormHeader, Body: r.Form}, CreatedAt: instant(r.CreatedAt), Deadline: instant(r.Deadline),
		DueAt: instant(r.DueAt), ValidUntil: r.ValidUntil, Reference: r.Reference, SentAt: instant(r.SentAt), Events: r.Events, Link: r.Link,
	}
}

type realnameDocumentRow struct {
	bun.BaseModel `bun:"table:realname_document"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	RealName      int64  `bun:"realname"`
	Kind          string `bun:"kind"`
	Target        string `bun:"target"`
	Type          string `bun:"type"`
	Size          int    `bun:"size"`
	Header        string `bun:"header"`
	StatedHeader  string `bun:"stated_header"`
	Stated        string `bun:"stated"`
	AddedAt       int64  `bun:"added_at"`
	GoneAt        int64  `bun:"gone_at"`
}

func realnameDocumentToRow(d realname.Document) realnameDocumentRow {
	return realnameDocumentRow{
		Shard: d.Shard, ID: int64(d.ID), RealName: int64(d.Application), Kind: string(d.Kind), Target: d.Target, Type: string(d.Type), Size: d.Size,
		Header: d.Header, StatedHeader: d.Stated.Header, Stated: d.Stated.Body, AddedAt: micros(d.AddedAt), GoneAt: micros(d.GoneAt),
	}
}

func (r realnameDocumentRow) document() realname.Document {
	return realname.Document{
		ID: realname.DocumentID(r.ID), Shard: r.Shard, Application: realname.ID(r.RealName), Kind: realname.Kind(r.Kind), Target: r.Target,
		Type: vault.Type(r.Type), Size: r.Size, Header: r.Header, Stated: realname.Sealed{Header: r.StatedHeader, Body: r.Stated},
		AddedAt: instant(r.AddedAt), GoneAt: instant(r.GoneAt),
	}
}

type realnameEventRow struct {
	bun.BaseModel `bun:"table:realname_event"`
	Shard         int    `bun:"shard,pk"`
	RealName      int64  `bun:"realname,pk"`
	Seq           int    `bun:"seq,pk"`
	At            int64  `bun:"at"`
	What          string `bun:"what"`
	State         string `bun:"state"`
	Who           string `bun:"who"`
	Document      int64  `bun:"document"`
	Reasons       string `bun:"reasons"`
	Note          string `bun:"note"`
}

func realnameEventToRow(e realname.Event) realnameEventRow {
	reasons := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		reasons[i] = string(r)
	}
	return realnameEventRow{
		Shard: e.Shard, RealName: int64(e.Application), Seq: e.Seq, At: micros(e.At), What: string(e.What), State: string(e.State), Who: e.Who,
		Document: int64(e.Document), Reasons: strings.Join(reasons, ","), Note: e.Note,
	}
}

func (r realnameEventRow) event() realname.Event {
	e := realname.Event{
		Shard: r.Shard, Application: realname.ID(r.RealName), Seq: r.Seq, At: instant(r.At), What: realname.What(r.What), State: realname.State(r.State),
		Who: r.Who, Document: realname.DocumentID(r.Document), Note: r.Note,
	}
	if r.Reasons != "" {
		for code := range strings.SplitSeq(r.Reasons, ",") {
			e.Reasons = append(e.Reasons, realname.Reason(code))
		}
	}
	return e
}

type freezeRow struct {
	bun.BaseModel `bun:"table:realname_freeze"`
	Shard         int    `bun:"shard,pk"`
	Number        string `bun:"number,pk"`
	Seq           int    `bun:"seq,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	Cause         string `bun:"cause"`
	ProposedBy    string `bun:"proposed_by"`
	ProposedAt    int64  `bun:"proposed_at"`
	FrozenBy      string `bun:"frozen_by"`
	FrozenAt      int64  `bun:"frozen_at"`
	LiftedBy      string `bun:"lifted_by"`
	LiftedAt      int64  `bun:"lifted_at"`
	Note          string `bun:"note"`
}

func freezeToRow(f realname.Freeze) freezeRow {
	return freezeRow{
		Shard: f.Shard, Number: f.Number, Seq: f.Seq, Customer: int64(f.Customer), Code: f.Code, Cause: string(f.Cause),
		ProposedBy: f.ProposedBy, ProposedAt: micros(f.ProposedAt), FrozenBy: f.FrozenBy, FrozenAt: micros(f.FrozenAt),
		LiftedBy: f.LiftedBy, LiftedAt: micros(f.LiftedAt), Note: f.Note,
	}
}

func (r freezeRow) freeze() realname.Freeze {
	return realname.Freeze{
		Shard: r.Shard, Number: r.Number, Seq: r.Seq, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Cause: realname.Cause(r.Cause),
		ProposedBy: r.ProposedBy, ProposedAt: instant(r.ProposedAt), FrozenBy: r.FrozenBy, FrozenAt: instant(r.FrozenAt),
		LiftedBy: r.LiftedBy, LiftedAt: instant(r.LiftedAt), Note: r.Note,
	}
}
