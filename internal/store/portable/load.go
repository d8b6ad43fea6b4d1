package portable

import (
	"context"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/money"
	"sibai/internal/number"
)

// Revision grows with every business change. It implements directory.Source.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var value int64
	if err := s.db.NewSelect().Model((*revisionRow)(nil)).Column("value").Where("id = 1").Scan(ctx, &value); err != nil {
		return 0, failed(err, "read the revision")
	}
	return value, nil
}

// Load reads everything a node must know by heart. It implements
// directory.Source.
func (s *Store) Load(ctx context.Context) (snap directory.Snapshot, err error) {
	err = s.reading(ctx, func(in session) error {
		snap, err = load(ctx, in)
		return err
	})
	return snap, err
}

func load(ctx context.Context, s session) (directory.Snapshot, error) {
	snap := directory.Snapshot{Lines: map[string]directory.Line{}}
	revisions, err := all[revisionRow](ctx, s, "")
	if err != nil {
		return snap, err
	}
	for _, r := range revisions {
		snap.Revision = r.Value
	}
	if snap.Trunks, err = readTrunks(ctx, s); err != nil {
		return snap, err
	}
	versions, err := all[tariffRow](ctx, s, "")
	if err != nil {
		return snap, err
	}
	for _, r := range versions {
		v, err := r.version()
		if err != nil {
			return snap, failed(err, "read tariffs")
		}
		snap.Tariffs = append(snap.Tariffs, v)
	}
	targets, err := loadTargets(ctx, s)
	if err != nil {
		return snap, err
	}
	var lines []lineRow
	if err := s.NewRaw(linesQuery).Conn(s.tx).Scan(ctx, &lines); err != nil {
		return snap, failed(err, "read lines")
	}
	for _, r := range lines {
		l, err := r.line(targets)
		if err != nil {
			return snap, failed(err, "read the profile of "+r.Digits)
		}
		snap.Lines[l.Number] = l
	}
	return snap, nil
}

type targetKey struct {
	customer catalog.CustomerID
	phone    string
}

func loadTargets(ctx context.Context, s session) (map[targetKey]catalog.Target, error) {
	list, err := all[targetRow](ctx, s, "")
	if err != nil {
		return nil, err
	}
	out := make(map[targetKey]catalog.Target, len(list))
	for _, r := range list {
		t := r.target()
		out[targetKey{t.Customer, t.Phone}] = t
	}
	return out, nil
}

// linesQuery joins every number that is not for sale with what its owner set; a
// number that is nobody's has zeros. Those for sale may be a million: to a call
// they are unknown.
const linesQuery = `
SELECT n.id, n.digits, n.state,
       n.shard, n.customer,
       COALESCE(c.name, '') AS name, COALESCE(c.state, '') AS customer_state, COALESCE(c.account, 0) AS account,
       COALESCE(s.id, 0) AS subscription, COALESCE(s.max_concurrent, p.max_concurrent, 0) AS max_concurrent,
       COALESCE(p.kind, '') AS kind, COALESCE(p.tariff, '') AS tariff, COALESCE(p.min_grant, 0) AS min_grant,
       COALESCE(p.overdraft_micro, 0) AS overdraft, COALESCE(s.cap_micro, 0) AS cap_amount, COALESCE(s.cap_calls, 0) AS cap_calls,
       COALESCE(f.version, 0) AS profile, COALESCE(f.body, '') AS body
FROM number AS n
LEFT JOIN customer AS c ON c.shard = n.shard AND c.id = n.customer
LEFT JOIN subscription AS s ON s.shard = n.shard AND s.number = n.id AND s.customer = n.customer
LEFT JOIN plan AS p ON p.id = s.plan
LEFT JOIN profile AS f ON f.shard = s.shard AND f.number = s.number AND f.version = s.profile
WHERE n.state <> 'available'`

type lineRow struct {
	ID            int64  `bun:"id"`
	Digits        string `bun:"digits"`
	State         string `bun:"state"`
	Shard         int    `bun:"shard"`
	Customer      int64  `bun:"customer"`
	Name          string `bun:"name"`
	CustomerState string `bun:"customer_state"`
	Account       int64  `bun:"account"`
	Subscription  int64  `bun:"subscription"`
	MaxConcurrent int    `bun:"max_concurrent"`
	Kind          string `bun:"kind"`
	Tariff        string `bun:"tariff"`
	MinGrant      int64  `bun:"min_grant"`
	Overdraft     int64  `bun:"overdraft"`
	CapAmount     int64  `bun:"cap_amount"`
	CapCalls      int    `bun:"cap_calls"`
	Profile       int    `bun:"profile"`
	Body          string `bun:"body"`
}

func (r lineRow) line(targets map[targetKey]catalog.Target) (directory.Line, error) {
	profile, err := readProfile(r.Body)
	if err != nil {
		return directory.Line{}, err
	}
	profile.Version = r.Profile
	customer := catalog.CustomerID(r.Customer)
	return directory.Line{
		ID: number.ID(r.ID), Number: r.Digits, State: number.State(r.State),
		Customer: customer, CustomerName: r.Name, CustomerState: catalog.CustomerState(r.CustomerState),
		PlanKind: catalog.PlanKind(r.Kind), Tariff: r.Tariff,
		Bill: charging.Bill{
			Shard: r.Shard, Account: charging.AccountID(r.Account), Subscription: charging.SubscriptionID(r.Subscription),
			MaxConcurrent: r.MaxConcurrent, MinGrant: time.Duration(r.MinGrant) * time.Microsecond,
			Overdraft: money.Amount(r.Overdraft), CapAmount: money.Amount(r.CapAmount), CapCalls: r.CapCalls,
		},
		Profile: directory.Routable(profile, func(phone string) (catalog.Target, bool) {
			t, ok := targets[targetKey{customer, phone}]
			return t, ok
		}),
	}, nil
}
