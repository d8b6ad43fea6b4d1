package remote

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
)

// tries is how many ids a name may have in one window, should the first ones be
// those of other names.
const tries = 3

// hash is what the n-th ids of a name are made of.
func (n Name) hash(try byte) uint64 {
	text := make([]byte, 0, 256)
	text = append(text, try, byte(len(n.Client)))
	text = append(append(text, n.Client...), n.Call...)
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:])
}

// id is the n-th id of a name in the window of an instant, for a customer of a
// shard. The shard is part of it, for stores have calls of one id in different
// shards apart only where the shard is part of every key.
func (n Name) id(at time.Time, shard int, try byte) cdr.ID {
	return cdr.ID(id.Named(at, shard, n.hash(try)))
}

// trunk is where the CDR says that the call came from.
func (n Name) trunk() string { return "api:" + n.Client }

// owns reports whether a record is of this call.
func (n Name) owns(rec *cdr.Record) bool { return rec.SIPCallID == n.Call && rec.Trunk == n.trunk() }

// keysIn lists what the call may be stored under when it was reserved in the
// window of an instant for a customer of a shard.
func (n Name) keysIn(at time.Time, shard int) []charging.CallKey {
	list := make([]charging.CallKey, tries)
	for try := range byte(tries) {
		list[try] = charging.CallKey{Shard: shard, ID: n.id(at, shard, try)}
	}
	return list
}

// keys lists what the call may be stored under, whosever it was, when it was
// reserved from an instant back, the latest first.
func (n Name) keys(from time.Time, back time.Duration) []charging.CallKey {
	var hashes [tries]uint64
	for try := range byte(tries) {
		hashes[try] = n.hash(try)
	}
	list := make([]charging.CallKey, 0, charging.Shards*tries*(int(back/id.Window)+2))
	for at := from; ; at = at.Add(-id.Window) {
		for _, hash := range hashes {
			for shard := range charging.Shards {
				list = append(list, charging.CallKey{Shard: shard, ID: cdr.ID(id.Named(at, shard, hash))})
			}
		}
		if from.Sub(at) > back {
			return list
		}
	}
}

// found is what the store knows of a call: an open hold, or the CDR.
type found struct {
	terms
	hold *charging.Hold
	rec  *cdr.Record
}

// look finds a call in the store by what it may be stored under; nil when there
// is none.
func (s *Service) look(ctx context.Context, name Name, keys []charging.CallKey) (*found, error) {
	holds, err := s.charger.Held(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		if name.owns(h.Draft) {
			return &found{hold: h, terms: terms{id: h.Key.ID, bill: *h.Bill, draft: *h.Draft, expires: h.LeaseUntil.Add(time.Hour)}}, nil
		}
	}
	ended, err := s.charger.Ended(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, rec := range ended {
		if name.owns(&rec) {
			bill := charging.Bill{
				Shard: charging.ShardOf(rec.Customer), Account: charging.AccountID(rec.Account),
				Subscription: charging.SubscriptionID(rec.Subscription),
			}
			return &found{rec: &rec, terms: terms{id: rec.Call, bill: bill, draft: rec, over: true}}, nil
		}
	}
	return nil, nil
}

// find gives the terms of a call that was reserved, from memory or the store.
// The fault ClientCallNotFound says that there is none.
func (s *Service) find(ctx context.Context, name Name) (terms, error) {
	if err := name.check(); err != nil {
		return terms{}, err
	}
	if t, ok := s.calls.get(name); ok {
		return t, nil
	}
	f, err := s.look(ctx, name, name.keys(s.now().Add(maxApart), Remembered))
	if err != nil {
		return terms{}, err
	}
	if f == nil {
		return terms{}, fault.New(fault.ClientCallNotFound, "call", name.Call, "days", int(Remembered/(24*time.Hour)))
	}
	if f.hold != nil {
		s.calls.put(name, f.terms, s.now())
	}
	return f.terms, nil
}

func (n Name) check() error {
	var bad fault.Invalid
	switch {
	case n.Call == "":
		bad.Add("call", 0, fault.ValueEmpty, "example", "a84b4c76e66710@pbx")
	case len(n.Call) > MaxName:
		bad.Add("call", 0, fault.ValueTooLong, "limit", MaxName)
	case strings.ContainsFunc(n.Call, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
		bad.Add("call", 0, fault.ValueNotAllowed, "value", "…", "allowed", "UTF-8")
	}
	return bad.Err()
}

// memory remembers the terms of calls that run, so that their requests need not
// read them from the store. What it forgets is read again.
type memory struct {
	mu    sync.Mutex // guards what follows
	known map[Name]terms
	sweep int // how many may be known before what expired is forgotten
}

func (m *memory) get(n Name) (terms, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.known[n]
	return t, ok
}

func (m *memory) put(n Name, t terms, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[n] = t
	if len(m.known) < max(m.sweep, 1024) {
		return
	}
	for name, old := range m.known {
		if now.After(old.expires) {
			delete(m.known, name)
		}
	}
	m.sweep = 2 * len(m.known)
}

func (m *memory) forget(n Name) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, n)
}
