package live

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

	"sibai/internal/web/text"
)

const (
	// pace is the shortest time between two updates of one page: a reader
	// sees no more, and a busy node must not draw pages all day.
	pace = 500 * time.Millisecond
	// heartbeat keeps proxies from closing a silent stream.
	heartbeat = 20 * time.Second
	// patience is how long a reader may take to accept one update.
	patience = 15 * time.Second
)

// fragments are the parts of the page that are replaced, by the name of their
// event.
var fragments = []struct {
	event string
	part  func(Snapshot) templ.Component
}{
	{"today", today}, {"running", running}, {"recent", recent}, {"wallets", wallets},
}

// events sends the parts of the page that changed, whenever something did. The
// first message brings a page up to date that was drawn a moment before.
func (h handlers) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ticks := h.source.Subscribe(ctx)
	s, err := h.source.Now(ctx, text.From(ctx))
	if err != nil {
		return fmt.Errorf("begin a live stream: %w", err)
	}
	out := open(w, r)
	defer out.close()
	if err := out.retry(); err != nil {
		return quietly(err)
	}
	for {
		if err := out.update(ctx, s); err != nil {
			return quietly(err)
		}
		if !wait(ctx, pace) {
			return nil
		}
		if more, err := next(ctx, ticks, out); err != nil || !more {
			return quietly(err)
		}
		if s, err = h.source.Now(ctx, text.From(ctx)); err != nil {
			return fmt.Errorf("continue a live stream: %w", err)
		}
	}
}

// errGone is a write that failed: the reader left, which is how streams end.
var errGone = errors.New("reader is gone")

func quietly(err error) error {
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// next waits for a tick; it says false when the stream is over.
func next(ctx context.Context, ticks <-chan struct{}, out *stream) (bool, error) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case _, ok := <-ticks:
			return ok, nil
		case <-beat.C:
			if err := out.comment(); err != nil {
				return false, err
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// stream writes server-sent events. It is compressed where the browser allows
// it: one update looks much like the one before, and gzip sees both.
type stream struct {
	w    io.Writer
	zip  *gzip.Writer // nil when not compressed
	rc   *http.ResponseController
	sent map[string]string // last fragment by event
}

func open(w http.ResponseWriter, r *http.Request) *stream {
	out := &stream{w: w, rc: http.NewResponseController(w), sent: make(map[string]string)}
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

// update sends the fragments that differ from those sent last.
func (o *stream) update(ctx context.Context, s Snapshot) error {
	var message bytes.Buffer
	for _, f := range fragments {
		var part bytes.Buffer
		if err := f.part(s).Render(ctx, &part); err != nil {
			return fmt.Errorf("render %s: %w", f.event, err)
		}
		html := part.String()
		if o.sent[f.event] == html {
			continue
		}
		o.sent[f.event] = html
		fmt.Fprintf(&message, "event: %s\n", f.event)
		for line := range strings.SplitSeq(html, "\n") {
			fmt.Fprintf(&message, "data: %s\n", line)
		}
		message.WriteByte('\n')
	}
	return o.send(message.Bytes())
}

// retry tells the browser how soon to come back, in milliseconds.
func (o *stream) retry() error { return o.send([]byte("retry: 2000\n\n")) }

// close ends the compressed stream, so that the browser takes the end for an
// end and not for a torn connection.
func (o *stream) close() {
	if o.zip != nil {
		_ = o.zip.Close() // the reader may have left: nothing to mend
	}
}

func (o *stream) comment() error { return o.send([]byte(":\n\n")) }

func (o *stream) send(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	// The server's own write timeout is for pages; a stream lives longer.
	if err := o.rc.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	if _, err := o.w.Write(message); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	if o.zip != nil {
		if err := o.zip.Flush(); err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
	if err := o.rc.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}
