package portable_test

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/idempotency"
	"sibai/internal/store/portable"
)

var _ idempotency.Store = (*portable.Store)(nil)

// Of many who send the same request at once one does it; what it got is for who has
// the secret alone, and for a day. Work whose process died is done anew.
func TestAnswers(t *testing.T) { on(t, testAnswers) }

func testAnswers(t *testing.T, w *world) {
	ctx := t.Context()
	s := idempotency.New(w.store, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
	name := idempotency.Name{Owner: "key_1", Key: "order-1", Secret: "sibai_1"}
	request := sha256.Sum256([]byte("POST /orders"))
	var all sync.WaitGroup
	var working atomic.Pointer[idempotency.Work]
	var begun, running atomic.Int32
	for range 8 {
		all.Go(func() {
			work, _, err := s.Begin(ctx, name, request)
			switch {
			case work != nil:
				working.Store(work)
				begun.Add(1)
			case fault.CodeOf(err) == fault.RequestRunning:
				running.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if begun.Load() != 1 || running.Load() != 7 {
		t.Fatalf("%d began it, %d waited", begun.Load(), running.Load())
	}
	if err := working.Load().Keep(ctx, []byte("the link's key")); err != nil {
		t.Fatal(err)
	}
	if work, former, err := s.Begin(ctx, name, request); err != nil || work != nil || string(former) != "the link's key" {
		t.Errorf("again: %v, %q, %v", work, former, err)
	}
	if _, _, err := s.Begin(ctx, name, sha256.Sum256([]byte("another"))); fault.CodeOf(err) != fault.IdempotencyKeyReused {
		t.Errorf("another request: %v", err)
	}
	thief := name
	thief.Secret = "sibai_2"
	if _, former, err := s.Begin(ctx, thief, request); err == nil || len(former) > 0 {
		t.Errorf("with another secret: %q", former)
	}
	if work, _, err := s.Begin(ctx, idempotency.Name{Owner: "key_2", Key: "order-1", Secret: "x"}, request); err != nil || work == nil {
		t.Errorf("another owner's name: %v", err)
	} else if err := work.Forget(ctx); err != nil {
		t.Error(err)
	}
	other := idempotency.Name{Owner: "key_2", Key: "order-1", Secret: "x"}
	died, _, err := s.Begin(ctx, other, request)
	if err != nil || died == nil {
		t.Fatalf("after one that failed: %v", err)
	}
	w.later(61 * time.Second)
	next, _, err := s.Begin(ctx, other, request)
	if err != nil || next == nil {
		t.Fatalf("after one that died: %v", err)
	}
	if err := died.Keep(ctx, []byte("late")); err != nil { // writes nothing: the place is another's
		t.Fatal(err)
	}
	if err := next.Keep(ctx, []byte("done")); err != nil {
		t.Fatal(err)
	}
	if _, former, err := s.Begin(ctx, other, request); err != nil || string(former) != "done" {
		t.Errorf("%q, %v", former, err)
	}
	w.later(24 * time.Hour)
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if work, _, err := s.Begin(ctx, name, request); err != nil || work == nil {
		t.Errorf("after a day: %v", err)
	}
}
