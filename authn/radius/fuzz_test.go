package radius

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
	"time"

	wire "layeh.com/radius"
)

// witness remembers the records of one datagram.
type witness struct {
	mu      sync.Mutex
	records []Record
}

func (w *witness) Account(_ context.Context, r Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, r)
	return nil
}

// FuzzReceive gives the handler a datagram as it stands, or, where sign is set, as the attributes of an authentic request. It
// answers exactly the requests that it handed to the accountant, with an authentic response.
func FuzzReceive(f *testing.F) {
	secret := []byte("a secret of sixteen octets or more")
	f.Fuzz(func(t *testing.T, datagram []byte, sign bool) {
		if sign {
			datagram = authenticRequest(datagram[:min(len(datagram), wire.MaxPacketLength-headerLength)], secret)
		}
		nases, err := newTable([]NAS{{Name: "gw1", Addr: netip.MustParsePrefix("192.0.2.1/32"), Secret: secret, Interim: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		var outcomes []Outcome
		acc := &witness{}
		s := newServer(nases, acc, Options{Count: func(_ string, o Outcome) { outcomes = append(outcomes, o) }})
		var responses [][]byte
		for range 2 {
			s.receive(t.Context(), datagram, netip.MustParseAddrPort("192.0.2.1:40000"), func(b []byte, _ netip.AddrPort) { responses = append(responses, b) })
			s.handling.Wait()
		}
		if len(outcomes) != 2 {
			t.Fatalf("outcomes %v of two datagrams", outcomes)
		}
		if outcomes[0] != Acknowledged {
			if len(responses)+len(acc.records) > 0 {
				t.Fatalf("outcome %s with %d responses and %d records", outcomes[0], len(responses), len(acc.records))
			}
			return
		}
		if outcomes[1] != Replayed || len(responses) != 2 || !bytes.Equal(responses[0], responses[1]) || len(acc.records) != 1 {
			t.Fatalf("outcomes %v, responses %x, %d records", outcomes, responses, len(acc.records))
		}
		if !wire.IsAuthenticResponse(responses[0], datagram, secret) {
			t.Error("the response is not authentic")
		}
		checkRecord(t, acc.records[0])
	})
}

func checkRecord(t *testing.T, r Record) {
	t.Helper()
	if r.Status.Session() && r.SessionID == "" {
		t.Error("a session without an id")
	}
	if r.IPv6.IsValid() && (r.IPv6.Bits() != 64 || r.IPv6 != r.IPv6.Masked()) {
		t.Errorf("prefix %v", r.IPv6)
	}
	if r.At.After(r.Received) {
		t.Errorf("event at %v, received at %v", r.At, r.Received)
	}
	for _, p := range []PortRange{r.Ports, r.Released} {
		if p.Low > p.High || p.Addr == r.IPv4 && p.Addr.IsValid() {
			t.Errorf("ports %+v of a session that also holds %v", p, r.IPv4)
		}
	}
}

func authenticRequest(attributes, secret []byte) []byte {
	b := make([]byte, headerLength)
	b[0] = byte(wire.CodeAccountingRequest)
	b = append(b, attributes...)
	binary.BigEndian.PutUint16(b[2:4], uint16(len(b)))
	digest := md5.Sum(append(bytes.Clone(b), secret...))
	copy(b[4:headerLength], digest[:])
	return b
}
