package wire

import (
	"errors"
	"strconv"
	"strings"
)

var (
	errQuote   = errors.New("a quoted string has no end")
	errBracket = errors.New("an angle bracket has no partner")
	errParam   = errors.New("a parameter has no name")
	errURI     = errors.New("there is no URI")
	errVia     = errors.New("Via is not protocol/version/transport sent-by")
	errPort    = errors.New("a port is not between 0 and 65535")
)

// splitList cuts a header value at its commas, leaving those in quotes and in
// angle brackets alone. It calls yield for each trimmed part.
func splitList(s string, yield func(part string)) error {
	start, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			end := quoteEnd(s, i)
			if end < 0 {
				return errQuote
			}
			i = end
		case '<':
			depth++
		case '>':
			depth--
		case ',':
			if depth <= 0 {
				yield(trim(s[start:i]))
				start = i + 1
			}
		}
	}
	if depth != 0 {
		return errBracket
	}
	yield(trim(s[start:]))
	return nil
}

// quoteEnd is the index of the quote that ends the quoted string starting at
// s[i], or -1. A backslash takes the meaning from the next character.
func quoteEnd(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case '"':
			return j
		}
	}
	return -1
}

func trim(s string) string { return strings.Trim(s, " \t") }

// eachParam calls yield for every ;name or ;name=value of s, which is empty
// or starts with a semicolon.
func eachParam(s string, yield func(name, value string)) error {
	s = trim(s)
	for s != "" {
		if s[0] != ';' {
			return errParam
		}
		s = s[1:]
		end := len(s)
		for i := 0; i < len(s); i++ {
			if s[i] == '"' {
				close := quoteEnd(s, i)
				if close < 0 {
					return errQuote
				}
				i = close
			} else if s[i] == ';' {
				end = i
				break
			}
		}
		name, value, _ := strings.Cut(s[:end], "=")
		if name = trim(name); name == "" {
			return errParam
		}
		yield(name, trim(value))
		s = s[end:]
	}
	return nil
}

// parseAddress reads name-addr or addr-spec with its parameters (RFC 3261
// 20.10). An unquoted display name may hold characters that the grammar does
// not allow there: they do no harm.
func parseAddress(s string) (Address, error) {
	a := Address{Raw: s}
	rest := trim(s)
	if rest != "" && rest[0] == '"' {
		end := quoteEnd(rest, 0)
		if end < 0 {
			return a, errQuote
		}
		a.Display = rest[:end+1]
		rest = trim(rest[end+1:])
		if rest == "" || rest[0] != '<' {
			return a, errBracket
		}
	}
	var params string
	if open := strings.IndexByte(rest, '<'); open >= 0 {
		if a.Display == "" {
			a.Display = trim(rest[:open])
			if strings.IndexByte(a.Display, '"') >= 0 {
				return a, errQuote
			}
		}
		end := strings.IndexByte(rest, '>')
		if end < open {
			return a, errBracket
		}
		a.URI, params = trim(rest[open+1:end]), rest[end+1:]
	} else {
		a.URI = rest
		if i := strings.IndexByte(rest, ';'); i >= 0 {
			a.URI, params = trim(rest[:i]), rest[i:]
		}
	}
	if strings.IndexByte(a.URI, ':') <= 0 || strings.ContainsAny(a.URI, " \t\"<>") {
		return a, errURI
	}
	err := eachParam(params, func(name, value string) {
		if strings.EqualFold(name, "tag") {
			a.Tag = value
		}
	})
	return a, err
}

// ParseVia reads one Via value; white space may stand around its slashes.
func ParseVia(s string) (Via, error) {
	v := Via{Raw: s}
	name, rest, ok := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return v, errVia
	}
	// A request of another version is refused too, so its Via is read whole.
	known := strings.EqualFold(trim(name), "SIP") && trim(version) == "2.0"
	rest = trim(rest)
	i := strings.IndexAny(rest, " \t")
	if i <= 0 {
		return v, errVia
	}
	v.Transport = rest[:i]
	rest = trim(rest[i:])
	params := ""
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, params = trim(rest[:i]), rest[i:]
	}
	var err error
	if v.Host, v.Port, err = splitHostPort(rest); err != nil {
		return v, err
	}
	err = eachParam(params, func(name, value string) {
		switch {
		case strings.EqualFold(name, "branch"):
			v.Branch = value
		case strings.EqualFold(name, "rport"):
			v.RPort = true
		}
	})
	if err == nil && !known {
		err = errVia
	}
	return v, err
}

// splitHostPort reads host[:port]; IPv6 stands in brackets.
func splitHostPort(s string) (host string, port int, err error) {
	portText := ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, errVia
		}
		host = s[1:end]
		after := trim(s[end+1:])
		if after != "" && after[0] != ':' {
			return "", 0, errVia
		}
		portText = strings.TrimPrefix(after, ":")
		if after != "" && trim(portText) == "" {
			return "", 0, errPort
		}
	} else {
		var colon bool
		host, portText, colon = strings.Cut(s, ":")
		if colon && trim(portText) == "" {
			return "", 0, errPort
		}
		host = trim(host)
	}
	if host == "" || strings.ContainsAny(host, " \t,<>\"") {
		return "", 0, errVia
	}
	if portText = trim(portText); portText != "" {
		n, err := strconv.ParseUint(portText, 10, 16)
		if err != nil {
			return "", 0, errPort
		}
		port = int(n)
	}
	return host, port, nil
}

// isToken reports whether s is a token (RFC 3261 25.1).
func isToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return true
}
