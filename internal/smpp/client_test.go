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

// operator is a service centre played by the test; connections come in the order in which they are dialled.
type operator struct {
	t     *testing.T
	conns chan net.Conn
	down  bool // connections are refused
	tries []time.Time
}

func newOperator(t *testing.T) *operator { return &operator{t: t, conns: make(chan net.Conn, 10)} }

func (o *operator) config() smpp.ClientConfig {
	return smpp.ClientConfig{Dial: o.dial, Bind: smpp.Bind{SystemID: "bank", Password: "password"}}
}

func (o *operator) dial(context.Context, string, string) (net.Conn, error) {
	o.tries = append(o.tries, time.Now())
	if o.down {
		return nil, errors.New("connection refused")
	}
	near, far := net.Pipe()
	o.conns <- far
	return near, nil
}

// bound takes the next connection and its bind.
func (o *operator) bound() *raw {
	r := o.connected()
	g := r.receive()
	bind := g.pdu.(*smpp.Bind)
	if bind.SystemID != "bank" || bind.Password != "password" || bind.InterfaceVersion != smpp.Version34 {
		o.t.Error("another bind")
	}
	r.sendAs(g.header.Sequence, smpp.StatusOK, &smpp.BindResp{Mode: bind.Mode, SystemID: "operator"})
	return r
}

func (o *operator) connected() *raw {
	conn := <-o.conns
	o.t.Cleanup(func() { _ = conn.Close() })
	return newRaw(o.t, conn)
}

// accept answers a message.
func (r *raw) accept(g got, id string) {
	r.sendAs(g.header.Sequence, smpp.StatusOK, &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: id}})
}

func (r *raw) refuse(g got, status smpp.Status) {
	r.sendHeader(g.header.Command.Response(), status, g.header.Sequence)
}

// inSession runs a test with a session that is bound to an operator.
func inSession(t *testing.T, h smpp.Handler, link smpp.Link, mode smpp.Mode, test func(t *testing.T, s *smpp.Session, r *raw)) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperator(t)
		config := o.config()
		config.Link, config.Bind.Mode = link, mode
		dialled := make(chan *smpp.Session, 1)
		go func() {
			s, err := smpp.Dial(t.Context(), h, config)
			if err != nil {
				t.Error(err)
			}
			dialled <- s
		}()
		r := o.bound()
		s := <-dialled
		test(t, s, r)
		s.Close()
	})
}

type outcome struct {
	id  string
	err error
	at  time.Time
}

type submitter interface {
	Submit(ctx context.Context, m *smpp.SubmitSM) (*smpp.SubmitSMResp, error)
}

// submit sends a message and returns where its outcome will be.
func submit(ctx context.Context, s submitter) chan outcome {
	done := make(chan outcome, 1)
	go func() {
		answer, err := s.Submit(ctx, &smpp.SubmitSM{Message: message})
		o := outcome{err: err, at: time.Now()}
		if err == nil {
			o.id = answer.MessageID
		}
		done <- o
	}()
	return done
}

func TestDialFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*raw, got)
		want   error
	}{
		"refused": {func(r *raw, g got) { r.refuse(g, smpp.StatusBindFailed) }, smpp.StatusBindFailed},
		"generic_nack": {func(r *raw, g got) {
			r.sendHeader(smpp.CommandGenericNack, smpp.StatusInvalidCommand, g.header.Sequence)
		}, smpp.StatusInvalidCommand},
		"another mode": {func(r *raw, g got) { r.sendAs(g.header.Sequence, 0, &smpp.BindResp{Mode: smpp.Receiver}) }, smpp.ErrUnknown},
		"gone":         {func(r *raw, _ got) { _ = r.conn.Close() }, smpp.ErrClosed},
		"silent":       {func(*raw, got) {}, smpp.ErrUnknown},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := newOperator(t)
			done := make(chan error, 1)
			go func() {
				s, err := smpp.Dial(t.Context(), nil, o.config())
				if s != nil {
					t.Error("a session")
				}
				done <- err
			}()
			r := o.connected()
			c.answer(r, r.receive())
			if err := <-done; !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			r.closed()
		})
	}
}

func TestSubmit(t *testing.T) {
	inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
		first, second := submit(t.Context(), s), submit(t.Context(), s)
		a, b := r.receive(), r.receive()
		if a.header.Sequence == b.header.Sequence || s.Mode() != smpp.Transceiver || s.SystemID() != "bank" {
			t.Errorf("%d, %d", a.header.Sequence, b.header.Sequence)
		}
		r.accept(b, "b") // in any order
		r.accept(a, "a")
		if x, y := <-first, <-second; x.err != nil || y.err != nil || x.id == y.id {
			t.Errorf("%+v, %+v", x, y)
		}
	})
}

// TestUnknownOutcomes: what has left and has no answer is neither done nor not done.
func TestUnknownOutcomes(t *testing.T) {
	for name, lose := range map[string]func(r *raw, g got, cancel func()){
		"the connection breaks":      func(r *raw, _ got, _ func()) { _ = r.conn.Close() },
		"the answer is late":         func(*raw, got, func()) {},
		"the caller waits no longer": func(_ *raw, _ got, cancel func()) { cancel() },
		"another's answer":           func(r *raw, g got, _ func()) { r.sendHeader(0x80000015, 0, g.header.Sequence) },
		"accepted without a name":    func(r *raw, g got, _ func()) { r.sendHeader(0x80000004, 0, g.header.Sequence) },
		"the session is ended":       func(r *raw, _ got, _ func()) { r.sendHeader(smpp.CommandUnbind, 0, 1) },
		"a length of 4 GB":           func(r *raw, _ got, _ func()) { r.write(octets(r.t, "FFFFFFFF 80000004 00000000 00000001")) },
	} {
		inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := submit(ctx, s)
			lose(r, r.receive(), cancel)
			if o := <-done; !errors.Is(o.err, smpp.ErrUnknown) {
				t.Errorf("%s: %v", name, o.err)
			}
		})
	}
}

func TestCertainOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(r *raw, g got)
		want   error
	}{
		"refused":        {func(r *raw, g got) { r.refuse(g, smpp.StatusInvalidDestination) }, smpp.StatusInvalidDestination},
		"an own status":  {func(r *raw, g got) { r.refuse(g, 0x450) }, smpp.Status(0x450)},
		"generic_nack":   {func(r *raw, g got) { r.sendHeader(0x80000000, smpp.StatusInvalidCommandLength, g.header.Sequence) }, smpp.StatusInvalidCommandLength},
		"with an answer": {func(r *raw, g got) { r.sendAs(g.header.Sequence, smpp.StatusThrottled, &smpp.SubmitSMResp{}) }, smpp.StatusThrottled},
	} {
		inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
			done := submit(t.Context(), s)
			c.answer(r, r.receive())
			if o := <-done; !errors.Is(o.err, c.want) || errors.Is(o.err, smpp.ErrUnknown) {
				t.Errorf("%s: %v", name, o.err)
			}
		})
	}
}

// TestLateAnswer: what comes after the timeout belongs to nobody, also when its number comes round.
func TestLateAnswer(t *testing.T) {
	inSession(t, nil, smpp.Link{ResponseTimeout: time.Second, EnquireInterval: time.Hour}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
		done := submit(t.Context(), s)
		late := r.receive()
		if o := <-done; !errors.Is(o.err, smpp.ErrUnknown) {
			t.Error(o.err)
		}
		done = submit(t.Context(), s)
		next := r.receive()
		r.accept(late, "late")
		r.accept(late, "late again")
		r.quiet()
		if len(done) > 0 {
			t.Error("answered by another's answer")
		}
		r.accept(next, "next")
		if o := <-done; o.err != nil || o.id != "next" {
			t.Error(o)
		}
	})
}

func TestNotSent(t *testing.T) {
	inSession(t, nil, smpp.Link{}, smpp.Receiver, func(t *testing.T, s *smpp.Session, r *raw) {
		if o := <-submit(t.Context(), s); !errors.Is(o.err, smpp.StatusInvalidBindStatus) {
			t.Errorf("by a receiver: %v", o.err)
		}
		r.quiet()
	})
	inSession(t, nil, smpp.Link{}, smpp.Transmitter, func(t *testing.T, s *smpp.Session, r *raw) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if o := <-submit(ended, s); !errors.Is(o.err, context.Canceled) || errors.Is(o.err, smpp.ErrUnknown) {
			t.Errorf("by a caller who is gone: %v", o.err)
		}
		long := &smpp.SubmitSM{Message: smpp.Message{Octets: make([]byte, 255)}}
		if _, err := s.Submit(t.Context(), long); !errors.Is(err, smpp.StatusInvalidMessageLength) {
			t.Errorf("too long: %v", err)
		}
		r.quiet()
		s.Close()
		if o := <-submit(t.Context(), s); !errors.Is(o.err, smpp.ErrClosed) || errors.Is(o.err, smpp.ErrUnknown) {
			t.Errorf("after the end: %v", o.err)
		}
		r.closed()
		if <-s.Done(); !errors.Is(s.Err(), smpp.ErrClosed) {
			t.Error(s.Err())
		}
	})
}

func TestClientsWindow(t *testing.T) {
	inSession(t, nil, smpp.Link{Window: 2}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
		first, second := submit(t.Context(), s), submit(t.Context(), s)
		a, b := r.receive(), r.receive()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if o := <-submit(ctx, s); !errors.Is(o.err, context.DeadlineExceeded) || errors.Is(o.err, smpp.ErrUnknown) {
			t.Errorf("with a full window: %v", o.err)
		}
		waiting := submit(t.Context(), s)
		r.quiet()
		r.accept(a, "a")
		c := r.receive()
		r.accept(b, "b")
		r.accept(c, "c")
		for _, done := range []chan outcome{first, second, waiting} {
			if o := <-done; o.err != nil {
				t.Error(o.err)
			}
		}
	})
}

// TestDeliveryAcknowledged: only when the handler has returned, and only where it returned nil.
func TestDeliveryAcknowledged(t *testing.T) {
	for want, err := range map[smpp.Status]error{
		smpp.StatusOK: nil, smpp.StatusReceiverTemporaryFailure: errors.New("no store"), smpp.StatusReceiverRejects: smpp.StatusReceiverRejects,
	} {
		taken := make(chan struct{}, 1)
		h := smpp.HandlerFunc(func(context.Context, *smpp.Session, smpp.PDU) (smpp.PDU, error) {
			time.Sleep(3 * time.Second) // a slow store
			taken <- struct{}{}
			return nil, err
		})
		inSession(t, h, smpp.Link{}, smpp.Receiver, func(t *testing.T, _ *smpp.Session, r *raw) {
			n := r.send(&smpp.DeliverSM{Message: message})
			r.quiet()
			r.expect(0x80000005, want, n)
			if len(taken) != 1 {
				t.Error("acknowledged before it was taken over")
			}
		})
	}
}

// TestForeignReceipt: a receipt of a message that nobody knows is the handler's to judge, and acknowledged so that it is not sent for ever.
func TestForeignReceipt(t *testing.T) {
	known := map[string]bool{"1": true}
	strangers := make(chan string, 1)
	h := smpp.HandlerFunc(func(_ context.Context, _ *smpp.Session, p smpp.PDU) (smpp.PDU, error) {
		r, err := smpp.ParseReceipt(&p.(*smpp.DeliverSM).Message)
		if err == nil && !known[r.ID] {
			strangers <- r.ID
		}
		return nil, err
	})
	inSession(t, h, smpp.Link{}, smpp.Receiver, func(t *testing.T, _ *smpp.Session, r *raw) {
		r.expect(0x80000005, smpp.StatusOK, r.send(smpp.Receipt{ID: "4711", State: smpp.StateDelivered}.For(&template)))
		if id := <-strangers; id != "4711" {
			t.Error(id)
		}
	})
}

func TestWhatACentreMayNotAsk(t *testing.T) {
	inSession(t, answers(nil, nil), smpp.Link{}, smpp.Transmitter, func(t *testing.T, _ *smpp.Session, r *raw) {
		for _, p := range []smpp.PDU{&smpp.DeliverSM{}, &smpp.SubmitSM{Message: message}, &smpp.DataSM{}, bindAs(smpp.Receiver)} {
			r.expect(p.Command().Response(), smpp.StatusInvalidBindStatus, r.send(p))
		}
	})
	inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, _ *smpp.Session, r *raw) {
		r.expect(0x80000005, smpp.StatusReceiverPermanentFailure, r.send(&smpp.DeliverSM{}))
	})
}

func TestUnbind(t *testing.T) {
	inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
		sent := submit(t.Context(), s)
		g := r.receive()
		done := make(chan error, 1)
		go func() { done <- s.Unbind(t.Context()) }()
		r.quiet() // the answer is waited for
		r.accept(g, "1")
		if o := <-sent; o.err != nil {
			t.Error(o.err)
		}
		unbind := r.receive()
		late := submit(t.Context(), s)
		r.quiet()
		r.sendHeader(unbind.header.Command.Response(), smpp.StatusOK, unbind.header.Sequence)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if o := <-late; !errors.Is(o.err, smpp.ErrClosed) || errors.Is(o.err, smpp.ErrUnknown) {
			t.Errorf("sent during unbind: %v", o.err)
		}
		r.closed()
	})
}

func TestUnbindUnanswered(t *testing.T) {
	inSession(t, nil, smpp.Link{}, smpp.Transceiver, func(t *testing.T, s *smpp.Session, r *raw) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Unbind(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if r.receive().header.Command != smpp.CommandUnbind || s.Err() == nil {
			t.Error("not over")
		}
		r.closed()
	})
}
