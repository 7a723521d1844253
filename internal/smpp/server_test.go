package smpp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simtrust/internal/smpp"
)

var enquire = smpp.Empty(smpp.CommandEnquireLink)

// answers returns a handler that answers everything alike.
func answers(p smpp.PDU, err error) smpp.Handler {
	return smpp.HandlerFunc(func(context.Context, *smpp.Session, smpp.PDU) (smpp.PDU, error) { return p, err })
}

func TestHandlersAnswer(t *testing.T) {
	id := &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: "7"}}
	for name, c := range map[string]struct {
		answer smpp.PDU
		err    error
		want   smpp.Status
	}{
		"an answer":              {id, nil, smpp.StatusOK},
		"none":                   {nil, nil, smpp.StatusOK},
		"a status":               {nil, smpp.StatusInvalidDestination, smpp.StatusInvalidDestination},
		"a status in an error":   {nil, fmt.Errorf("no such number: %w", smpp.StatusQueueFull), smpp.StatusQueueFull},
		"an error":               {nil, errors.New("no store"), smpp.StatusSystemError},
		"an answer and an error": {id, errors.New("no store"), smpp.StatusSystemError},
		"ESME_ROK as an error":   {nil, smpp.StatusOK, smpp.StatusSystemError},
		"the wrong answer":       {&smpp.DeliverSMResp{}, nil, smpp.StatusSystemError},
		"an answer too long":     {&smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: string(make([]byte, 99))}}, nil, smpp.StatusSystemError},
	} {
		inCentre(t, answers(c.answer, c.err), smpp.ServerConfig{}, func(t *testing.T, v *centre) {
			r := v.bind(smpp.Transmitter)
			g := r.expect(0x80000004, c.want, r.send(&smpp.SubmitSM{Message: message}))
			if got := g.pdu.(*smpp.SubmitSMResp).MessageID; c.answer == id && c.err == nil && got != "7" {
				t.Errorf("%s: %q", name, got)
			}
		})
	}
}

// TestPanics: a panic of a handler, before or after its answer, and of an authenticator costs the request that it was about.
func TestPanics(t *testing.T) {
	var log strings.Builder
	config := smpp.ServerConfig{Log: slog.New(slog.NewTextHandler(&log, nil))}
	h := smpp.HandlerFunc(func(_ context.Context, _ *smpp.Session, p smpp.PDU) (smpp.PDU, error) {
		if _, ok := p.(*smpp.SubmitSM); ok {
			panic("over a message")
		}
		return smpp.Followed{PDU: smpp.Empty(p.Command().Response()), By: func() { panic("after an answer") }}, nil
	})
	inCentreOf(t, mistaken{}, h, config, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		r.expect(0x80000004, smpp.StatusSystemError, r.send(&smpp.SubmitSM{Message: message}))
		r.expect(0x80000008, smpp.StatusOK, r.send(&smpp.CancelSM{MessageID: "1"}))
		r.expect(0x80000015, smpp.StatusOK, r.send(enquire))
		other := c.connect()
		bind := bindAs(smpp.Transmitter)
		bind.SystemID = "shop"
		other.expect(0x80000002, smpp.StatusBindFailed, other.send(bind))
		r.expect(0x80000015, smpp.StatusOK, r.send(enquire))
		synctest.Wait()
		for _, what := range []string{"over a message", "after an answer", "over a name"} {
			if !strings.Contains(log.String(), what) {
				t.Errorf("%q is not in the log", what)
			}
		}
	})
}

// mistaken panics over a name.
type mistaken struct{}

func (mistaken) Authenticate(_ context.Context, b *smpp.Bind, _ net.Addr) error {
	if b.SystemID == "shop" {
		panic("over a name")
	}
	return nil
}

// TestDirections: what a session of a mode, or this direction, may not carry.
func TestDirections(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		for mode, refused := range map[smpp.Mode][]smpp.PDU{
			smpp.Receiver:    {&smpp.SubmitSM{Message: message}, &smpp.DataSM{}, &smpp.CancelSM{}, &smpp.QuerySM{}, &smpp.ReplaceSM{}, &smpp.DeliverSM{}},
			smpp.Transmitter: {&smpp.DeliverSM{}},
			smpp.Transceiver: {&smpp.DeliverSM{}},
		} {
			r := c.bind(mode)
			for _, p := range refused {
				r.expect(p.Command().Response(), smpp.StatusInvalidBindStatus, r.send(p))
			}
		}
		r := c.bind(smpp.Transmitter)
		for _, p := range []smpp.PDU{&smpp.SubmitSM{Message: message}, &smpp.DataSM{}, &smpp.CancelSM{}, &smpp.QuerySM{}, &smpp.ReplaceSM{}} {
			r.expect(p.Command().Response(), smpp.StatusOK, r.send(p))
		}
	})
}

func TestUnknownCommands(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		for i, command := range []smpp.Command{smpp.CommandSubmitMulti, 0x111, 0x42} {
			p := packet(t, command, 0, "00 00 00 00")
			p[15] = byte(10 + i)
			r.write(p)
			r.expect(smpp.CommandGenericNack, smpp.StatusInvalidCommand, uint32(10+i))
		}
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
	})
}

func TestMalformedRequest(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		r.write(packet(t, smpp.CommandSubmitSM, 0, "00 00 00 31 00 00 00 32 00 00 00 00 00 00 00 00 00 00 05 41"))
		r.expect(0x80000004, smpp.StatusInvalidMessageLength, 1)
		r.write(packet(t, smpp.CommandSubmitSM, 0, "414141"))
		r.expect(0x80000004, smpp.StatusInvalidServiceType, 1)
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
	})
}

// TestWrongLengthEnds: where the next packet begins cannot be known, so the session ends.
func TestWrongLengthEnds(t *testing.T) {
	for name, head := range map[string]string{
		"0":                "00000000 00000004 00000000 00000009",
		"15":               "0000000F 00000004 00000000 00000009",
		"beyond the limit": "00011001 00000004 00000000 00000009",
		"4 GB":             "FFFFFFFF 00000004 00000000 00000009",
	} {
		inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
			r := c.bind(smpp.Transmitter)
			r.write(octets(t, head))
			if g := r.expect(smpp.CommandGenericNack, smpp.StatusInvalidCommandLength, 9); t.Failed() {
				t.Error(name, g)
			}
			r.closed()
		})
	}
}

func TestLongestMessage(t *testing.T) {
	payload := make([]byte, 65535)
	received := make(chan int, 1)
	h := smpp.HandlerFunc(func(_ context.Context, _ *smpp.Session, p smpp.PDU) (smpp.PDU, error) {
		u, err := p.(*smpp.SubmitSM).Content()
		received <- len(u.Body)
		return nil, err
	})
	inCentre(t, h, smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		for range 2 { // the second may find the buffer of the first
			m := &smpp.SubmitSM{Message: smpp.Message{Options: smpp.Options(nil).With(smpp.TagMessagePayload, payload...)}}
			r.expect(0x80000004, smpp.StatusOK, r.send(m))
			if n := <-received; n != len(payload) {
				t.Errorf("%d octets", n)
			}
			r.expect(smpp.CommandEnquireLink.Response(), smpp.StatusOK, r.send(enquire))
		}
	})
}

// gate is a handler that answers when it is told to.
type gate struct{ open chan struct{} }

// arm makes the channel, which has to be of the test's bubble.
func (g *gate) arm() *gate {
	g.open = make(chan struct{})
	return g
}

func (g *gate) Handle(ctx context.Context, _ *smpp.Session, _ smpp.PDU) (smpp.PDU, error) {
	select {
	case <-g.open:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestServersWindow(t *testing.T) {
	h := new(gate)
	inCentre(t, h, smpp.ServerConfig{Link: smpp.Link{Window: 2}}, func(t *testing.T, c *centre) {
		h.arm()
		r := c.bind(smpp.Transmitter)
		m := &smpp.SubmitSM{Message: message}
		r.send(m)
		r.send(m)
		r.expect(0x80000004, smpp.StatusThrottled, r.send(m))
		r.expect(smpp.CommandEnquireLink.Response(), smpp.StatusOK, r.send(enquire))
		h.open <- struct{}{}
		if g := r.receive(); g.header.Status != smpp.StatusOK {
			t.Error(g.header.Status)
		}
		r.send(m)
		r.quiet()
		close(h.open)
		for range 2 {
			if g := r.receive(); g.header.Status != smpp.StatusOK {
				t.Error(g.header.Status)
			}
		}
	})
}

func TestSequenceReuse(t *testing.T) {
	h := new(gate)
	inCentre(t, h, smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		h.arm()
		m := &smpp.SubmitSM{Message: message}
		r := c.bind(smpp.Transmitter)
		r.sendAs(9, smpp.StatusOK, m)
		h.open <- struct{}{}
		r.expect(0x80000004, smpp.StatusOK, 9)
		r.sendAs(9, smpp.StatusOK, m) // answered: the number is free again
		r.quiet()
		r.sendAs(9, smpp.StatusOK, m)
		r.closed()
	})
}

func TestSequencesOutOfRange(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		for _, n := range []uint32{0, 0x80000000, 0xFFFFFFFF} {
			r.sendAs(n, smpp.StatusOK, &smpp.SubmitSM{Message: message})
			r.expect(0x80000004, smpp.StatusSystemError, n)
		}
		r.sendAs(smpp.MaxSequence, smpp.StatusOK, &smpp.SubmitSM{Message: message})
		r.expect(0x80000004, smpp.StatusOK, smpp.MaxSequence)
	})
}

func TestUnexpectedResponses(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		for _, command := range []smpp.Command{0x80000005, 0x80000015, 0x80000000, 0x80000004, 0xFFFFFFFF} {
			r.sendHeader(command, smpp.StatusOK, 77)
		}
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
	})
}

func TestUnbindWaitsForAnswers(t *testing.T) {
	h := new(gate)
	inCentre(t, h, smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		h.arm()
		r := c.bind(smpp.Transmitter)
		message := r.send(&smpp.SubmitSM{Message: message})
		unbind := r.send(smpp.Empty(smpp.CommandUnbind))
		r.quiet()
		close(h.open)
		r.expect(0x80000004, smpp.StatusOK, message)
		r.expect(0x80000006, smpp.StatusOK, unbind)
		r.closed()
	})
}

// TestHalfOpen: a peer that is gone without a word is asked once and given up.
func TestHalfOpen(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		start := time.Now()
		g := r.receive()
		if g.header.Command != smpp.CommandEnquireLink || g.at.Sub(start) > 31*time.Second || g.at.Sub(start) < 30*time.Second {
			t.Errorf("%s after %s", g.header.Command, g.at.Sub(start))
		}
		if d := r.closed().Sub(start); d > 42*time.Second || d < 40*time.Second {
			t.Errorf("closed after %s", d)
		}
		if err := c.Deliver(t.Context(), "bank", &smpp.DeliverSM{}); !errors.Is(err, smpp.ErrNotBound) {
			t.Errorf("it is still delivered to: %v", err)
		}
	})
}

func TestQuietPeerStays(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		for range 20 {
			g := r.receive()
			if g.header.Command != smpp.CommandEnquireLink {
				t.Fatal(g.header.Command)
			}
			r.sendHeader(smpp.CommandEnquireLink.Response(), smpp.StatusOK, g.header.Sequence)
		}
		r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
	})
}

// TestTrickle: octets that never become a packet are no sign of life.
func TestTrickle(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transmitter)
		packet, err := smpp.Append(nil, 9, smpp.StatusOK, &smpp.SubmitSM{Message: message})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, octet := range packet {
			if _, err := r.conn.Write([]byte{octet}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if d := time.Since(start); d < 40*time.Second || d > 43*time.Second {
			t.Errorf("closed after %s", d)
		}
	})
}

// TestSlowReader: a peer that asks and does not read is closed when the write timeout is over.
func TestSlowReader(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		conn := c.pipes.dial("192.0.2.1:1")
		defer func() { _ = conn.Close() }()
		bind, err := smpp.Append(nil, 1, smpp.StatusOK, bindAs(smpp.Transceiver))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = conn.Write(bind)
		for err == nil && time.Since(start) < time.Minute {
			_, err = conn.Write(packet(t, smpp.CommandEnquireLink, 0, ""))
		}
		if d := time.Since(start); err == nil || d > 11*time.Second {
			t.Errorf("%v after %s", err, d)
		}
	})
}

func TestDeliver(t *testing.T) {
	inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		m := &smpp.DeliverSM{Message: message}
		if err := c.Deliver(t.Context(), "bank", m); !errors.Is(err, smpp.ErrNotBound) || errors.Is(err, smpp.ErrUnknown) {
			t.Errorf("nobody is bound: %v", err)
		}
		c.bind(smpp.Transmitter)
		first, second := c.bind(smpp.Receiver), c.bind(smpp.Transceiver)
		for _, r := range []*raw{first, second, first, second} {
			done := deliver(t, c, m)
			g := r.receive()
			synctest.Wait()
			if len(done) > 0 {
				t.Fatal("delivered before the ESME has answered")
			}
			r.sendAs(g.header.Sequence, smpp.StatusOK, &smpp.DeliverSMResp{})
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := c.Deliver(t.Context(), "shop", m); !errors.Is(err, smpp.ErrNotBound) {
			t.Errorf("another ESME: %v", err)
		}
	})
}

// TestReceiptFollows: a receipt that is sent at once comes after the name of its message, and the window is free while it is delivered.
func TestReceiptFollows(t *testing.T) {
	h := smpp.HandlerFunc(func(ctx context.Context, s *smpp.Session, p smpp.PDU) (smpp.PDU, error) {
		answer := &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: "1"}}
		receipt := smpp.Receipt{ID: "1", State: smpp.StateDelivered}.For(&p.(*smpp.SubmitSM).Message)
		return smpp.Followed{PDU: answer, By: func() {
			if err := s.Deliver(ctx, receipt); err != nil {
				t.Error(err)
			}
		}}, nil
	})
	inCentre(t, h, smpp.ServerConfig{Link: smpp.Link{Window: 1}}, func(t *testing.T, c *centre) {
		r := c.bind(smpp.Transceiver)
		for range 10 {
			r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
			g := r.receive()
			if g.header.Command != smpp.CommandDeliverSM {
				t.Fatal(g.header.Command)
			}
			r.sendAs(g.header.Sequence, smpp.StatusOK, &smpp.DeliverSMResp{})
		}
		synctest.Wait()
	})
}

func deliver(t *testing.T, c *centre, m *smpp.DeliverSM) chan error {
	done := make(chan error, 1)
	go func() { done <- c.Deliver(t.Context(), "bank", m) }()
	return done
}

func TestDeliverFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*raw, uint32)
		want   error
		left   bool // the outcome is unknown
	}{
		"refused":          {func(r *raw, n uint32) { r.sendHeader(0x80000005, smpp.StatusReceiverTemporaryFailure, n) }, smpp.StatusReceiverTemporaryFailure, false},
		"generic_nack":     {func(r *raw, n uint32) { r.sendHeader(smpp.CommandGenericNack, smpp.StatusInvalidCommand, n) }, smpp.StatusInvalidCommand, false},
		"nack without why": {func(r *raw, n uint32) { r.sendHeader(smpp.CommandGenericNack, smpp.StatusOK, n) }, smpp.StatusUnknownError, false},
		"gone":             {func(r *raw, _ uint32) { _ = r.conn.Close() }, smpp.ErrClosed, true},
		"silent":           {func(*raw, uint32) {}, nil, true},
		"another's answer": {func(r *raw, n uint32) { r.sendHeader(0x80000004, smpp.StatusOK, n) }, nil, true},
		"half an answer":   {func(r *raw, n uint32) { r.sendHeader(0x80000005, smpp.StatusOK, n) }, smpp.StatusInvalidMessageID, true},
		"a foreign number": {func(r *raw, n uint32) { r.sendAs(n+1, smpp.StatusOK, &smpp.DeliverSMResp{}) }, nil, true},
	} {
		inCentre(t, answers(nil, nil), smpp.ServerConfig{}, func(t *testing.T, v *centre) {
			r := v.bind(smpp.Receiver)
			done := deliver(t, v, &smpp.DeliverSM{Message: message})
			c.answer(r, r.receive().header.Sequence)
			err := <-done
			if err == nil || errors.Is(err, smpp.ErrUnknown) != c.left || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestAlert: an alert_notification has no answer, and is not for a transmitter.
func TestAlert(t *testing.T) {
	sessions := make(chan *smpp.Session, 1)
	h := smpp.HandlerFunc(func(_ context.Context, s *smpp.Session, _ smpp.PDU) (smpp.PDU, error) { sessions <- s; return nil, nil })
	inCentre(t, h, smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		for mode, want := range map[smpp.Mode]error{smpp.Transceiver: nil, smpp.Transmitter: smpp.StatusInvalidBindStatus} {
			r := c.bind(mode)
			r.expect(0x80000004, smpp.StatusOK, r.send(&smpp.SubmitSM{Message: message}))
			s := <-sessions
			if s.SystemID() != "bank" || s.Mode() != mode || s.RemoteAddr().String() != "192.0.2.1:1024" {
				t.Errorf("%s, %s", s.SystemID(), s.RemoteAddr())
			}
			if answer, err := s.Do(t.Context(), &smpp.AlertNotification{}); answer != nil || !errors.Is(err, want) {
				t.Errorf("%v, %v", answer, err)
			}
			if want == nil && r.receive().header.Command != smpp.CommandAlertNotification {
				t.Error("another packet")
			}
		}
	})
}

// flaky is a listener that fails now and then.
type flaky struct {
	*pipes
	failures []error
}

func (f *flaky) Accept() (net.Conn, error) {
	if len(f.failures) == 0 {
		return f.pipes.Accept()
	}
	err := f.failures[0]
	f.failures = f.failures[1:]
	return nil, err
}

func TestListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &flaky{newPipes(), []error{errors.New("too many open files"), errors.New("aborted")}}
		done := make(chan error, 1)
		go func() {
			done <- smpp.NewServer(accounts, answers(nil, nil), smpp.ServerConfig{}).Serve(t.Context(), l)
		}()
		r := newRaw(t, l.dial("192.0.2.1:1"))
		r.expect(0x80000009, smpp.StatusOK, r.send(bindAs(smpp.Transceiver)))
		_ = r.conn.Close()
		_ = l.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestShutdown(t *testing.T) {
	h := new(gate)
	inCentre(t, h, smpp.ServerConfig{}, func(t *testing.T, c *centre) {
		h.arm()
		unbound, r := c.connect(), c.bind(smpp.Transceiver)
		n := r.send(&smpp.SubmitSM{Message: message})
		synctest.Wait()
		c.stop()
		unbound.closed()
		r.quiet()
		r.expect(0x80000004, smpp.StatusThrottled, r.send(&smpp.SubmitSM{Message: message}))
		close(h.open)
		r.expect(0x80000004, smpp.StatusOK, n)
		g := r.receive()
		if g.header.Command != smpp.CommandUnbind {
			t.Error(g.header.Command)
		}
		r.sendHeader(smpp.CommandUnbind.Response(), smpp.StatusOK, g.header.Sequence)
		r.closed()
	})
}
