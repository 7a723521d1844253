package smpp_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"simtrust/internal/smpp"
)

// raw is one end of a connection, with nothing of the package's sessions behind it.
type raw struct {
	t    *testing.T
	conn net.Conn
	next uint32
	got  chan got // closed at the end of the connection
}

type got struct {
	header smpp.Header
	pdu    smpp.PDU
	at     time.Time
}

// newRaw reads packets until the connection ends.
func newRaw(t *testing.T, conn net.Conn) *raw {
	r := &raw{t: t, conn: conn, got: make(chan got, 1000)}
	go func() {
		defer close(r.got)
		for {
			head := make([]byte, 4)
			if _, err := io.ReadFull(conn, head); err != nil {
				return
			}
			packet := append(head, make([]byte, binary.BigEndian.Uint32(head)-4)...)
			if _, err := io.ReadFull(conn, packet[4:]); err != nil {
				return
			}
			h, p, err := smpp.Parse(packet)
			if err != nil {
				t.Errorf("%x: %v", packet, err)
				return
			}
			r.got <- got{h, p, time.Now()}
		}
	}()
	return r
}

// write sends octets as they are.
func (r *raw) write(octets []byte) {
	if _, err := r.conn.Write(octets); err != nil {
		r.t.Errorf("write: %v", err)
	}
}

// send sends a packet and returns its number.
func (r *raw) send(p smpp.PDU) uint32 {
	r.next++
	r.sendAs(r.next, smpp.StatusOK, p)
	return r.next
}

func (r *raw) sendAs(sequence uint32, status smpp.Status, p smpp.PDU) {
	r.t.Helper()
	packet, err := smpp.Append(nil, sequence, status, p)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(packet)
}

// sendHeader sends a packet without a body.
func (r *raw) sendHeader(c smpp.Command, status smpp.Status, sequence uint32) {
	var b []byte
	for _, w := range []uint32{smpp.HeaderLength, uint32(c), uint32(status), sequence} {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	r.write(b)
}

// receive returns the next packet.
func (r *raw) receive() got {
	r.t.Helper()
	g, ok := <-r.got
	if !ok {
		r.t.Fatal("the connection is closed")
	}
	return g
}

// expect receives a packet of a command and a status that answers a number.
func (r *raw) expect(c smpp.Command, status smpp.Status, sequence uint32) got {
	r.t.Helper()
	g := r.receive()
	if g.header.Command != c || g.header.Status != status || g.header.Sequence != sequence {
		r.t.Errorf("%s %s %d, not %s %s %d", g.header.Command, g.header.Status, g.header.Sequence, c, status, sequence)
	}
	return g
}

// closed holds that nothing more comes, and returns when the end came.
func (r *raw) closed() time.Time {
	r.t.Helper()
	if g, ok := <-r.got; ok {
		r.t.Errorf("%s %s", g.header.Command, g.header.Status)
	}
	return time.Now()
}

// quiet holds that nothing is on its way.
func (r *raw) quiet() {
	r.t.Helper()
	synctest.Wait()
	select {
	case g, ok := <-r.got:
		r.t.Errorf("open %t: %s %s", ok, g.header.Command, g.header.Status)
	default:
	}
}

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects from an address.
func (p *pipes) dial(from string) net.Conn {
	near, far := net.Pipe()
	p.conns <- fromAddress{far, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	return near
}

type fromAddress struct {
	net.Conn
	addr net.Addr
}

func (f fromAddress) RemoteAddr() net.Addr { return f.addr }

// centre is a server under test that has its clock to itself.
type centre struct {
	*smpp.Server
	t       *testing.T
	pipes   *pipes
	stop    context.CancelFunc
	stopped chan error
}

var accounts = smpp.Accounts{"bank": "password", "shop": "another"}

// inCentre runs a test against a server, inside a bubble of time of its own.
func inCentre(t *testing.T, h smpp.Handler, config smpp.ServerConfig, test func(t *testing.T, c *centre)) {
	inCentreOf(t, accounts, h, config, test)
}

func inCentreOf(t *testing.T, a smpp.Authenticator, h smpp.Handler, config smpp.ServerConfig, test func(t *testing.T, c *centre)) {
	synctest.Test(t, func(t *testing.T) {
		config.SystemID = "centre"
		ctx, stop := context.WithCancel(t.Context())
		c := &centre{smpp.NewServer(a, h, config), t, newPipes(), stop, make(chan error, 1)}
		go func() { c.stopped <- c.Serve(ctx, c.pipes) }()
		test(t, c)
		stop()
		if err := <-c.stopped; err != nil {
			t.Error(err)
		}
	})
}

// connect returns a peer that is not bound; it closes at the end of the test.
func (c *centre) connect() *raw { return c.connectFrom("192.0.2.1:1024") }

func (c *centre) connectFrom(address string) *raw {
	conn := c.pipes.dial(address)
	c.t.Cleanup(func() { _ = conn.Close() })
	return newRaw(c.t, conn)
}

func bindAs(mode smpp.Mode) *smpp.Bind {
	return &smpp.Bind{Mode: mode, SystemID: "bank", Password: "password", InterfaceVersion: smpp.Version34}
}

// bind returns a peer that is bound.
func (c *centre) bind(mode smpp.Mode) *raw {
	c.t.Helper()
	r := c.connect()
	r.expect(smpp.Command(mode).Response(), smpp.StatusOK, r.send(bindAs(mode)))
	synctest.Wait()
	return r
}
