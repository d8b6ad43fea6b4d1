// Package checkout is the page on which a customer makes one payment, reached
// by its link and by nobody else, and the address at which payment providers
// tell of payments. With the sandbox on, the page plays who pays.
package checkout
