package bip

import (
	"net/netip"
	"testing"
)

func TestHeldRequestsAreBounded(t *testing.T) {
	var h holds
	one := networkOf(netip.MustParseAddr("192.0.2.1"))
	for i := range maxHeldFrom {
		if !h.take(one) {
			t.Fatalf("request %d is not held", i)
		}
	}
	if h.take(one) {
		t.Error("one network holds more than its share")
	}
	others := 0
	for a := netip.MustParseAddr("198.51.100.1"); h.take(networkOf(a)); a = a.Next() {
		others++
	}
	if others != maxHeld-maxHeldFrom {
		t.Errorf("%d of others are held", others)
	}
	h.leave(one)
	if !h.take(one) {
		t.Error("what has left is counted")
	}
	for range maxHeldFrom {
		h.leave(one)
	}
	if _, kept := h.from[one]; kept || h.all != others {
		t.Errorf("%d are counted, %d of others", h.all, others)
	}
}

func TestNetworks(t *testing.T) {
	for a, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := networkOf(netip.MustParseAddr(a)); got.String() != want {
			t.Errorf("%s: %v", a, got)
		}
	}
}
