// Package remote charges the calls that other switches carry: a carrier's or a
// PBX's own SIP, which asks Sibai for credit. It turns the switch's name for a
// call into ours, finds out under what terms the call runs, and asks charging.
//
//	switch                    remote                           charging
//	  │ reserve 4001234567 ──▶ whose number, which tariff ────▶ ReserveElsewhere
//	  │ ◀── granted seconds, or why not ◀──────────────────────┤
//	  │ extend n, elapsed ───▶ the terms of the reservation ──▶ ExtendElsewhere
//	  │ settle, talk ────────▶ the finished CDR ──────────────▶ Settle
//	  │ release, cause ──────▶ the finished CDR, talk 0 ──────▶ Settle
//
// Names. A switch names a call by a text of its own, such as a SIP Call-ID; it
// counts within the client whose API key was used. The call's cdr.ID is a hash
// of both in the window of time that the call was reserved in (id.Named), so
// that every node comes to the same id without asking anybody. A name is
// remembered for Remembered at least. Two names that come to one id are told
// apart by the record, and the second gets the next hash.
//
// Terms. What a call is charged under is fixed when it is reserved and stands in
// its hold. This process remembers it; another node, or this one after a
// restart, reads it from the hold. So the switch may send every request of a
// call to another node.
//
// Time. No process runs such a call, so its hold has a lease that the switch
// chooses: when it has passed without an extension, the switch is taken for
// dead and the reaper settles the call at the last extension's elapsed time. A
// node that dies and comes back leaves these holds alone.
//
// Idempotent: the same request again gets the same answer and changes nothing;
// a request that contradicts an earlier one is a conflict. A refusal is an
// answer, not an error, and has a CDR.
package remote
