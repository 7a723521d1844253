package receipt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// refused verifies evidence and wants the first failure in a step.
func (w *world) refused(t *testing.T, evidence []byte, step string) {
	t.Helper()
	r, err := w.verify(evidence, receipt.Options{})
	i := slices.IndexFunc(r.Steps, func(s receipt.Step) bool { return s.Outcome == receipt.Failed })
	if err == nil || r.Valid || i < 0 || r.Steps[i].Name != step || simtrust.ReasonOf(err) != receipt.ReasonUnproven {
		t.Errorf("%v, %+v; want a failure in %q", err, r.Steps, step)
	}
}

// TestRequestDiffers: whatever field the party asked for otherwise, and signed, the receipt does not verify. The statement itself is the
// person's, and no one else's signature fits another.
func TestRequestDiffers(t *testing.T) {
	w := newWorld(t)
	all := claims(transfer())
	for name, c := range map[string]map[string]any{
		"order": but(all, "order", "T20261122-0002"), "amount": but(all, "transfer.amount", "48000.01"), "currency": but(all, "transfer.currency", "USD"),
		"name": but(all, "transfer.payee_name", "王晓明"), "account": but(all, "transfer.payee_account", "6222021234567890124"),
		"memo": but(all, "transfer.memo", "货款 12月"), "no memo": but(all, "transfer.memo", nil), "time": but(all, "transfer.time", start.Add(time.Second)),
		"batch": but(all, "transfer.batch", map[string]any{"count": 2, "sha256": make([]byte, 32)}), "language": but(all, "language", "en"),
		"lapses": but(all, "not_after", start.Add(time.Minute)), "not an amount": but(all, "transfer.amount", "4.8e4"),
		"a document": but(claims(subjects()["document"]), "customer", nil),
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, w.seal(w.facts(applet.P256, statement(transfer()), c)), "terms") })
	}
	for name, c := range map[string]map[string]any{
		"nothing": but(all, "transfer", nil), "two subjects": but(all, "login", map[string]any{"challenge": []byte("x")}),
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, w.seal(w.facts(applet.P256, statement(transfer()), c)), "request") })
	}
	batch, document, login := subjects()["batch"], subjects()["document"], subjects()["login"]
	for name, c := range map[string]struct {
		subject applet.Subject
		claims  map[string]any
	}{
		"extra payee":     {batch, but(claims(batch), "transfer.batch", map[string]any{"count": 13, "sha256": append([]byte{7}, make([]byte, 31)...)})},
		"other payees":    {batch, but(claims(batch), "transfer.batch", map[string]any{"count": 12, "sha256": make([]byte, 32)})},
		"no batch":        {batch, but(claims(batch), "transfer.batch", nil)},
		"other document":  {document, but(claims(document), "document", map[string]any{"title": "采购合同（第2版）.pdf", "hash_algorithm": "SHA-256", "hash": make([]byte, 32)})},
		"other title":     {document, but(claims(document), "document", map[string]any{"title": "采购合同.pdf", "hash_algorithm": "SHA-256", "hash": claims(document)["document"].(map[string]any)["hash"]})},
		"other challenge": {login, but(claims(login), "login", map[string]any{"challenge": make([]byte, 32)})},
		"log-in for that": {login, but(all, "customer", nil)},
		"replayed":        {batch, all},
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, w.seal(w.facts(applet.SM2, statement(c.subject), c.claims)), "terms") })
	}
}

// TestForgedRequests: a request that the party did not sign, or that says more than is known.
func TestForgedRequests(t *testing.T) {
	w := newWorld(t)
	good := claims(transfer())
	with := func(key any, method jwt.SigningMethod, typ, payload string) string {
		header, _ := json.Marshal(map[string]any{"alg": method.Alg(), "typ": typ, "kid": "k1"})
		text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		signature, err := method.Sign(text, key)
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	payload, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	const typ = "simshield-request+jwt"
	twice := strings.Replace(string(payload), `"amount":`, `"amount":"1.00","amount":`, 1)
	for name, request := range map[string]string{
		"another key": with(newKey(applet.P256), jwt.SigningMethodES256, typ, string(payload)), "not a request": with(w.bank, jwt.SigningMethodES256, "JWT", string(payload)),
		"no algorithm":    with(jwt.UnsafeAllowNoneSignatureType, jwt.SigningMethodNone, typ, string(payload)),
		"shared secret":   with([]byte("k1"), jwt.SigningMethodHS256, typ, string(payload)),
		"a claim twice":   with(w.bank, jwt.SigningMethodES256, typ, twice),
		"another party":   w.request(but(good, "iss", "another-app")),
		"an unknown term": w.request(but(good, "transfer.fee", "12.00")), "an unknown claim": w.request(but(good, "standing_order", true)),
		"none": "", "no JWS": "x.y.z",
	} {
		t.Run(name, func(t *testing.T) {
			f := w.facts(applet.P256, statement(transfer()), good)
			f.Request = request
			w.refused(t, w.seal(f), "request")
		})
	}
	f := w.facts(applet.P256, statement(transfer()), good)
	f.JWKS = nil
	w.refused(t, w.seal(f), "request")
}

// TestChangedAndSealedAgain: an insider changes a receipt and has the responder seal it again.
func TestChangedAndSealedAgain(t *testing.T) {
	w := newWorld(t)
	for _, a := range algorithms {
		f := w.facts(a, statement(transfer()), claims(transfer()))
		evidence := w.seal(f)
		leaf := w.cards[card{a, applet.KindTransaction}].cert
		other := statement(transfer())
		other.Nonce[0]++
		another := read(t, w.seal(w.facts(a, other, claims(transfer()))))
		prompt, err := other.Compose()
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			change func(s *sheet)
			step   string
		}{
			"text":              {func(s *sheet) { s.set("text", "【转账确认】¥1.00") }, "display"},
			"name":              {func(s *sheet) { s.set("party_name", "某某銀行") }, "display"},
			"transaction":       {func(s *sheet) { s.set("id", "txn_0") }, "display"},
			"statement":         {func(s *sheet) { s.set("statement", prompt.DER) }, "code"},
			"broken statement":  {func(s *sheet) { s.set("statement", prompt.DER[1:]) }, "display"},
			"kind":              {func(s *sheet) { s.set("kind", "document") }, "display"},
			"unknown kind":      {func(s *sheet) { s.set("kind", "transfer") }, "form"},
			"unknown algorithm": {func(s *sheet) { s.set("algorithm", "P-384") }, "form"},
			"a hash besides":    {func(s *sheet) { s.drop("statement", "text", "signed_data") }, "form"},
			"no signed data":    {func(s *sheet) { s.drop("signed_data") }, "form"},
			"code":              {func(s *sheet) { s.set("verification_code", "9999") }, "code"},
			"signature":         {func(s *sheet) { s.set("signature", another.octets("signature")) }, "time stamp"},
			"no signature":      {func(s *sheet) { s.set("signature", []byte{0x30, 6, 2, 1, 0, 2, 1, 1}) }, "form"},
			"both signatures": {func(s *sheet) {
				s.set("signature", another.octets("signature")).set("time_stamp", another.octets("time_stamp"))
			}, "signature"},
			"signed data":      {func(s *sheet) { s.set("signed_data", another.octets("signed_data")) }, "signature"},
			"time stamp":       {func(s *sheet) { s.set("time_stamp", another.octets("time_stamp")) }, "time stamp"},
			"no time stamp":    {func(s *sheet) { s.set("time_stamp", []byte("x")) }, "time stamp"},
			"other function":   {func(s *sheet) { s.set("time_stamp", w.stamp(3-a, s.octets("signature"))) }, "time stamp"},
			"its issuer's":     {func(s *sheet) { s.set("certificates", [][]byte{w.authorities[a].issuer.cert.Raw}) }, "certificate"},
			"no certificate":   {func(s *sheet) { s.set("certificates", [][]byte{}) }, "certificate"},
			"a root":           {func(s *sheet) { s.set("certificates", w.roots[:1]) }, "certificate"},
			"id":               {func(s *sheet) { s.set("certificate", f.Issuer+".01") }, "certificate"},
			"created":          {func(s *sheet) { s.set("created", start.Add(time.Second)) }, "times"},
			"received":         {func(s *sheet) { s.set("received", start.Add(2*time.Second)) }, "times"},
			"long before that": {func(s *sheet) { s.set("created", start.AddDate(0, 0, -1)) }, "times"},
		} {
			t.Run(name+" "+a.String(), func(t *testing.T) {
				s := read(t, evidence)
				c.change(s)
				w.refused(t, w.reseal(s, leaf, a), c.step)
			})
		}
		if _, err := w.verify(w.reseal(read(t, evidence), leaf, a), receipt.Options{}); err != nil {
			t.Errorf("unchanged: %v", err)
		}
	}
}

// TestUnsignedMembers: what no other step looks at, the seal covers: a change shows, or the seal is of another minute. Who seals at once what they
// changed meets the log.
func TestUnsignedMembers(t *testing.T) {
	w := newWorld(t)
	f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
	evidence, leaf := w.seal(f), w.cards[card{applet.P256, applet.KindTransaction}].cert
	for name, value := range map[string]any{
		"decision": map[string]any{"customer_sum": 1}, "counter": 18, "command": []byte("another"), "response": []byte("another"), "card": make([]byte, 32),
		"created": start.Add(-19 * time.Second), "received": start.Add(-time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			w.refused(t, read(t, evidence).set(name, value).text(), "seal")
			w.clock.pass(61 * time.Second)
			defer w.clock.pass(-61 * time.Second)
			w.refused(t, w.reseal(read(t, evidence).set(name, value), leaf, applet.P256), "status")
		})
	}
}

// TestSwappedParts: no member of one receipt stands in another.
func TestSwappedParts(t *testing.T) {
	w := newWorld(t)
	for _, a := range algorithms {
		one := w.facts(a, statement(transfer()), claims(transfer()))
		second := statement(transfer())
		second.Nonce[0]++
		another := w.facts(a, second, but(claims(transfer()), "iat", start.Add(-22*time.Second).Unix()))
		another.Counter, another.Command, another.Response, another.Decision = 18, []byte("c"), []byte("r"), []byte("{}")
		another.Created, another.Received = one.Created.Add(1), one.Received.Add(-time.Second)
		mine, theirs := w.seal(one), read(t, w.seal(another))
		for _, name := range theirs.names {
			s := read(t, mine)
			if string(s.get(name)) == string(theirs.get(name)) {
				continue
			}
			s.values[name] = theirs.values[name]
			if r, err := w.verify(s.text(), receipt.Options{}); err == nil || r.Valid {
				t.Errorf("%s: the other receipt's %s passes", a, name)
			}
		}
	}
}

// TestOtherKeys: a key that is not for this, and certificates that do not stand.
func TestOtherKeys(t *testing.T) {
	w := newWorld(t)
	prompt, err := statement(transfer()).Compose()
	if err != nil {
		t.Fatal(err)
	}
	in := w.authorities[applet.P256]
	policy := func(n int, change func(*smx509.Certificate)) holder { return in.certify(applet.P256, n, change) }
	for name, by := range map[string]holder{
		"login key": w.cards[card{applet.P256, applet.KindLogin}], "document key": w.cards[card{applet.P256, applet.KindDocument}],
		"eID for log-in": policy(12, nil), "a seal": policy(3, nil), "no policy of ours": policy(99, nil),
		"not for signatures": policy(1, func(c *smx509.Certificate) { c.KeyUsage = smx509.KeyUsageKeyAgreement }),
	} {
		t.Run(name, func(t *testing.T) {
			w.refused(t, w.seal(w.factsBy(by, applet.P256, applet.KindTransaction, prompt.DER, claims(transfer()))), "certificate")
		})
	}
	t.Run("transaction key for a log-in", func(t *testing.T) {
		login := subjects()["login"]
		p, err := statement(login).Compose()
		if err != nil {
			t.Fatal(err)
		}
		f := w.factsBy(w.cards[card{applet.P256, applet.KindTransaction}], applet.P256, applet.KindLogin, p.DER, claims(login))
		w.refused(t, w.seal(f), "certificate")
	})
	t.Run("transaction over a hash", func(t *testing.T) {
		f := w.hashed(applet.P256)
		f.Kind = applet.KindTransaction
		w.refused(t, w.seal(f), "form")
	})
	t.Run("other roots", func(t *testing.T) {
		stranger := newAuthority(applet.P256).root.cert.Raw
		r, err := receipt.Verify(w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer()))), [][]byte{stranger}, receipt.Options{})
		if err == nil || r.Valid || outcome(r, "time stamp") != receipt.Failed {
			t.Errorf("%v %+v", err, r.Steps)
		}
	})
	t.Run("no root for the signer", func(t *testing.T) {
		r, err := receipt.Verify(w.seal(w.facts(applet.SM2, statement(transfer()), claims(transfer()))), w.roots[:1], receipt.Options{})
		if err == nil || r.Valid || outcome(r, "certificate") != receipt.Failed || outcome(r, "status") != receipt.Open {
			t.Errorf("%v %+v", err, r.Steps)
		}
	})
	t.Run("another arc", func(t *testing.T) {
		_, err := w.verify(w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer()))), receipt.Options{Arcs: []asn1.ObjectIdentifier{{1, 2, 3}}})
		if simtrust.ReasonOf(err) != receipt.ReasonUnproven {
			t.Errorf("%v", err)
		}
	})
	t.Run("arcs of then and now", func(t *testing.T) {
		r, err := w.verify(w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer()))),
			receipt.Options{Arcs: []asn1.ObjectIdentifier{{1, 2, 3}, receipt.DefaultArc}})
		if err != nil || !r.Valid {
			t.Errorf("%v %+v", err, r.Steps)
		}
	})
	for name, roots := range map[string][][]byte{"no roots": nil, "a root that is none": {[]byte("x")}} {
		if _, err := receipt.Verify([]byte("{}"), roots, receipt.Options{}); simtrust.ReasonOf(err) != receipt.ReasonRoots {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheSameSignature: in ECDSA (r, n-s) is (r, s). In a receipt that exists it is refused, because the time stamp is over other octets.
// Who stamps and seals it anew has a receipt of the same confirmation: it is the order and the nonce in the statement that stop a second
// payment, never the octets of a signature. SM2 has no such twin.
func TestTheSameSignature(t *testing.T) {
	w := newWorld(t)
	twin := func(a applet.Algorithm, s applet.Signature) applet.Signature {
		n := elliptic.P256().Params().N
		if a == applet.SM2 {
			n = w.cards[card{a, applet.KindLogin}].cert.PublicKey.(*ecdsa.PublicKey).Params().N
		}
		new(big.Int).Sub(n, new(big.Int).SetBytes(s[32:])).FillBytes(s[32:])
		return s
	}
	f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
	evidence := w.seal(f)
	f.Signature = twin(applet.P256, f.Signature)
	again := w.seal(f)
	s := read(t, evidence).set("signature", f.Signature.ASN1()).set("signed_data", read(t, again).octets("signed_data"))
	w.refused(t, w.reseal(s, w.cards[card{applet.P256, applet.KindTransaction}].cert, applet.P256), "time stamp")
	r, err := w.verify(again, receipt.Options{})
	if err != nil || r.ID != transaction || !slices.Equal(read(t, evidence).get("statement"), read(t, again).get("statement")) {
		t.Errorf("stamped and sealed anew: %v", err)
	}
	f = w.facts(applet.SM2, statement(transfer()), claims(transfer()))
	f.Signature = twin(applet.SM2, f.Signature)
	if _, err := w.Seal(t.Context(), f); simtrust.ReasonOf(err) != receipt.ReasonFacts {
		t.Errorf("SM2: %v", err)
	}
}

// TestLapsed: what was answered too late, or asked with a request that did not hold, is no confirmation.
func TestLapsed(t *testing.T) {
	w := newWorld(t)
	late := statement(transfer())
	late.NotAfter = start.Truncate(time.Second)
	w.refused(t, w.seal(w.facts(applet.P256, late, claims(transfer()))), "times")
	revived := statement(transfer())
	revived.NotAfter = start.Truncate(time.Second).Add(-2 * time.Minute)
	f := w.facts(applet.P256, revived, but(claims(transfer()), "iat", start.Add(-4*time.Minute).Unix()))
	f.Created, f.Received = start.Add(-4*time.Minute), start.Add(-3*time.Minute) // says who found the signature
	w.refused(t, w.seal(f), "times")
	for name, c := range map[string]map[string]any{
		"ended":     but(claims(transfer()), "exp", start.Add(-20*time.Second).Unix()),
		"to come":   but(claims(transfer()), "iat", start.Add(30*time.Second).Unix()),
		"no expiry": but(claims(transfer()), "exp", nil),
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, w.seal(w.facts(applet.P256, statement(transfer()), c)), "times") })
	}
}
