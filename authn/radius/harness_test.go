package radius_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	wire "layeh.com/radius"

	"simtrust/authn/radius"
	"simtrust/internal/radacct"
)

var (
	secret   = []byte("a secret of sixteen octets or more")
	loopback = netip.MustParseAddr("127.0.0.1")
	today    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	gateway  = radius.NAS{Name: "gw1", Addr: netip.MustParsePrefix("127.0.0.1/32"), Secret: secret, Realm: "cmnet", Interim: 10 * time.Minute}
	attach   = radacct.Request{Status: radacct.Start, SessionID: "s1", CallingStationID: "8613800000001", IMSI: "460001234567890",
		IPv4: netip.MustParseAddr("10.0.0.7"), Event: today}
)

// ledger is an Accountant that hands each record to the test and answers what the test says.
type ledger struct {
	records chan radius.Record
	answers chan error // nil: every record is accepted at once
}

func newLedger() *ledger { return &ledger{records: make(chan radius.Record, 1000)} }

// heldLedger waits with every record for the test's answer.
func heldLedger() *ledger {
	l := newLedger()
	l.answers = make(chan error)
	return l
}

func (l *ledger) Account(_ context.Context, r radius.Record) error {
	l.records <- r
	if l.answers == nil {
		return nil
	}
	return <-l.answers
}

// next returns the one record that the server handed over.
func (l *ledger) next(t *testing.T) radius.Record {
	t.Helper()
	select {
	case r := <-l.records:
		return r
	case <-time.After(time.Minute):
		t.Fatal("no record reached the accountant")
		panic("unreachable")
	}
}

func (l *ledger) none(t *testing.T) {
	t.Helper()
	if n := len(l.records); n > 0 {
		t.Errorf("%d records reached the accountant, the first %+v", n, <-l.records)
	}
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// server is a listener on loopback whose outcomes the test waits for.
type server struct {
	*radius.Server
	clock    *clock
	outcomes chan outcome
}

type outcome struct {
	nas  string
	what radius.Outcome
}

func start(t testing.TB, acc radius.Accountant, o radius.Options, nases ...radius.NAS) *server {
	t.Helper()
	s := &server{clock: &clock{at: today}, outcomes: make(chan outcome, 10000)}
	o.Now = s.clock.now
	o.Count = func(nas string, what radius.Outcome) { s.outcomes <- outcome{nas, what} }
	listener, err := radius.Listen("127.0.0.1:0", nases, acc, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = listener
	served := make(chan error, 1)
	go func() { served <- listener.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *server) expect(t *testing.T, want ...radius.Outcome) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-s.outcomes:
			if got.what != w {
				t.Fatalf("outcome %s, want %s", got.what, w)
			}
		case <-time.After(time.Minute):
			t.Fatalf("no outcome, want %s", w)
		}
	}
}

// station is a bare socket that sends whatever octets a test makes.
type station struct{ conn *net.UDPConn }

func newStation(t *testing.T, s *server) station {
	t.Helper()
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)), net.UDPAddrFromAddrPort(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return station{conn}
}

func (n station) send(t *testing.T, datagram []byte) {
	t.Helper()
	if _, err := n.conn.Write(datagram); err != nil {
		t.Fatal(err)
	}
}

func (n station) receive(t *testing.T) []byte {
	t.Helper()
	if err := n.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var buf [wire.MaxPacketLength]byte
	size, err := n.conn.Read(buf[:])
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(buf[:size])
}

// encode signs an Accounting-Request; extra attributes follow those of r.
func encode(t testing.TB, r radacct.Request, identifier byte, secret []byte, extra ...wire.AVP) []byte {
	t.Helper()
	attrs, err := r.Attributes()
	if err != nil {
		t.Fatal(err)
	}
	p := &wire.Packet{Code: wire.CodeAccountingRequest, Identifier: identifier, Secret: secret, Attributes: attrs}
	for _, a := range extra {
		p.Add(a.Type, a.Attribute)
	}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signed returns an authentic Accounting-Request of the given octets, well-formed or not.
func signed(attributes []byte) []byte {
	b := make([]byte, 20, 20+len(attributes))
	b[0] = byte(wire.CodeAccountingRequest)
	b = append(b, attributes...)
	binary.BigEndian.PutUint16(b[2:4], uint16(len(b)))
	digest := md5.Sum(append(bytes.Clone(b), secret...)) // over an authenticator of zeros (RFC 2866 §3)
	copy(b[4:20], digest[:])
	return b
}
