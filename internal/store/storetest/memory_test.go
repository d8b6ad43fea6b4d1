package storetest_test

import (
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/charging"
	"sibai/internal/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) charging.Store { return storetest.NewMemory() })
}

// The pure decision, without a database.
func TestMachineOnMemory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { storetest.Machine(t, storetest.NewMemory(), nil) })
}
