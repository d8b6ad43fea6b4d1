package stock

import (
	"context"

	"sibai/internal/number"
	"sibai/internal/web/text"
)

// reasons are the usual ones for which numbers change their state, by the keys of
// their words; others are names of orders and the like.
var reasons = map[string]bool{"import": true, "generate": true, "site": true, "arrears": true, "rested": true, "order": true, "realname": true}

func carrier(ctx context.Context, c number.Carrier) string {
	if !c.Valid() {
		return "–"
	}
	return text.T(ctx, "shop.carrier."+string(c))
}

// gradeName is what a grade is called; of an empty code that of the table.
func (s shown) gradeName(ctx context.Context, code string) string {
	r, ok := s.grades.Find(code)
	switch {
	case code == "":
		return text.T(ctx, "stock.table")
	case !ok:
		return code
	case text.Chinese(ctx) || r.English == "":
		return r.Name
	}
	return r.English
}

func because(ctx context.Context, why string) string {
	if reasons[why] {
		return text.T(ctx, "stock.why."+why)
	}
	return why
}

// stepKey is the key of what a step by hand does.
func stepKey(from, to number.State) string {
	if from == number.Closing && to == number.Active {
		return "kept"
	}
	return string(to)
}
