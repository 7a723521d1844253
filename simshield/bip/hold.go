package bip

import (
	"net/netip"
	"sync"
)

// holds counts the requests that are held, in all and for each network that they come from.
type holds struct {
	mu   sync.Mutex
	all  int
	from map[netip.Prefix]int
}

const (
	maxHeld     = 50_000
	maxHeldFrom = 2_000 // from one network: many phones come from behind one address
)

// take counts one more; false: there are too many, and it is not counted.
func (h *holds) take(from netip.Prefix) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all >= maxHeld || h.from[from] >= maxHeldFrom {
		return false
	}
	if h.from == nil {
		h.from = map[netip.Prefix]int{}
	}
	h.all++
	h.from[from]++
	return true
}

// leave takes one back.
func (h *holds) leave(from netip.Prefix) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all--
	if h.from[from]--; h.from[from] == 0 {
		delete(h.from, from)
	}
}

// networkOf is what one client has for itself: an IPv4 address, or the /64 of an IPv6 address.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, _ := a.Prefix(bits) // an address has as many bits
	return network
}
