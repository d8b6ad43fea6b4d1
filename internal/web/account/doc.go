// Package account has the pages on which people sign in and out and set their
// password, and the gate that the pages behind them stand behind: each of their
// routes names the permission that it asks for.
package account
