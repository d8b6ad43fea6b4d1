package row

import (
	"encoding/json"
	"errors"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// bill is a charging.Bill without what is zero.
type bill struct {
	Shard         int                     `json:",omitzero"`
	Account       charging.AccountID      `json:",omitzero"`
	Subscription  charging.SubscriptionID `json:",omitzero"`
	MaxConcurrent int                     `json:",omitzero"`
	Tariff        tariff.Version
	MinGrant      time.Duration `json:",omitzero"`
	Class         string        `json:",omitzero"`
	Extension     int64         `json:",omitzero"`
	CapAmount     money.Amount  `json:",omitzero"`
	CapCalls      int           `json:",omitzero"`
	Overdraft     money.Amount  `json:",omitzero"`
}

// draft is a cdr.Record without what is zero: of a call that begins that is
// the most of it.
type draft struct {
	Call         cdr.ID `json:",omitzero"`
	Node         int    `json:",omitzero"`
	Trunk        string `json:",omitzero"`
	Number       string `json:",omitzero"`
	Caller       string `json:",omitzero"`
	CallerRaw    string `json:",omitzero"`
	SIPCallID    string `json:",omitzero"`
	Customer     int64  `json:",omitzero"`
	Account      int64  `json:",omitzero"`
	Subscription int64  `json:",omitzero"`

	StartedAt          time.Time `json:",omitzero"`
	RingingAt          time.Time `json:",omitzero"`
	AnsweredAt         time.Time `json:",omitzero"`
	PlatformAnsweredAt time.Time `json:",omitzero"`
	EndedAt            time.Time `json:",omitzero"`

	Talk      time.Duration `json:",omitzero"`
	Billable  time.Duration `json:",omitzero"`
	Charge    money.Amount  `json:",omitzero"`
	Cause     cdr.Cause     `json:",omitzero"`
	Status    int           `json:",omitzero"`
	EndedBy   cdr.Side      `json:",omitzero"`
	Recovered bool          `json:",omitzero"`

	TariffID int64      `json:",omitzero"`
	Lines    []cdr.Line `json:",omitempty"`
	Legs     []cdr.Leg  `json:",omitempty"`
	Steps    []cdr.Step `json:",omitempty"`
}

var _ charging.Texter = Texts{}

// Texts makes the texts of rows. A store that embeds it has them made outside
// of its writer.
type Texts struct{}

// HoldTexts are the texts of a hold: its bill, of whose tariff it keeps the
// call's own class only, and its draft.
func (Texts) HoldTexts(b *charging.Bill, d *cdr.Record) (*charging.Texts, error) {
	if len(b.Tariff.Classes) > 0 {
		own := *b
		own.Tariff = b.Tariff.For(b.Class)
		b = &own
	}
	first, errBill := json.Marshal((*bill)(b))
	second, errDraft := json.Marshal((*draft)(d))
	return &charging.Texts{string(first), string(second)}, errors.Join(errBill, errDraft)
}

// CDRTexts are the texts of a CDR that are known before it is charged: its legs
// and its steps.
func (Texts) CDRTexts(r *cdr.Record) (*charging.Texts, error) {
	legs, errLegs := encodeList(r.Legs)
	steps, errSteps := encodeList(r.Steps)
	return &charging.Texts{legs, steps}, errors.Join(errLegs, errSteps)
}
