package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sibai/internal/sip/loop"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/wire"
)

// timerTag names session timers in Supported and Require (RFC 4028 section 3).
const timerTag = "timer"

// The intervals of RFC 4028: what is offered unless set otherwise (section 4), and the
// shortest that anybody may ask for (section 5).
const (
	sessionExpires = 30 * time.Minute
	minSE          = 90 * time.Second
)

// refresher is how a side of a call is known to be there still, so that a call whose
// peer is gone without a BYE ends and is not charged on (RFC 4028). Either the peer
// refreshes the session in time, or we do, by an UPDATE without an offer: a re-INVITE
// would be one more offer between the parties.
type refresher struct {
	timer    loop.Timer
	interval time.Duration // agreed on; 0: no session timer
	ours     bool          // we refresh
	update   bool          // the peer takes UPDATE
	knows    bool          // the peer knows session timers
}

// wishes are what a message says of session timers.
type wishes struct {
	interval, least time.Duration // 0: it says nothing
	by              string        // uac, uas or nothing
	knows, update   bool
}

func wishesOf(m *wire.Message) wishes {
	w := wishes{
		knows:  contains(append(m.Tokens("Supported"), m.Tokens("k")...), timerTag) || contains(m.Tokens("Require"), timerTag),
		update: contains(m.Tokens("Allow"), wire.UPDATE),
	}
	value, ok := m.Get("Session-Expires")
	if !ok {
		value, ok = m.Get("x")
	}
	if ok {
		seconds, params, _ := strings.Cut(value, ";")
		w.interval = secondsOf(seconds)
		for p := range strings.SplitSeq(params, ";") {
			if name, by, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "refresher") {
				w.by = strings.ToLower(strings.TrimSpace(by))
			}
		}
	}
	if least, ok := m.Get("Min-SE"); ok {
		least, _, _ = strings.Cut(least, ";")
		w.least = secondsOf(least)
	}
	return w
}

func contains(tokens []string, want string) bool {
	return slices.ContainsFunc(tokens, func(t string) bool { return strings.EqualFold(t, want) })
}

// secondsOf reads delta-seconds; 0 stands for what is none.
func secondsOf(text string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

func delta(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

func minSEOf(d time.Duration) wire.Header { return wire.Header{Name: "Min-SE", Value: delta(d)} }

var supportsTimer = wire.Header{Name: "Supported", Value: timerTag}

// tooShort reports whether a request asks for an interval below what is taken: 422
// (RFC 4028 section 9).
func (s *Server) tooShort(m *wire.Message) bool {
	w := wishesOf(m)
	return w.knows && w.interval > 0 && w.interval < s.cfg.MinSE
}

// offered are the header fields of an INVITE to a phone. Who answers it refreshes: a
// phone that has no UPDATE does it by a re-INVITE of its own.
func (s *Server) offered(interval time.Duration) []wire.Header {
	return []wire.Header{supportsTimer, {Name: "Session-Expires", Value: delta(interval) + ";refresher=uas"}}
}

// agree takes what a peer's INVITE or UPDATE wishes and returns the header fields of the
// 2xx to it (RFC 4028 section 9). The session counts as refreshed from now on.
func (x *side) agree(m *wire.Message) []wire.Header {
	cfg, w, r := x.shard().server.cfg, wishesOf(m), &x.refresher
	r.knows, r.update = w.knows, r.update || w.update
	if !w.knows {
		x.watchAlone()
		return nil
	}
	interval := cfg.SessionExpires
	if w.interval > 0 {
		interval = min(interval, w.interval)
	}
	r.interval, r.ours = max(interval, w.least, cfg.MinSE), w.by == "uas"
	if r.ours && !r.update {
		r.interval = 0 // we could not refresh
		x.arm()
		return []wire.Header{supportsTimer}
	}
	x.arm()
	if r.ours {
		return []wire.Header{supportsTimer, {Name: "Session-Expires", Value: delta(r.interval) + ";refresher=uas"}}
	}
	return []wire.Header{{Name: "Require", Value: timerTag}, supportsTimer, {Name: "Session-Expires", Value: delta(r.interval) + ";refresher=uac"}}
}

// again are the header fields of a request of ours in the dialog that refreshes it.
func (x *side) again() []wire.Header {
	r := &x.refresher
	if !r.knows || r.interval == 0 {
		return []wire.Header{supportsTimer}
	}
	by := "uas"
	if r.ours {
		by = "uac"
	}
	return []wire.Header{supportsTimer, {Name: "Session-Expires", Value: delta(r.interval) + ";refresher=" + by}}
}

// agreed takes the 2xx to a request of ours that refreshes (RFC 4028 section 7.2).
func (x *side) agreed(m *wire.Message) {
	w, r := wishesOf(m), &x.refresher
	r.update = r.update || w.update
	if w.interval == 0 {
		r.knows = false
		x.watchAlone()
		return
	}
	r.knows, r.interval, r.ours = true, max(w.interval, time.Second), w.by != "uas"
	if !r.ours { // however short it says: below the least of section 5 no call is ended
		r.interval = max(r.interval, x.shard().server.cfg.MinSE)
	}
	if r.ours && !r.update {
		r.update = true // it left the refreshing to us; UPDATE is what we have
	}
	x.arm()
}

// watchAlone looks after a peer that knows no session timers, where it takes UPDATE.
func (x *side) watchAlone() {
	r := &x.refresher
	r.interval, r.ours = 0, true
	if r.update {
		r.interval = x.shard().server.cfg.SessionExpires
	}
	x.arm()
}

// arm sets the timer anew: at half of the interval where we refresh (section 7.4), else
// shortly before its end, when the call is over (section 10).
func (x *side) arm() {
	r := &x.refresher
	x.shard().loop.Stop(&r.timer)
	switch {
	case r.interval == 0, !x.owner.up(): // before the answer a party may be silent as long as it rings
	case r.ours:
		x.session.after(&r.timer, r.interval/2, x.refresh)
	default:
		x.session.after(&r.timer, r.interval-min(32*time.Second, r.interval/3), x.expired)
	}
}

func (x *side) stopRefreshing() { x.shard().loop.Stop(&x.refresher.timer) }

// expired ends a side that did not refresh in time.
func (x *side) expired() {
	if !x.owner.up() {
		return
	}
	x.shard().server.stats.expired.Add(1)
	x.owner.lost()
}

// refresh asks the peer whether it is there.
func (x *side) refresh() {
	if !x.owner.up() {
		return
	}
	if x.session.offer != nil { // what passes now refreshes the session as well
		x.session.after(&x.refresher.timer, time.Second, x.refresh)
		return
	}
	r, branch, peer := x.newRequest(wire.UPDATE)
	r.Contact, r.Headers = x.contact(), x.again()
	x.shard().table.NewClient(&r, branch, peer, refreshing{x})
}

// refreshing is the handler of an UPDATE that refreshes.
type refreshing struct{ side *side }

func (h refreshing) Response(_ *transaction.Client, m *wire.Message) {
	x := h.side
	x.shard().current = x.session
	if !x.owner.up() || m.Status < 200 {
		return
	}
	switch {
	case m.Status < 300:
		x.dialog.refresh(m.Contact)
		x.agreed(m)
	case m.Status == 422 && wishesOf(m).least > x.refresher.interval:
		x.refresher.interval = wishesOf(m).least
		x.refresh()
	case m.Status == 405, m.Status == 420, m.Status == 501:
		x.refresher.interval = 0 // it does not take UPDATE after all
		x.arm()
	default:
		h.failed(m.Status)
	}
}

func (h refreshing) Failed(_ *transaction.Client, status int) {
	h.side.shard().current = h.side.session
	if h.side.owner.up() {
		h.failed(status)
	}
}

// failed ends the side that is gone (RFC 3261 12.2.1.2); any other failure is tried
// again while there is time.
func (h refreshing) failed(status int) {
	if status == 408 || status == 481 {
		h.side.expired()
		return
	}
	x := h.side
	x.session.after(&x.refresher.timer, x.refresher.interval/8, x.refresh)
}
