package acme_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer gives every name the address 127.0.0.1, unless told otherwise, and the TXT records it is told.
type nameServer struct {
	conn      net.PacketConn
	mu        sync.Mutex
	silent    bool
	texts     map[string][]string
	addresses map[string]netip.Addr
}

func newNameServer(t testing.TB) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &nameServer{conn: conn, texts: map[string][]string{}, addresses: map[string]netip.Addr{}}
	go s.serve()
	return s
}

func (s *nameServer) addText(name string, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = append(s.texts[name], texts...)
}

func (s *nameServer) setAddress(name, ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses[name] = netip.MustParseAddr(ip)
}

// stop answers nothing any more.
func (s *nameServer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = true
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil {
			continue
		}
		if answer, err := s.answer(m); err == nil && answer != nil {
			_, _ = s.conn.WriteTo(answer, from)
		}
	}
}

func (s *nameServer) answer(m dnsmessage.Message) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent {
		return nil, nil
	}
	m.Response, m.Additionals = true, nil
	for _, q := range m.Questions {
		name := strings.TrimSuffix(q.Name.String(), ".")
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch q.Type {
		case dnsmessage.TypeA:
			ip, ok := s.addresses[name]
			if !ok {
				ip = netip.MustParseAddr("127.0.0.1")
			}
			if ip.Is4() {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}})
			}
		case dnsmessage.TypeAAAA:
			if ip := s.addresses[name]; ip.Is6() {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
			}
		case dnsmessage.TypeTXT:
			for _, text := range s.texts[name] {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.TXTResource{TXT: []string{text}}})
			}
		}
	}
	return m.Pack()
}
