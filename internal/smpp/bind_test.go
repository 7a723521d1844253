package smpp_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"simtrust/internal/smpp"
)

func TestBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		for _, mode := range []smpp.Mode{smpp.Receiver, smpp.Transmitter, smpp.Transceiver} {
			r := c.connect()
			g := r.expect(smpp.Command(mode).Response(), smpp.StatusOK, r.send(bindAs(mode)))
			answer := g.pdu.(*smpp.BindResp)
			if v, ok := answer.Options.Uint8(smpp.TagSCInterfaceVersion); answer.SystemID != "centre" || !ok || v != smpp.Version34 {
				t.Errorf("%+v", answer)
			}
		}
		old := bindAs(smpp.Receiver)
		old.InterfaceVersion = 0x33
		r := c.connect()
		if g := r.expect(0x80000001, smpp.StatusOK, r.send(old)); g.pdu.(*smpp.BindResp).Options != nil {
			t.Error("parameters for a version that has none")
		}
	})
}

// TestRefusalTime: which of the two is wrong cannot be told from the answer or from its time.
func TestRefusalTime(t *testing.T) {
	slow := authenticate(func(ctx context.Context, b *smpp.Bind) error {
		if b.SystemID != "bank" {
			return errors.New("no such account")
		}
		select {
		case <-time.After(300 * time.Millisecond): // a slow hash
		case <-ctx.Done():
		}
		return accounts.Authenticate(ctx, b, nil)
	})
	inCentreOf(t, slow, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		for name, b := range map[string]*smpp.Bind{
			"wrong password":   {Mode: smpp.Transceiver, SystemID: "bank", Password: "passwore"},
			"empty password":   {Mode: smpp.Transceiver, SystemID: "bank"},
			"unknown system":   {Mode: smpp.Transceiver, SystemID: "none", Password: "password"},
			"another's":        {Mode: smpp.Transceiver, SystemID: "shop", Password: "password"},
			"no name, no word": {Mode: smpp.Transceiver},
		} {
			start, r := time.Now(), c.connect()
			g := r.expect(0x80000009, smpp.StatusBindFailed, r.send(b))
			if d := g.at.Sub(start); d != time.Second {
				t.Errorf("%s: after %s", name, d)
			}
			r.closed()
		}
	})
}

type authenticate func(ctx context.Context, b *smpp.Bind) error

func (f authenticate) Authenticate(ctx context.Context, b *smpp.Bind, _ net.Addr) error {
	return f(ctx, b)
}

// TestAuthenticatorThatHangs is cut off when the refusal is due.
func TestAuthenticatorThatHangs(t *testing.T) {
	hangs := authenticate(func(ctx context.Context, _ *smpp.Bind) error { <-ctx.Done(); return ctx.Err() })
	inCentreOf(t, hangs, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		start, r := time.Now(), c.connect()
		if g := r.expect(0x80000009, smpp.StatusBindFailed, r.send(bindAs(smpp.Transceiver))); g.at.Sub(start) != time.Second {
			t.Errorf("after %s", g.at.Sub(start))
		}
		r.closed()
	})
}

// TestLateAuthenticator: who is let in after a refusal would have been due is bound all the same.
func TestLateAuthenticator(t *testing.T) {
	late := authenticate(func(ctx context.Context, _ *smpp.Bind) error { <-ctx.Done(); return nil })
	inCentreOf(t, late, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		r.expect(smpp.CommandEnquireLink.Response(), smpp.StatusOK, r.send(enquire))
	})
}

// TestGoneWhileAuthenticated: whoever hangs up before the answer is not bound, and takes nobody's place.
func TestGoneWhileAuthenticated(t *testing.T) {
	first := true
	late := authenticate(func(ctx context.Context, _ *smpp.Bind) error {
		if first {
			<-ctx.Done()
		}
		return nil
	})
	inCentreOf(t, late, smpp.HandlerFunc(accept), smpp.ServerConfig{MaxPerSystem: 1}, func(t *testing.T, c *centre) {
		r := c.connect()
		r.send(bindAs(smpp.Transceiver))
		synctest.Wait()
		_ = r.conn.Close()
		time.Sleep(2 * time.Second)
		first = false
		c.bind(smpp.Transceiver)
	})
}

func TestAuthenticatorsStatus(t *testing.T) {
	refuses := authenticate(func(context.Context, *smpp.Bind) error { return smpp.StatusInvalidSystemType })
	inCentreOf(t, refuses, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.connect()
		r.expect(0x80000009, smpp.StatusInvalidSystemType, r.send(bindAs(smpp.Transceiver)))
	})
}

func TestBeforeBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.connect()
		for _, p := range []smpp.PDU{
			&smpp.SubmitSM{Message: message}, &smpp.DataSM{}, &smpp.QuerySM{}, &smpp.CancelSM{}, &smpp.ReplaceSM{}, &smpp.DeliverSM{},
		} {
			r.expect(p.Command().Response(), smpp.StatusInvalidBindStatus, r.send(p))
		}
		r.expect(smpp.CommandGenericNack, smpp.StatusInvalidBindStatus, r.send(&smpp.AlertNotification{}))
		r.expect(smpp.CommandGenericNack, smpp.StatusInvalidBindStatus, r.send(&smpp.Outbind{}))
		r.expect(smpp.CommandEnquireLink.Response(), smpp.StatusOK, r.send(smpp.Empty(smpp.CommandEnquireLink)))
		r.expect(0x80000009, smpp.StatusOK, r.send(bindAs(smpp.Transceiver)))
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
	})
}

func TestLongPacketBeforeBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.connect()
		r.write(octets(t, "00000201 00000009 00000000 00000007"))
		r.expect(smpp.CommandGenericNack, smpp.StatusInvalidCommandLength, 7)
		r.closed()
	})
}

func TestMalformedBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.connect()
		r.write(packet(t, smpp.CommandBindTransceiver, 0, "41 00 414141414141414141 00"))
		r.expect(0x80000009, smpp.StatusInvalidPassword, 1)
		r.closed()
	})
}

func TestSecondBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		r.expect(0x80000001, smpp.StatusAlreadyBound, r.send(bindAs(smpp.Receiver)))
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
		if err := c.Deliver(t.Context(), "bank", &smpp.DeliverSM{}); !errors.Is(err, smpp.ErrNotBound) {
			t.Errorf("delivered to a transmitter: %v", err)
		}
	})
}

func TestNoBind(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		start, r := time.Now(), c.connect()
		for range 4 {
			time.Sleep(time.Second)
			r.expect(smpp.CommandEnquireLink.Response(), smpp.StatusOK, r.send(smpp.Empty(smpp.CommandEnquireLink)))
		}
		if d := r.closed().Sub(start); d != 5*time.Second {
			t.Errorf("after %s", d)
		}
	})
}

func TestBindFlood(t *testing.T) {
	config := smpp.ServerConfig{BindsPerSecond: 2, MaxConnections: 50, MaxPerSystem: 50}
	inCentre(t, smpp.HandlerFunc(accept), config, func(t *testing.T, c *centre) {
		tried := map[smpp.Status]int{}
		bind := func(from string) smpp.Status {
			r := c.connectFrom(from)
			r.send(bindAs(smpp.Transceiver))
			return r.receive().header.Status
		}
		for range 10 {
			tried[bind("192.0.2.9:1024")]++
		}
		// 4 at once; the refused ones wait for a second each, in which 2 more are allowed
		if tried[smpp.StatusThrottled] == 0 || tried[smpp.StatusOK] < 4 || tried[smpp.StatusOK]+tried[smpp.StatusThrottled] != 10 {
			t.Errorf("%v", tried)
		}
		if s := bind("192.0.2.10:1024"); s != smpp.StatusOK {
			t.Errorf("another address: %s", s)
		}
		time.Sleep(10 * time.Second)
		if s := bind("192.0.2.9:1024"); s != smpp.StatusOK {
			t.Errorf("later: %s", s)
		}
	})
}

// TestManyAtOnce: binds that come all at once, of which the rest of their second is refused.
func TestManyAtOnce(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{BindsPerSecond: 2}, func(t *testing.T, c *centre) {
		var peers []*raw
		for range 10 {
			r := c.connect()
			r.send(bindAs(smpp.Transceiver))
			peers = append(peers, r)
		}
		got := map[smpp.Status]int{}
		for _, r := range peers {
			got[r.receive().header.Status]++
		}
		if got[smpp.StatusOK] != 4 || got[smpp.StatusThrottled] != 6 {
			t.Errorf("%v", got)
		}
	})
}

func TestConnectionLimits(t *testing.T) {
	config := smpp.ServerConfig{MaxPerAddress: 2, MaxConnections: 3, BindTimeout: time.Minute}
	inCentre(t, smpp.HandlerFunc(accept), config, func(t *testing.T, c *centre) {
		open := func(from string) *raw { return c.connectFrom(from) }
		first := open("[2001:db8::1]:1")
		first.quiet()
		open("[2001:db8::2]:2").quiet()
		open("[2001:db8::3]:3").closed() // the same /64
		open("192.0.2.1:1").quiet()
		open("192.0.2.2:1").closed() // all are taken
		_ = first.conn.Close()
		synctest.Wait()
		open("192.0.2.2:1").quiet()
	})
}

func TestSystemLimit(t *testing.T) {
	inCentre(t, smpp.HandlerFunc(accept), smpp.ServerConfig{MaxPerSystem: 1}, func(t *testing.T, c *centre) {
		first := c.bind(smpp.Transceiver)
		second := c.connect()
		second.expect(0x80000009, smpp.StatusBindFailed, second.send(bindAs(smpp.Transceiver)))
		first.expect(0x80000006, smpp.StatusOK, first.send(smpp.Empty(smpp.CommandUnbind)))
		first.closed()
		c.bind(smpp.Transceiver)
	})
}
