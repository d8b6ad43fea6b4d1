package charging_test

import (
	"testing"

	"sibai/internal/charging"
	"sibai/internal/id"
)

// Shards are part of stored keys: these values hold for ever.
func TestShardOfNeverChanges(t *testing.T) {
	t.Parallel()
	for customer, want := range map[int64]int{0: 0, 1: 1, 2: 14, 4711: 27, 1 << 62: 43} {
		if got := charging.ShardOf(customer); got != want {
			t.Errorf("ShardOf(%d) = %d, want %d", customer, got, want)
		}
	}
}

// Customers made one after the other spread over all shards.
func TestShardsAreEven(t *testing.T) {
	t.Parallel()
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	var count [charging.Shards]int
	const each = 1000
	for range each * charging.Shards {
		count[charging.ShardOf(ids.Next())]++
	}
	for shard, n := range count {
		if n < each*8/10 || n > each*12/10 {
			t.Errorf("shard %d has %d of about %d", shard, n, each)
		}
	}
}
