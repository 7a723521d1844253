package document_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"testing"

	"github.com/emmansun/gmsm/sm3"

	"simtrust"
	"simtrust/ca/cms"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
)

var errOther = errors.New("a time stamp over something else")

// signedData is what a reader needs of CMS to find the unsigned attributes.
type signedData struct {
	Type    asn1.ObjectIdentifier
	Content struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Signers      []struct {
			Version                int
			ID, Digest, Attributes asn1.RawValue
			Algorithm              asn1.RawValue
			Signature              []byte
			Unsigned               []struct {
				Type   asn1.ObjectIdentifier
				Values []asn1.RawValue `asn1:"set"`
			} `asn1:"optional,tag:1,set"`
		} `asn1:"set"`
	} `asn1:"explicit,tag:0"`
}

// token returns the signature time stamp of a message.
func token(t testing.TB, der []byte) []byte {
	t.Helper()
	var d signedData
	if rest, err := asn1.Unmarshal(der, &d); err != nil || len(rest) > 0 {
		t.Fatal(err, len(rest))
	}
	if len(d.Content.Signers) != 1 || len(d.Content.Signers[0].Unsigned) != 1 {
		t.Fatalf("not one time stamp: %+v", d.Content.Signers)
	}
	a := d.Content.Signers[0].Unsigned[0]
	if a.Type.String() != "1.2.840.113549.1.9.16.2.14" || len(a.Values) != 1 {
		t.Fatalf("unsigned attribute %s", a.Type)
	}
	return a.Values[0].FullBytes
}

// verify checks a message as a stranger does: signature, chain, time stamp.
func (w *world) verify(der, content []byte, a applet.Algorithm) (*cms.Signed, error) {
	w.t.Helper()
	v, err := cms.NewVerifier(cms.AnyUsage, w.Roots())
	w.must(err)
	s, err := v.Verify(der, content, w.Clock.Now())
	if err != nil {
		return nil, err
	}
	return s, w.stamped(token(w.t, der), a, s.Signature)
}

// hasAttribute says whether a signed attribute is there.
func hasAttribute(s *cms.Signed, oid string) bool {
	for _, a := range s.Attributes {
		if a.Type.String() == oid {
			return true
		}
	}
	return false
}

func TestCAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*document.Order){
			"enveloping": func(*document.Order) {},
			"detached":   func(o *document.Order) { o.Detached = true },
			"hash": func(o *document.Order) {
				sum := sha256.Sum256(o.Content)
				o.Content, o.Hash, o.Algorithm = nil, sum[:], applet.SHA256
			},
		} {
			o := order(document.CAdES)
			o.Order = name
			change(&o)
			d := w.sign(o)
			var beside []byte
			if name != "enveloping" {
				beside = contract
			}
			s, err := w.verify(d.Signed, beside, applet.P256)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !bytes.Equal(s.Content, contract) || s.SigningTime.IsZero() || !hasAttribute(s, "1.2.840.113549.1.9.16.2.47") {
				t.Errorf("%s: %+v", name, s)
			}
		}
	})
}

func TestCAdESOfSM2(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.sign(orderSM2(document.CAdES))
		s, err := w.verify(d.Signed, nil, applet.SM2)
		if err != nil || !bytes.Equal(s.Content, contract) || s.Type.String() != "1.2.156.10197.6.1.4.2.1" {
			t.Errorf("%v %v", s, err)
		}
		o := orderSM2(document.CAdES)
		sum := sm3.Sum(contract)
		o.Order, o.Content, o.Hash, o.Algorithm = "C-2", nil, sum[:], applet.SM3
		if _, err := w.verify(w.sign(o).Signed, contract, applet.SM2); err != nil {
			t.Error(err)
		}
	})
}

// TestAlteredCAdES: no octet of document, signed attributes, signature or certificate can be changed.
func TestAlteredCAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := order(document.CAdES)
		o.Detached = true
		der := w.sign(o).Signed
		if _, err := w.verify(der, append([]byte{' '}, contract...), applet.P256); simtrust.ReasonOf(err) != cms.ReasonAltered {
			t.Errorf("another document: %v", err)
		}
		end := bytes.Index(der, token(t, der)) // after that is the time stamp, of which certificates may be exchanged
		for at := 0; at < end; at += 7 {
			altered := bytes.Clone(der)
			altered[at] ^= 1
			if bytes.Equal(altered, der) {
				t.Fatal("nothing changed")
			}
			if v, err := cms.NewVerifier(cms.AnyUsage, w.Roots()); err != nil {
				t.Fatal(err)
			} else if _, err = v.Verify(altered, contract, w.Clock.Now()); err == nil && !lengthOnly(der, altered) {
				t.Errorf("octet %d of %d may be changed", at, len(der))
			}
		}
	})
}

// lengthOnly says that a message differs in what no verifier of the signature alone looks at: the unsigned attribute's own type.
func lengthOnly(der, altered []byte) bool {
	oid := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e}
	at := bytes.Index(der, oid)
	return bytes.Equal(der[:at-8], altered[:at-8])
}

// TestSwappedStamp: the time stamp of another signature is seen, and is not taken in the first place.
func TestSwappedStamp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.sign(order(document.CAdES))
		o := order(document.CAdES)
		o.Order = "C-2"
		second := w.sign(o)
		theirs := token(t, second.Signed)
		if err := w.stamped(theirs, applet.P256, signatureOf(t, first.Signed)); !errors.Is(err, errOther) {
			t.Errorf("another's time stamp: %v", err)
		}
		w.stamps.stuck = true
		o.Order = "C-3"
		third := w.start(o)
		w.Settle()
		if _, err := w.docs.Document(t.Context(), "landlord", third.ID, 0); simtrust.ReasonOf(err) != document.ReasonNoStamp {
			t.Errorf("an old answer of the authority: %v", err)
		}
		w.stamps.stuck = false
		if _, err := w.verify(w.fetch(third.ID).Signed, nil, applet.P256); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func signatureOf(t testing.TB, der []byte) []byte {
	t.Helper()
	var d signedData
	if _, err := asn1.Unmarshal(der, &d); err != nil {
		t.Fatal(err)
	}
	return d.Content.Signers[0].Signature
}

// TestAnotherRoot: a chain to nobody we know is refused.
func TestAnotherRoot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v, err := cms.NewVerifier(cms.AnyUsage, [][]byte{w.tsaRoot})
		w.must(err)
		if _, err := v.Verify(w.sign(order(document.CAdES)).Signed, nil, w.Clock.Now()); simtrust.ReasonOf(err) != cms.ReasonUntrusted {
			t.Errorf("%v", err)
		}
	})
}
