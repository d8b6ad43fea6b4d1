// Package promo is the page of promotions: the discounts that run and those to
// come, as the catalogue has them. What a number costs with them is on its own
// page.
package promo
