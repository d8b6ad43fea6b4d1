// Package site turns a declarative description of a 400-number business, the
// site file, into what is stored: trunks, tariffs, plans, customers with their
// top-ups, targets and numbers.
//
//	site.yaml ──Parse──▶ Site ──Plan──▶ []Change (nothing is written)
//	                      └────Apply──▶ the same changes, in one transaction,
//	                                    then the top-ups, each booked once
//
// Parse reports all problems at once, each with its line, its path and how to
// mend it. Entities are matched by their code, phone or number; what the file
// does not name is left alone, so a file may describe a part of the business.
// Applying a file twice changes nothing the second time.
//
// It decides what of a file may become true: a published tariff version never
// changes, a number has one owner, only the steps of a number's life are
// taken, a payment is booked once. It refuses to know SQL, and how calls are
// routed or charged. Times of day are those of Asia/Shanghai.
package site
