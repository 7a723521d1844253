package radius

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"layeh.com/radius"
)

// Accountant makes records durable.
type Accountant interface {
	// Account returns nil once the record is durable and may be acknowledged. After an error, of any kind, the NAS gets no answer
	// and sends the record again. It is called concurrently, not in the order of events, possibly more than once with the same
	// record, and with a context that ends at the NAS's retransmission horizon.
	Account(ctx context.Context, r Record) error
}

// Options of a Server; the zero value is a usable one.
type Options struct {
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Count is called once for each datagram, concurrently; nas is empty for UnknownNAS.
	Count func(nas string, o Outcome)
	// Concurrency is the most requests under way at a time; 1024 when zero.
	Concurrency int
	// Remembered is the most acknowledged requests remembered to recognise retransmissions; 65536 when zero (about 15 MB).
	Remembered int
}

// receiveBuffer holds the bursts of several gateways while requests are checked; the system may grant less.
const receiveBuffer = 4 << 20

// Server is an accounting listener on one UDP socket.
type Server struct {
	conn      *net.UDPConn
	nases     table
	acc       Accountant
	now       func() time.Time
	count     func(nas string, o Outcome)
	exchanges *exchanges
	slots     chan struct{} // one entry for each request under way
	handling  sync.WaitGroup
	started   atomic.Bool
	finished  chan struct{}
}

// Listen opens the UDP socket at addr, such as 192.0.2.10:1813, for the given NASes. On a host with several addresses name the
// one that the NASes know: a response leaves from the address the system chooses. Errors say which entry of the table is wrong.
func Listen(addr string, nases []NAS, acc Accountant, o Options) (*Server, error) {
	t, err := newTable(nases)
	if err != nil {
		return nil, err
	}
	local, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("radius: %w", err)
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, fmt.Errorf("radius: %w", err)
	}
	_ = conn.SetReadBuffer(receiveBuffer) // a smaller buffer loses more in a burst, and the NAS sends again
	s := newServer(t, acc, o)
	s.conn = conn
	return s, nil
}

func newServer(t table, acc Accountant, o Options) *Server {
	s := &Server{
		nases: t, acc: acc, now: o.Now, count: o.Count,
		exchanges: newExchanges(cmp.Or(o.Remembered, 1<<16)),
		slots:     make(chan struct{}, cmp.Or(o.Concurrency, 1024)),
		finished:  make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.count == nil {
		s.count = func(string, Outcome) {}
	}
	return s
}

// Addr is the address of the socket.
func (s *Server) Addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Serve receives until ctx ends or Close is called; then it reads no more, waits until every accepted request has been handled
// and answered, closes the socket and returns nil. Another error means that the socket broke. A Server serves once.
func (s *Server) Serve(ctx context.Context) error {
	if !s.started.CompareAndSwap(false, true) {
		return errors.New("radius: the server has been served or closed before")
	}
	defer close(s.finished)
	defer context.AfterFunc(ctx, s.stopReading)()
	err := s.read(context.WithoutCancel(ctx))
	s.handling.Wait()
	return errors.Join(err, s.conn.Close())
}

// Close ends Serve as the end of its context does, and returns when Serve has finished.
func (s *Server) Close() error {
	if s.started.CompareAndSwap(false, true) {
		close(s.finished)
		return s.conn.Close()
	}
	s.stopReading()
	<-s.finished
	return nil
}

func (s *Server) stopReading() {
	_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed socket
}

func (s *Server) read(ctx context.Context) error {
	var buf [radius.MaxPacketLength]byte // octets beyond the greatest length are padding (RFC 2865 §3)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("radius: %w", err)
		}
		s.receive(ctx, buf[:n], from, s.send)
	}
}

// send drops errors: the NAS repeats its request and gets the response again.
func (s *Server) send(response []byte, to netip.AddrPort) {
	_, _ = s.conn.WriteToUDPAddrPort(response, to)
}
