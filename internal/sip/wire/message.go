package wire

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// The methods this stack speaks (RFC 3261, 3311, 6086).
const (
	INVITE  = "INVITE"
	ACK     = "ACK"
	CANCEL  = "CANCEL"
	BYE     = "BYE"
	OPTIONS = "OPTIONS"
	INFO    = "INFO"
	UPDATE  = "UPDATE"
)

// Allow lists the methods that are answered, for the Allow header field.
const Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"

// Header is one header field as it came: the name as written (perhaps the
// compact form), the value unfolded and trimmed.
type Header struct {
	Name  string
	Value string
}

// Message is one request or response that was read. It is not changed after
// Parse returned it.
type Message struct {
	Method string  // of a request, case kept; of a response the CSeq method
	URI    sip.Uri // the Request-URI; only of a request
	RawURI string  // the Request-URI as written

	Status int // of a response, 100 to 699; 0 in a request
	Phrase string

	Via     Via      // the topmost
	Vias    []string // every Via value, topmost first, one hop an entry
	From    Address
	To      Address
	CallID  string
	CSeq    uint32
	CSeqOf  string // the method in CSeq
	Headers []Header
	Body    []byte

	// MaxForwards is -1 where the field is missing: old user agents leave it
	// out and are treated as RFC 3261 16.3 says, as if it were absent.
	MaxForwards int
	Contact     string   // URI of the first Contact, empty when there is none
	RecordRoute []string // one entry a hop, as written, in order
	ContentType string
}

// IsRequest reports whether m is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Get returns the value of the first header field with that name, and whether
// there is one. The compact form is not looked for.
func (m *Message) Get(name string) (string, bool) {
	for i := range m.Headers {
		if strings.EqualFold(m.Headers[i].Name, name) {
			return m.Headers[i].Value, true
		}
	}
	return "", false
}

// All returns the values of every header field with that name, in order.
func (m *Message) All(name string) []string {
	var out []string
	for i := range m.Headers {
		if strings.EqualFold(m.Headers[i].Name, name) {
			out = append(out, m.Headers[i].Value)
		}
	}
	return out
}

// Tokens returns the comma-separated tokens of every header field with that
// name (Require, Supported, Allow), trimmed.
func (m *Message) Tokens(name string) []string {
	var out []string
	for _, value := range m.All(name) {
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// Via is one hop of the path a request took (RFC 3261 20.42).
type Via struct {
	Transport string // as written: UDP, TCP, …
	Host      string // sent-by without port; IPv6 without brackets
	Port      int    // 0 where none is written
	Branch    string
	RPort     bool   // asks for the source port (RFC 3581)
	Raw       string // the value as written
}

// Address is a From, To or Contact value (RFC 3261 20.10).
type Address struct {
	Display string // quotes and escapes kept, as written
	URI     string // without the angle brackets
	Tag     string
	Raw     string
}

// User is the user part of the address' SIP URI, or the digits of a tel URI
// (RFC 3966); empty where there is none.
func (a Address) User() string { return UserOf(a.URI) }

// UserOf is the user part of a SIP URI, or the number of a tel URI.
func UserOf(uri string) string {
	var u sip.Uri
	if sip.ParseUri(uri, &u) != nil {
		return ""
	}
	if strings.EqualFold(u.Scheme, "tel") {
		number, _, _ := strings.Cut(u.Raw(), ";")
		return number
	}
	user, _, _ := strings.Cut(u.User, ";")
	return user
}
