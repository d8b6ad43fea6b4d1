// Package console has the pages of a customer's members: what they rent, the
// calls, the money, the orders and who else acts for the enterprise.
package console
