package portable

import (
	"context"
	"database/sql"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/site"
)

type eventRow struct {
	bun.BaseModel `bun:"table:number_event"`
	Digits        string `bun:"digits,pk"`
	Seq           int    `bun:"seq,pk"`
	At            int64  `bun:"at"`
	Was           string `bun:"was"`
	State         string `bun:"state"`
	Why           string `bun:"why"`
	Who           string `bun:"who"`
}

func eventToRow(e inventory.Event) eventRow {
	return eventRow{Digits: e.Digits, Seq: e.Seq, At: micros(e.At), Was: string(e.Was), State: string(e.State), Why: e.Why, Who: e.Who}
}

func (r eventRow) event() inventory.Event {
	return inventory.Event{Digits: r.Digits, Seq: r.Seq, At: instant(r.At), Was: number.State(r.Was), State: number.State(r.State), Why: r.Why, Who: r.Who}
}

// What else than the inventory changes the state of numbers.
const (
	whySite    = "site"
	whyArrears = "arrears"
	whyRested  = "rested"
)

// became writes the events of numbers that get a state, in the transaction that
// gives it to them.
func became(ctx context.Context, s session, were []numberRow, state number.State, at time.Time, why string) error {
	return becameBy(ctx, s, were, state, at, why, "")
}

// becameBy is became by somebody's hand.
func becameBy(ctx context.Context, s session, were []numberRow, state number.State, at time.Time, why, who string) error {
	digits := make([]string, len(were))
	for i, r := range were {
		digits[i] = r.Digits
	}
	last := map[string]int{}
	for part := range slices.Chunk(digits, batch) {
		var seqs []struct {
			Digits string
			Last   int
		}
		err := s.NewSelect().Model((*eventRow)(nil)).Conn(s.tx).Column("digits").ColumnExpr("MAX(seq) AS last").
			Where("digits IN (?)", bun.List(part)).Group("digits").Scan(ctx, &seqs)
		if err != nil {
			return failed(err, "read the history of numbers")
		}
		for _, x := range seqs {
			last[x.Digits] = x.Last
		}
	}
	events := make([]eventRow, len(were))
	for i, r := range were {
		events[i] = eventRow{Digits: r.Digits, Seq: last[r.Digits] + 1, At: micros(at), Was: r.State, State: string(state), Why: why, Who: who}
	}
	return insert(ctx, s, events, "")
}

// applyEvents writes what a site file makes of numbers.
func applyEvents(ctx context.Context, s session, w site.Writes) error {
	digits := make([]string, len(w.Rentals))
	for i, r := range w.Rentals {
		digits[i] = r.Digits
	}
	were, err := among[numberRow](ctx, s, "digits", digits)
	if err != nil {
		return err
	}
	before := map[string]numberRow{}
	for _, r := range were {
		before[r.Digits] = r
	}
	changed := map[number.State][]numberRow{}
	for _, r := range w.Rentals {
		was := before[r.Digits]
		was.Digits = r.Digits
		if was.State != string(r.State) {
			changed[r.State] = append(changed[r.State], was)
		}
	}
	for _, state := range number.States() {
		if err := became(ctx, s, changed[state], state, w.At, whySite); err != nil {
			return err
		}
	}
	return nil
}

// Stock adds numbers. It implements inventory.Store.
func (s *Store) Stock(ctx context.Context, list []inventory.Stocked) (known []string, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		digits := make([]string, len(list))
		for i, n := range list {
			digits[i] = n.Digits
		}
		if known, err = knownOf(ctx, in, digits); err != nil {
			return err
		}
		there := make(map[string]bool, len(known))
		for _, d := range known {
			there[d] = true
		}
		var numbers []numberRow
		var events []eventRow
		for _, n := range list {
			if there[n.Digits] {
				continue
			}
			numbers = append(numbers, numberRow{
				ID: int64(n.ID), Digits: n.Digits, State: string(n.Event.State), Issuing: string(n.Issuing), Serving: string(n.Serving),
			})
			events = append(events, eventToRow(n.Event))
		}
		if err := insert(ctx, in, numbers, ""); err != nil {
			return err
		}
		return insert(ctx, in, events, "")
	})
	return known, err
}

// Known lists those of these numbers that are there. It implements
// inventory.Store.
func (s *Store) Known(ctx context.Context, digits []string) (known []string, err error) {
	err = s.reading(ctx, func(in session) error {
		known, err = knownOf(ctx, in, digits)
		return err
	})
	return known, err
}

func knownOf(ctx context.Context, s session, digits []string) ([]string, error) {
	found, err := among[numberRow](ctx, s, "digits", digits)
	known := make([]string, len(found))
	for i, r := range found {
		known[i] = r.Digits
	}
	return known, err
}

// Segments are the operator's own. It implements inventory.Store.
func (s *Store) Segments(ctx context.Context) (number.Segments, error) {
	own := number.Segments{}
	err := s.reading(ctx, func(in session) error {
		found, err := all[segmentRow](ctx, in, "")
		for _, r := range found {
			own[r.Prefix] = number.Carrier(r.Carrier)
		}
		return err
	})
	return own, err
}

// History lists the events of a number. It implements inventory.Store.
func (s *Store) History(ctx context.Context, digits string) ([]inventory.Event, error) {
	var found []eventRow
	if err := s.db.NewSelect().Model(&found).Where("digits = ?", digits).Order("seq").Scan(ctx); err != nil {
		return nil, failed(err, "read the history of a number")
	}
	list := make([]inventory.Event, len(found))
	for i, r := range found {
		list[i] = r.event()
	}
	return list, nil
}

// Each streams every number. It implements inventory.Store.
func (s *Store) Each(ctx context.Context) iter.Seq2[inventory.Sale, error] {
	return func(yield func(inventory.Sale, error) bool) {
		found, err := s.db.DB.QueryContext(ctx, "SELECT digits, state FROM number")
		if err != nil {
			yield(inventory.Sale{}, failed(err, "read the inventory"))
			return
		}
		defer found.Close()
		var digits, state sql.RawBytes
		for found.Next() {
			if err := found.Scan(&digits, &state); err != nil {
				yield(inventory.Sale{}, failed(err, "read the inventory"))
				return
			}
			if !yield(inventory.Sale{Digits: string(digits), Free: string(state) == string(number.Available)}, nil) {
				return
			}
		}
		if err := found.Err(); err != nil {
			yield(inventory.Sale{}, failed(err, "read the inventory"))
		}
	}
}

// Changed lists the numbers with events of an instant or later. It implements
// inventory.Store.
func (s *Store) Changed(ctx context.Context, since time.Time, most int) (list []inventory.Sale, more bool, err error) {
	err = s.reading(ctx, func(in session) error {
		var digits []string
		// In the index's order, so that it is used whatever the database knows of
		// the table: mostly nothing changed.
		err := in.NewSelect().Model((*eventRow)(nil)).Conn(in.tx).Column("digits").
			Where("at >= ?", micros(since)).OrderExpr("at DESC").Limit(int64(most)+1).Scan(ctx, &digits)
		if err != nil {
			return failed(err, "read what became of numbers")
		}
		if more = len(digits) > most; more {
			return nil
		}
		slices.Sort(digits)
		found, err := among[numberRow](ctx, in, "digits", slices.Compact(digits))
		for _, r := range found {
			list = append(list, inventory.Sale{Digits: r.Digits, Free: r.State == string(number.Available)})
		}
		return err
	})
	return list, more, err
}

// Standing says where a number stands. It implements inventory.Store.
func (s *Store) Standing(ctx context.Context, digits string) (st inventory.Standing, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := among[numberRow](ctx, in, "digits", []string{digits})
		if err != nil || len(found) == 0 {
			return err
		}
		r := found[0]
		ok, st = true, inventory.Standing{
			Digits: r.Digits, State: number.State(r.State), Issuing: number.Carrier(r.Issuing), Serving: number.Carrier(r.Serving),
		}
		// By the primary key: for MAX(at) PostgreSQL may walk through all events.
		var last []int64
		err = in.NewSelect().Model((*eventRow)(nil)).Conn(in.tx).Column("at").Where("digits = ?", digits).OrderExpr("digits DESC, seq DESC").Limit(1).Scan(ctx, &last)
		if err != nil {
			return failed(err, "read the history of a number")
		}
		if len(last) > 0 {
			st.Since = instant(last[0])
		}
		if r.Customer == 0 {
			return nil
		}
		owners, err := amongOf[customerRow](ctx, in, r.Shard, "id", []int64{r.Customer})
		if err == nil && len(owners) > 0 {
			st.Owner = owners[0].Name
		}
		return err
	})
	return st, ok, err
}

// List lists numbers. It implements inventory.Store.
func (s *Store) List(ctx context.Context, f inventory.Filter) ([]inventory.Standing, error) {
	var found []struct {
		numberRow
		Owner string `bun:"owner"`
	}
	q := s.db.NewSelect().Model(&found).ModelTableExpr("number AS n").
		ColumnExpr("n.digits, n.state, n.issuing, n.serving, COALESCE(c.name, '') AS owner").
		Join("LEFT JOIN customer AS c ON c.shard = n.shard AND c.id = n.customer AND n.customer <> 0").
		OrderExpr("n.digits").Limit(int64(f.Limit)).Offset(int64(f.Skip))
	if f.Mask != "" {
		q = q.Where("n.digits LIKE ?", f.Mask)
	}
	if f.State != "" {
		q = q.Where("n.state = ?", string(f.State))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list the numbers")
	}
	list := make([]inventory.Standing, len(found))
	for i, r := range found {
		list[i] = inventory.Standing{
			Digits: r.Digits, State: number.State(r.State), Issuing: number.Carrier(r.Issuing), Serving: number.Carrier(r.Serving), Owner: r.Owner,
		}
	}
	return list, nil
}

type gradeRow struct {
	bun.BaseModel `bun:"table:grade"`
	Position      int    `bun:"position,pk"`
	Code          string `bun:"code"`
	Name          string `bun:"name"`
	English       string `bun:"english"`
	Form          string `bun:"form"`
	Fee           int64  `bun:"fee_micro"`
	Minimum       int64  `bun:"minimum_micro"`
}

// Grades reads the operator's table. It implements inventory.Store.
func (s *Store) Grades(ctx context.Context) (number.Grades, bool, error) {
	var found []gradeRow
	if err := s.db.NewSelect().Model(&found).Order("position").Scan(ctx); err != nil {
		return nil, false, failed(err, "read the grades")
	}
	grades := make(number.Grades, len(found))
	for i, r := range found {
		grades[i] = number.Rule{
			Code: r.Code, Name: r.Name, English: r.English, Form: number.Form(r.Form), Fee: money.Amount(r.Fee), Minimum: money.Amount(r.Minimum),
		}
	}
	return grades, len(grades) > 0, nil
}

// SetGrades replaces the operator's table. It implements inventory.Store.
func (s *Store) SetGrades(ctx context.Context, g number.Grades) error {
	list := make([]gradeRow, len(g))
	for i, r := range g {
		list[i] = gradeRow{Position: i + 1, Code: r.Code, Name: r.Name, English: r.English, Form: string(r.Form), Fee: int64(r.Fee), Minimum: int64(r.Minimum)}
	}
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*gradeRow)(nil)).Conn(in.tx).Where("1 = 1").Exec(ctx); err != nil {
			return failed(err, "replace the grades")
		}
		return insert(ctx, in, list, "")
	})
}
