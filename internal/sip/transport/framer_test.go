package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// stream writes data in the given pieces and closes.
func stream(t interface{ Cleanup(func()) }, data []byte, pieces func(left int) int) *framer {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	go func() {
		for len(data) > 0 {
			n := min(len(data), max(1, pieces(len(data))))
			if _, err := far.Write(data[:n]); err != nil {
				return
			}
			data = data[n:]
		}
		far.Close()
	}()
	return newFramer(near)
}

func whole(left int) int { return left }

func message(body string, fields ...string) string {
	return "MESSAGE sip:a@b SIP/2.0\r\n" + strings.Join(append(fields, ""), "\r\n") + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// However a stream is cut on its way, the messages come out as they went in.
func TestAnyCutGivesTheSameMessages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var sent []string
		var all bytes.Buffer
		for range rapid.IntRange(1, 5).Draw(rt, "messages") {
			m := message(rapid.StringMatching(`[a-z\r\n:]{0,300}`).Draw(rt, "body"), "Via: SIP/2.0/TCP a", "Subject: l: 7\r\n l: 9")
			sent = append(sent, m)
			if rapid.Bool().Draw(rt, "keep-alive") {
				all.WriteString("\r\n\r\n")
			}
			all.WriteString(m)
		}
		// The cuts are drawn before the writer's goroutine runs.
		cuts := rapid.SliceOfN(rapid.IntRange(1, 400), 1, 20).Draw(rt, "cuts")
		i := 0
		f := stream(rt, all.Bytes(), func(int) int { i++; return cuts[i%len(cuts)] })
		for _, want := range sent {
			got, err := f.next()
			for got == nil && err == nil {
				got, err = f.next()
			}
			if err != nil || string(got) != want {
				rt.Fatalf("got %q, %v; want %q", got, err, want)
			}
		}
		if got, err := f.next(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			rt.Fatalf("after the last: %q, %v", got, err)
		}
	})
}

func TestStreamsThatCannotBeCut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a length that is no number": "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: many\r\n\r\n",
		"a negative length":          "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
		"two lengths":                "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab",
		"a length beyond the limit":  "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 65536\r\n\r\n",
		"a head without an end":      "MESSAGE sip:a@b SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 20_000),
		"a line without an end":      strings.Repeat("x", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := stream(t, []byte(text), whole).next(); !errors.Is(err, errFrame) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	if _, err := stream(t, []byte(message("hello")[:40]), whole).next(); err == nil {
		t.Error("half a message was taken for one")
	}
}
