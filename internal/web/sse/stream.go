package sse

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// patience is how long a reader may take to accept one update.
const patience = 15 * time.Second

// ErrGone is a write that failed: the reader left, which is how streams end.
var ErrGone = errors.New("reader is gone")

// Quietly is err, nil when it only says that the reader left.
func Quietly(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Fragment is a part of a page that is replaced, by the name of its event.
type Fragment struct {
	Event string
	Part  templ.Component
}

// Stream writes server-sent events. It is compressed where the browser allows
// it: one update looks much like the one before, and gzip sees both.
type Stream struct {
	w    io.Writer
	zip  *gzip.Writer // nil when not compressed
	rc   *http.ResponseController
	sent map[string]string // last fragment by event
}

// Open begins a stream. Nothing can be refused after it.
func Open(w http.ResponseWriter, r *http.Request) *Stream {
	out := &Stream{w: w, rc: http.NewResponseController(w), sent: make(map[string]string)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold updates back
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		out.zip = gzip.NewWriter(w)
		out.w = out.zip
	}
	return out
}

// Update sends the fragments that differ from those sent last.
func (o *Stream) Update(ctx context.Context, fragments []Fragment) error {
	var message bytes.Buffer
	for _, f := range fragments {
		var part bytes.Buffer
		if err := f.Part.Render(ctx, &part); err != nil {
			return fmt.Errorf("render %s: %w", f.Event, err)
		}
		html := part.String()
		if o.sent[f.Event] == html {
			continue
		}
		o.sent[f.Event] = html
		fmt.Fprintf(&message, "event: %s\n", f.Event)
		for line := range strings.SplitSeq(html, "\n") {
			fmt.Fprintf(&message, "data: %s\n", line)
		}
		message.WriteByte('\n')
	}
	return o.send(message.Bytes())
}

// Retry tells the browser how soon to come back.
func (o *Stream) Retry() error { return o.send([]byte("retry: 2000\n\n")) }

// Close ends the compressed stream, so that the browser takes the end for an
// end and not for a torn connection.
func (o *Stream) Close() {
	if o.zip != nil {
		_ = o.zip.Close() // the reader may have left: nothing to mend
	}
}

// Beat sends a comment, which keeps proxies from closing a silent stream.
func (o *Stream) Beat() error { return o.send([]byte(":\n\n")) }

func (o *Stream) send(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	// The server's own write timeout is for pages; a stream lives longer.
	if err := o.rc.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	if _, err := o.w.Write(message); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	if o.zip != nil {
		if err := o.zip.Flush(); err != nil {
			return fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
	if err := o.rc.Flush(); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return nil
}
