package portable

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/site"
)

type personRow struct {
	bun.BaseModel `bun:"table:person"`
	ID            int64  `bun:"id,pk"`
	Name          string `bun:"name"`
	Login         string `bun:"login"`
	Password      string `bun:"password"`
	Staff         string `bun:"staff"`
	Disabled      int    `bun:"disabled"`
	CreatedAt     int64  `bun:"created_at"`
	Epoch         int    `bun:"epoch"`
	ProvenAt      int64  `bun:"proven_at"`
	SecondAt      int64  `bun:"second_at"`
}

func personToRow(p identity.Person) personRow {
	return personRow{
		ID: int64(p.ID), Name: p.Name, Login: p.Login, Password: p.Password, Staff: string(p.Staff), Disabled: flag(p.Disabled),
		CreatedAt: micros(p.Created), Epoch: p.Epoch, ProvenAt: micros(p.Proven), SecondAt: micros(p.Second),
	}
}

func (r personRow) person() identity.Person {
	return identity.Person{
		ID: identity.ID(r.ID), Name: r.Name, Login: r.Login, Password: r.Password, Staff: identity.Role(r.Staff), Disabled: r.Disabled != 0,
		Created: instant(r.CreatedAt), Epoch: r.Epoch, Proven: instant(r.ProvenAt), Second: instant(r.SecondAt),
	}
}

type membershipRow struct {
	bun.BaseModel `bun:"table:membership"`
	Shard         int    `bun:"shard,pk"`
	Customer      int64  `bun:"customer,pk"`
	Person        int64  `bun:"person,pk"`
	Role          string `bun:"role"`
}

type signInLinkRow struct {
	bun.BaseModel `bun:"table:sign_in_link"`
	Hash          string `bun:"hash,pk"`
	Person        int64  `bun:"person"`
	Until         int64  `bun:"until_at"`
	Sent          int    `bun:"sent"`
}

type signInCodeRow struct {
	bun.BaseModel `bun:"table:sign_in_code"`
	Login         string `bun:"login,pk"`
	Hash          string `bun:"hash"`
	Until         int64  `bun:"until_at"`
	Sent          int64  `bun:"sent_at"`
	Tries         int    `bun:"tries"`
}

type attemptRow struct {
	bun.BaseModel `bun:"table:attempt"`
	Subject       string `bun:"subject,pk"`
	Tries         int    `bun:"tries"`
	LastAt        int64  `bun:"last_at"`
}

type traceRow struct {
	bun.BaseModel `bun:"table:trace"`
	ID            int64  `bun:"id,pk"`
	At            int64  `bun:"at"`
	Person        int64  `bun:"person"`
	Who           string `bun:"who"`
	Customer      int64  `bun:"customer"`
	Action        string `bun:"action"`
	Subject       string `bun:"subject"`
	Address       string `bun:"address"`
	Detail        string `bun:"detail"`
}

func traceToRow(t identity.Trace) traceRow {
	return traceRow{
		ID: t.ID, At: micros(t.At), Person: int64(t.Person), Who: t.Who, Customer: int64(t.Customer),
		Action: t.Action, Subject: t.Subject, Address: t.Address, Detail: t.Detail,
	}
}

func (r traceRow) trace() identity.Trace {
	return identity.Trace{
		ID: r.ID, At: instant(r.At), Person: identity.ID(r.Person), Who: r.Who, Customer: catalog.CustomerID(r.Customer),
		Action: r.Action, Subject: r.Subject, Address: r.Address, Detail: r.Detail,
	}
}

// keepCodes is how long it is remembered that a code was sent.
const keepCodes = 24 * time.Hour

// people reads people in a transaction. It implements identity.People.
type people struct {
	ctx context.Context
	s   session
}

func (p people) one(where string, args ...any) (identity.Person, bool, error) {
	found, err := all[personRow](p.ctx, p.s, where, args...)
	if err != nil || len(found) == 0 {
		return identity.Person{}, false, err
	}
	return found[0].person(), true, nil
}

func (p people) Person(id identity.ID) (identity.Person, bool, error) {
	return p.one("id = ?", int64(id))
}

func (p people) PersonByLogin(login string) (identity.Person, bool, error) {
	return p.one("login = ?", login)
}

func (p people) Link(hash [32]byte) (l identity.Link, ok bool, err error) {
	found, err := all[signInLinkRow](p.ctx, p.s, "hash = ?", hex.EncodeToString(hash[:]))
	if err != nil || len(found) == 0 {
		return l, false, err
	}
	return identity.Link{Hash: hash, Person: identity.ID(found[0].Person), Until: instant(found[0].Until), Sent: found[0].Sent != 0}, true, nil
}

func (p people) Code(login string) (c identity.OneTime, ok bool, err error) {
	found, err := all[signInCodeRow](p.ctx, p.s, "login = ?", login)
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	r := found[0]
	c = identity.OneTime{Login: login, Until: instant(r.Until), Sent: instant(r.Sent), Tries: r.Tries}
	if _, err := hex.Decode(c.Hash[:], []byte(r.Hash)); err != nil {
		return c, false, failed(err, "read a code")
	}
	return c, true, nil
}

const membersQuery = `SELECT m.person, p.name, p.login, m.customer, m.shard, c.code, c.name AS company, m.role
FROM membership AS m
JOIN person AS p ON p.id = m.person
JOIN customer AS c ON c.shard = m.shard AND c.id = m.customer
WHERE %s ORDER BY m.shard, m.customer, m.person`

type memberRow struct {
	Person   int64  `bun:"person"`
	Name     string `bun:"name"`
	Login    string `bun:"login"`
	Customer int64  `bun:"customer"`
	Shard    int    `bun:"shard"`
	Code     string `bun:"code"`
	Company  string `bun:"company"`
	Role     string `bun:"role"`
}

func (p people) members(where string, args ...any) ([]identity.Membership, error) {
	var found []memberRow
	if err := p.s.NewRaw(fmt.Sprintf(membersQuery, where), args...).Conn(p.s.tx).Scan(p.ctx, &found); err != nil {
		return nil, failed(err, "read members")
	}
	return rows(found, func(r memberRow) identity.Membership {
		return identity.Membership{
			Person: identity.ID(r.Person), Name: r.Name, Login: r.Login, Customer: catalog.CustomerID(r.Customer), Shard: r.Shard,
			Code: r.Code, Company: r.Company, Role: identity.Role(r.Role),
		}
	}), nil
}

func (p people) Members(c catalog.Customer) ([]identity.Membership, error) {
	return p.members("m.shard = ? AND m.customer = ?", c.Shard, int64(c.ID))
}

func (p people) Memberships(person identity.ID) ([]identity.Membership, error) {
	return p.members("m.person = ?", int64(person))
}

// Person reads a person. It implements identity.Store.
func (s *Store) Person(ctx context.Context, id identity.ID) (p identity.Person, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		p, ok, err = people{ctx, in}.Person(id)
		return err
	})
	return p, ok, err
}

// PersonByLogin reads who signs in with a login. It implements identity.Store.
func (s *Store) PersonByLogin(ctx context.Context, login string) (p identity.Person, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		p, ok, err = people{ctx, in}.PersonByLogin(login)
		return err
	})
	return p, ok, err
}

// Memberships lists where a person is a member. It implements identity.Store.
func (s *Store) Memberships(ctx context.Context, person identity.ID) (list []identity.Membership, err error) {
	err = s.reading(ctx, func(in session) error {
		list, err = people{ctx, in}.Memberships(person)
		return err
	})
	return list, err
}

// Members lists who acts for a customer. It implements identity.Store.
func (s *Store) Members(ctx context.Context, c catalog.Customer) (list []identity.Membership, err error) {
	err = s.reading(ctx, func(in session) error {
		list, err = people{ctx, in}.Members(c)
		return err
	})
	return list, err
}

// Staff lists the operator's people. It implements identity.Store.
func (s *Store) Staff(ctx context.Context) (list []identity.Person, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := all[personRow](ctx, in, "staff <> ''")
		list = rows(found, personRow.person)
		return err
	})
	return list, err
}

// Blocked lists who is kept from signing in. It implements identity.Store.
func (s *Store) Blocked(ctx context.Context) (list []identity.Person, err error) {
	err = s.reading(ctx, func(in session) error {
		var found []personRow
		if err := in.NewSelect().Model(&found).Conn(in.tx).Where("disabled <> 0").Order("login").Scan(ctx); err != nil {
			return failed(err, "list who is blocked")
		}
		list = rows(found, personRow.person)
		return nil
	})
	return list, err
}

// ChangePeople lets f decide and writes what it says; business writes are done
// one at a time. It implements identity.Store.
func (s *Store) ChangePeople(ctx context.Context, f func(identity.People) (identity.Changes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		c, err := f(people{ctx, in})
		if err != nil {
			return err
		}
		if err := insert(ctx, in, rows(c.People, personToRow), "id"); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(c.Members, func(m identity.Membership) membershipRow {
			return membershipRow{Shard: m.Shard, Customer: int64(m.Customer), Person: int64(m.Person), Role: string(m.Role)}
		}), "shard, customer, person"); err != nil {
			return err
		}
		for _, m := range c.Gone {
			if _, err := in.NewDelete().Model((*membershipRow)(nil)).Conn(in.tx).
				Where("shard = ? AND customer = ? AND person = ?", m.Shard, int64(m.Customer), int64(m.Person)).Exec(ctx); err != nil {
				return failed(err, "remove a member")
			}
		}
		for _, p := range c.Unlinked {
			if _, err := in.NewDelete().Model((*signInLinkRow)(nil)).Conn(in.tx).Where("person = ?", int64(p)).Exec(ctx); err != nil {
				return failed(err, "end a person's links")
			}
		}
		if err := insert(ctx, in, rows(c.Links, func(l identity.Link) signInLinkRow {
			return signInLinkRow{Hash: hex.EncodeToString(l.Hash[:]), Person: int64(l.Person), Until: micros(l.Until), Sent: flag(l.Sent)}
		}), ""); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(c.Codes, func(c identity.OneTime) signInCodeRow {
			return signInCodeRow{Login: c.Login, Hash: hex.EncodeToString(c.Hash[:]), Until: micros(c.Until), Sent: micros(c.Sent), Tries: c.Tries}
		}), "login"); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(c.Factors, factorToRow), "person"); err != nil {
			return err
		}
		for _, code := range c.Codes {
			// Codes of logins that nobody asks for any more.
			if _, err := in.NewDelete().Model((*signInCodeRow)(nil)).Conn(in.tx).Where("sent_at < ?", micros(code.Sent.Add(-keepCodes))).Exec(ctx); err != nil {
				return failed(err, "forget codes")
			}
		}
		if len(c.Customers) > 0 {
			if err := applyCustomers(ctx, in, site.Writes{At: c.At, Customers: c.Customers}); err != nil {
				return err
			}
			if err := bump(ctx, in); err != nil {
				return err
			}
		}
		return insert(ctx, in, rows(c.Traces, traceToRow), "")
	})
}

// Tries reads how often was tried. It implements identity.Store.
func (s *Store) Tries(ctx context.Context, subjects []string, at time.Time, forget time.Duration) (counts []int, err error) {
	err = s.reading(ctx, func(in session) error {
		counts, err = triesOf(ctx, in, subjects, at, forget)
		return err
	})
	return counts, err
}

func triesOf(ctx context.Context, s session, subjects []string, at time.Time, forget time.Duration) ([]int, error) {
	found, err := among[attemptRow](ctx, s, "subject", subjects)
	counts := make([]int, len(subjects))
	for i, subject := range subjects {
		for _, r := range found {
			if r.Subject == subject && at.Sub(instant(r.LastAt)) < forget {
				counts[i] = r.Tries
			}
		}
	}
	return counts, err
}

// Strike counts a try. It implements identity.Store.
func (s *Store) Strike(ctx context.Context, subjects []string, at time.Time, forget time.Duration) (counts []int, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		if counts, err = triesOf(ctx, in, subjects, at, forget); err != nil {
			return err
		}
		tries := make([]attemptRow, len(subjects))
		for i, subject := range subjects {
			counts[i]++
			tries[i] = attemptRow{Subject: subject, Tries: counts[i], LastAt: micros(at)}
		}
		return insert(ctx, in, tries, "subject")
	})
	return counts, err
}

// ForgetTries removes counts of tries that are over. It implements limit.Store.
func (s *Store) ForgetTries(ctx context.Context, before time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*attemptRow)(nil)).Conn(in.tx).Where("last_at < ?", micros(before)).Exec(ctx); err != nil {
			return failed(err, "forget old tries")
		}
		return nil
	})
}

// Forgive forgets what was tried. It implements identity.Store.
func (s *Store) Forgive(ctx context.Context, subject string) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*attemptRow)(nil)).Conn(in.tx).Where("subject = ?", subject).Exec(ctx); err != nil {
			return failed(err, "forget tries")
		}
		return nil
	})
}

// Trace keeps what was done. It implements identity.Store.
func (s *Store) Trace(ctx context.Context, t identity.Trace) error {
	return s.writing(ctx, func(ctx context.Context, in session) error { return insert(ctx, in, []traceRow{traceToRow(t)}, "") })
}

// Traces lists what was done, the newest first. It implements identity.Store.
func (s *Store) Traces(ctx context.Context, f identity.TraceFilter) ([]identity.Trace, error) {
	var found []traceRow
	q := s.db.NewSelect().Model(&found).OrderExpr("id DESC").Limit(int64(f.Page()))
	if f.Customer != 0 {
		q = q.Where("customer = ?", int64(f.Customer))
	}
	if f.Person != 0 {
		q = q.Where("person = ?", int64(f.Person))
	}
	if f.Action != "" {
		q = q.Where("action = ?", f.Action)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list traces")
	}
	return rows(found, traceRow.trace), nil
}

// Customers lists all customers, the newest first.
func (s *Store) Customers(ctx context.Context) ([]catalog.Customer, error) {
	var found []customerRow
	if err := s.db.NewSelect().Model(&found).OrderExpr("id DESC").Limit(10_000).Scan(ctx); err != nil {
		return nil, failed(err, "list customers")
	}
	return rows(found, customerRow.customer), nil
}
