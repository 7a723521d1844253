package authn_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"simtrust/authn"
	"simtrust/authn/radius"
)

// The reference is told all records in the order of their events, once each, and keeps sessions the way one would on paper.
type reference struct {
	sessions map[string]*paperSession // by NAS and session id
}

type paperSession struct {
	nas, address string
	who          *subscriber // nil for a session that cannot be attributed
	opened, last time.Time   // zero: never heard of
	stopped      bool        // until the next Start
	cleared      bool        // by Accounting-On or -Off, until the next Start
}

func (p *reference) tell(r radius.Record, who *subscriber) {
	if r.Status == radius.AccountingOn || r.Status == radius.AccountingOff {
		for _, s := range p.sessions {
			s.cleared = s.cleared || s.nas == r.NAS && !s.opened.IsZero()
		}
		return
	}
	key := r.NAS + " " + r.SessionID
	s := p.sessions[key]
	if s == nil {
		s = &paperSession{nas: r.NAS, address: r.IPv4.String(), who: who}
		p.sessions[key] = s
	}
	switch {
	case r.Status == radius.Stop:
		s.stopped = true
		return
	case r.Status == radius.Start:
		s.opened, s.stopped, s.cleared = r.At, false, false
	case s.opened.IsZero():
		s.opened = r.At
	}
	s.last = r.At
}

// holder returns who is on an address: the subscriber whose session opened there last, if it is still open, can be attributed and
// is contradicted by no other.
func (p *reference) holder(address string) *subscriber {
	var there []*paperSession
	for _, s := range p.sessions {
		if s.address == address && !s.opened.IsZero() {
			there = append(there, s)
		}
	}
	if len(there) == 0 {
		return nil
	}
	h := slices.MaxFunc(there, func(a, b *paperSession) int { return a.opened.Compare(b.opened) })
	if h.stopped || h.cleared {
		return nil
	}
	for _, s := range there {
		if s != h && !s.stopped && !s.cleared && s.last.After(h.last) {
			return nil
		}
	}
	return h.who
}

// history makes records of a few sessions on a few addresses, no two at the same instant.
func history(rng *rand.Rand, round int, begin time.Time) (records []radius.Record, owner func(radius.Record) *subscriber) {
	people := []*subscriber{&alice, &bob, nil}
	type fixed struct {
		who     *subscriber
		address netip.Addr
	}
	sessions := map[string]fixed{}
	for i := range 6 {
		sessions[fmt.Sprintf("r%d-s%d", round, i)] = fixed{
			people[rng.IntN(len(people))], netip.AddrFrom4([4]byte{10, byte(round >> 8), byte(round), byte(rng.IntN(2))}),
		}
	}
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range sessions {
			if !yield(id) {
				return
			}
		}
	})
	statuses := []radius.Status{radius.Start, radius.Start, radius.InterimUpdate, radius.InterimUpdate, radius.Stop, radius.AccountingOn, radius.AccountingOff}
	for i := range 4 + rng.IntN(12) {
		id := ids[rng.IntN(len(ids))]
		s := sessions[id]
		r := radius.Record{
			NAS: fmt.Sprintf("gw-%d-%d", round, id[len(id)-1]%2), Realm: realm, SessionID: id, IPv4: s.address,
			Status: statuses[rng.IntN(len(statuses))], At: begin.Add(time.Duration(i+1) * time.Second), Number: alice.number,
		}
		if s.who != nil {
			r.Number, r.IMSI = s.who.number, s.who.imsi
		}
		records = append(records, r)
	}
	return records, func(r radius.Record) *subscriber { return sessions[r.SessionID].who }
}

// Whatever the order of arrival, and however often a record comes, the outcome is that of the events in their order.
func TestAnyOrderOfArrivalGivesTheOutcomeOfTheEvents(t *testing.T) {
	const rounds = 60
	seed := uint64(time.Now().UnixNano())
	adjust := func(c *authn.Config) {
		for round := range rounds {
			for i := range 2 {
				c.NASes = append(c.NASes, authn.NAS{Name: fmt.Sprintf("gw-%d-%d", round, i), Interim: interim, Retransmit: 1000 * time.Hour})
			}
		}
	}
	eachWith(t, adjust, func(t *testing.T, w *world) {
		begin := epoch.Add(time.Second)
		w.pass(time.Minute)
		rng := rand.New(rand.NewPCG(seed, 0))
		for round := range rounds {
			records, owner := history(rng, round, begin)
			ref := reference{sessions: map[string]*paperSession{}}
			for _, r := range records {
				ref.tell(r, owner(r))
			}
			arrivals := append(slices.Clone(records), records[:rng.IntN(len(records))]...)
			rng.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
			for _, r := range arrivals {
				r.Received = w.clock.now()
				w.send(r)
			}
			for i := range 2 {
				address := netip.AddrFrom4([4]byte{10, byte(round >> 8), byte(round), byte(i)}).String()
				want := ref.holder(address)
				got, err := w.Locate(t.Context(), from(address))
				if want == nil && err == nil || want != nil && (err != nil || got.Tenure != want.tenure) {
					t.Errorf("seed %d, round %d, %s: located %q, %v; want %v", seed, round, address, got.Tenure, err, want)
					for _, r := range records {
						t.Logf("%s %s %s %s %s", r.At.Format(time.TimeOnly), r.NAS, r.SessionID, r.Status, cmp.Or(r.IMSI, "unattributed"))
					}
				}
			}
		}
	})
}
