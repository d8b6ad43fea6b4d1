// Package charge is the operations by which other switches have their calls
// charged: what remote does, and what an account has.
package charge

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/remote"
)

// Lines knows the numbers; *directory.Directory implements it.
type Lines interface {
	Line(number string) (directory.Line, bool)
}

// Accounts reads accounts; *charging.Service implements it.
type Accounts interface {
	Balances(ctx context.Context, shard int, account charging.AccountID) (*charging.AccountView, error)
}

// Deps are what the operations need.
type Deps struct {
	Calls    *remote.Service
	Lines    Lines
	Accounts Accounts
}

// operations are the operations with what they need.
type operations struct{ Deps }

// New makes the face.
func New(d Deps, p rest.Parts) *rest.Face {
	face := rest.New(rest.Document{
		Base: "/api/v1", Spec: "/api/openapi", Title: "Sibai charging API", About: about, Side: apikey.Operator,
		Tags: []*huma.Tag{
			{Name: "calls", Description: "Credit for calls that another switch carries."},
			{Name: "accounts", Description: "What an account has."},
		},
	}, p)
	f := &operations{d}
	f.callOperations(face)
	f.batchOperation(face)
	f.balanceOperation(face)
	return face
}

const about = `Online charging for calls that another switch carries: it asks for credit before a phone rings (reserve),
for more while people talk (extend), and says how long they talked (settle) or that nobody answered (release).

Every operation is idempotent by the client of the API key and the switch's own name for the call (and the sequence of
an extension): the same request again gets the same answer and changes nothing. A refusal is a 200 answer with ` + "`refused`" + `;
errors are problem documents (RFC 9457) with a code, and a remedy in the language of Accept-Language (zh or en).
Money is whole micro-yuan beside a text in yuan. What was answered is durable. ` + "`sibai key create`" + ` makes a key.`
