//go:build race

package charging_test

// The race detector makes the simulation some ten times slower, and it has one
// goroutine.
const simSeeds = 200
