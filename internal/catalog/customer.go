package catalog

import (
	"strings"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// CustomerState is whether a customer is served.
type CustomerState string

// The states of a customer. They stop all its numbers.
const (
	CustomerActive    CustomerState = "active"
	CustomerSuspended CustomerState = "suspended" // 欠费停机
	CustomerFrozen    CustomerState = "frozen"    // 冻结, by a rule
)

// CustomerStates are all states of a customer.
func CustomerStates() []CustomerState {
	return []CustomerState{CustomerActive, CustomerSuspended, CustomerFrozen}
}

// Customer is an enterprise that rents numbers, never a private person.
type Customer struct {
	ID      CustomerID
	Shard   int    // of its rows, charging.ShardOf(ID); never changes
	Code    string // the operator's name for it; never changes
	Name    string // as on the business licence
	State   CustomerState
	Account int64 // charging.AccountID of its prepaid account
	// LowBalance is the customer's threshold: it is told once when its credit
	// falls to it or below. 0: it is not told. It may exceed the balance.
	LowBalance money.Amount
}

// NewCustomer is a customer who came by itself, with a code made from its id.
func NewCustomer(id CustomerID, shard int, account int64, name string) Customer {
	return Customer{
		ID: id, Shard: shard, Code: strings.ToLower(strings.ReplaceAll(id.String(), "_", "-")), Name: name, State: CustomerActive, Account: account,
	}
}

// Validate reports every problem of c.
func (c Customer) Validate(report Report) {
	checkCode(report, "code", c.Code)
	checkName(report, "name", c.Name, "the company's name as on its business licence")
	checkAmount(report, "low_balance", c.LowBalance, 0)
	switch c.State {
	case CustomerActive, CustomerSuspended, CustomerFrozen:
	default:
		report("state", fault.ValueNotAllowed, "value", quote(string(c.State)), "allowed", "active, suspended, frozen")
	}
}
