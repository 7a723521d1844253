package smpp

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate counts connections, all and by address, and the binds of an address.
type gate struct {
	mu                sync.Mutex
	limit, perAddress int
	perSecond         rate.Limit
	connections       int
	visitors          map[netip.Prefix]*visitor
	nextSweep         time.Time
}

type visitor struct {
	connections int
	binds       *rate.Limiter
}

const sweepInterval = time.Second

func newGate(limit, perAddress int, bindsPerSecond float64) *gate {
	return &gate{limit: limit, perAddress: perAddress, perSecond: rate.Limit(bindsPerSecond), visitors: map[netip.Prefix]*visitor{}}
}

// enter lets a connection in, and returns what it calls when it leaves.
func (g *gate) enter(from net.Addr) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep(time.Now())
	v := g.visitor(from)
	if g.connections >= g.limit || v.connections >= g.perAddress {
		return nil, false
	}
	g.connections++
	v.connections++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.connections--
		v.connections--
	}, true
}

// bind reports whether the address may try another bind.
func (g *gate) bind(from net.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.visitor(from).binds.AllowN(now, 1)
}

func (g *gate) visitor(from net.Addr) *visitor {
	key := network(from)
	v := g.visitors[key]
	if v == nil {
		v = &visitor{binds: rate.NewLimiter(g.perSecond, max(1, int(2*g.perSecond)))}
		g.visitors[key] = v
	}
	return v
}

// sweep forgets the addresses that have no connection and all their binds again.
func (g *gate) sweep(now time.Time) {
	if now.Before(g.nextSweep) {
		return
	}
	g.nextSweep = now.Add(sweepInterval)
	for key, v := range g.visitors {
		if v.connections == 0 && v.binds.TokensAt(now) >= float64(v.binds.Burst()) {
			delete(g.visitors, key)
		}
	}
}

// network returns the IPv4 address or the /64 network of IPv6; the zero value where there is no such address, as on a pipe.
func network(a net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap()
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.WithZone("").Prefix(bits) // fails only for a wrong number of bits
	return p
}
