package sqlite_test

import (
	"testing"

	"sibai/internal/charging"
	"sibai/internal/store/storetest"
)

func BenchmarkCharging(b *testing.B) {
	storetest.Bench(b, func(t testing.TB) charging.Store { return open(t) })
}

func BenchmarkDisk(b *testing.B) { storetest.BenchDisk(b, b.TempDir()) }
