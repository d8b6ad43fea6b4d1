package charging

// ShardOf spreads customers over the shards. Everything of one customer is in
// its shard; customer 0 (a number that is nobody's) is in shard 0. The answer
// is part of stored keys and never changes.
func ShardOf(customer int64) int {
	if customer == 0 {
		return 0
	}
	return int(mix(uint64(customer)) % Shards)
}

// shardOfText spreads keys that are text, such as payment references: FNV-1a,
// then mixed.
func shardOfText(parts ...string) int {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211 // "ab","c" is not "a","bc"
	}
	return int(mix(h) % Shards)
}

// mix is the finaliser of SplitMix64: ids made in one millisecond differ in
// few bits only.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
