// Package target lets a customer say which phones (目的码, targets) its 400
// numbers ring: it adds and takes away phones, orders them, sets how they ring,
// and proves that a mobile is in the customer's hand by a one-time code sent to it.
//
// Every change publishes a new version of the number's profile, in one transaction
// with who made it and what was before. A published version never changes, so a
// call that runs keeps the one that it began with, and the next call, on any node,
// has the new one. A change is made against the version that its maker saw: when
// somebody else was first, nothing is written.
//
//	added ──▶ pending ──one-time code to the phone (mobiles)──▶ approved ──▶ rings
//	            └────── documents of the number approved ─────────▲
//	              (realname: bill and pledge; landlines, trunks)
//
// Only approved phones ring (directory.Routable). A phone that was refused stays
// refused, whatever code was sent to it. It refuses to know how calls are routed
// (package routing) and what documents say (package realname).
//
// Sources: 工信部电信〔2016〕: phones behind a 400 number are registered under a real name
// themselves; the functions 400 vendors sell (绑定号码, 顺序与同时振铃).
package target
