package storetest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// BenchDisk measures how many small appends a second a directory's disk makes
// durable, one after the other: what a lone caller can get at best.
func BenchDisk(b *testing.B, dir string) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(block); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fdatasync/s")
}
