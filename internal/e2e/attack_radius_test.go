//go:build e2e

package e2e

import (
	"crypto/md5"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Attribute types of RFC 2865, RFC 2866 and RFC 3162, and the vendor 3GPP.
const (
	framedIP   = 8
	vendor     = 26
	calling    = 31
	acctStatus = 40
	acctID     = 44
	framedIPv6 = 97
)

// attr encodes an attribute as a forger would: any octets.
func attr[V string | []byte](kind byte, value V) []byte {
	return append([]byte{kind, byte(len(value) + 2)}, value...)
}

// imsi is the vendor attribute 3GPP-IMSI.
func imsi(digits string) []byte {
	return attr(vendor, append([]byte{0, 0, 0x28, 0xaf, 1, byte(len(digits) + 2)}, digits...))
}

func status(n byte) []byte { return attr(acctStatus, []byte{0, 0, 0, n}) }

// packet encodes an Accounting-Request, with the Request Authenticator of RFC 2866 §3 under the secret.
func packet(code, id byte, secret string, attrs ...[]byte) []byte {
	p := append([]byte{code, id, 0, 0}, make([]byte, 16)...)
	for _, a := range attrs {
		p = append(p, a...)
	}
	setLength(p, len(p))
	sum := md5.Sum(append(p[:len(p):len(p)], secret...))
	copy(p[4:], sum[:])
	return p
}

func setLength(packet []byte, n int) { packet[2], packet[3] = byte(n>>8), byte(n) }

// socket is a UDP socket of somebody who talks to the accounting listener.
type socket struct {
	net.Conn
	s *sandbox
}

func (s *sandbox) socket(t *testing.T, from string) socket {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.Dial("udp", s.RADIUS.Accounting)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return socket{conn, s}
}

// send sends a datagram and waits until the server has counted it as what it is.
func (c socket) send(t *testing.T, datagram []byte, nas, outcome string) {
	t.Helper()
	counter := fmt.Sprintf("simtrust_radius_packets_total{nas=%q,outcome=%q}", nas, outcome)
	before := c.s.metric(t, counter)
	if _, err := c.Write(datagram); err != nil {
		t.Fatal(err)
	}
	await(t, counter, func() bool { return c.s.metric(t, counter) > before })
}

// answered sends a good request, as often as a NAS does, and checks that the first thing the server ever says here is its
// acknowledgement.
func (c socket) answered(t *testing.T, id byte, attrs ...[]byte) {
	t.Helper()
	request := packet(4, id, c.s.RADIUS.Secret, attrs...)
	var buf [4096]byte
	n, err := 0, os.ErrDeadlineExceeded
	for turn := 0; turn < 30 && errors.Is(err, os.ErrDeadlineExceeded); turn++ { // a datagram too many for the server's socket is lost
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err = c.Read(buf[:])
	}
	if err != nil || n < 20 || buf[0] != 5 || buf[1] != id {
		t.Fatalf("no acknowledgement: % x %v", buf[:n], err)
	}
}

// await polls a condition for up to a minute.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("nothing happened: %s", what)
		}
	}
}

// TestRADIUSAttacks: what is not an authentic, well-formed accounting record changes nothing and gets no answer, and the server
// goes on.
func TestRADIUSAttacks(t *testing.T) { eachAttacked(t, attackRADIUS) }

func attackRADIUS(t *testing.T, s *sandbox) {
	me, victim := s.Subscribers[1], s.Subscribers[2]
	const nas = "sandbox-gateway"
	const address = "127.9.0.1"
	good := func(of subscriber) [][]byte {
		return [][]byte{status(1), attr(acctID, "session-1"), attr(calling, of.Number[1:]), imsi(of.IMSI), attr(framedIP, []byte{127, 9, 0, 1})}
	}
	without := func(i int, more ...[]byte) [][]byte {
		g := good(me)
		return append(append(g[:i:i], g[i+1:]...), more...)
	}
	secret := s.RADIUS.Secret
	forged := packet(4, 1, secret, good(me)...)
	forged[len(forged)-1] ^= 1
	zeroed := packet(4, 1, secret, good(me)...)
	clear(zeroed[4:20])
	overlong := packet(4, 1, secret, good(me)...)
	setLength(overlong, len(overlong)+1)
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(i*7 + i>>8)
	}
	loud := packet(4, 1, "noise", noise[:4076])
	for name, tt := range map[string]struct {
		datagram []byte
		outcome  string
	}{
		"another secret":            {packet(4, 1, "wrong", good(me)...), "forged"},
		"no secret":                 {packet(4, 1, "", good(me)...), "forged"},
		"one bit changed":           {forged, "forged"},
		"zero authenticator":        {zeroed, "forged"},
		"Access-Request":            {packet(1, 1, secret, good(me)...), "not_accounting"},
		"Accounting-Response":       {packet(5, 1, secret, good(me)...), "not_accounting"},
		"Disconnect-Request":        {packet(40, 1, secret, good(me)...), "not_accounting"},
		"no status":                 {packet(4, 1, secret, without(0)...), "malformed"},
		"unknown status":            {packet(4, 1, secret, without(0, status(99))...), "malformed"},
		"two statuses":              {packet(4, 1, secret, append(good(me), status(2))...), "malformed"},
		"no session":                {packet(4, 1, secret, without(1)...), "malformed"},
		"control characters":        {packet(4, 1, secret, without(1, attr(acctID, "a\nop=forged"))...), "malformed"},
		"number of letters":         {packet(4, 1, secret, without(2, attr(calling, "86138abc00001"))...), "malformed"},
		"two numbers":               {packet(4, 1, secret, append(good(me), attr(calling, victim.Number[1:]))...), "malformed"},
		"IMSI of letters":           {packet(4, 1, secret, without(3, imsi("46000abcdefghij"))...), "malformed"},
		"two IMSIs":                 {packet(4, 1, secret, append(good(me), imsi(victim.IMSI))...), "malformed"},
		"address of three octets":   {packet(4, 1, secret, without(4, attr(framedIP, []byte{127, 9, 0}))...), "malformed"},
		"two addresses":             {packet(4, 1, secret, append(good(me), attr(framedIP, []byte{127, 9, 0, 2}))...), "malformed"},
		"IPv6 prefix of 200 bits":   {packet(4, 1, secret, append(good(me), attr(framedIPv6, []byte{0, 200, 1, 2, 3}))...), "malformed"},
		"IPv6 prefix of 8 bits":     {packet(4, 1, secret, append(good(me), attr(framedIPv6, []byte{0, 8, 0x20}))...), "malformed"},
		"attribute of length 0":     {packet(4, 1, secret, append(good(me), []byte{calling, 0})...), "malformed"},
		"attribute of length 1":     {packet(4, 1, secret, append(good(me), []byte{calling, 1})...), "malformed"},
		"attribute beyond the end":  {packet(4, 1, secret, append(good(me), []byte{calling, 200, 1})...), "malformed"},
		"half an attribute":         {packet(4, 1, secret, append(good(me), []byte{calling})...), "malformed"},
		"length beyond the end":     {overlong, "malformed"},
		"nineteen octets":           {packet(4, 1, secret)[:19], "malformed"},
		"one octet":                 {[]byte{4}, "malformed"},
		"4 KB of noise":             {noise, "not_accounting"},
		"4 KB of noise with header": {loud, "forged"},
		"4 KB of zeros":             {make([]byte, 4096), "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.socket(t, "127.0.0.1")
			c.send(t, tt.datagram, nas, tt.outcome)
			if got := s.app("camara").authorize(t, phone(address), newFlow(callback), verifyScope); got.Get("error") != "access_denied" {
				t.Errorf("the packet opened a session: %v", got)
			}
			c.answered(t, 2, status(2), attr(acctID, "nobody's"))
		})
	}
	t.Run("1000 datagrams of noise", func(t *testing.T) {
		c := s.socket(t, "127.0.0.1")
		for i := range 1000 {
			if _, err := c.Write(noise[:i*4+1]); err != nil {
				t.Fatal(err)
			}
		}
		c.answered(t, 3, good(me)...)
		if got := s.app("camara").authorize(t, phone(address), newFlow(callback), verifyScope); got.Get("code") == "" {
			t.Errorf("the session that came after is not there: %v", got)
		}
	})
}

// TestQuarantine: an authentic record that does not fit what is known is acknowledged, opens nothing, and ends the outstanding
// tokens of its number.
func TestQuarantine(t *testing.T) { eachAttacked(t, attackByQuarantine) }

func attackByQuarantine(t *testing.T, s *sandbox) {
	camara, me, other := s.app("camara"), s.Subscribers[1], s.Subscribers[2]
	for name, attrs := range map[string][][]byte{
		"IMSI of somebody else": {attr(calling, me.Number[1:]), imsi(other.IMSI)},
		"unknown IMSI":          {attr(calling, me.Number[1:]), imsi("460009999999999")},
		"no IMSI":               {attr(calling, me.Number[1:])},
		"ended holder":          {attr(calling, me.Number[1:]), imsi(me.IMSI), attr(55, []byte{0x40, 0, 0, 0})}, // an event in 2004
	} {
		t.Run(name, func(t *testing.T) {
			f := newFlow(callback)
			token := camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
			address := "127.9.1.1"
			s.socket(t, "127.0.0.1").answered(t, 9, append(attrs, status(1), attr(acctID, random()), attr(framedIP, []byte{127, 9, 1, 1}))...)
			if got := camara.authorize(t, phone(address), newFlow(callback), verifyScope); got.Get("error") != "access_denied" {
				t.Errorf("the record opened a session: %v", got)
			}
			if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusUnauthorized || got.Code != "UNAUTHENTICATED" {
				t.Errorf("the outstanding token still works: %+v", got)
			}
			f = newFlow(callback)
			token = camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
			if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusOK {
				t.Errorf("a new token does not work: %+v", got)
			}
		})
	}
}

// TestUnknownNAS: a gateway that is not configured is not heard, with the right secret or without.
func TestUnknownNAS(t *testing.T) {
	s := startServe(t, serveConfig{nas: "127.0.0.77/32"})
	for _, from := range []string{"127.0.0.1", "127.0.0.78", "127.0.1.77"} {
		s.socket(t, from).send(t, packet(4, 1, s.RADIUS.Secret, status(7)), "", "unknown_nas")
	}
	c := s.socket(t, "127.0.0.77")
	c.send(t, packet(4, 1, strings.Repeat("x", 32), status(7)), "gateway", "forged")
	c.answered(t, 2, status(7))
}
