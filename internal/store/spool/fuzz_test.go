package spool_test

import (
	"os"
	"path/filepath"
	"testing"

	"sibai/internal/charging"
	"sibai/internal/store/spool"
)

// Whatever the file holds, opening it ends, keeps what is sound, and leaves a
// file that is sound.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	s, _, err := spool.Open(dir, 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte("SIBAISP1"))
	f.Add([]byte("SIBAISP1\xf5Sp1\x00\x00\x00\x05\x00\x00\x00\x00{}"))
	f.Add([]byte("\xf5Sp1\xff\xff\xff\xff\x00\x00\x00\x00\xf5Sp1"))
	if err := s.Keep([]charging.Item{item(1), item(2)}); err != nil {
		f.Fatal(err)
	}
	sound, err := os.ReadFile(filepath.Join(dir, spool.File))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add(append([]byte("SIBAISP1 not yet "), sound[8:]...))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, spool.File), text, 0o600); err != nil {
			t.Fatal(err)
		}
		before, _, err := spool.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		s, found, err := spool.Open(dir, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Keep([]charging.Item{item(77)}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		after, again, err := spool.Read(dir)
		if err != nil || again.Damaged != 0 || again.Torn != 0 || found.Items != len(before) {
			t.Fatalf("%d items, opened with %+v, read again %+v, %v", len(before), found, again, err)
		}
		seen := map[int]bool{}
		for _, i := range after {
			seen[int(i.Call)] = true
		}
		for _, i := range before {
			if !seen[int(i.Call)] {
				t.Fatalf("%s is lost", i.Call)
			}
		}
		if !seen[77] {
			t.Fatal("what was kept is lost")
		}
	})
}
