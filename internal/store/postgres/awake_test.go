package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// A connection that is awake reads what comes and when it ends, and its deadlines hold,
// whether its batch is alone or not.
func TestAwake(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, batches := range []int32{1, 2} {
		var busy atomic.Int32
		busy.Store(batches)
		conn, err := staysAwake((&net.Dialer{}).DialContext, &busy)(context.Background(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 16)
		if _, err := conn.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d batches: after the deadline it says %v", batches, err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = far.Write([]byte("四百"))
			far.Close()
		}()
		if got, err := io.ReadAll(conn); err != nil || string(got) != "四百" {
			t.Errorf("%d batches: %q, %v", batches, got, err)
		}
		conn.Close()
	}
}
