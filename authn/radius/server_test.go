package radius_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	wire "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"simtrust/authn/radius"
	"simtrust/internal/radacct"
)

func TestClientIsAcknowledged(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	client, err := radacct.Dial(loopback, s.Addr().String(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []radius.Status{radacct.AccountingOn, radacct.Start, radacct.InterimUpdate, radacct.Stop, radacct.AccountingOff} {
		r := attach
		r.Status = status
		if err := client.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if got := acc.next(t).Status; got != status {
			t.Errorf("record of %s, want %s", got, status)
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestResponseEchoesProxyState(t *testing.T) {
	s := start(t, newLedger(), radius.Options{}, gateway)
	nas := newStation(t, s)
	states := []string{"outer", "inner", "", "outer", strings.Repeat("x", 253)}
	var extra []wire.AVP
	for _, state := range states {
		extra = append(extra, wire.AVP{Type: rfc2865.ProxyState_Type, Attribute: wire.Attribute(state)},
			wire.AVP{Type: rfc2865.Class_Type, Attribute: wire.Attribute("not echoed")})
	}
	request := encode(t, attach, 7, secret, extra...)
	nas.send(t, append(bytes.Clone(request), "padding"...))
	response := nas.receive(t)
	if !wire.IsAuthenticResponse(response, request, secret) {
		t.Error("the Response Authenticator is wrong")
	}
	packet, err := wire.Parse(response, secret)
	if err != nil {
		t.Fatal(err)
	}
	if packet.Code != wire.CodeAccountingResponse || packet.Identifier != 7 || len(packet.Attributes) != len(states) {
		t.Fatalf("code %v, identifier %d, %d attributes", packet.Code, packet.Identifier, len(packet.Attributes))
	}
	for i, a := range packet.Attributes {
		if a.Type != rfc2865.ProxyState_Type || string(a.Attribute) != states[i] {
			t.Errorf("attribute %d is %d %q, want Proxy-State %q", i, a.Type, a.Attribute, states[i])
		}
	}
}

func TestReorderedRecordsKeepTheirEventTimes(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	nas := newStation(t, s)
	stop := attach
	stop.Status, stop.Event = radacct.Stop, today.Add(-time.Second)
	begin := attach
	begin.Event = today.Add(-2 * time.Second)
	nas.send(t, encode(t, stop, 2, secret))
	s.expect(t, radius.Acknowledged)
	nas.send(t, encode(t, begin, 1, secret))
	s.expect(t, radius.Acknowledged)
	first, second := acc.next(t), acc.next(t)
	if first.Status != radius.Stop || second.Status != radius.Start || !second.At.Before(first.At) {
		t.Errorf("%s at %v, then %s at %v", first.Status, first.At, second.Status, second.At)
	}
}

// TestOverload holds the only slot: further requests are dropped, not queued, and served when they come again.
func TestOverload(t *testing.T) {
	acc := heldLedger()
	s := start(t, acc, radius.Options{Concurrency: 1}, gateway)
	nas := newStation(t, s)
	first, second := encode(t, attach, 1, secret), encode(t, attach, 2, secret)
	nas.send(t, first)
	acc.next(t)
	for range 100 {
		nas.send(t, second)
		s.expect(t, radius.Overloaded)
	}
	acc.none(t)
	acc.answers <- nil
	s.expect(t, radius.Acknowledged)
	if !wire.IsAuthenticResponse(nas.receive(t), first, secret) {
		t.Error("the response is not that of the first request")
	}
	close(acc.answers)
	retransmit(t, s, nas, second)
	if !wire.IsAuthenticResponse(nas.receive(t), second, secret) {
		t.Error("the response is not that of the second request")
	}
}

// retransmit repeats a request, as a NAS does, until it is acknowledged: the slot of an answered request is free a moment later.
func retransmit(t *testing.T, s *server, nas station, request []byte) {
	t.Helper()
	for {
		nas.send(t, request)
		switch got := <-s.outcomes; got.what {
		case radius.Acknowledged:
			return
		case radius.Overloaded:
		default:
			t.Fatalf("outcome %s", got.what)
		}
	}
}

type accountant func(context.Context, radius.Record) error

func (a accountant) Account(ctx context.Context, r radius.Record) error { return a(ctx, r) }

// TestStopDrains ends Serve while a request is under way: it is not cut short, and answered before Serve returns.
func TestStopDrains(t *testing.T) {
	entered, leave := make(chan context.Context), make(chan struct{})
	acc := accountant(func(ctx context.Context, _ radius.Record) error {
		entered <- ctx
		<-leave
		return ctx.Err()
	})
	listener, err := radius.Listen("127.0.0.1:0", []radius.NAS{gateway}, acc, radius.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- listener.Serve(ctx) }()
	nas := newStation(t, &server{Server: listener})
	request := encode(t, attach, 1, secret)
	nas.send(t, request)
	handling := <-entered
	stop()
	if err := handling.Err(); err != nil {
		t.Errorf("the accepted request was cut short: %v", err)
	}
	if _, limited := handling.Deadline(); !limited {
		t.Error("an accountant that hangs would hold its slot for ever")
	}
	select {
	case err := <-served:
		t.Errorf("Serve returned %v with a request under way", err)
	default:
	}
	close(leave)
	if err := <-served; err != nil {
		t.Error(err)
	}
	if !wire.IsAuthenticResponse(nas.receive(t), request, secret) {
		t.Error("the accepted request was not answered")
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	s, err := radius.Listen("127.0.0.1:0", []radius.NAS{gateway}, newLedger(), radius.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- s.Serve(ctx) }()
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close after Serve returned %v", err)
	}
}

func TestCloseWithoutServe(t *testing.T) {
	s, err := radius.Listen("127.0.0.1:0", []radius.NAS{gateway}, newLedger(), radius.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := s.Serve(t.Context()); err == nil {
		t.Error("a closed server serves")
	}
}
