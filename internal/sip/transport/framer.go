package transport

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"time"
)

// maxFrame is the longest message taken from a stream, in bytes.
const maxFrame = 65535

var errFrame = errors.New("the stream does not hold SIP messages of a known length")

// framer cuts a stream into messages by Content-Length (RFC 3261 18.3).
type framer struct {
	nc net.Conn
	r  *bufio.Reader
}

func newFramer(nc net.Conn) *framer {
	return &framer{nc: nc, r: bufio.NewReaderSize(nc, 4096)}
}

// next returns the next message, or nil for a keep-alive. A stream that
// can't be cut ends with an error: nothing after it can be found again.
func (f *framer) next() ([]byte, error) {
	_ = f.nc.SetReadDeadline(time.Now().Add(idleTimeout))
	if _, err := f.r.Peek(1); err != nil {
		return nil, err
	}
	_ = f.nc.SetReadDeadline(time.Now().Add(frameTimeout))
	var data []byte
	length, blank := -1, 0
	for {
		line, err := f.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		whole := err == nil
		if len(data) == 0 && whole && len(bytes.TrimRight(line, "\r\n")) == 0 {
			if blank++; blank == 2 {
				return nil, nil
			}
			if f.r.Buffered() == 0 { // a lone CRLF is the answer to a keep-alive
				_ = f.nc.SetReadDeadline(time.Now().Add(idleTimeout))
			}
			continue
		}
		first := len(data) == 0 || data[len(data)-1] == '\n'
		data = append(data, line...)
		if len(data) > maxFrame {
			return nil, errFrame
		}
		if !whole || !first {
			continue
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if n, ok, err := contentLength(line); err != nil {
			return nil, err
		} else if ok {
			if length >= 0 && length != n {
				return nil, errFrame
			}
			length = n
		}
	}
	if length <= 0 { // without the field the message is taken as one without a body
		return data, nil
	}
	if len(data)+length > maxFrame {
		return nil, errFrame
	}
	head := len(data)
	data = append(data, make([]byte, length)...)
	for at := head; at < len(data); {
		n, err := f.r.Read(data[at:])
		if err != nil {
			return nil, err
		}
		at += n
	}
	return data, nil
}

// contentLength reads the field where line is that field.
func contentLength(line []byte) (n int, ok bool, err error) {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || line[0] == ' ' || line[0] == '\t' { // a folded line is no field
		return 0, false, nil
	}
	name = bytes.TrimSpace(name)
	if !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
		return 0, false, nil
	}
	v, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 20)
	if err != nil {
		return 0, false, errFrame
	}
	return int(v), true, nil
}
