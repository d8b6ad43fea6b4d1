package directory

import (
	"net/netip"
	"slices"

	"sibai/internal/catalog"
	"sibai/internal/tariff"
)

// index answers lookups in one snapshot. It is read by many and changed by
// nobody.
type index struct {
	Snapshot
	sources  map[catalog.Source]string // trunk code
	bits     []prefixLength            // that occur in sources, longest first
	trunks   map[string]catalog.Trunk
	versions map[string][]tariff.Version // by code, in order of Effective
	tariffs  map[tariff.ID]tariff.Version
}

type prefixLength struct {
	bits int
	v4   bool
}

func newIndex(s Snapshot) *index {
	x := &index{
		Snapshot: s,
		sources:  map[catalog.Source]string{},
		trunks:   make(map[string]catalog.Trunk, len(s.Trunks)),
		versions: map[string][]tariff.Version{},
		tariffs:  make(map[tariff.ID]tariff.Version, len(s.Tariffs)),
	}
	for _, t := range s.Trunks {
		x.trunks[t.Code] = t
		for _, source := range t.Inbound {
			x.sources[source] = t.Code
			length := prefixLength{source.Prefix.Bits(), source.Prefix.Addr().Is4()}
			if !slices.Contains(x.bits, length) {
				x.bits = append(x.bits, length)
			}
		}
	}
	slices.SortFunc(x.bits, func(a, b prefixLength) int { return b.bits - a.bits })
	for _, v := range s.Tariffs {
		x.tariffs[v.ID] = v
		x.versions[v.Code] = append(x.versions[v.Code], v)
	}
	for _, list := range x.versions {
		slices.SortFunc(list, func(a, b tariff.Version) int {
			if c := a.Effective.Compare(b.Effective); c != 0 {
				return c
			}
			return a.Version - b.Version
		})
	}
	return x
}

// inbound finds the trunk of a source: the longest range that holds it, and of
// equal ones the one that names the port.
func (x *index) inbound(from netip.AddrPort) (string, bool) {
	addr := from.Addr().Unmap().WithZone("")
	for _, length := range x.bits {
		if length.v4 != addr.Is4() {
			continue
		}
		prefix, err := addr.Prefix(length.bits)
		if err != nil {
			continue // longer than the address: the range is of the other family
		}
		if code, ok := x.sources[catalog.Source{Prefix: prefix, Port: from.Port()}]; ok {
			return code, true
		}
		if code, ok := x.sources[catalog.Source{Prefix: prefix}]; ok {
			return code, true
		}
	}
	return "", false
}
