package storetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

// Spool is a charging.Spool in memory, for tests: items go through JSON, as
// they do on a disk. The zero value is not ready; use NewSpool.
type Spool struct {
	mu    sync.Mutex
	limit int64
	items map[cdr.ID][]byte
	order map[cdr.ID]int
	next  int
	fail  error
}

var _ charging.Spool = (*Spool)(nil)

// NewSpool makes an empty spool of so many bytes.
func NewSpool(limit int64) *Spool {
	return &Spool{limit: limit, items: map[cdr.ID][]byte{}, order: map[cdr.ID]int{}}
}

// Fail makes Keep fail with err until it is told nil.
func (s *Spool) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Keep keeps items.
func (s *Spool) Keep(items []charging.Item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	texts, sum := make([][]byte, len(items)), s.used()
	for i, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			return err
		}
		texts[i] = text
		sum += int64(len(text))
	}
	if sum > s.limit {
		return fault.New(fault.SpoolFull, "file", "memory", "limit", s.limit>>20, "calls", len(s.items))
	}
	for i, item := range items {
		if s.items[item.Call] == nil {
			s.order[item.Call] = s.next
			s.next++
		}
		s.items[item.Call] = texts[i]
	}
	return nil
}

func (s *Spool) used() (sum int64) {
	for _, text := range s.items {
		sum += int64(len(text))
	}
	return sum
}

// Forget drops what is kept of calls.
func (s *Spool) Forget(calls []cdr.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range calls {
		delete(s.items, call)
	}
	return nil
}

// Items lists what is kept, oldest first.
func (s *Spool) Items() []charging.Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]charging.Item, 0, len(s.items))
	for _, text := range s.items {
		var item charging.Item
		if err := json.Unmarshal(text, &item); err != nil {
			panic(err) // Keep wrote it
		}
		list = append(list, item)
	}
	slices.SortFunc(list, func(x, y charging.Item) int { return cmp.Compare(s.order[x.Call], s.order[y.Call]) })
	return list
}

// Used is how many bytes are kept.
func (s *Spool) Used() (bytes, limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used(), s.limit
}
