package portable_test

import (
	"testing"

	"sibai/internal/store/portable"
	"sibai/internal/tasks"
)

var _ tasks.Store = (*portable.Store)(nil)

// waits checks how many things of a kind wait for staff now. The tests of those
// things call it, as they bring them about.
func (w *world) waits(t *testing.T, kind tasks.Kind, want int) {
	t.Helper()
	w.mu.Lock()
	now := w.now
	w.mu.Unlock()
	got, err := w.store.Tasks(t.Context(), now)
	if err != nil || got[kind] != want {
		t.Errorf("%s: %d wait, want %d: %v, %v", kind, got[kind], want, got, err)
	}
}
