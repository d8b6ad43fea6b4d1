package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder keeps blobs as files. It implements vault.Blobs.
type Folder string

const ending = ".sealed"

// path is where a blob lies: in one of 256 folders by the end of its name, so
// that none has too many files.
func (f Folder) path(name string) (string, error) {
	if len(name) < 3 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "", fmt.Errorf("%q is no name of a document", name)
	}
	return filepath.Join(string(f), name[len(name)-2:], name+ending), nil
}

// Put keeps data durably.
func (f Folder) Put(_ context.Context, name string, data []byte) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDirectory(dir)
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads a blob.
func (f Folder) Get(_ context.Context, name string) ([]byte, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Delete removes a blob.
func (f Folder) Delete(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Names lists all blobs.
func (f Folder) Names(context.Context) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(string(f), "??", "*"+ending))
	names := make([]string, len(files))
	for i, path := range files {
		names[i] = strings.TrimSuffix(filepath.Base(path), ending)
	}
	return names, err
}
