package authn_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
)

// A muddle is a list of records with everything that a reference on paper would have to take sides on: events of one instant,
// sessions that move, change their owner, hold several addresses and ranges, give them back, and use their ids again.
func muddle(rng *rand.Rand, begin time.Time) []radius.Record {
	people := []subscriber{alice, alice, bob, bob, {number: alice.number, imsi: "460000000000099"}}
	statuses := []radius.Status{
		radius.Start, radius.Start, radius.InterimUpdate, radius.InterimUpdate, radius.InterimUpdate, radius.Stop,
		radius.AccountingOn, radius.AccountingOff,
	}
	records := make([]radius.Record, 4+rng.IntN(10))
	for i := range records {
		who := people[rng.IntN(len(people))]
		r := radius.Record{
			NAS: fmt.Sprint(rng.IntN(2)), Realm: realm, SessionID: fmt.Sprint(rng.IntN(3)), Number: who.number, IMSI: who.imsi,
			Status: statuses[rng.IntN(len(statuses))], At: begin.Add(time.Duration(rng.IntN(6)) * time.Second),
		}
		if rng.IntN(3) > 0 {
			r.IPv4 = netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.IntN(2))})
		}
		switch low := uint16(1024 * (1 + rng.IntN(2))); rng.IntN(6) {
		case 0:
			r.Ports = radius.PortRange{Addr: netip.AddrFrom4([4]byte{10, 0, 0, 2}), Low: low, High: low + 1023}
		case 1:
			r.Released = radius.PortRange{Addr: netip.AddrFrom4([4]byte{10, 0, 0, 2}), Low: low, High: low + 1023}
		case 2:
			r.Ports = radius.PortRange{Addr: netip.AddrFrom4([4]byte{10, 0, 0, 2}), Low: low, High: low + 1500}
		}
		records[i] = r
	}
	return records
}

// in places a record into a gateway and an address range of its own.
func in(r radius.Record, twin, round int) radius.Record {
	move := func(a netip.Addr) netip.Addr {
		if !a.IsValid() {
			return a
		}
		return netip.AddrFrom4([4]byte{byte(10 + twin), byte(round >> 8), byte(round), a.As4()[3]})
	}
	r.NAS = fmt.Sprintf("gw-%d-%d-%s", twin, round, r.NAS)
	r.IPv4, r.Ports.Addr, r.Released.Addr = move(r.IPv4), move(r.Ports.Addr), move(r.Released.Addr)
	return r
}

// Two arrivals of the same records, each in an order of its own and with repetitions of its own, come to the same.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	const rounds = 60
	seed := uint64(time.Now().UnixNano())
	adjust := func(c *authn.Config) {
		for i := range 4 * rounds {
			name := fmt.Sprintf("gw-%d-%d-%d", i&1, i>>2, i>>1&1)
			c.NASes = append(c.NASes, authn.NAS{Name: name, Interim: interim, Retransmit: 1000 * time.Hour})
		}
	}
	eachWith(t, adjust, func(t *testing.T, w *world) {
		begin := epoch.Add(time.Second)
		w.pass(time.Minute)
		rng := rand.New(rand.NewPCG(seed, 1))
		located := 0
		for round := range rounds {
			records := muddle(rng, begin)
			for twin := range 2 {
				arrivals := append(slices.Clone(records), records[:rng.IntN(len(records))]...)
				rng.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
				for _, r := range arrivals {
					r.Received = w.clock.now()
					w.send(in(r, twin, round))
				}
			}
			for _, peer := range []string{"0:5", "1:5", "2:1024", "2:2048", "2:2600", "2:4000"} {
				outcome := func(twin int) (simtrust.TenureID, string) {
					l, err := w.Locate(t.Context(), from(fmt.Sprintf("%d.%d.%d.%s", 10+twin, round>>8, round&255, peer)))
					return l.Tenure, simtrust.ReasonOf(err)
				}
				tenure, reason := outcome(0)
				if again, other := outcome(1); again != tenure || other != reason {
					t.Errorf("seed %d, round %d, %s: %q %q in one order, %q %q in another", seed, round, peer, tenure, reason, again, other)
				}
				if tenure != "" {
					located++
				}
			}
		}
		if located < rounds/10 {
			t.Errorf("only %d located: this proves little", located)
		}
	})
}
