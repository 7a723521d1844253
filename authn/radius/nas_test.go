package radius_test

import (
	"net/netip"
	"strings"
	"testing"

	"simtrust/authn/radius"
)

func TestUnknownNAS(t *testing.T) {
	elsewhere := gateway
	elsewhere.Addr = netip.MustParsePrefix("192.0.2.0/24")
	acc := newLedger()
	s := start(t, acc, radius.Options{}, elsewhere)
	nas := newStation(t, s)
	nas.send(t, encode(t, attach, 1, secret))
	nas.send(t, []byte("noise"))
	for range 2 {
		if got := <-s.outcomes; got != (outcome{"", radius.UnknownNAS}) {
			t.Errorf("outcome %v", got)
		}
	}
	acc.none(t)
}

func TestLongestPrefixApplies(t *testing.T) {
	wide := gateway
	wide.Name, wide.Addr, wide.Secret, wide.Realm = "wide", netip.MustParsePrefix("127.0.0.0/8"), []byte("the secret of the others"), "other"
	acc := newLedger()
	s := start(t, acc, radius.Options{}, wide, gateway)
	nas := newStation(t, s)
	nas.send(t, encode(t, attach, 1, wide.Secret))
	s.expect(t, radius.Forged)
	nas.send(t, encode(t, attach, 1, secret))
	if r := acc.next(t); r.NAS != "gw1" || r.Realm != "cmnet" {
		t.Errorf("record of NAS %s in realm %s", r.NAS, r.Realm)
	}
}

func TestListenRefuses(t *testing.T) {
	with := func(mend func(*radius.NAS)) []radius.NAS {
		n := gateway
		mend(&n)
		return []radius.NAS{n}
	}
	second := gateway
	second.Name = "gw2"
	renamed := gateway
	renamed.Addr = netip.MustParsePrefix("192.0.2.1/32")
	for name, c := range map[string]struct {
		addr  string
		nases []radius.NAS
		want  string
	}{
		"no name":           {"127.0.0.1:0", with(func(n *radius.NAS) { n.Name = "" }), "has no name"},
		"no prefix":         {"127.0.0.1:0", with(func(n *radius.NAS) { n.Addr = netip.Prefix{} }), `NAS "gw1": needs a source prefix`},
		"mapped prefix":     {"127.0.0.1:0", with(func(n *radius.NAS) { n.Addr = netip.MustParsePrefix("::ffff:0:0/96") }), "needs a source prefix"},
		"no secret":         {"127.0.0.1:0", with(func(n *radius.NAS) { n.Secret = nil }), "needs a secret"},
		"no interim":        {"127.0.0.1:0", with(func(n *radius.NAS) { n.Interim = 0 }), "needs the interval"},
		"negative horizon":  {"127.0.0.1:0", with(func(n *radius.NAS) { n.Retransmit = -1 }), "negative retransmission horizon"},
		"prefix twice":      {"127.0.0.1:0", []radius.NAS{gateway, second}, "taken by another"},
		"name twice":        {"127.0.0.1:0", []radius.NAS{gateway, renamed}, "taken by another"},
		"address not ours":  {"192.0.2.1:0", []radius.NAS{gateway}, "192.0.2.1"},
		"address malformed": {"127.0.0.1", []radius.NAS{gateway}, "missing port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := radius.Listen(c.addr, c.nases, newLedger(), radius.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), string(secret)) {
				t.Error("the error shows the secret")
			}
		})
	}
}
