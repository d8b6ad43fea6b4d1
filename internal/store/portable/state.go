package portable

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/site"
	"sibai/internal/tariff"
)

// State reads what is stored of the entities named. It implements site.Store.
func (s *Store) State(ctx context.Context, names site.Names) (state site.State, err error) {
	err = s.reading(ctx, func(in session) error {
		state, err = readState(ctx, in, names)
		return err
	})
	return state, err
}

func readState(ctx context.Context, s session, names site.Names) (site.State, error) {
	state := site.State{
		Segments: number.Segments{}, Trunks: map[string]catalog.Trunk{}, Tariffs: map[string][]tariff.Version{},
		Plans: map[string]catalog.Plan{}, Customers: map[string]catalog.Customer{},
		Targets: map[catalog.CustomerID]map[string]catalog.Target{}, Rentals: map[string]site.Rental{},
		Booked: map[site.Payment]site.Booked{},
	}
	for _, read := range []func(context.Context, session, site.Names, *site.State) error{
		readOperator, readTariffs, readCustomers, readRentals, readBooked,
	} {
		if err := read(ctx, s, names, &state); err != nil {
			return site.State{}, err
		}
	}
	return state, nil
}

func readOperator(ctx context.Context, s session, _ site.Names, state *site.State) error {
	var err error
	if state.Arrears, err = readArrearsRules(ctx, s); err != nil {
		return err
	}
	operators, err := all[operatorRow](ctx, s, "")
	if err != nil {
		return err
	}
	for _, o := range operators {
		state.Operator = o.Name
	}
	segments, err := all[segmentRow](ctx, s, "")
	if err != nil {
		return err
	}
	for _, r := range segments {
		state.Segments[r.Prefix] = number.Carrier(r.Carrier)
	}
	floors, err := all[floorRow](ctx, s, "")
	if err != nil {
		return err
	}
	state.Floors = rows(floors, floorRow.floor)
	if state.Discounts, err = readDiscounts(ctx, s); err != nil {
		return err
	}
	if state.Features, err = readFeatures(ctx, s); err != nil {
		return err
	}
	trunks, err := readTrunks(ctx, s)
	if err != nil {
		return err
	}
	for _, t := range trunks {
		state.Trunks[t.Code] = t
	}
	return nil
}

func readTrunks(ctx context.Context, s session) ([]catalog.Trunk, error) {
	rows, err := all[trunkRow](ctx, s, "")
	if err != nil {
		return nil, err
	}
	out := make([]catalog.Trunk, len(rows))
	for i, r := range rows {
		if out[i], err = r.trunk(); err != nil {
			return nil, failed(err, "read trunks")
		}
	}
	return out, nil
}

func readTariffs(ctx context.Context, s session, _ site.Names, state *site.State) error {
	versions, err := all[tariffRow](ctx, s, "")
	if err != nil {
		return err
	}
	for _, r := range versions {
		v, err := r.version()
		if err != nil {
			return failed(err, "read tariffs")
		}
		state.Tariffs[r.Code] = append(state.Tariffs[r.Code], v)
	}
	for _, list := range state.Tariffs {
		slices.SortFunc(list, func(a, b tariff.Version) int { return a.Effective.Compare(b.Effective) })
	}
	plans, err := all[planRow](ctx, s, "")
	if err != nil {
		return err
	}
	for _, r := range plans {
		state.Plans[r.Code] = r.plan()
	}
	return nil
}

func readCustomers(ctx context.Context, s session, names site.Names, state *site.State) error {
	codes, err := among[customerCodeRow](ctx, s, "code", names.Customers)
	if err != nil {
		return err
	}
	for shard, ids := range customersByShard(codes) {
		rows, err := amongOf[customerRow](ctx, s, shard, "id", ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			state.Customers[r.Code] = r.customer()
		}
		targets, err := amongOf[targetRow](ctx, s, shard, "customer", ids)
		if err != nil {
			return err
		}
		for _, r := range targets {
			t := r.target()
			if state.Targets[t.Customer] == nil {
				state.Targets[t.Customer] = map[string]catalog.Target{}
			}
			state.Targets[t.Customer][t.Phone] = t
		}
	}
	return nil
}

func customersByShard(codes []customerCodeRow) map[int][]int64 {
	out := map[int][]int64{}
	for _, c := range codes {
		out[c.Shard] = append(out[c.Shard], c.Customer)
	}
	return out
}

// amongOf is among, within one shard.
func amongOf[T any](ctx context.Context, s session, shard int, column string, values []int64) ([]T, error) {
	var out []T
	for len(values) > 0 {
		part := values[:min(batch, len(values))]
		values = values[len(part):]
		rows, err := all[T](ctx, s, "shard = ? AND ? IN (?)", shard, bun.Ident(column), bun.List(part))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func readRentals(ctx context.Context, s session, names site.Names, state *site.State) error {
	numbers, err := among[numberRow](ctx, s, "digits", names.Numbers)
	if err != nil {
		return err
	}
	owned := map[int][]int64{} // shard → numbers
	owners := map[int][]int64{}
	digits := map[int64]string{}
	for _, r := range numbers {
		state.Rentals[r.Digits] = r.rental()
		digits[r.ID] = r.Digits
		if r.Customer != 0 {
			owned[r.Shard] = append(owned[r.Shard], r.ID)
			owners[r.Shard] = append(owners[r.Shard], r.Customer)
		}
	}
	for shard, ids := range owned {
		if err := readOwned(ctx, s, shard, ids, owners[shard], digits, state); err != nil {
			return err
		}
	}
	return nil
}

// readOwned adds owner, subscription and published profile to rentals.
func readOwned(ctx context.Context, s session, shard int, ids, owners []int64, digits map[int64]string, state *site.State) error {
	customers, err := amongOf[customerRow](ctx, s, shard, "id", owners)
	if err != nil {
		return err
	}
	codes := map[catalog.CustomerID]string{}
	for _, c := range customers {
		codes[catalog.CustomerID(c.ID)] = c.Code
	}
	subscriptions, err := amongOf[subscriptionRow](ctx, s, shard, "number", ids)
	if err != nil {
		return err
	}
	published, err := readPublished(ctx, s, shard, ids)
	if err != nil {
		return err
	}
	for _, row := range subscriptions {
		r := state.Rentals[digits[row.Number]]
		r.Subscription, r.OwnerCode = row.subscription(), codes[r.Owner]
		if p, ok := published[row.Number]; ok {
			if r.Profile, err = readProfile(p.Body); err != nil {
				return failed(err, "read the profile of "+r.Digits)
			}
			r.Profile.Version = p.Version
		}
		state.Rentals[r.Digits] = r
	}
	return nil
}

// readPublished reads the published profile of each number that has one.
func readPublished(ctx context.Context, s session, shard int, numbers []int64) (map[int64]profileRow, error) {
	out := make(map[int64]profileRow, len(numbers))
	for len(numbers) > 0 {
		part := numbers[:min(batch, len(numbers))]
		numbers = numbers[len(part):]
		var rows []profileRow
		err := s.NewSelect().Model(&rows).Conn(s.tx).
			Join("JOIN subscription AS s ON s.shard = ?TableAlias.shard AND s.number = ?TableAlias.number AND s.profile = ?TableAlias.version").
			Where("s.shard = ? AND s.number IN (?)", shard, bun.List(part)).
			Scan(ctx)
		if err != nil {
			return nil, failed(err, "read the published profiles")
		}
		for _, r := range rows {
			out[r.Number] = r
		}
	}
	return out, nil
}

func readBooked(ctx context.Context, s session, names site.Names, state *site.State) error {
	shards := make([]int, charging.Shards)
	for i := range shards {
		shards[i] = i
	}
	for _, p := range names.Payments {
		// Charging knows the shard of a receipt; naming all keeps to its index.
		rows, err := all[receiptRow](ctx, s, "shard IN (?) AND channel = ? AND reference = ?", bun.List(shards), p.Channel, p.Reference)
		if err != nil {
			return err
		}
		for _, r := range rows {
			b := site.Booked{Account: charging.AccountID(r.Account), Bucket: charging.BucketKind(r.Bucket), Extension: r.Extension}
			if r.Unit == string(ledger.SEC) {
				b.Seconds = r.Amount
			} else {
				b.Amount = money.Amount(r.Amount)
			}
			state.Booked[p] = b
		}
	}
	return nil
}
