package sqlite

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A child that is being started shares the lock's descriptor until its exec.
// Closing the store must free the directory all the same.
func TestClosingFreesTheDirectoryInSpiteOfAChild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.Dup(int(s.lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(child)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatalf("the directory is still locked: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
