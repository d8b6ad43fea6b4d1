package identity

import (
	"slices"
	"strings"

	"sibai/internal/fault"
)

// Role is what a person is for a customer, or for the operator.
type Role string

// The roles of members of a customer, and of the operator's staff.
const (
	Owner   Role = "owner"   // 管理员
	Finance Role = "finance" // 财务
	Routing Role = "routing" // 话务
	Viewer  Role = "viewer"  // 只读

	Admin       Role = "admin"
	Sales       Role = "sales"
	Reviewer    Role = "reviewer"     // 初审
	CarrierDesk Role = "carrier_desk" // 终审
	Cashier     Role = "cashier"      // 运营方财务
)

// MemberRoles and StaffRoles list the roles of each side.
func MemberRoles() []Role { return []Role{Owner, Finance, Routing, Viewer} }

// StaffRoles are the roles of the operator's people.
func StaffRoles() []Role { return []Role{Admin, Sales, Reviewer, CarrierDesk, Cashier} }

// Permission is one thing that a person may do.
type Permission string

// The permissions of members.
const (
	SeeConsole    Permission = "see_console" // numbers, orders, calls
	SeeMoney      Permission = "see_money"
	PayIn         Permission = "pay_in"
	ChangeTargets Permission = "change_targets"
	ManageMembers Permission = "manage_members"
	PlaceOrders   Permission = "place_orders"
	ManageHooks   Permission = "manage_hooks" // what the customer's own programs are told
)

// The permissions of staff.
const (
	SeeOffice     Permission = "see_office" // orders, customers, numbers
	ReviewOrders  Permission = "review_orders"
	OpenNumbers   Permission = "open_numbers"
	CancelOrders  Permission = "cancel_orders"
	SeePersonal   Permission = "see_personal" // documents and identity numbers
	SeeBooks      Permission = "see_books"
	MoveMoney     Permission = "move_money"
	ManageStaff   Permission = "manage_staff"
	SeeTraces     Permission = "see_traces"
	ManageNumbers Permission = "manage_numbers"
	ManagePrices  Permission = "manage_prices" // of plans, from days on
	MendMessages  Permission = "mend_messages" // have them sent again, or not at all
)

// may is who may do what: the only place that says so.
var may = map[Role][]Permission{
	Owner:   {SeeConsole, SeeMoney, PayIn, ChangeTargets, ManageMembers, PlaceOrders, ManageHooks},
	Finance: {SeeConsole, SeeMoney, PayIn, PlaceOrders},
	Routing: {SeeConsole, ChangeTargets},
	Viewer:  {SeeConsole},

	Admin:       {SeeOffice, ReviewOrders, OpenNumbers, CancelOrders, SeePersonal, SeeBooks, MoveMoney, ManageStaff, SeeTraces, ManageNumbers, ManagePrices, MendMessages},
	Sales:       {SeeOffice, CancelOrders, ManageNumbers, MendMessages},
	Reviewer:    {SeeOffice, ReviewOrders, SeePersonal, MendMessages},
	CarrierDesk: {SeeOffice, OpenNumbers, SeePersonal},
	Cashier:     {SeeOffice, SeeBooks, MoveMoney},
}

// Permissions lists everything that somebody may do.
func Permissions() (list []Permission) {
	for _, role := range append(MemberRoles(), StaffRoles()...) {
		for _, p := range may[role] {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// Has reports whether a role may do something.
func (r Role) Has(p Permission) bool { return slices.Contains(may[r], p) }

// Staff reports whether a role is the operator's.
func (r Role) Staff() bool { return slices.Contains(StaffRoles(), r) }

// check refuses a role that is not one of allowed.
func (r Role) check(allowed []Role) error {
	if slices.Contains(allowed, r) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return fault.New(fault.ValueNotAllowed, "value", string(r), "allowed", strings.Join(names, ", "))
}
