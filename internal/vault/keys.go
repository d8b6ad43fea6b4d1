package vault

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sibai/internal/fault"
)

// keySize is that of AES-256.
const keySize = 32

// KeyFile is a file of master keys, one a line in base 64, the newest first.
// It is read anew for each use, so that a running node sees a new key at once.
type KeyFile string

// master is a master key and the name that headers know it by.
type master struct {
	name [8]byte
	key  [keySize]byte
}

// keys reads the file. Faults: vault_key_missing.
func (f KeyFile) keys() ([]master, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.VaultKeyMissing, "file", f)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.VaultKeyMissing, "file", f)
	}
	var list []master
	for i, line := range strings.Fields(string(text)) {
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != keySize {
			return nil, fault.Wrap(fmt.Errorf("line %d is no key of %d bytes in base 64", i+1, keySize), fault.VaultKeyMissing, "file", f)
		}
		sum := sha256.Sum256(key)
		m := master{}
		copy(m.name[:], sum[:])
		copy(m.key[:], key)
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, fault.New(fault.VaultKeyMissing, "file", f)
	}
	return list, nil
}

// Add puts a new master key on top of the file, which it makes if need be, and
// returns the key's name. What older keys sealed stays readable.
func (f KeyFile) Add() (name string, err error) {
	old, err := os.ReadFile(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the key file: %w", err)
	}
	var key [keySize]byte
	if _, err := rand.Read(key[:]); err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(key[:]) + "\n" + string(old)
	if err := writeWhole(string(f), text); err != nil {
		return "", fmt.Errorf("write the key file: %w", err)
	}
	sum := sha256.Sum256(key[:])
	return hex.EncodeToString(sum[:8]), nil
}

// Exists reports whether there is a file.
func (f KeyFile) Exists() bool {
	_, err := os.Stat(string(f))
	return err == nil
}

// writeWhole puts a new file in the place of the old one, durably: to lose the
// key file is to lose all documents.
func writeWhole(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
