package postgres_test

import (
	"testing"

	"sibai/internal/charging"
	"sibai/internal/store/storetest"
)

// The CPU time reported is this process's, without the server's.
func BenchmarkCharging(b *testing.B) {
	storetest.Bench(b, func(t testing.TB) charging.Store { return open(t) })
}
