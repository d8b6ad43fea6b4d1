package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
)

// Invitation is who is to be let in.
type Invitation struct {
	Name  string
	Login string // e-mail address or mobile
	Role  Role
	Lang  string // of the message that is sent, zh or en
}

// Invited is a person and the key of the link by which it comes in, which is
// kept nowhere: empty for who has a password already.
type Invited struct {
	Person Person
	Key    string
	// Sent is whether a message was sent to the login. Then who invited has no key.
	Sent bool
}

// InviteStaff lets somebody work for the operator, with a link that sets a new
// password, or gives staff another role. The link is sent to the login where a
// channel reaches it, else who invites gets it. by is the zero Actor at the
// terminal. Faults: not_allowed, login_invalid, person_name, value_not_allowed,
// link_not_sent when all is done but the message.
func (s *Service) InviteStaff(ctx context.Context, by Actor, in Invitation, address string) (Invited, error) {
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return Invited{}, err
		}
	}
	if err := in.Role.check(StaffRoles()); err != nil {
		return Invited{}, err
	}
	return s.invite(ctx, by, in, false, func(_ People, p *Person, c *Changes) error {
		if p.Staff == "" {
			// Whoever has this password or a link need not have the address: an owner
			// gets the links of members. It must not lead into the office.
			p.Password, p.Second = "", time.Time{}
			p.Epoch++
			c.Unlinked = []ID{p.ID}
		}
		p.Staff, p.Disabled = in.Role, false
		c.Traces = append(c.Traces, s.trace(by, "staff_invited", p.Login, address, string(in.Role)))
		return nil
	})
}

// InviteMember lets somebody act for a customer, or gives them another role and a
// new link. by is the zero Actor at the terminal. Faults: as InviteStaff,
// customer_not_found, and last_owner for another role of the last one.
func (s *Service) InviteMember(ctx context.Context, by Actor, customer string, in Invitation, address string) (Invited, error) {
	if !by.terminal() {
		if err := by.Allow(ManageMembers); err != nil {
			return Invited{}, err
		}
		if by.Customer.Code != customer {
			return Invited{}, fault.New(fault.NotAllowed, "permission", string(ManageMembers))
		}
	}
	if err := in.Role.check(MemberRoles()); err != nil {
		return Invited{}, err
	}
	c, ok, err := s.store.Find(ctx, customer)
	if err != nil {
		return Invited{}, err
	}
	if !ok {
		return Invited{}, fault.New(fault.CustomerNotFound, "customer", customer)
	}
	by.Customer = c
	return s.invite(ctx, by, in, false, func(people People, p *Person, changes *Changes) error {
		list, err := people.Members(c)
		if err != nil {
			return err
		}
		if in.Role != Owner && lastOwner(list, p.ID) {
			return fault.New(fault.LastOwner)
		}
		if err := s.distrust(people, c, p, changes); err != nil {
			return err
		}
		changes.Members = []Membership{{Person: p.ID, Customer: c.ID, Shard: c.Shard, Code: c.Code, Role: in.Role}}
		changes.Traces = append(changes.Traces, s.trace(by, "member_invited", p.Login, address, string(in.Role)))
		return nil
	})
}

// Found makes the first member of a customer, its owner, whom nobody invites:
// who signed the order that made the customer with a code to login. ok is false
// when it has members already.
func (s *Service) Found(ctx context.Context, c catalog.Customer, name, login, address string) (invited Invited, ok bool, err error) {
	list, err := s.store.Members(ctx, c)
	if err != nil || len(list) > 0 {
		return invited, false, err
	}
	by := Actor{Customer: c}
	invited, err = s.invite(ctx, by, Invitation{Name: name, Login: login, Role: Owner}, true, func(_ People, p *Person, changes *Changes) error {
		changes.Members = []Membership{{Person: p.ID, Customer: c.ID, Shard: c.Shard, Code: c.Code, Role: Owner}}
		changes.Traces = append(changes.Traces, s.trace(by, "customer_founded", p.Login, address, ""))
		return nil
	})
	return invited, err == nil, err
}

// distrust takes the password of a person whom another customer invited and who
// never proved its login: that customer may know it, and is not to come along.
func (s *Service) distrust(people People, c catalog.Customer, p *Person, changes *Changes) error {
	if p.Password == "" || !p.Proven.IsZero() || p.Staff != "" || !s.reaches(p.Login) {
		return nil
	}
	list, err := people.Memberships(p.ID)
	if slices.ContainsFunc(list, func(m Membership) bool { return m.Customer != c.ID }) {
		p.Password, p.Second = "", time.Time{}
		p.Epoch++
		changes.Unlinked = append(changes.Unlinked, p.ID)
	}
	return err
}

func (s *Service) reaches(login string) bool { return s.courier != nil && s.courier.Reaches(login) }

// invite lets a person in; proved is whether who gets the link showed already that
// the login is theirs.
func (s *Service) invite(ctx context.Context, by Actor, in Invitation, proved bool, add func(People, *Person, *Changes) error) (Invited, error) {
	login, err := ParseLogin(in.Login)
	if err != nil {
		return Invited{}, err
	}
	name, err := checkName(in.Name)
	if err != nil {
		return Invited{}, err
	}
	key := rand.Text()
	hash := sha256.Sum256([]byte(key))
	sends := !proved && s.courier != nil && s.courier.Invites(login)
	var out Invited
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		p, ok, err := people.PersonByLogin(login)
		if err != nil {
			return Changes{}, err
		}
		if !ok {
			p = Person{ID: ID(s.newID()), Name: name, Login: login, Created: s.clock()}
		}
		changes := Changes{}
		if err := add(people, &p, &changes); err != nil {
			return Changes{}, err
		}
		mine, err := s.mine(people, by, p)
		if err != nil {
			return Changes{}, err
		}
		out = Invited{Person: p, Sent: sends}
		if p.Password == "" && (mine || sends) {
			out.Key = key
			changes.Links = []Link{{Hash: hash, Person: p.ID, Until: s.clock().Add(linkValid), Sent: sends || proved}}
		}
		changes.People = []Person{p}
		return changes, nil
	})
	if err == nil && sends {
		err = s.courier.SendLink(ctx, out, by.Customer.Name, in.Lang)
		out.Key = ""
	}
	return out, err
}

// mine reports whether who invites may have the link that sets a person's
// password. Who has one signs in with it, and who is somebody elsewhere was
// invited there: the link would let a customer take over what is not its own.
func (s *Service) mine(people People, by Actor, p Person) (bool, error) {
	if p.Password != "" {
		return false, nil
	}
	if by.Customer.ID == 0 { // the operator's
		return true, nil
	}
	list, err := people.Memberships(p.ID)
	return p.Staff == "" && !slices.ContainsFunc(list, func(m Membership) bool { return m.Customer != by.Customer.ID }), err
}

// NewLink lets a person set a password anew who lost it. Faults: not_allowed,
// person_not_found.
func (s *Service) NewLink(ctx context.Context, by Actor, login, address string) (Invited, error) {
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return Invited{}, err
		}
	}
	known, err := ParseLogin(login)
	if err != nil {
		return Invited{}, err
	}
	key := rand.Text()
	hash := sha256.Sum256([]byte(key))
	var p Person
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var ok bool
		if p, ok, err = people.PersonByLogin(known); err != nil {
			return Changes{}, err
		}
		if !ok {
			return Changes{}, fault.New(fault.PersonNotFound, "person", known)
		}
		return Changes{
			Links:  []Link{{Hash: hash, Person: p.ID, Until: s.clock().Add(linkValid)}},
			Traces: []Trace{s.trace(by, "link_made", p.Login, address, "")},
		}, nil
	})
	return Invited{Person: p, Key: key}, err
}

// Members lists who acts for a customer. Faults: not_allowed.
func (s *Service) Members(ctx context.Context, by Actor) ([]Membership, error) {
	if err := by.Allow(ManageMembers); err != nil {
		return nil, err
	}
	return s.store.Members(ctx, by.Customer)
}

// Staff lists the operator's people. Faults: not_allowed.
func (s *Service) Staff(ctx context.Context, by Actor) ([]Person, error) {
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return nil, err
		}
	}
	return s.store.Staff(ctx)
}

// Remove takes a member's part in the customer. The last owner stays. Faults:
// not_allowed, person_not_found, last_owner.
func (s *Service) Remove(ctx context.Context, by Actor, person ID, address string) error {
	if err := by.Allow(ManageMembers); err != nil {
		return err
	}
	return s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		list, err := people.Members(by.Customer)
		if err != nil {
			return Changes{}, err
		}
		i := slices.IndexFunc(list, func(m Membership) bool { return m.Person == person })
		if i < 0 {
			return Changes{}, fault.New(fault.PersonNotFound, "person", person)
		}
		if lastOwner(list, person) {
			return Changes{}, fault.New(fault.LastOwner)
		}
		return Changes{Gone: list[i : i+1], Traces: []Trace{s.trace(by, "member_removed", list[i].Login, address, string(list[i].Role))}}, nil
	})
}

// lastOwner reports whether a person is the only owner among the members of a
// customer.
func lastOwner(list []Membership, person ID) bool {
	owns := slices.ContainsFunc(list, func(m Membership) bool { return m.Role == Owner && m.Person == person })
	return owns && !slices.ContainsFunc(list, func(m Membership) bool { return m.Role == Owner && m.Person != person })
}

// Dismiss ends what somebody does for the operator; their sessions end at once.
// Faults: not_allowed, person_not_found.
func (s *Service) Dismiss(ctx context.Context, by Actor, login, address string) (p Person, err error) {
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return p, err
		}
	}
	known, err := ParseLogin(login)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var ok bool
		if p, ok, err = people.PersonByLogin(known); err != nil {
			return Changes{}, err
		}
		if !ok || p.Staff == "" {
			return Changes{}, fault.New(fault.PersonNotFound, "person", known)
		}
		was := p.Staff
		p.Staff = ""
		p.Epoch++
		return Changes{People: []Person{p}, Traces: []Trace{s.trace(by, "staff_dismissed", p.Login, address, string(was))}}, nil
	})
	return p, err
}

// Blocked lists who is kept from signing in. Faults: not_allowed.
func (s *Service) Blocked(ctx context.Context, by Actor) ([]Person, error) {
	if err := by.Allow(ManageStaff); err != nil {
		return nil, err
	}
	return s.store.Blocked(ctx)
}

// Block keeps a person from signing in anywhere, by whichever way, and ends their
// sessions and links at once; lift lets them in again. by is the zero Actor at the
// terminal; a person gives a reason, and cannot block itself. Faults: not_allowed,
// person_not_found, reason_missing, own_block.
func (s *Service) Block(ctx context.Context, by Actor, login string, lift bool, why, address string) (p Person, err error) {
	why = strings.Join(strings.Fields(why), " ")
	if !by.terminal() {
		if err := by.Allow(ManageStaff); err != nil {
			return p, err
		}
		if why == "" && !lift {
			return p, fault.New(fault.ReasonMissing)
		}
	}
	known, err := ParseLogin(login)
	if err != nil {
		return p, err
	}
	err = s.store.ChangePeople(ctx, func(people People) (Changes, error) {
		var ok bool
		if p, ok, err = people.PersonByLogin(known); err != nil {
			return Changes{}, err
		}
		if !ok {
			return Changes{}, fault.New(fault.PersonNotFound, "person", known)
		}
		if p.ID == by.Person.ID {
			return Changes{}, fault.New(fault.OwnBlock)
		}
		if p.Disabled == !lift {
			return Changes{}, nil
		}
		p.Disabled = !lift
		p.Epoch++
		action := "person_blocked"
		if lift {
			action = "person_let_in"
		}
		return Changes{People: []Person{p}, Unlinked: []ID{p.ID}, Traces: []Trace{s.trace(by, action, p.Login, address, why)}}, nil
	})
	return p, err
}
