package catalog

import "sibai/internal/id"

// CustomerID names a customer.
type CustomerID int64

// String shows the id as cus_….
func (i CustomerID) String() string { return id.Format("cus", int64(i)) }

// ParseCustomerID reads what String wrote.
func ParseCustomerID(s string) (CustomerID, error) {
	v, err := id.Parse("cus", s)
	return CustomerID(v), err
}

// PlanID names a plan.
type PlanID int64

// String shows the id as plan_….
func (i PlanID) String() string { return id.Format("plan", int64(i)) }

// TargetID names a target of a customer.
type TargetID int64

// String shows the id as tgt_….
func (i TargetID) String() string { return id.Format("tgt", int64(i)) }

// TrunkID names a trunk.
type TrunkID int64

// String shows the id as trk_….
func (i TrunkID) String() string { return id.Format("trk", int64(i)) }
