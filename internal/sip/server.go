package sip

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/call"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
)

// Config is what a Server needs. Listen, Trunks and Accepter must be set.
type Config struct {
	Listen   []Listen
	Trunks   Trunks
	Accepter call.Accepter

	T1, T2, T4 time.Duration // RFC 3261 table 4; zero means 500 ms, 8·T1, 10·T1
	Loops      int           // how many loops share the calls; zero means one a core
	MaxQueue   int           // messages that may wait on one loop before new calls are shed; zero means 2,048
	// SessionExpires is how long a party may be silent before its call ends, where it
	// knows session timers (RFC 4028) or takes UPDATE; zero means 30 min. MinSE is the
	// least that a caller may ask for; zero means 90 s.
	SessionExpires, MinSE time.Duration

	RetryAfter time.Duration // what shed calls are told to wait; zero means 10 s, rounded up to seconds
	Log        *slog.Logger  // nil means slog.Default
}

// Server is the SIP side of one node.
type Server struct {
	cfg       Config
	log       *slog.Logger
	net       *transport.Layer
	shards    []*shard
	seed      maphash.Seed
	strangers strangers // refused
	garblers  strangers // sent what could not be worked with
	stats     counters

	stopping atomic.Bool
	calls    atomic.Int64  // sessions, with those that are over but not settled
	aborted  atomic.Int64  // calls that Stop ended
	idle     chan struct{} // gets a token each time calls falls to zero
	stopOnce sync.Once
	stopped  chan struct{}
}

// counters are what Stats shows beyond what the layers count.
type counters struct {
	malformed, strangers, shed, dropped, panics, total, expired atomic.Uint64
}

// Stats are counts since the start, except Calls and Waiting, which are now.
type Stats struct {
	Calls     int    // calls that have a leg
	Waiting   int    // messages and functions that wait on the loops
	Total     uint64 // calls that were offered to the Accepter
	Received  uint64 // messages read
	Sent      uint64 // messages written, copies included
	Resent    uint64 // copies sent
	Absorbed  uint64 // copies received
	Ignored   uint64 // keep-alives and other bytes that are no message
	Malformed uint64 // messages that could not be worked with
	Strangers uint64 // requests from sources that are no trunk's
	Shed      uint64 // calls refused with 503 because of load or stopping
	Dropped   uint64 // messages dropped because of load
	Panics    uint64 // faults of ours that ended a call
	Expired   uint64 // legs that ended because their peer was gone
}

// New opens the sockets and makes the server; nothing is read before Start.
// An error says which address or setting is wrong and how to mend it.
func New(cfg Config) (*Server, error) {
	switch {
	case len(cfg.Listen) == 0:
		return nil, errors.New("sip: no address to listen on: set at least one, such as udp 127.0.0.1:5060")
	case cfg.Trunks == nil:
		return nil, errors.New("sip: Config.Trunks is not set")
	case cfg.Accepter == nil:
		return nil, errors.New("sip: Config.Accepter is not set")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Loops <= 0 {
		cfg.Loops = runtime.GOMAXPROCS(0)
	}
	if cfg.MaxQueue <= 0 {
		cfg.MaxQueue = 2048
	}
	if cfg.RetryAfter <= 0 {
		cfg.RetryAfter = 10 * time.Second
	}
	if cfg.SessionExpires <= 0 {
		cfg.SessionExpires = sessionExpires
	}
	if cfg.MinSE <= 0 {
		cfg.MinSE = minSE
	}
	layer, err := transport.New(cfg.Listen, cfg.Log)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Log, net: layer, seed: maphash.MakeSeed(),
		idle: make(chan struct{}, 1), stopped: make(chan struct{})}
	timers := transaction.Timers{T1: cfg.T1, T2: cfg.T2, T4: cfg.T4}.WithDefaults()
	for i := range cfg.Loops {
		s.shards = append(s.shards, newShard(s, i, timers))
	}
	return s, nil
}

// Start reads from the sockets. ctx ending does not stop the server: Stop does.
func (s *Server) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sip: start: %w", err)
	}
	s.net.Start(s.receive)
	return nil
}

// Addr is the address socket i of Config.Listen is bound to.
func (s *Server) Addr(i int) netip.AddrPort { return s.net.Bound(i) }

// lastAnswers is how long the answers to the last BYEs are waited for.
const lastAnswers = 500 * time.Millisecond

// Stop refuses new calls with 503 and waits for the running ones. When ctx
// ends before they do, they are ended: the parties get BYE, CANCEL or 503, the
// calls their last event. Then everything is closed; every goroutine is gone
// when Stop returns. Twice is safe: the second call waits for the first.
// It returns ctx's error if calls had to be ended.
func (s *Server) Stop(ctx context.Context) error {
	var err error
	s.stopOnce.Do(func() {
		defer close(s.stopped)
		s.stopping.Store(true)
		if !s.drained(ctx) {
			for _, sh := range s.shards {
				sh.loop.Post(sh.abort)
			}
			grace, cancel := context.WithTimeout(context.Background(), lastAnswers)
			s.drained(grace)
			cancel()
		}
		for _, sh := range s.shards {
			sh.loop.Close()
		}
		s.net.Close()
		// A call that is over may keep a leg for a while: a phone that never
		// said a word may still say one. That is no call that was ended.
		if n := s.aborted.Load(); n > 0 {
			err = fmt.Errorf("sip: %d calls were ended by the stop: %w", n, ctx.Err())
		}
	})
	<-s.stopped
	return err
}

// drained waits until there is no call and returns whether ctx let it.
func (s *Server) drained(ctx context.Context) bool {
	for s.calls.Load() > 0 {
		select {
		case <-s.idle:
		case <-ctx.Done():
			return s.calls.Load() == 0
		}
	}
	return true
}

// Stats may be called from any goroutine.
func (s *Server) Stats() Stats {
	st := Stats{Calls: int(s.calls.Load()), Total: s.stats.total.Load(), Malformed: s.stats.malformed.Load(),
		Strangers: s.stats.strangers.Load(), Shed: s.stats.shed.Load(), Dropped: s.stats.dropped.Load(),
		Panics: s.stats.panics.Load(), Expired: s.stats.expired.Load()}
	st.Received, st.Sent, st.Ignored = s.net.Counts()
	for _, sh := range s.shards {
		st.Waiting += sh.loop.Len()
		st.Resent += sh.table.Resent.Load()
		st.Absorbed += sh.table.Absorbed.Load()
	}
	return st
}

var errNoCallID = errors.New("it has no Call-ID")

// malformed counts a message that cannot be worked with. The log says so once a
// minute for a source: an operator looks for why a carrier's calls do not come.
func (s *Server) malformed(p *transport.Packet, err error) {
	s.stats.malformed.Add(1)
	if s.garblers.first(p.From.Addr.Addr(), p.At.Unix()) {
		s.log.Warn("sip: a message could not be worked with; further ones from there are only counted for a minute",
			"source", p.From.Addr, "error", err, "bytes", len(p.Data))
	}
}

// receive gives a packet to the loop of its call. It runs on the goroutine
// that read it.
func (s *Server) receive(p *transport.Packet) {
	id := scanCallID(p.Data)
	if len(id) == 0 {
		s.malformed(p, errNoCallID)
		return
	}
	sh := s.shards[maphash.Bytes(s.seed, id)%uint64(len(s.shards))]
	// A loop that is behind refuses new calls (see check). One that does not
	// even keep up with that leaves what comes to be sent again.
	if sh.loop.Len() > 4*s.cfg.MaxQueue {
		s.stats.dropped.Add(1)
		return
	}
	sh.loop.Post(func() { sh.packet(p) })
}

// shardOf is the number of the loop that a Call-ID lives on.
func (s *Server) shardOf(callID string) int {
	return int(maphash.String(s.seed, callID) % uint64(len(s.shards)))
}

// newCallID makes a Call-ID that lives on the loop with the given number.
func (s *Server) newCallID(index int, host string) string {
	for {
		if id := token() + "@" + host; s.shardOf(id) == index {
			return id
		}
	}
}

// token is 104 random bits from the runtime's ChaCha8 generator: Call-IDs,
// tags and branches can't be guessed.
func token() string {
	var b [26]byte
	out := strconv.AppendUint(b[:0], rand.Uint64(), 36)
	out = strconv.AppendUint(out, rand.Uint64()>>24, 36)
	return string(out)
}

func (s *Server) callAdded() {
	s.calls.Add(1)
}

func (s *Server) callRemoved() {
	if s.calls.Add(-1) == 0 {
		select {
		case s.idle <- struct{}{}:
		default:
		}
	}
}
