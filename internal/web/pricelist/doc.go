// Package pricelist is the office's page of plans, tariffs and features: what each
// costs, since when, from which day on that changes, and what of it does.
//
// It changes nothing: the site file is where prices are written, and package site
// keeps what is in force as it is.
package pricelist
