package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"testing"

	gmpkcs7 "github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust"
	"simtrust/ca/cms"
)

var statementType = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 2, 1}

// card is a key that only signs octets, with a chain.
type card struct {
	chain
	scheme cms.Scheme
}

func newCard(t testing.TB, kind string) card {
	t.Helper()
	scheme := cms.P256SHA256
	if kind == "SM2" {
		scheme = cms.SM2SM3
	}
	return card{newChain(t, kind, nil), scheme}
}

// digest is that of the card's certificate.
func (c card) digest() []byte {
	if c.scheme == cms.SM2SM3 {
		sum := sm3.Sum(c.leaf.cert.Raw)
		return sum[:]
	}
	sum := sha256.Sum256(c.leaf.cert.Raw)
	return sum[:]
}

func (c card) attributes(t testing.TB, m cms.Message) []byte {
	t.Helper()
	set, err := cms.SignedAttributes(c.scheme, m, c.digest())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (c card) signs(t testing.TB, message []byte) []byte {
	t.Helper()
	var options crypto.SignerOpts = crypto.SHA256
	if c.scheme == cms.SM2SM3 {
		options = sm2.DefaultSM2SignerOpts
	}
	signature, err := crypto.SignMessage(c.leaf.key, rand.Reader, message, options)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func (c card) assemble(t testing.TB, m cms.Message) []byte {
	t.Helper()
	set := c.attributes(t, m)
	der, err := cms.Assemble(m, set, c.signs(t, set), c.leaf.cert.Raw, c.middle.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSignedElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		m    cms.Message
	}{
		"P-256":          {"P-256", cms.Message{Type: statementType, Content: receipt, Certificates: true}},
		"P-256 data":     {"P-256", cms.Message{Content: receipt, Certificates: true, Attributes: []cms.Attribute{cms.SigningTime(start)}}},
		"P-256 detached": {"P-256", cms.Message{Type: statementType, Content: receipt, Detached: true, Certificates: true}},
		"SM2":            {"SM2", cms.Message{Type: statementType, Content: receipt, Certificates: true}},
		"SM2 GM":         {"SM2", cms.Message{Type: statementType, Content: receipt, Certificates: true, GM: true}},
		"SM2 GM data":    {"SM2", cms.Message{Content: receipt, Certificates: true, GM: true}},
	} {
		t.Run(name, func(t *testing.T) {
			card := newCard(t, c.kind)
			var beside []byte
			if c.m.Detached {
				beside = receipt
			}
			signed, err := card.verifier(t, cms.AnyUsage).Verify(card.assemble(t, c.m), beside, start)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(signed.Content, receipt) || !bytes.Equal(signed.Signer, card.leaf.cert.Raw) || len(signed.Attributes) != 3+len(c.m.Attributes) {
				t.Errorf("%+v", signed)
			}
		})
	}
}

// TestNotSignedSo: what does not belong together is not put together.
func TestNotSignedSo(t *testing.T) {
	m := cms.Message{Type: statementType, Content: receipt, Certificates: true}
	for _, kind := range []string{"P-256", "SM2"} {
		c, other := newCard(t, kind), newCard(t, kind)
		set := c.attributes(t, m)
		unsorted := element(tag.SET, set[len(set)-10:], set[2:len(set)-10])
		for name, x := range map[string]struct {
			m              cms.Message
			set, signature []byte
			certificate    []byte
			reason         string
		}{
			"another content":     {cms.Message{Type: statementType, Content: receipt[1:]}, set, c.signs(t, set), c.leaf.cert.Raw, cms.ReasonAltered},
			"another type":        {cms.Message{Content: receipt}, set, c.signs(t, set), c.leaf.cert.Raw, cms.ReasonAltered},
			"another certificate": {m, set, c.signs(t, set), other.leaf.cert.Raw, cms.ReasonCertificate},
			"the content signed":  {m, set, c.signs(t, receipt), c.leaf.cert.Raw, cms.ReasonSignature},
			"the set's content":   {m, set, c.signs(t, set[2:]), c.leaf.cert.Raw, cms.ReasonSignature},
			"implicitly tagged":   {m, set, c.signs(t, append([]byte{0xA0}, set[1:]...)), c.leaf.cert.Raw, cms.ReasonSignature},
			"no signature":        {m, set, nil, c.leaf.cert.Raw, cms.ReasonSignature},
			"no set":              {m, receipt, c.signs(t, receipt), c.leaf.cert.Raw, cms.ReasonMalformed},
			"a sequence":          {m, append([]byte{0x30}, set[1:]...), c.signs(t, set), c.leaf.cert.Raw, cms.ReasonMalformed},
			"something after":     {m, append(bytes.Clone(set), 0), c.signs(t, set), c.leaf.cert.Raw, cms.ReasonMalformed},
			"in another order":    {m, unsorted, c.signs(t, unsorted), c.leaf.cert.Raw, cms.ReasonMalformed},
			"no attributes":       {m, []byte{0x31, 0}, c.signs(t, []byte{0x31, 0}), c.leaf.cert.Raw, cms.ReasonAltered},
		} {
			_, err := cms.Assemble(x.m, x.set, x.signature, x.certificate)
			t.Run(kind+" "+name, func(t *testing.T) { wantReason(t, err, x.reason) })
		}
	}
}

// TestSchemeOfAnotherKey: attributes with one hash function are no use to a key that signs with the other.
func TestSchemeOfAnotherKey(t *testing.T) {
	m := cms.Message{Content: receipt}
	p256, sm := newCard(t, "P-256"), newCard(t, "SM2")
	p256.scheme, sm.scheme = cms.SM2SM3, cms.P256SHA256
	for _, c := range []card{p256, sm} {
		set := c.attributes(t, m)
		c.scheme = cms.P256SHA256 + cms.SM2SM3 - c.scheme
		_, err := cms.Assemble(m, set, c.signs(t, set), c.leaf.cert.Raw)
		wantReason(t, err, cms.ReasonAltered)
	}
	for _, scheme := range []cms.Scheme{0, 3} {
		if _, err := cms.SignedAttributes(scheme, m, make([]byte, 32)); err == nil {
			t.Errorf("scheme %d", scheme)
		}
	}
	if _, err := cms.SignedAttributes(cms.P256SHA256, m, make([]byte, 20)); err == nil {
		t.Error("a digest of 20 octets")
	}
	twice := cms.Message{Content: receipt, Attributes: []cms.Attribute{cms.SigningTime(start), cms.SigningTime(start)}}
	if _, err := cms.SignedAttributes(cms.P256SHA256, twice, make([]byte, 32)); simtrust.ReasonOf(err) != cms.ReasonMalformed {
		t.Error(err)
	}
}

// TestGM: the form of GB/T 35275 is for SM2 and has its own identifiers and one version; another implementation reads and writes it.
func TestGM(t *testing.T) {
	c := newCard(t, "SM2")
	m := cms.Message{Content: receipt, Certificates: true, GM: true}
	for name, der := range map[string][]byte{"signed here": c.sign(t, m), "signed elsewhere": c.assemble(t, m)} {
		p7, err := gmpkcs7.Parse(der)
		if err != nil {
			t.Fatal(name, err)
		}
		roots, at := smx509.NewCertPool(), start
		roots.AddCert(c.root.cert)
		if err := p7.VerifyWithChainAtTime(roots, &at); err != nil || !bytes.Equal(p7.Content, receipt) {
			t.Errorf("%s: %v %q", name, err, p7.Content)
		}
	}
	sum := sm3.Sum(c.leaf.cert.Raw)
	naming := sequence(sequence(sequence(algorithm(oid(1, 2, 156, 10197, 1, 401)), element(tag.OCTET_STRING, sum[:]))))
	peer, err := gmpkcs7.NewSMSignedData(receipt)
	if err != nil {
		t.Fatal(err)
	}
	extra := gmpkcs7.SignerInfoConfig{ExtraSignedAttributes: []gmpkcs7.Attribute{{Type: certificateV2, Value: asn1.RawValue{FullBytes: naming}}}}
	if err := peer.AddSignerChain(c.leaf.cert, c.leaf.key, []*smx509.Certificate{c.middle.cert}, extra); err != nil {
		t.Fatal(err)
	}
	der, err := peer.Finish()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := c.verifier(t, cms.AnyUsage).Verify(der, nil, start)
	if err != nil || !bytes.Equal(signed.Content, receipt) || !signed.Type.Equal(oid(1, 2, 156, 10197, 6, 1, 4, 2, 1)) {
		t.Errorf("%+v %v", signed, err)
	}
}

func TestGMRefused(t *testing.T) {
	gm := oid(1, 2, 156, 10197, 6, 1, 4, 2, 2)
	p256 := newCard(t, "P-256")
	m := cms.Message{Type: statementType, Content: receipt, Certificates: true, GM: true}
	if _, err := p256.signer(t).Sign(m); err == nil {
		t.Error("P-256 signs a message after GB/T 35275")
	}
	set := p256.attributes(t, m)
	if _, err := cms.Assemble(m, set, p256.signs(t, set), p256.leaf.cert.Raw); err == nil {
		t.Error("a message after GB/T 35275 with a signature on P-256")
	}
	f := newForgery(p256.chain, "content")
	f.signedData = gm
	_, err := p256.verifier(t, cms.AnyUsage).Verify(f.der(t, p256.chain), nil, start)
	wantReason(t, err, cms.ReasonAlgorithm)

	sm := newCard(t, "SM2")
	der := sm.assemble(t, m)
	for name, other := range map[string][]byte{
		"version 3":        bytes.Replace(der, []byte{2, 1, 1, 0x31}, []byte{2, 1, 3, 0x31}, 1),
		"enveloped data":   bytes.Replace(der, []byte{6, 1, 4, 2, 2}, []byte{6, 1, 4, 2, 3}, 1),
		"PKCS with a GM 1": rename(t, der),
	} {
		if bytes.Equal(other, der) {
			t.Fatal(name, "changes nothing")
		}
		_, err := sm.verifier(t, cms.AnyUsage).Verify(other, nil, start)
		t.Run(name, func(t *testing.T) { wantReason(t, err, cms.ReasonMalformed) })
	}
}

// rename gives signed data the type of PKCS and leaves the version.
func rename(t *testing.T, der []byte) []byte {
	t.Helper()
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		t.Fatal(err)
	}
	outer.Type = oid(1, 2, 840, 113549, 1, 7, 2)
	out, err := asn1.Marshal(outer)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestContentElsewhere: a digest stands for content, and what is unsigned travels along.
func TestContentElsewhere(t *testing.T) {
	for _, kind := range []string{"P-256", "SM2"} {
		t.Run(kind, func(t *testing.T) {
			c := newCard(t, kind)
			sum := sha256.Sum256(receipt)
			if kind == "SM2" {
				sum = sm3.Sum(receipt)
			}
			m := cms.Message{Digest: sum[:], Certificates: true, Unsigned: []cms.Attribute{{Type: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 7}, Value: []byte{4, 1, 9}}}}
			set := c.attributes(t, m)
			der, err := cms.Assemble(m, set, c.signs(t, set), c.leaf.cert.Raw, c.middle.cert.Raw)
			if err != nil {
				t.Fatal(err)
			}
			v, err := cms.NewVerifier(cms.AnyUsage, [][]byte{c.root.cert.Raw})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(der, receipt, start); err != nil || !bytes.Contains(der, []byte{0x31, 3, 4, 1, 9}) {
				t.Error(err)
			}
			if _, err := v.Verify(der, receipt[1:], start); simtrust.ReasonOf(err) != cms.ReasonAltered {
				t.Errorf("another content: %v", err)
			}
			for name, bad := range map[string]cms.Message{"a short digest": {Digest: sum[1:]}, "both": {Digest: sum[:], Content: receipt}} {
				if _, err := cms.SignedAttributes(c.scheme, bad, c.digest()); err == nil {
					t.Errorf("%s is signed", name)
				}
			}
			m.Digest = bytes.Repeat([]byte{1}, 32)
			if _, err := cms.Assemble(m, set, c.signs(t, set), c.leaf.cert.Raw); simtrust.ReasonOf(err) != cms.ReasonAltered {
				t.Errorf("assembled with another digest: %v", err)
			}
		})
	}
}
