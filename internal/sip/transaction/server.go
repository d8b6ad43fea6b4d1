package transaction

import (
	"time"

	"sibai/internal/sip/loop"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

type state uint8

const (
	calling    state = iota // of a client: no response yet
	proceeding              // a provisional response at most
	accepted                // 2xx to INVITE (RFC 6026)
	completed               // another final response
	confirmed               // the ACK of a refusal came
	terminated
)

// Server is a request that was received, until its response has certainly
// arrived.
type Server struct {
	// User belongs to whoever answers the request; it is for CANCEL to find
	// its call. It is cleared with the final response.
	User any

	table      *Table
	key        key
	mergedKey  key
	isInvite   bool
	isMerged   bool // has an entry in merged
	state      state
	peer       transport.Peer
	last       []byte // the response, for copies
	interval   time.Duration
	retransmit loop.Timer
	end        loop.Timer
}

// NewServer makes the transaction of a request that Absorb did not know.
// Responses go to peer.
func (t *Table) NewServer(m *wire.Message, peer transport.Peer) *Server {
	s := &Server{table: t, key: t.serverKey(m, m.Method), isInvite: m.Method == wire.INVITE, state: proceeding, peer: peer}
	t.servers[s.key] = s
	if s.isInvite && m.To.Tag == "" {
		s.mergedKey, s.isMerged = t.mergedKey(m), true
		t.merged[s.mergedKey] = s
	}
	return s
}

// Peer is where the responses go.
func (s *Server) Peer() transport.Peer { return s.peer }

// Open reports whether no final response was sent yet.
func (s *Server) Open() bool { return s.state == proceeding }

// Respond sends a response. After a final one further calls do nothing: the
// copies of a 2xx to INVITE are sent by the user (RFC 3261 13.3.1.4).
func (s *Server) Respond(status int, data []byte) {
	if s.state != proceeding {
		return
	}
	s.last = data
	s.table.sender.Send(s.peer, data, nil)
	if status < 200 {
		return
	}
	s.User = nil
	timers, l := s.table.timers, s.table.loop
	switch {
	case !s.isInvite:
		s.state = completed
		if s.reliable() {
			s.terminate()
			return
		}
		l.Set(&s.end, timers.Timeout(), s.terminate) // J
	case status < 300:
		s.state, s.last = accepted, nil
		l.Set(&s.end, timers.Timeout(), s.terminate) // L
	default:
		s.state = completed
		l.Set(&s.end, timers.Timeout(), s.terminate) // H
		if !s.reliable() {
			s.interval = timers.T1
			l.Set(&s.retransmit, s.interval, s.resend) // G
		}
	}
}

func (s *Server) reliable() bool { return s.peer.Kind == transport.TCP }

// resend is timer G.
func (s *Server) resend() {
	if s.state != completed {
		return
	}
	s.copy()
	s.interval = min(2*s.interval, s.table.timers.T2)
	s.table.loop.Set(&s.retransmit, s.interval, s.resend)
}

// again answers a copy of the request.
func (s *Server) again() {
	if s.last != nil && (s.state == proceeding || s.state == completed) {
		s.copy()
	}
}

func (s *Server) copy() {
	s.table.Resent.Add(1)
	s.table.sender.Send(s.peer, s.last, nil)
}

// acknowledged takes an ACK and reports whether it was for this transaction:
// the ACK of a 2xx belongs to the dialog.
func (s *Server) acknowledged() bool {
	switch s.state {
	case completed:
		s.state, s.last = confirmed, nil
		s.table.loop.Stop(&s.retransmit)
		if s.reliable() {
			s.terminate()
			return true
		}
		s.table.loop.Set(&s.end, s.table.timers.T4, s.terminate) // I
		return true
	case confirmed:
		return true
	}
	return false
}

func (s *Server) terminate() {
	s.state = terminated
	s.table.loop.Stop(&s.retransmit)
	s.table.loop.Stop(&s.end)
	delete(s.table.servers, s.key)
	if s.isMerged && s.table.merged[s.mergedKey] == s {
		delete(s.table.merged, s.mergedKey)
	}
}
