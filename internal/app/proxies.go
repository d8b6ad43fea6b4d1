package app

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"sibai/internal/config"
)

// behind has requests that come through a trusted proxy seem to come from whom the
// proxy got them: the last address of X-Forwarded-For that is not a trusted proxy's.
// Of others that header says nothing: anybody can write one.
func behind(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	ours := func(ip netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !ours(peer.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		from := peer.Addr()
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			ip, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break // what stands before it says nothing
			}
			if from = ip.Unmap().WithZone(""); !ours(from) {
				break
			}
		}
		r.RemoteAddr = netip.AddrPortFrom(from, peer.Port()).String()
		next.ServeHTTP(w, r)
	})
}

// proxies are those that the settings trust; config checked them.
func proxies(cfg config.Config) (list []netip.Prefix) {
	for _, text := range cfg.HTTP.Proxies {
		if p, err := config.Network(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}
