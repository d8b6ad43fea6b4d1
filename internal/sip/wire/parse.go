package wire

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// MaxMessage is the longest message that is read, in bytes: what a UDP
// datagram can hold.
const MaxMessage = 65535

// maxCSeq is the greatest CSeq number (RFC 3261 8.1.1.5).
const maxCSeq = 1<<31 - 1

// Bad is the error of a message that can't be worked with, with the status a
// request deserves. The message returned beside it can be answered.
type Bad struct {
	Status int
	Why    string
}

func (b *Bad) Error() string { return b.Why }

// ErrNoMessage is the error of bytes that are no SIP message, or one that
// can't even be refused.
var ErrNoMessage = errors.New("not a SIP message that can be answered")

// parser leaves every header field as text: what a field means is read below,
// once, and only for the fields that are used.
var parser = sip.NewParser(sip.WithHeadersParsers(map[string]sip.HeaderParser{}))

// Parse reads one whole message: a datagram, or what the framing of a stream
// cut out. It never keeps data. It returns
//   - a message and nil: everything that must be there is there;
//   - a message and a *Bad: malformed; a request other than ACK can be
//     refused with the status given, a response is to be dropped;
//   - nil and ErrNoMessage: to be dropped.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessage {
		return nil, ErrNoMessage
	}
	m := &Message{MaxForwards: -1}
	var first *Bad
	bad := func(status int, why string) {
		if first == nil {
			first = &Bad{status, why}
		}
	}

	line, ok := startLine(data)
	if !ok {
		return nil, ErrNoMessage
	}
	parsed, n, err := parser.ParseHeaders(data, false)
	if parsed == nil {
		// The start line is broken. A request is still refused when the rest
		// can be read, so put a whole line in its place.
		method, _, _ := strings.Cut(line, " ")
		if !isToken(method) || !strings.Contains(line, "SIP/") {
			return nil, ErrNoMessage
		}
		if foreignScheme(line) {
			bad(416, "Unsupported URI Scheme")
		} else {
			bad(400, "Malformed Request-Line")
		}
		mended := append([]byte(method+" sip:invalid.invalid SIP/2.0"), data[len(line):]...)
		if parsed, n, err = parser.ParseHeaders(mended, false); parsed == nil {
			return nil, ErrNoMessage
		}
		data = mended
		line = method + " sip:invalid.invalid SIP/2.0"
	}
	if err != nil {
		bad(400, "Malformed Header Field")
	}
	// A line feed without carriage return would let a value carry a header
	// field of its own into what we write.
	if bareLF(data[:min(n, len(data))]) {
		return nil, ErrNoMessage
	}
	m.start(parsed, line, bad)
	length := m.fields(parsed, bad)
	m.body(data[min(n, len(data)):], length, bad)
	m.mandatory(bad)

	if first == nil {
		return m, nil
	}
	if !m.answerable() {
		return nil, ErrNoMessage
	}
	return m, first
}

// foreignScheme reports whether a Request-Line that could not be read is whole
// but for a Request-URI of another scheme, in the grammar of RFC 3986 3.1.
func foreignScheme(line string) bool {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !strings.EqualFold(parts[2], "SIP/2.0") {
		return false
	}
	scheme, _, ok := strings.Cut(parts[1], ":")
	if !ok || scheme == "" || strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips") {
		return false
	}
	for i, c := range []byte(strings.ToLower(scheme)) {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// startLine is the first line without its end.
func startLine(data []byte) (string, bool) {
	i := bytes.IndexByte(data, '\r')
	if i <= 0 {
		return "", false
	}
	return string(data[:i]), true
}

func bareLF(head []byte) bool {
	for at := 0; ; {
		i := bytes.IndexByte(head[at:], '\n')
		if i < 0 {
			return false
		}
		if at += i; at == 0 || head[at-1] != '\r' {
			return true
		}
		at++
	}
}

// start reads the Request-Line or the Status-Line.
func (m *Message) start(parsed sip.Message, line string, bad func(int, string)) {
	switch p := parsed.(type) {
	case *sip.Request:
		// The parser writes methods in capitals; they are case-sensitive.
		method, rest, _ := strings.Cut(line, " ")
		m.Method, m.URI = method, p.Recipient
		m.RawURI, _, _ = strings.Cut(rest, " ")
		switch {
		case !isToken(method):
			bad(400, "Malformed Method")
		case !strings.EqualFold(p.SipVersion, "SIP/2.0"):
			bad(505, "Version Not Supported")
		case strings.ContainsAny(m.RawURI, "<>\""), p.Recipient.Port < 0, p.Recipient.Port > 65535,
			len(p.Recipient.Headers) > 0:
			bad(400, "Malformed Request-URI")
		}
	case *sip.Response:
		m.Status, m.Phrase = p.StatusCode, p.Reason
		if m.Status < 100 || m.Status > 699 || !strings.EqualFold(p.SipVersion, "SIP/2.0") {
			m.Status = max(m.Status, 1)
			bad(400, "Malformed Status-Line")
		}
	}
}

// fields reads the header fields and returns the Content-Length, -1 where
// there is none.
func (m *Message) fields(parsed sip.Message, bad func(int, string)) (length int) {
	length = -1
	list := headersOf(parsed)
	m.Headers = make([]Header, len(list))
	once := func(seen bool, why string) bool {
		if seen {
			bad(400, why)
		}
		return !seen
	}
	for i, h := range list {
		name, value := h.Name(), h.Value()
		m.Headers[i] = Header{name, value}
		switch {
		case is(name, "Via", 'v'):
			m.vias(value, bad)
		case is(name, "From", 'f'):
			if once(m.From.Raw != "", "Several From") {
				m.From = address(value, "From", bad)
			}
		case is(name, "To", 't'):
			if once(m.To.Raw != "", "Several To") {
				m.To = address(value, "To", bad)
			}
		case is(name, "Call-ID", 'i'):
			if once(m.CallID != "", "Several Call-ID") {
				m.CallID = value
			}
		case is(name, "CSeq", 0):
			if once(m.CSeqOf != "", "Several CSeq") {
				m.cseq(value, bad)
			}
		case is(name, "Max-Forwards", 0):
			if once(m.MaxForwards >= 0, "Several Max-Forwards") {
				hops, err := strconv.ParseUint(value, 10, 8)
				if err != nil {
					bad(400, "Malformed Max-Forwards")
				}
				m.MaxForwards = int(hops)
			}
		case is(name, "Content-Length", 'l'):
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil || length >= 0 && length != int(n) {
				bad(400, "Malformed Content-Length")
			}
			length = int(n)
		case is(name, "Content-Type", 'c'):
			m.ContentType = value
		case is(name, "Contact", 'm'):
			m.contact(value, bad)
		case is(name, "Record-Route", 0):
			if splitList(value, func(hop string) { m.RecordRoute = append(m.RecordRoute, hop) }) != nil {
				bad(400, "Malformed Record-Route")
			}
		}
	}
	return length
}

func headersOf(parsed sip.Message) []sip.Header {
	switch p := parsed.(type) {
	case *sip.Request:
		return p.Headers()
	case *sip.Response:
		return p.Headers()
	}
	return nil
}

// is compares a field name with its long and its compact form.
func is(name, long string, compact byte) bool {
	if len(name) == 1 {
		return compact != 0 && name[0]|0x20 == compact
	}
	return strings.EqualFold(name, long)
}

func (m *Message) vias(value string, bad func(int, string)) {
	err := splitList(value, func(hop string) { m.Vias = append(m.Vias, hop) })
	if err == nil && m.Via.Raw == "" && len(m.Vias) > 0 {
		m.Via, err = ParseVia(m.Vias[0])
	}
	if err != nil {
		bad(400, "Malformed Via")
	}
}

func address(value, field string, bad func(int, string)) Address {
	a, err := parseAddress(value)
	if err != nil {
		bad(400, "Malformed "+field)
	}
	return a
}

func (m *Message) cseq(value string, bad func(int, string)) {
	i := strings.IndexAny(value, " \t")
	if i <= 0 {
		bad(400, "Malformed CSeq")
		return
	}
	n, err := strconv.ParseUint(value[:i], 10, 31)
	m.CSeq, m.CSeqOf = uint32(n), trim(value[i:])
	if err != nil || n > maxCSeq || !isToken(m.CSeqOf) {
		bad(400, "Malformed CSeq")
	}
}

func (m *Message) contact(value string, bad func(int, string)) {
	if m.Contact != "" || value == "*" {
		return
	}
	first := ""
	err := splitList(value, func(part string) {
		if first == "" {
			first = part
		}
	})
	if err == nil {
		var a Address
		if a, err = parseAddress(first); err == nil {
			m.Contact = a.URI
		}
	}
	if err != nil {
		bad(400, "Malformed Contact")
	}
}

// body takes the body: Content-Length says where it ends, what follows it in
// a datagram is not part of the message (RFC 3261 18.3).
func (m *Message) body(rest []byte, length int, bad func(int, string)) {
	if length < 0 {
		length = len(rest)
	}
	if length > len(rest) {
		bad(400, "Content-Length is longer than the message")
		return
	}
	if length > 0 {
		m.Body = bytes.Clone(rest[:length])
	}
}

// mandatory checks that what every message needs is there (RFC 3261 8.1.1).
func (m *Message) mandatory(bad func(int, string)) {
	for _, f := range [...]struct {
		there bool
		name  string
	}{
		{len(m.Vias) > 0, "Via"},
		{m.From.Raw != "", "From"},
		{m.To.Raw != "", "To"},
		{m.CallID != "", "Call-ID"},
		{m.CSeqOf != "", "CSeq"},
	} {
		if !f.there {
			bad(400, "Missing "+f.name)
		}
	}
	if m.IsRequest() && m.CSeqOf != m.Method {
		bad(400, "CSeq names another method")
	}
	if !m.IsRequest() {
		m.Method = m.CSeqOf
	}
}

// answerable reports whether a refusal can be written: all that is echoed
// must be there.
func (m *Message) answerable() bool {
	return m.IsRequest() && m.Method != ACK && m.Via.Host != "" &&
		m.From.Raw != "" && m.To.Raw != "" && m.CallID != "" && m.CSeqOf != ""
}
