package tsa_test

import (
	"encoding/asn1"
	"math/big"
	"testing"

	"simtrust/internal/keys"
)

// FuzzStamp: every answer is a TimeStampResp, and what is granted is for the imprint that was sent.
func FuzzStamp(f *testing.F) {
	w := embedded(f, newHierarchy(f, keys.P256, nil))
	q := newQuery()
	f.Add(q.der(f))
	q.Nonce, q.Policy, q.CertReq = big.NewInt(1<<62), policy, false
	f.Add(q.der(f))
	q.Extensions = []asn1.RawValue{null}
	f.Add(q.der(f))
	f.Fuzz(func(t *testing.T, der []byte) {
		w := *w
		w.t = t
		reply := w.Stamp(t.Context(), der)
		var r response
		unmarshal(t, reply, &r)
		if r.Status.Status != 0 {
			refused(t, reply)
			return
		}
		info := w.granted(reply)
		var version int
		var sent imprint
		var body asn1.RawValue
		unmarshal(t, der, &body)
		rest, err := asn1.Unmarshal(body.Bytes, &version)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := asn1.Unmarshal(rest, &sent); err != nil {
			t.Fatal(err)
		}
		if string(marshal(t, info.Imprint)) != string(marshal(t, sent)) {
			t.Errorf("asked for %x, granted %x", marshal(t, sent), marshal(t, info.Imprint))
		}
	})
}
