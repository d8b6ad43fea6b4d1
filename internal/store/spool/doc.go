// Package spool keeps the ends of calls that the store could not take, on the
// node's own disk, until it can. It implements charging.Spool.
//
// The spool is one file of the data directory, written at its end only:
//
//	file   = "SIBAISP1" entry*
//	entry  = F5 'S' 'p' '1'  length uint32  CRC-32C uint32  body   (big endian)
//	body   = JSON: {"keep": item} or {"forget": [call, …]}
//
// What was kept is synced before Keep returns. Forgetting is not synced: an
// item that comes back after a power cut is booked again, which changes
// nothing. A torn entry at the end was never acknowledged and is cut off. A
// damaged one in the middle is skipped: the first byte of an entry never
// occurs in JSON, so the next one is found again; the damaged file is set
// aside for a look.
//
// It refuses to know what an item means.
package spool
