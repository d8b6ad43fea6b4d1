// Package id makes the identifiers of everything Sibai stores: int64 values
// that sort by the time they were made and are unique across nodes.
//
// Layout, from the high bit: 1 sign bit (0), 41 bits of milliseconds since
// 2024-01-01T00:00:00Z (good until 2093), 10 bits of node, 12 bits of sequence.
// A domain package gives its ids a type of their own (number.ID) and a prefix
// under which they are shown (num_…), so that an id of one thing is never
// taken for an id of another.
package id

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	nodeBits     = 10
	sequenceBits = 12
	// MaxNode is the highest node number a Generator may carry.
	MaxNode = 1<<nodeBits - 1
)

var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// Generator makes ids. It is safe for concurrent use. It never gives the same
// id twice, also when the clock is set back: it then goes on from the last
// millisecond it used.
type Generator struct {
	node int64
	now  func() time.Time

	mu   sync.Mutex
	last int64 // milliseconds since epoch of the last id
	seq  int64
}

// NewGenerator makes ids for a node, 0 to MaxNode. now is the clock; nil
// means time.Now.
func NewGenerator(node int, now func() time.Time) (*Generator, error) {
	if node < 0 || node > MaxNode {
		return nil, fmt.Errorf("node number %d is not between 0 and %d", node, MaxNode)
	}
	if now == nil {
		now = time.Now
	}
	return &Generator{node: int64(node), now: now}, nil
}

// Next returns a new id, greater than every one this Generator gave before.
func (g *Generator) Next() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	ms := g.now().Sub(epoch).Milliseconds()
	if ms > g.last {
		g.last, g.seq = ms, 0
	} else if g.seq++; g.seq == 1<<sequenceBits {
		// The millisecond's sequence is used up (or the clock stands still):
		// borrow the next one instead of waiting.
		g.last, g.seq = g.last+1, 0
	}
	return g.last<<(nodeBits+sequenceBits) | g.node<<sequenceBits | g.seq
}

// SkipTo makes every id from now on later than those that can have been made
// up to at: by a former process of the node, when the clock was set back since.
func (g *Generator) SkipTo(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ms := at.Sub(epoch).Milliseconds() + 1; ms > g.last {
		g.last, g.seq = ms, 0
	}
}

// Window is how far the time in a Named id may be off: its ids are spread over
// the window that the instant lies in.
const Window = (1 << windowBits) * time.Millisecond

const windowBits = 24 // 4 h 39 min 37 s

// Parts is how many parts Named ids may be told apart by.
const Parts = 1 << partBits

const partBits = 6

// Named makes the id of something that others name, and not we: from the
// window of an instant, a part (0 to Parts-1) and 30 bits of a hash of the
// name, so that everybody who knows them comes to the same id without asking.
// It carries node 0, which no Generator of a node does, and so is never one of
// theirs. Two names of one part may come to the same id: who uses Named must
// look whose it is.
func Named(at time.Time, part int, hash uint64) int64 {
	const spare = sequenceBits - partBits
	ms := at.Sub(epoch).Milliseconds()>>windowBits<<windowBits | int64(hash>>spare)&(1<<windowBits-1)
	return ms<<(nodeBits+sequenceBits) | int64(part&(Parts-1))<<spare | int64(hash&(1<<spare-1))
}

// Time returns the instant, to the millisecond, at which an id was made.
func Time(v int64) time.Time {
	return epoch.Add(time.Duration(v>>(nodeBits+sequenceBits)) * time.Millisecond)
}

// First is the lowest id that can be made at an instant, 0 for one before ids
// were made.
func First(at time.Time) int64 {
	return max(0, at.Sub(epoch).Milliseconds()) << (nodeBits + sequenceBits)
}

// alphabet is Crockford's base 32: no I, L, O, U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const digits = 13 // ceil(63/5)

// Format shows an id under its prefix: Format("num", v) is "num_" and 13
// characters that sort as the ids do.
func Format(prefix string, v int64) string {
	var b [digits]byte
	for i := digits - 1; i >= 0; i-- {
		b[i] = alphabet[v&31]
		v >>= 5
	}
	return prefix + "_" + string(b[:])
}

// ErrFormat is returned by Parse for text that is not an id of that prefix.
var ErrFormat = errors.New("not an id")

// Parse reads what Format wrote. Case does not matter.
func Parse(prefix, s string) (int64, error) {
	rest, ok := strings.CutPrefix(strings.ToLower(s), prefix+"_")
	if !ok || len(rest) != digits {
		return 0, fmt.Errorf("%w: %q (want %s_ and %d characters)", ErrFormat, s, prefix, digits)
	}
	var v int64
	for _, c := range []byte(strings.ToUpper(rest)) {
		i := strings.IndexByte(alphabet, c)
		if i < 0 || v > (1<<63-1)>>5 {
			return 0, fmt.Errorf("%w: %q", ErrFormat, s)
		}
		v = v<<5 | int64(i)
	}
	return v, nil
}
