package sip

import (
	"net/netip"
	"slices"
	"strings"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

var (
	allow     = wire.Header{Name: "Allow", Value: wire.Allow}
	acceptSDP = wire.Header{Name: "Accept", Value: sdpType}
)

const sdpType = "application/sdp"

// outOfDialog takes a request that starts something (RFC 3261 8.2).
func (sh *shard) outOfDialog(m *wire.Message, p *transport.Packet) {
	trunk, known := sh.server.cfg.Trunks.Inbound(p.From.Addr, p.From.Kind)
	if !known {
		sh.stranger(m, p)
		return
	}
	if status, headers := sh.check(m); status != 0 {
		if status == 503 {
			sh.server.stats.shed.Add(1)
		}
		sh.refuse(m, p, status, headers...)
		return
	}
	if m.Method == wire.OPTIONS {
		sh.refuse(m, p, 200, allow, acceptSDP)
		return
	}
	sh.newCall(m, p, trunk)
}

// stranger refuses an INVITE from an unknown source once, and is silent then:
// whoever scans for open servers learns nothing and costs nothing.
func (sh *shard) stranger(m *wire.Message, p *transport.Packet) {
	sh.server.stats.strangers.Add(1)
	if m.Method != wire.INVITE || !sh.server.strangers.first(p.From.Addr.Addr(), p.At.Unix()) {
		return
	}
	r := wire.Response{To: m, Source: p.From.Addr, Status: 403, Tag: token(), Headers: []wire.Header{reason(cdr.TrunkNotAllowed)}}
	sh.server.net.Send(replyTo(m, p.From), r.Append(nil), nil)
	sh.server.log.Info("sip: a call from an address that is no trunk's was refused", "source", p.From.Addr)
}

// check is the method-independent and the INVITE part of RFC 3261 8.2: it
// returns the status a request is refused with, 0 where it may go on.
func (sh *shard) check(m *wire.Message) (int, []wire.Header) {
	switch m.Method {
	case wire.INVITE, wire.OPTIONS:
	case wire.BYE, wire.INFO, wire.UPDATE:
		return 481, nil
	default:
		return 405, []wire.Header{allow}
	}
	if s := strings.ToLower(m.URI.Scheme); s != "sip" && s != "tel" {
		return 416, nil
	}
	if sh.table.Merged(m) || sh.looped(m) {
		return 482, nil
	}
	if unsupported := append(required(m), m.Tokens("Proxy-Require")...); len(unsupported) > 0 {
		return 420, []wire.Header{{Name: "Unsupported", Value: strings.Join(unsupported, ", ")}}
	}
	if sh.server.stopping.Load() || m.Method == wire.INVITE && sh.loop.Len() > sh.server.cfg.MaxQueue {
		return 503, []wire.Header{sh.server.retryAfter()}
	}
	if m.Method == wire.OPTIONS {
		return 0, nil
	}
	switch {
	case m.MaxForwards == 0:
		return 483, nil
	case m.Contact == "" && strings.HasPrefix(m.Via.Branch, transaction.Cookie):
		return 400, nil // RFC 2543, which knew no cookie, left it out
	case sh.server.tooShort(m):
		return 422, []wire.Header{minSEOf(sh.server.cfg.MinSE)}
	case !takesSDP(m):
		return 406, []wire.Header{acceptSDP}
	}
	return checkBody(m)
}

// required is what a request must have understood and we do not.
func required(m *wire.Message) []string {
	return slices.DeleteFunc(m.Tokens("Require"), func(t string) bool { return strings.EqualFold(t, timerTag) })
}

// looped reports whether the request passed us already: a proxy sent back
// what we sent to it.
func (sh *shard) looped(m *wire.Message) bool {
	for _, hop := range m.Vias {
		if !strings.Contains(hop, branchMark) {
			continue
		}
		v, err := wire.ParseVia(hop)
		if err != nil {
			continue
		}
		for i := range sh.server.net.Sockets() {
			if at := sh.server.net.Advertised(i); v.Host == at.Addr().String() && v.Port == int(at.Port()) {
				return true
			}
		}
	}
	return false
}

// branchMark starts the branches of our transactions after the cookie.
const branchMark = "z9hG4bK.sb"

// takesSDP is false where an INVITE's Accept leaves session descriptions out.
func takesSDP(m *wire.Message) bool {
	tokens := m.Tokens("Accept")
	if len(tokens) == 0 {
		return true
	}
	return slices.ContainsFunc(tokens, func(t string) bool {
		t, _, _ = strings.Cut(t, ";")
		t = strings.ToLower(strings.TrimSpace(t))
		return t == sdpType || t == "application/*" || t == "*/*"
	})
}

// checkBody lets session descriptions pass, alone or as a part.
func checkBody(m *wire.Message) (int, []wire.Header) {
	if len(m.Body) == 0 {
		return 0, nil
	}
	if encoding := append(m.Tokens("Content-Encoding"), m.Tokens("e")...); len(encoding) > 0 && !strings.EqualFold(encoding[0], "identity") {
		return 415, []wire.Header{{Name: "Accept-Encoding", Value: "identity"}}
	}
	t, _, _ := strings.Cut(strings.ToLower(m.ContentType), ";")
	if t = strings.TrimSpace(t); t != sdpType && !strings.HasPrefix(t, "multipart/") {
		return 415, []wire.Header{acceptSDP}
	}
	return 0, nil
}

// newCall makes the session of an INVITE and asks the Accepter.
func (sh *shard) newCall(m *wire.Message, p *transport.Packet, trunk string) {
	tx := sh.table.NewServer(m, replyTo(m, p.From))
	s := newSession(sh, &incoming{Message: m, tx: tx, source: p.From.Addr}, p.From)
	sh.current = s
	sh.server.stats.total.Add(1)
	s.caller.respond(100, wire.Response{})
	events := sh.server.cfg.Accepter.Incoming(call.Incoming{
		Trunk: trunk, SIPCallID: m.CallID, Dialled: dialled(m), Caller: callerOf(m), At: p.At,
	}, s, s)
	if s.over {
		return
	}
	if s.events = events; events == nil {
		sh.server.log.Error("sip: the accepter took no call and refused none", "call_id", m.CallID)
		s.Reject(500, cdr.InternalError)
	}
}

// dialled is the number in the Request-URI.
func dialled(m *wire.Message) string {
	return wire.UserOf(m.RawURI)
}

// callerOf is the caller's number: as the network asserts it unless the caller
// asked it not to be told (RFC 3325, 3323), else as the caller says.
func callerOf(m *wire.Message) string {
	if !private(m) {
		for _, value := range m.All("P-Asserted-Identity") {
			if user := wire.UserOf(uriIn(value)); user != "" {
				return user
			}
		}
	}
	user := m.From.User()
	if strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "unknown") {
		return ""
	}
	return user
}

func private(m *wire.Message) bool {
	for _, value := range m.All("Privacy") {
		for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if part = strings.ToLower(part); part == "id" || part == "user" {
				return true
			}
		}
	}
	return false
}

// uriIn is the URI of the first address in a header value.
func uriIn(value string) string {
	if i := strings.IndexByte(value, '<'); i >= 0 {
		if j := strings.IndexByte(value[i:], '>'); j > 0 {
			return value[i+1 : i+j]
		}
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// incoming is a request that waits for its response.
type incoming struct {
	*wire.Message
	tx     responder
	source netip.AddrPort
}

// responder is what of *transaction.Server a request needs.
type responder interface {
	Respond(status int, data []byte)
	Open() bool
}
