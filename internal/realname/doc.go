// Package realname is the real-name verification of the enterprises that rent
// numbers (实名认证): what they declare, the documents they hand in, the checks
// before a person looks, the two reviews, and what becomes of a number when a
// document runs out or a rule is broken.
//
// It refuses to know pages, files and ciphers (package vault keeps documents),
// how a carrier is spoken to (a Carrier does), and orders: that an application
// was approved makes the targets routable; opening a number is its order's.
//
// An application:
//
//	          ┌───────────── handed in ─────────────┐
//	draft ────┴─▶ vendor_review ─▶ carrier_review ─▶ approved ─▶ expired
//	  │               │  ▲  │           │  │            └──┬─────────┘
//	  │               ▼  │  │           │  ▼               ▼ the next one is approved
//	  └──▶ lapsed ◀── asked ◀───────────┘ rejected     superseded
//
// A freeze of a number: proposed ─ a second person ─▶ frozen ─▶ lifted. Only the
// permanent ones need the second person; that of expired documents is made by
// the job and lifted by the next approval.
//
// Sources: GB 32100-2015 (unified social credit code), GB 11714-1997 (organisation
// code), GB 11643-1999 (citizen identification number), and the rules for 400
// numbers of 2016: enterprises only, targets registered themselves.
package realname
