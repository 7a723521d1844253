package radacct_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"layeh.com/radius"

	"simtrust/internal/radacct"
)

var (
	secret   = []byte("a secret of sixteen octets or more")
	loopback = netip.MustParseAddr("127.0.0.1")
	stop     = radacct.Request{Status: radacct.Stop, SessionID: "s1", Event: time.Unix(1795345200, 0)}
)

func listen(t *testing.T, at netip.AddrPort) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func port(conn *net.UDPConn) netip.AddrPort { return conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// freePort is one that stays free until a test listens on it: the system gives none below 32768 to those who do not ask for it.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 100 {
		at := netip.AddrPortFrom(loopback, uint16(12_000+rand.IntN(18_000)))
		if conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)); err == nil {
			_ = conn.Close()
			return at
		}
	}
	t.Fatal("no free port")
	return netip.AddrPort{}
}

func dial(t *testing.T, server netip.AddrPort) *radacct.Client {
	t.Helper()
	c, err := radacct.Dial(loopback, server.String(), secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// serve hands each datagram to answer until the socket is closed and sends what it returns.
func serve(conn *net.UDPConn, answer func(request []byte) [][]byte) {
	var buf [radius.MaxPacketLength]byte
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf[:])
		if err != nil {
			return
		}
		for _, a := range answer(bytes.Clone(buf[:n])) {
			_, _ = conn.WriteToUDPAddrPort(a, from)
		}
	}
}

func response(t *testing.T, request, secret []byte, mend func(*radius.Packet)) []byte {
	p, err := radius.Parse(request, secret)
	if err != nil {
		t.Error(err)
		return nil
	}
	r := p.Response(radius.CodeAccountingResponse)
	if mend != nil {
		mend(r)
	}
	b, err := r.Encode()
	if err != nil {
		t.Error(err)
	}
	return b
}

func TestSendRepeatsTheSameOctets(t *testing.T) {
	conn := listen(t, netip.AddrPortFrom(loopback, 0))
	requests := make(chan []byte, 3)
	go serve(conn, func(request []byte) [][]byte {
		requests <- request
		if len(requests) < cap(requests) {
			return nil
		}
		return [][]byte{response(t, request, secret, nil)}
	})
	if err := dial(t, port(conn)).Send(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	first := <-requests
	for range 2 {
		if again := <-requests; !bytes.Equal(first, again) {
			t.Errorf("request %x repeated as %x", first, again)
		}
	}
	if !radius.IsAuthenticRequest(first, secret) {
		t.Error("the request is not authentic")
	}
}

func TestSendIgnoresFalseResponses(t *testing.T) {
	conn := listen(t, netip.AddrPortFrom(loopback, 0))
	go serve(conn, func(request []byte) [][]byte {
		flipped := response(t, request, secret, nil)
		flipped[19] ^= 1
		return [][]byte{
			nil, request, flipped,
			response(t, request, []byte("another secret"), nil),
			response(t, request, secret, func(p *radius.Packet) { p.Identifier++ }),
			response(t, request, secret, func(p *radius.Packet) { p.Authenticator[0]++ }),
			response(t, request, secret, func(p *radius.Packet) { p.Code = radius.CodeAccessAccept }),
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := dial(t, port(conn)).Send(ctx, stop); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestSendOutlivesAServerThatIsNotUpYet(t *testing.T) {
	at := freePort(t)
	sent := make(chan error)
	client := dial(t, at)
	go func() { sent <- client.Send(t.Context(), stop) }()
	go serve(listen(t, at), func(request []byte) [][]byte { return [][]byte{response(t, request, secret, nil)} })
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestSendGivesUpWithItsContext(t *testing.T) {
	client := dial(t, port(listen(t, netip.AddrPortFrom(loopback, 0))))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // the first leaves the turn free for the second
		if err := client.Send(ctx, stop); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
	}
}

func TestSendRefusesWhatWouldNotDecode(t *testing.T) {
	conn := listen(t, netip.AddrPortFrom(loopback, 0))
	if err := dial(t, port(conn)).Send(t.Context(), radacct.Request{Status: radacct.Start}); err == nil {
		t.Error("a Start without a session was sent")
	}
}

func TestSendOnAClosedClient(t *testing.T) {
	client := dial(t, port(listen(t, netip.AddrPortFrom(loopback, 0))))
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Send(t.Context(), stop); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want that the socket is closed", err)
	}
}
