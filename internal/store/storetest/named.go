package storetest

import (
	"slices"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/money"
)

// byName reads the holds and the records of calls by what they may be stored
// under.
func byName(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	b := bill(1, Minute)
	key := func(call cdr.ID) charging.CallKey { return charging.CallKey{Shard: shard, ID: call} }
	first := reserve(1, b, Start)
	first.Node = charging.Elsewhere
	k.commit(first, reserve(2, b, Start))
	again := reserve(1, b, Start)
	k.commit(again)
	if first.Again || !again.Again {
		k.Errorf("again: %t, then %t", first.Again, again.Again)
	}
	k.commit(k.settle(2, b, Start, time.Minute))
	// Many keys: more than one of anything that a statement may be cut into.
	keys := []charging.CallKey{key(1), key(2)}
	for i := range cdr.ID(9000) {
		keys = append(keys, key(100+i))
	}
	slices.Reverse(keys)
	held, err := k.store.Held(k.Context(), keys)
	if err != nil || len(held) != 1 {
		k.Fatalf("held: %v, %v", held, err)
	}
	h := held[0]
	if h.Key != key(1) || h.Node != charging.Elsewhere || h.Bill.Account != 1 || h.Draft.SIPCallID != "1@test" || h.First() != first.Answer {
		k.Errorf("hold %+v", h)
	}
	ended, err := k.store.Ended(k.Context(), keys)
	if err != nil || len(ended) != 1 || ended[0].Call != 2 || ended[0].Charge != 100_000 {
		k.Errorf("ended: %+v, %v", ended, err)
	}
	for _, none := range [][]charging.CallKey{nil, {key(3)}} {
		held, err := k.store.Held(k.Context(), none)
		if err != nil || len(held) != 0 {
			k.Errorf("held of %v: %v, %v", none, held, err)
		}
		ended, err := k.store.Ended(k.Context(), none)
		if err != nil || len(ended) != 0 {
			k.Errorf("ended of %v: %v, %v", none, ended, err)
		}
	}
	// The node's start settles its own calls only; the lease is another's word.
	mine, err := k.store.Lost(k.Context(), Start, 1, 10)
	if err != nil || len(mine) != 0 {
		k.Errorf("the call of a switch is taken for the node's: %v, %v", mine, err)
	}
	lost, err := k.store.Lost(k.Context(), Start.Add(time.Minute), -1, 10)
	if err != nil || len(lost) != 1 {
		k.Errorf("lost: %v, %v", lost, err)
	}
	k.audit()
}
