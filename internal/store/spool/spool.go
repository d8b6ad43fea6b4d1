package spool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

// File is the name of the spool in its data directory.
const File = "spool.log"

// Spool is an open spool file. All methods are safe for concurrent use.
type Spool struct {
	path  string
	limit int64

	mu     sync.Mutex // guards what follows
	file   *os.File
	size   int64 // of the file
	live   int64 // bytes of the entries in items
	items  map[cdr.ID]*held
	next   int64 // order of the next item
	broken bool  // the file's end is in doubt: it is written anew before more is kept
	closed bool
}

type held struct {
	item  charging.Item
	order int64
	size  int64
}

var _ charging.Spool = (*Spool)(nil)

// Found is what Open found on the disk.
type Found struct {
	Items int
	Torn  int64 // bytes cut off the end: never acknowledged
	// Damaged is the number of bytes in the middle that could not be read;
	// the file that has them is kept as Aside.
	Damaged int
	Aside   string
}

// Open opens the spool of a data directory, which the caller has locked, and
// makes it when it is not there. The file never grows beyond limit bytes.
func Open(dir string, limit int64) (*Spool, Found, error) {
	s := &Spool{path: filepath.Join(dir, File), limit: limit, items: map[cdr.ID]*held{}}
	found, err := s.open()
	if err != nil {
		return nil, found, fault.Wrap(err, fault.SpoolFailed, "file", s.path)
	}
	return s, found, nil
}

func (s *Spool) open() (Found, error) {
	text, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Found{}, err
	}
	at := scan(text, s.take)
	found := Found{Items: len(s.items), Torn: int64(len(text) - at.end), Damaged: at.damaged}
	if len(text) > 0 && !bytes.HasPrefix(text, fileMagic) && !bytes.HasPrefix(fileMagic, text) {
		found.Damaged = max(found.Damaged, len(fileMagic))
	}
	if found.Damaged > 0 {
		if found.Aside, err = s.setAside(text); err != nil {
			return found, err
		}
	}
	if len(text) < len(fileMagic) || found.Torn > 0 || found.Damaged > 0 {
		return found, s.rewrite()
	}
	s.file, err = os.OpenFile(s.path, os.O_WRONLY, 0o600)
	s.size = int64(len(text))
	return found, err
}

// setAside keeps a damaged file for a look, once for each content.
func (s *Spool) setAside(text []byte) (string, error) {
	for n := 1; ; n++ {
		path := fmt.Sprintf("%s.damaged-%d", s.path, n)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(text)
		return path, errors.Join(err, f.Sync(), f.Close())
	}
}

// take notes a sound entry.
func (s *Spool) take(e entry, size int) {
	for _, call := range e.Forget {
		s.drop(call)
	}
	if e.Keep == nil {
		return
	}
	order := s.next
	if h := s.items[e.Keep.Call]; h != nil {
		order = h.order
		s.drop(e.Keep.Call)
	} else {
		s.next++
	}
	s.items[e.Keep.Call] = &held{item: *e.Keep, order: order, size: int64(size)}
	s.live += int64(size)
}

func (s *Spool) drop(call cdr.ID) bool {
	h := s.items[call]
	if h == nil {
		return false
	}
	s.live -= h.size
	delete(s.items, call)
	return true
}

// rewrite makes a new file of the items and puts it in the place of the old
// one, durably. The caller has the lock, or is alone.
func (s *Spool) rewrite() error {
	text := slices.Clone(fileMagic)
	var err error
	for _, h := range s.sorted() {
		if text, err = appendEntry(text, entry{Keep: &h.item}); err != nil {
			return err
		}
	}
	path := s.path + ".new"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(path, s.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(s.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if s.file != nil {
		_ = s.file.Close() // what it had is in the new one
	}
	s.file, s.size, s.broken = f, int64(len(text)), false
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s *Spool) sorted() []*held {
	list := make([]*held, 0, len(s.items))
	for _, h := range s.items {
		list = append(list, h)
	}
	slices.SortFunc(list, func(x, y *held) int { return cmp.Compare(x.order, y.order) })
	return list
}

// Keep makes items durable, each in place of what was kept of its call. On an
// error none of them is kept: SpoolFull when they do not fit, SpoolFailed when
// the disk does not take them.
func (s *Spool) Keep(items []charging.Item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fault.Wrap(fs.ErrClosed, fault.SpoolFailed, "file", s.path)
	}
	var buf []byte
	sizes := make([]int, len(items))
	for i := range items {
		before := len(buf)
		var err error
		if buf, err = appendEntry(buf, entry{Keep: &items[i]}); err != nil {
			return fault.Wrap(err, fault.SpoolFailed, "file", s.path)
		}
		sizes[i] = len(buf) - before
	}
	if s.broken || s.size+int64(len(buf)) > s.limit {
		if int64(len(fileMagic))+s.live+int64(len(buf)) > s.limit {
			return fault.New(fault.SpoolFull, "file", s.path, "limit", s.limit>>20, "calls", len(s.items))
		}
		if err := s.rewrite(); err != nil {
			s.broken = true
			return fault.Wrap(err, fault.SpoolFailed, "file", s.path)
		}
	}
	if err := s.write(buf); err != nil {
		return fault.Wrap(err, fault.SpoolFailed, "file", s.path)
	}
	for i := range items {
		s.take(entry{Keep: &items[i]}, sizes[i])
	}
	return nil
}

// write adds bytes to the file and syncs them. After a failure the file is as
// it was, or broken.
func (s *Spool) write(buf []byte) error {
	_, err := s.file.WriteAt(buf, s.size)
	if err == nil {
		if err = s.file.Sync(); err == nil {
			s.size += int64(len(buf))
			return nil
		}
		// What a failed sync left on the disk is not known, and a second one
		// may say yes to pages that were dropped.
		s.broken = true
	}
	if cut := s.file.Truncate(s.size); cut != nil {
		s.broken = true
		err = errors.Join(err, cut)
	}
	return err
}

// Forget drops what is kept of calls. It is not durable at once.
func (s *Spool) Forget(calls []cdr.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []cdr.ID
	for _, call := range calls {
		if s.drop(call) {
			gone = append(gone, call)
		}
	}
	if len(gone) == 0 || s.closed || s.broken {
		return nil // a broken file is written anew without them
	}
	var err error
	if len(s.items) == 0 {
		if err = s.file.Truncate(int64(len(fileMagic))); err == nil {
			s.size = int64(len(fileMagic))
			return nil
		}
		return fault.Wrap(err, fault.SpoolFailed, "file", s.path)
	}
	buf, err := appendEntry(nil, entry{Forget: gone})
	if err == nil {
		if _, err = s.file.WriteAt(buf, s.size); err == nil {
			s.size += int64(len(buf))
			return nil
		}
		if s.file.Truncate(s.size) != nil {
			s.broken = true
		}
	}
	return fault.Wrap(err, fault.SpoolFailed, "file", s.path)
}

// Items lists what is kept, oldest first.
func (s *Spool) Items() []charging.Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]charging.Item, 0, len(s.items))
	for _, h := range s.sorted() {
		list = append(list, h.item)
	}
	return list
}

// Used is how many bytes of its limit the spool needs, in whole entries.
func (s *Spool) Used() (bytes, limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live, s.limit
}

// Close closes the file. What is kept stays. Closing twice is safe.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.file.Close()
}

// Read lists what the spool of a data directory keeps, oldest first, also
// while a node serves it. There is none where no spool was ever made.
func Read(dir string) ([]charging.Item, Found, error) {
	s := &Spool{path: filepath.Join(dir, File), items: map[cdr.ID]*held{}}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Found{}, nil
	}
	if err != nil {
		return nil, Found{}, fault.Wrap(err, fault.SpoolFailed, "file", s.path)
	}
	at := scan(text, s.take)
	return s.Items(), Found{Items: len(s.items), Torn: int64(len(text) - at.end), Damaged: at.damaged}, nil
}
