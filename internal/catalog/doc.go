// Package catalog is what the operator sells and to whom: plans, customers,
// their subscriptions and targets, and the trunks that calls come and go by.
//
// It holds the rules each of these must keep by itself, and nothing of where
// they are stored, what a call costs (tariff, charging) or who rings
// (routing). Sources: plans as 400 vendors publish them (包年, 买断, 不限量);
// 工信部 2016 rules on 400 numbers: enterprises only, targets real-name
// registered and reviewed.
//
// A target's review:
//
//	pending ─▶ approved
//	   └─────▶ refused ─▶ pending (handed in again)
package catalog
