package receipt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/ca/cms"
	"simtrust/ca/tsp"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// sheet is a receipt taken apart into its members, to be changed.
type sheet struct {
	t      testing.TB
	names  []string
	values map[string]jsontext.Value
}

func read(t testing.TB, evidence []byte) *sheet {
	t.Helper()
	s := &sheet{t: t, values: map[string]jsontext.Value{}}
	d := jsontext.NewDecoder(bytes.NewReader(evidence))
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() == '"' {
		var name jsontext.Token
		if name, err = d.ReadToken(); err != nil {
			break
		}
		key := name.String()
		s.names = append(s.names, key)
		var value jsontext.Value
		value, err = d.ReadValue()
		s.values[key] = value.Clone()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sheet) get(name string) []byte { return s.values[name] }

func (s *sheet) octets(name string) (out []byte) {
	s.t.Helper()
	if err := json.Unmarshal(s.values[name], &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// set changes a member, or adds it at the end.
func (s *sheet) set(name string, value any) *sheet {
	s.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.values[name] == nil {
		s.names = append(s.names, name)
	}
	s.values[name] = text
	return s
}

func (s *sheet) drop(names ...string) *sheet {
	for _, name := range names {
		delete(s.values, name)
		s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == name })
	}
	return s
}

func (s *sheet) text() []byte {
	b := []byte("{")
	for i, name := range s.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), '"', ':')
		b = append(b, s.values[name]...)
	}
	return append(b, '}')
}

// reseal is what an insider can do who changed a receipt: ask the responder, who answers everybody, again.
func (w *world) reseal(s *sheet, about *smx509.Certificate, a applet.Algorithm) []byte {
	w.t.Helper()
	digest := sha256.Sum256(s.drop("ocsp", "inclusion").text())
	answer, err := w.status.Fresh(w.t.Context(), w.authorities[a].id, w.question(a, about, digest[:]))
	if err != nil {
		w.t.Fatal(err)
	}
	return s.set("ocsp", answer).text()
}

// question is an OCSPRequest as encoding/asn1 writes it.
func (w *world) question(a applet.Algorithm, about *smx509.Certificate, nonce []byte) []byte {
	type algorithm struct{ ID asn1.ObjectIdentifier }
	type certID struct {
		Hash      algorithm
		Name, Key []byte
		Serial    asn1.RawValue
	}
	type extension struct {
		ID    asn1.ObjectIdentifier
		Value []byte
	}
	type single struct{ ID certID }
	type tbs struct {
		List       []single
		Extensions []extension `asn1:"explicit,tag:2"`
	}
	issuer := w.authorities[a].issuer.cert
	var spki struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &spki); err != nil {
		w.t.Fatal(err)
	}
	name, key := sha256.Sum256(issuer.RawSubject), sha256.Sum256(spki.Key.Bytes)
	inner := w.marshal(nonce)
	return w.marshal(struct{ TBS tbs }{tbs{
		[]single{{certID{algorithm{tsp.SHA256}, name[:], key[:], asn1.RawValue{Tag: asn1.TagInteger, Bytes: about.SerialNumber.Bytes()}}}},
		[]extension{{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}, inner}}}})
}

func (w *world) marshal(v any) []byte {
	w.t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return der
}

// stamp is a time stamp over a signature, as the authority gives it to everybody.
func (w *world) stamp(a applet.Algorithm, signature []byte) []byte {
	w.t.Helper()
	q := query(a, signature)
	_, token, err := q.Token(w.stamps.Stamp(w.t.Context(), q.DER()))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func query(a applet.Algorithm, signature []byte) tsp.Query {
	sum := a.Sum(signature)
	q := tsp.Query{Hash: tsp.SHA256, Digest: sum[:], Nonce: []byte{1, 2, 3}}
	if a == applet.SM2 {
		q.Hash = tsp.SM3
	}
	return q
}

var errAway = errors.New("the store is away")

type stamper func(query []byte) []byte

func (s stamper) Stamp(_ context.Context, query []byte) []byte { return s(query) }

type statuses func(request []byte) []byte

func (s statuses) Fresh(_ context.Context, _ string, request []byte) ([]byte, error) {
	return s(request), nil
}

// stampOther stamps something else than it is asked for.
func (w *world) stampOther() stamper {
	return func([]byte) []byte { return w.stamps.Stamp(w.t.Context(), query(applet.P256, []byte("another")).DER()) }
}

// stampOnce gives the first answer again and again.
func (w *world) stampOnce() stamper {
	f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
	first := w.stamps.Stamp(w.t.Context(), query(applet.P256, f.Signature.ASN1()).DER())
	return func([]byte) []byte { return first }
}

// statusBefore answers as of ten seconds before.
func (w *world) statusBefore(f receipt.Facts) statuses {
	return func(request []byte) []byte {
		w.clock.pass(-10 * time.Second)
		defer w.clock.pass(10 * time.Second)
		answer, err := w.status.Fresh(w.t.Context(), f.Issuer, request)
		if err != nil {
			w.t.Fatal(err)
		}
		return answer
	}
}

// resign has a response signed by somebody else, whose certificate it then carries.
func (w *world) resign(response []byte, by holder) []byte {
	w.t.Helper()
	type basic struct {
		Data, Algorithm asn1.RawValue
		Signature       asn1.BitString
		Certificates    []asn1.RawValue `asn1:"explicit,tag:0"`
	}
	type typed struct {
		ID    asn1.ObjectIdentifier
		Basic []byte
	}
	type outer struct {
		Status asn1.Enumerated
		Typed  typed `asn1:"explicit,tag:0"`
	}
	var o outer
	var b basic
	w.unmarshal(response, &o)
	w.unmarshal(o.Typed.Basic, &b)
	signature, err := applet.Sign(by.key, applet.P256, b.Data.FullBytes)
	if err != nil {
		w.t.Fatal(err)
	}
	b.Signature = asn1.BitString{Bytes: signature.ASN1(), BitLength: 8 * len(signature.ASN1())}
	b.Certificates = []asn1.RawValue{{FullBytes: by.cert.Raw}}
	o.Typed.Basic = w.marshal(b)
	return w.marshal(o)
}

func (w *world) unmarshal(der []byte, into any) {
	w.t.Helper()
	if rest, err := asn1.Unmarshal(der, into); err != nil || len(rest) > 0 {
		w.t.Fatal(err)
	}
}

// info is a TSTInfo as encoding/asn1 writes it.
type info struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm struct{ ID asn1.ObjectIdentifier }
		Digest    []byte
	}
	Serial   int
	Time     time.Time `asn1:"generalized"`
	Accuracy struct {
		Seconds int `asn1:"optional"`
		Millis  int `asn1:"optional,tag:0"`
	} `asn1:"optional"`
}

// token is a time stamp over a signature by whoever; change may spoil what it says.
func (w *world) token(by holder, signature []byte, change func(*info)) []byte {
	w.t.Helper()
	i := info{Version: 1, Policy: append(slices.Clone(receipt.DefaultArc), 7), Serial: 1, Time: start}
	i.Imprint.Algorithm.ID = tsp.SHA256
	sum := sha256.Sum256(signature)
	i.Imprint.Digest, i.Accuracy.Seconds = sum[:], 1
	if change != nil {
		change(&i)
	}
	signer, err := cms.NewSigner(by.key, by.cert.Raw, w.authorities[applet.P256].issuer.cert.Raw)
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := signer.Sign(cms.Message{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}, Content: w.marshal(i), Certificates: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}
