package radius_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	wire "layeh.com/radius"

	"simtrust/authn/radius"
	"simtrust/internal/radacct"
)

// TestSilence sends what must get no answer and no record, then a good request: the first response belongs to that one.
func TestSilence(t *testing.T) {
	good := encode(t, attach, 1, secret)
	bare := radacct.Request{Status: radacct.Start, SessionID: "s1"}
	mend := func(change func([]byte) []byte) []byte { return change(bytes.Clone(good)) }
	other := func(code wire.Code, auth bool) []byte {
		p := wire.New(code, secret)
		encodeIt := p.MarshalBinary
		if auth {
			encodeIt = p.Encode
		}
		b, err := encodeIt()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	noise := make([]byte, 4096)
	_, _ = rand.Read(noise)
	noise[0], noise[2], noise[3] = 4, 0x10, 0 // code and length of a full Accounting-Request
	for name, c := range map[string]struct {
		datagram []byte
		want     radius.Outcome
	}{
		"empty":                     {nil, radius.Malformed},
		"19 octets":                 {good[:19], radius.Malformed},
		"cut":                       {good[:len(good)-1], radius.Malformed},
		"length below the header":   {mend(func(b []byte) []byte { b[2], b[3] = 0, 19; return b }), radius.Malformed},
		"length above 4096":         {mend(func(b []byte) []byte { b[2], b[3] = 0x10, 1; return append(b, make([]byte, 4096)...) }), radius.Malformed},
		"4 KB of noise":             {noise, radius.Forged},
		"4 KB of zeros":             {make([]byte, 4096), radius.Malformed},
		"wrong secret":              {encode(t, attach, 1, []byte("another secret")), radius.Forged},
		"authenticator of zeros":    {mend(func(b []byte) []byte { clear(b[4:20]); return b }), radius.Forged},
		"one bit of the number":     {mend(func(b []byte) []byte { b[bytes.Index(b, []byte("8613800000001"))+12] ^= 1; return b }), radius.Forged},
		"another identifier":        {mend(func(b []byte) []byte { b[1]++; return b }), radius.Forged},
		"attribute added":           {mend(func(b []byte) []byte { b[3] += 3; return append(b, 33, 3, 'x') }), radius.Forged},
		"last attribute cut off":    {mend(func(b []byte) []byte { b[3] -= 6; return b }), radius.Forged},
		"Access-Request":            {other(wire.CodeAccessRequest, false), radius.NotAccounting},
		"Status-Server":             {other(wire.CodeStatusServer, false), radius.NotAccounting},
		"Accounting-Response":       {other(wire.CodeAccountingResponse, true), radius.NotAccounting},
		"Disconnect-Request":        {other(wire.CodeDisconnectRequest, true), radius.NotAccounting},
		"no attributes":             {other(wire.CodeAccountingRequest, true), radius.Malformed},
		"address of three octets":   {encode(t, bare, 1, secret, wire.AVP{Type: 8, Attribute: wire.Attribute{10, 0, 0}}), radius.Malformed},
		"second number":             {encode(t, attach, 1, secret, wire.AVP{Type: 31, Attribute: wire.Attribute("8613800000002")}), radius.Malformed},
		"IMSI is not digits":        {encode(t, bare, 1, secret, wire.AVP{Type: 26, Attribute: append(wire.Attribute{0, 0, 0x28, 0xaf, 1, 9}, "46000x1"...)}), radius.Malformed},
		"attribute beyond the end":  {signed(append(goodAttributes(good), 26, 40, 0, 0)), radius.Malformed},
		"attribute of length zero":  {signed(append(goodAttributes(good), 26, 0)), radius.Malformed},
		"attribute of length one":   {signed(append(goodAttributes(good), 26, 1)), radius.Malformed},
		"attribute without length":  {signed(append(goodAttributes(good), 26)), radius.Malformed},
		"4 KB of signed noise":      {signed(noise[20:]), radius.Malformed},
		"4 KB of empty Proxy-State": {signed(bytes.Repeat([]byte{33, 2}, 2038)), radius.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			acc := newLedger()
			s := start(t, acc, radius.Options{}, gateway)
			nas := newStation(t, s)
			nas.send(t, c.datagram)
			s.expect(t, c.want)
			acc.none(t)
			nas.send(t, good)
			if !wire.IsAuthenticResponse(nas.receive(t), good, secret) {
				t.Error("the first response is not that of the good request")
			}
		})
	}
}

func goodAttributes(packet []byte) []byte { return bytes.Clone(packet[20:]) }
