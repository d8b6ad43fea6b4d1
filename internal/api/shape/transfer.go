package shape

import (
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/claim"
)

// Transfer is a bank transfer as a customer claims it, and what became of that.
type Transfer struct {
	ID        string     `json:"id" example:"clm_0ARZ3NDEKTSV4"`
	State     string     `json:"state" doc:"filed, approved or rejected."`
	Order     string     `json:"order,omitempty" doc:"The order that it is for; missing: the balance."`
	Payer     string     `json:"payer" doc:"Name of the account that it came from."`
	Amount    rest.Money `json:"amount" doc:"As claimed."`
	Day       string     `json:"day" doc:"Of the transfer." example:"2026-11-23"`
	Slip      bool       `json:"slip" doc:"Whether a slip was handed in. It is not given out again."`
	FiledAt   time.Time  `json:"filed_at"`
	Received  rest.Money `json:"received" doc:"What came, as the operator found it on the statement; 0 before."`
	Booked    bool       `json:"booked" doc:"Whether the balance has it."`
	Reason    string     `json:"reason,omitempty" doc:"Of a rejection: not_found, payer, duplicate or unclear."`
	Note      string     `json:"note,omitempty" doc:"Of the operator, with a rejection."`
	DecidedAt time.Time  `json:"decided_at,omitzero"`
}

// TransferOf says a transfer.
func TransferOf(c claim.Claim) Transfer {
	out := Transfer{
		ID: c.ID.String(), State: string(c.State), Order: c.Order, Payer: c.Payer, Amount: rest.MoneyOf(c.Amount), Day: c.Day, Slip: c.SlipType != "",
		FiledAt: c.At.UTC(), Received: rest.MoneyOf(0), Booked: c.Booked(), Reason: string(c.Reason), Note: c.Note, DecidedAt: c.DecidedAt.UTC(),
	}
	if c.State == claim.Approved { // before, it is somebody's proposal
		out.Received = rest.MoneyOf(c.Received)
	}
	return out
}
