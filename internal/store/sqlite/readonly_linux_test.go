package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sibai/internal/charging"
	"sibai/internal/store/sqlite"
)

// A backup on a read-only disk can be read and audited.
func TestBackupOnAReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mount := filepath.Join(t.TempDir(), "backup")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(dir, mount, "", unix.MS_BIND, ""); err != nil {
		t.Skip("mounting needs root: ", err)
	}
	defer func() {
		if err := unix.Unmount(mount, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Mount("", mount, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Skip("mounting needs root: ", err)
	}
	backup, err := sqlite.OpenReadOnly(t.Context(), mount, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	if report, err := charging.Audit(t.Context(), backup); err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
}
