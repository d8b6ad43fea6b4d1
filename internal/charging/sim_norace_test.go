//go:build !race

package charging_test

const simSeeds = 2000
