package charge

import (
	"context"
	"net/http"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/number"
)

// Balance is what the account that pays for a number has.
type Balance struct {
	Number    string     `json:"number" doc:"Ten digits."`
	Account   string     `json:"account" doc:"The account that pays." example:"acc_0ARZ3NDEKTSV4"`
	State     string     `json:"state" enum:"active,suspended,frozen" doc:"Whether new calls are charged to it."`
	Available rest.Money `json:"available" doc:"Money that new calls could reserve now."`
	Buckets   []Bucket   `json:"buckets" doc:"The account's buckets."`
}

// Bucket is one bucket of an account.
type Bucket struct {
	Kind      string      `json:"kind" doc:"cash, bonus, package or extension."`
	Unit      string      `json:"unit" enum:"CNY,SEC" doc:"CNY: money; SEC: included call time."`
	Balance   *rest.Money `json:"balance,omitempty" doc:"Money on it, with what calls hold."`
	Held      *rest.Money `json:"held,omitempty" doc:"What running calls hold of it."`
	Seconds   *int64      `json:"seconds,omitempty" doc:"Included call time on it."`
	HeldFor   *int64      `json:"held_seconds,omitempty" doc:"What running calls hold of it."`
	ExpiresAt time.Time   `json:"expires_at,omitzero" doc:"When it can pay no more; missing when it does not expire."`
	Extension int64       `json:"extension,omitempty" doc:"Whose sub-wallet it is."`
}

func (f *operations) balanceOperation(face *rest.Face) {
	rest.Add(face, rest.Op{
		Method: http.MethodGet, Path: "/numbers/{number}/balance", ID: "balance", Tag: "accounts", Scope: apikey.Read,
		Summary: "What the account that pays for a number has",
		About:   "The balance as of now, with what running calls hold.",
	},
		func(ctx context.Context, in *struct {
			Number string `path:"number" doc:"The 400 number." example:"4001234567"`
		}) (*struct{ Body *Balance }, error) {
			digits, err := number.FromTrunk(in.Number)
			if err != nil {
				return nil, fault.Wrap(err, fault.NumberInvalid, "value", in.Number)
			}
			line, ok := f.Lines.Line(digits)
			if !ok || line.Bill.Account == 0 {
				return nil, fault.New(fault.NumberNotRented, "number", digits)
			}
			view, err := f.Accounts.Balances(ctx, line.Bill.Shard, line.Bill.Account)
			if err != nil {
				return nil, err
			}
			return &struct{ Body *Balance }{balanceOf(digits, view)}, nil
		})
}

func balanceOf(digits string, v *charging.AccountView) *Balance {
	out := &Balance{
		Number: digits, Account: v.Key.ID.String(), State: string(v.State), Available: rest.MoneyOf(v.Available(time.Now())),
		Buckets: make([]Bucket, len(v.Buckets)),
	}
	for i, b := range v.Buckets {
		to := Bucket{Kind: string(b.Kind), Unit: string(b.Unit), ExpiresAt: b.ExpiresAt, Extension: b.Extension}
		if b.Unit == ledger.SEC {
			seconds, held := int64(b.Balance), int64(b.Held)
			to.Seconds, to.HeldFor = &seconds, &held
		} else {
			balance, held := rest.MoneyOf(b.Balance), rest.MoneyOf(b.Held)
			to.Balance, to.Held = &balance, &held
		}
		out.Buckets[i] = to
	}
	return out
}
