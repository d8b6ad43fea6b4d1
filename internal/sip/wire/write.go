package wire

import (
	"net/netip"
	"strconv"
	"strings"
)

// Agent is what Sibai calls itself in User-Agent and Server.
const Agent = "Sibai"

// Request is a request to be written. Values are written as they are: the
// caller takes them from a parsed message or makes them itself.
type Request struct {
	Method      string
	URI         string
	Via         string // the whole value: "SIP/2.0/UDP host:port;rport;branch=…"
	MaxForwards int
	From, To    string // whole values with their tags
	CallID      string
	CSeq        uint32
	Route       []string
	Contact     string // with angle brackets; empty leaves the field out
	Headers     []Header
	ContentType string
	Body        []byte
}

// Append writes the request to b and returns the longer slice.
func (r *Request) Append(b []byte) []byte {
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.URI...)
	b = append(b, " SIP/2.0\r\n"...)
	b = field(b, "Via", r.Via)
	for _, hop := range r.Route {
		b = field(b, "Route", hop)
	}
	b = append(b, "Max-Forwards: "...)
	b = strconv.AppendInt(b, int64(r.MaxForwards), 10)
	b = append(b, "\r\n"...)
	b = field(b, "From", r.From)
	b = field(b, "To", r.To)
	b = field(b, "Call-ID", r.CallID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(r.CSeq), 10)
	b = append(b, ' ')
	b = append(b, r.Method...)
	b = append(b, "\r\n"...)
	if r.Contact != "" {
		b = field(b, "Contact", r.Contact)
	}
	for _, h := range r.Headers {
		b = field(b, h.Name, h.Value)
	}
	b = field(b, "User-Agent", Agent)
	return content(b, r.ContentType, r.Body)
}

// Response is a response to be written to a request.
type Response struct {
	To          *Message // the request
	Source      netip.AddrPort
	Status      int
	Phrase      string // the usual phrase when empty
	Tag         string // added to To where the request's To has none
	RecordRoute bool   // echo Record-Route (RFC 3261 12.1.1)
	Contact     string // with angle brackets
	Headers     []Header
	ContentType string
	Body        []byte
}

// Append writes the response to b and returns the longer slice.
func (r *Response) Append(b []byte) []byte {
	m := r.To
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, ' ')
	if r.Phrase != "" {
		b = append(b, r.Phrase...)
	} else {
		b = append(b, Phrase(r.Status)...)
	}
	b = append(b, "\r\n"...)
	for i, hop := range m.Vias {
		if i == 0 {
			b = append(b, "Via: "...)
			b = appendReceived(b, m.Via, r.Source)
			b = append(b, "\r\n"...)
			continue
		}
		b = field(b, "Via", hop)
	}
	if r.RecordRoute {
		for _, hop := range m.RecordRoute {
			b = field(b, "Record-Route", hop)
		}
	}
	b = field(b, "From", m.From.Raw)
	b = append(b, "To: "...)
	b = append(b, m.To.Raw...)
	if m.To.Tag == "" && r.Tag != "" {
		b = append(b, ";tag="...)
		b = append(b, r.Tag...)
	}
	b = append(b, "\r\n"...)
	b = field(b, "Call-ID", m.CallID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(m.CSeq), 10)
	b = append(b, ' ')
	b = append(b, m.CSeqOf...)
	b = append(b, "\r\n"...)
	if r.Status == 100 {
		if v, ok := m.Get("Timestamp"); ok {
			b = field(b, "Timestamp", v)
		}
	}
	if r.Contact != "" {
		b = field(b, "Contact", r.Contact)
	}
	for _, h := range r.Headers {
		b = field(b, h.Name, h.Value)
	}
	b = field(b, "Server", Agent)
	return content(b, r.ContentType, r.Body)
}

func field(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

func content(b []byte, contentType string, body []byte) []byte {
	if len(body) > 0 && contentType != "" {
		b = field(b, "Content-Type", contentType)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// appendReceived writes the topmost Via with what RFC 3261 18.2.1 and RFC
// 3581 section 4 add: where the request really came from.
func appendReceived(b []byte, v Via, source netip.AddrPort) []byte {
	addr := source.Addr().Unmap()
	host, err := netip.ParseAddr(v.Host)
	if !source.IsValid() || !v.RPort && err == nil && host.Unmap() == addr {
		return append(b, v.Raw...)
	}
	head, params := v.Raw, ""
	if i := strings.IndexByte(v.Raw, ';'); i >= 0 {
		head, params = v.Raw[:i], v.Raw[i:]
	}
	b = append(b, trim(head)...)
	_ = eachParam(params, func(name, value string) { // it was read once without error
		if strings.EqualFold(name, "received") || strings.EqualFold(name, "rport") {
			return
		}
		b = append(b, ';')
		b = append(b, name...)
		if value != "" {
			b = append(b, '=')
			b = append(b, value...)
		}
	})
	if v.RPort {
		b = append(b, ";rport="...)
		b = strconv.AppendUint(b, uint64(source.Port()), 10)
	}
	b = append(b, ";received="...)
	return addr.AppendTo(b)
}

// Phrase is the usual reason phrase of a status (RFC 3261 21).
func Phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirection"
	case 4:
		return "Request Failure"
	case 5:
		return "Server Failure"
	}
	return "Global Failure"
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
	200: "OK", 202: "Accepted",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
	380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
	408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
	483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 493: "Undecipherable",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}
