package radius_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	wire "layeh.com/radius"

	"simtrust/authn/radius"
)

// TestDuplicateStorm repeats one request while it is under way and after: one record, and equal responses.
func TestDuplicateStorm(t *testing.T) {
	acc := heldLedger()
	s := start(t, acc, radius.Options{}, gateway)
	nas := newStation(t, s)
	request := encode(t, attach, 1, secret)
	nas.send(t, request)
	acc.next(t)
	for range 200 {
		nas.send(t, request)
		s.expect(t, radius.UnderWay)
	}
	acc.answers <- nil
	s.expect(t, radius.Acknowledged)
	response := nas.receive(t)
	if !wire.IsAuthenticResponse(response, request, secret) {
		t.Error("the Response Authenticator is wrong")
	}
	for range 200 {
		nas.send(t, request)
		s.expect(t, radius.Replayed)
		if again := nas.receive(t); !bytes.Equal(response, again) {
			t.Fatalf("response %x became %x", response, again)
		}
	}
	acc.none(t)
}

func TestRefusedRecordIsNotAcknowledged(t *testing.T) {
	acc := heldLedger()
	s := start(t, acc, radius.Options{}, gateway)
	nas := newStation(t, s)
	request := encode(t, attach, 1, secret)
	for range 3 {
		nas.send(t, request)
		acc.next(t)
		acc.answers <- errors.New("the store is away")
		s.expect(t, radius.Refused)
	}
	nas.send(t, request)
	acc.next(t)
	acc.answers <- nil
	s.expect(t, radius.Acknowledged)
	nas.receive(t)
	if err := nas.conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, err := nas.conn.Read(make([]byte, 20)); err == nil {
		t.Errorf("a second response of %d octets", n)
	}
}

func TestRetransmissionAfterTheHorizon(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	nas := newStation(t, s)
	request := encode(t, attach, 1, secret)
	nas.send(t, request)
	s.expect(t, radius.Acknowledged)
	s.clock.advance(radius.DefaultRetransmit - 1)
	nas.send(t, request)
	s.expect(t, radius.Replayed)
	s.clock.advance(1)
	nas.send(t, request)
	s.expect(t, radius.Acknowledged)
	if first, second := acc.next(t), acc.next(t); !second.Received.After(first.Received) || !second.At.Equal(first.At) {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

// TestMemoryIsBounded acknowledges more requests than are remembered: the oldest is handled again, the newest is not.
func TestMemoryIsBounded(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{Remembered: 2}, gateway)
	nas := newStation(t, s)
	send := func(identifier byte, want radius.Outcome) {
		t.Helper()
		nas.send(t, encode(t, attach, identifier, secret))
		s.expect(t, want)
	}
	for _, identifier := range []byte{1, 2, 3} {
		send(identifier, radius.Acknowledged)
	}
	send(2, radius.Replayed)
	send(3, radius.Replayed)
	send(1, radius.Acknowledged)
	send(2, radius.Acknowledged)
	send(1, radius.Replayed)
}

// TestAnotherRequestIsNoRetransmission varies what tells two requests apart.
func TestAnotherRequestIsNoRetransmission(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	first, other := newStation(t, s), newStation(t, s)
	later := attach
	later.Event = today.Add(-time.Second)
	for _, c := range []struct {
		from    station
		request []byte
	}{
		{first, encode(t, attach, 1, secret)},
		{first, encode(t, attach, 2, secret)},
		{first, encode(t, later, 1, secret)},
		{other, encode(t, attach, 1, secret)},
	} {
		c.from.send(t, c.request)
		s.expect(t, radius.Acknowledged)
		acc.next(t)
		if !wire.IsAuthenticResponse(c.from.receive(t), c.request, secret) {
			t.Error("the response is not that of the request")
		}
	}
}
