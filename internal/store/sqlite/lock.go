package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"sibai/internal/fault"
)

// lockFile is the file that the process which serves a directory has locked.
const lockFile = "sibai.lock"

// LockDirectory takes the lock of a data directory, which exists: StoreLocked
// when another process has it. The kernel gives it back
// when the process ends, however it ends.
func LockDirectory(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreNotWritable, "dir", dir)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fault.New(fault.StoreLocked, "dir", dir)
		}
		return nil, fault.Wrap(fmt.Errorf("lock %s: %w", f.Name(), err), fault.StoreNotWritable, "dir", dir)
	}
	return f, nil
}

// UnlockDirectory gives the lock back. It does not leave that to the closing
// of the file: a child between fork and exec still has a copy of it.
func UnlockDirectory(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}
