package portable

import (
	"context"
	"slices"
	"strings"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/site"
	"sibai/internal/tariff"
	"sibai/internal/whatif"
)

// rentalsQuery lists rented numbers with owner and plan; empty arguments do
// not filter.
const rentalsQuery = `
SELECT n.digits, c.id AS customer, c.code, p.code AS plan
FROM number AS n
JOIN customer AS c ON c.shard = n.shard AND c.id = n.customer
JOIN subscription AS s ON s.shard = n.shard AND s.number = n.id AND s.customer = n.customer
JOIN plan AS p ON p.id = s.plan
WHERE (n.digits = ? OR ? = '') AND (c.code = ? OR ? = '')
ORDER BY n.digits`

type rentalRow struct {
	Digits   string `bun:"digits"`
	Customer int64  `bun:"customer"`
	Code     string `bun:"code"`
	Plan     string `bun:"plan"`
}

// Offers reads what is sold, and the rented numbers that are asked for. It
// implements whatif.Catalog; a number or customer that is not there is
// ReferenceMissing.
func (s *Store) Offers(ctx context.Context, number, customer string) (out whatif.Offers, err error) {
	err = s.reading(ctx, func(in session) error {
		if out, err = readOffers(ctx, in); err != nil {
			return err
		}
		var rows []rentalRow
		if err := in.NewRaw(rentalsQuery, number, number, customer, customer).Conn(in.tx).Scan(ctx, &rows); err != nil {
			return failed(err, "read the rented numbers")
		}
		for _, r := range rows {
			out.Rentals = append(out.Rentals, whatif.Rental{Number: r.Digits, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Plan: r.Plan})
		}
		if len(rows) > 0 {
			return nil
		}
		return noRental(ctx, in, number, customer)
	})
	return out, err
}

// Plans reads what is sold without what is rented. It implements shelf.Catalogue.
func (s *Store) Plans(ctx context.Context) (out whatif.Offers, err error) {
	err = s.reading(ctx, func(in session) error {
		out, err = readOffers(ctx, in)
		return err
	})
	return out, err
}

// Floors are the least first top-ups. It implements shelf.Catalogue.
func (s *Store) Floors(ctx context.Context) (list catalog.Floors, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := all[floorRow](ctx, in, "")
		list = rows(found, floorRow.floor)
		return err
	})
	return list, err
}

func readOffers(ctx context.Context, s session) (whatif.Offers, error) {
	state := site.State{Tariffs: map[string][]tariff.Version{}, Plans: map[string]catalog.Plan{}}
	if err := readTariffs(ctx, s, site.Names{}, &state); err != nil {
		return whatif.Offers{}, err
	}
	out := whatif.Offers{Tariffs: state.Tariffs}
	for _, p := range state.Plans {
		out.Plans = append(out.Plans, p)
	}
	slices.SortFunc(out.Plans, func(a, b catalog.Plan) int { return strings.Compare(a.Code, b.Code) })
	return out, nil
}

// someCodes is how many codes an error names at most.
const someCodes = 20

// noRental says what there is instead of the number or customer asked for.
func noRental(ctx context.Context, s session, number, customer string) error {
	what, value, query := "rented number", number, "SELECT digits FROM number WHERE customer <> 0 ORDER BY digits LIMIT ?"
	if customer != "" {
		what, value, query = "customer with a number", customer, "SELECT code FROM customer_code ORDER BY code LIMIT ?"
	}
	var known []string
	if err := s.NewRaw(query, someCodes).Conn(s.tx).Scan(ctx, &known); err != nil {
		return failed(err, "read what is rented")
	}
	if value == "" && len(known) == 0 {
		return nil
	}
	return fault.New(fault.ReferenceMissing, "what", what, "value", value, "known", strings.Join(known, ", "))
}
