package status_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/keys"
)

var (
	one   = serial("4f00000000000000000000000001")
	two   = serial("00ff00000000000000000000000002") // a leading zero: the number is positive
	three = serial("5e00000000000000000000000003")
)

func TestStates(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateSigning)
	w.register.hold(bank, two, ca.StateIssued)
	w.register.hold(bank, three, ca.StateAbandoned)
	for _, c := range []struct {
		serial []byte
		want   string
	}{
		{one, "good"}, {two, "good"}, {three, "revoked"}, {serial("01"), "unknown"}, {serial("00"), "unknown"}, {serial("ff"), "unknown"},
		{bytes.Repeat([]byte{0x41}, 300), "unknown"},
	} {
		if got := w.ask(bank, c.serial).says(); got != c.want {
			t.Errorf("%x is %s, want %s", c.serial, got, c.want)
		}
	}
}

func TestReasons(t *testing.T) {
	w := embedded(t)
	for reason, want := range map[int]asn1.Enumerated{ca.Unspecified: 0, ca.KeyCompromise: 1, ca.Superseded: 4, ca.CertificateHold: 6, ca.PrivilegeWithdrawn: 9} {
		s := w.register.hold(bank, []byte{0x11, byte(reason)}, ca.StateIssued)
		w.register.revoke(bank, 1, s, start.Add(-time.Hour), reason)
		if got := w.ask(bank, s); got.says() != "revoked" || got.Revoked.Reason != want || !got.Revoked.At.Equal(start.Add(-time.Hour)) {
			t.Errorf("reason %d: %+v", reason, got)
		}
	}
}

func TestRevokedByAClockAhead(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 1, one, start.Add(time.Minute), ca.Superseded)
	if got := w.ask(bank, one); got.says() != "revoked" || got.Revoked.At.After(got.This) {
		t.Errorf("revoked at %v, told at %v", got.Revoked.At, got.This)
	}
}

func TestEveryIssuerAndHash(t *testing.T) {
	w := embedded(t)
	for _, id := range []string{bank, bankOld, bankSM2, eid, service} {
		w.register.hold(id, one, ca.StateIssued)
		for _, oid := range []asn1.ObjectIdentifier{oidSHA1, oidSHA256, oidSM3} {
			data := read(t, w.issuer(id), w.post(id, question(w.issuer(id), oid, nil, one)))
			if got := data.Responses[0]; got.says() != "good" || !got.ID.Hash.Algorithm.Equal(oid) {
				t.Errorf("%s, %v: %+v", id, oid, got)
			}
		}
	}
}

func TestSeveralCertificates(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.register.revoke(bank, 2, two, start, ca.KeyCompromise)
	i := w.issuer(bank)
	request := question(i, oidSHA1, []byte("0123456789abcdef"), two, three, one, two)
	data := read(t, i, w.post(bank, request))
	var got []string
	for _, s := range data.Responses {
		got = append(got, s.says())
	}
	if strings.Join(got, " ") != "revoked unknown good revoked" {
		t.Error(got)
	}
}

func TestNonce(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	i := w.issuer(bank)
	for _, n := range []int{1, 16, 32, 128} {
		nonce := bytes.Repeat([]byte{0xa5}, n)
		request := question(i, oidSHA256, nonce, one)
		data := read(t, i, w.post(bank, request))
		if len(data.Extensions) != 1 || !data.Extensions[0].Id.Equal(oidNonce) || !bytes.Equal(data.Extensions[0].Value, must(asn1.Marshal(nonce))) {
			t.Errorf("nonce of %d octets: %+v", n, data.Extensions)
		}
		if cc := w.get(bank, request).Header.Get("Cache-Control"); cc != "no-store" {
			t.Errorf("an answer with a nonce is for caches: %q", cc)
		}
	}
	if data := read(t, i, w.post(bank, question(i, oidSHA256, nil, one))); len(data.Extensions) != 0 {
		t.Error("an answer without a question's nonce has one")
	}
	for _, n := range []int{0, 129, 4000} {
		if got := failed(t, w.post(bank, question(i, oidSHA256, bytes.Repeat([]byte{1}, n), one))); got != 1 {
			t.Errorf("nonce of %d octets: %d", n, got)
		}
	}
}

// spoilt are requests that are not answered, made from a good one.
func spoilt(i *ca.Issuer) map[string][]byte {
	good := question(i, oidSHA256, nil, one)
	with := func(change func(*wireOCSPRequest)) []byte {
		var r wireOCSPRequest
		if _, err := asn1.Unmarshal(good, &r); err != nil {
			panic(err)
		}
		change(&r)
		return must(asn1.Marshal(r))
	}
	extension := func(e ...pkix.Extension) []byte { return with(func(r *wireOCSPRequest) { r.TBS.Extensions = e }) }
	nonce := pkix.Extension{Id: oidNonce, Value: []byte{4, 1, 7}}
	many := make([][]byte, 65)
	for n := range many {
		many[n] = one
	}
	return map[string][]byte{
		"empty":             {},
		"one octet":         {0x30},
		"text":              []byte("certificate, please"),
		"cut short":         good[:len(good)-1],
		"octets after":      append(bytes.Clone(good), 0),
		"indefinite length": append([]byte{0x30, 0x80}, append(bytes.Clone(good[2:]), 0, 0)...),
		"no certificate":    with(func(r *wireOCSPRequest) { r.TBS.List = nil }),
		"version 2":         with(func(r *wireOCSPRequest) { r.TBS.Version = 1 }),
		"no serial":         with(func(r *wireOCSPRequest) { r.TBS.List[0].ID.Serial = asn1.RawValue{Tag: asn1.TagInteger} }),
		"padded serial": with(func(r *wireOCSPRequest) {
			r.TBS.List[0].ID.Serial = asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{0, 0x11}}
		}),
		"sign-padded serial": with(func(r *wireOCSPRequest) {
			r.TBS.List[0].ID.Serial = asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{0xff, 0x91}}
		}),
		"serial of text": with(func(r *wireOCSPRequest) {
			r.TBS.List[0].ID.Serial = asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("1")}
		}),
		"hash with parameters": with(func(r *wireOCSPRequest) {
			r.TBS.List[0].ID.Hash.Parameters = asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{1}}
		}),
		"critical extension": extension(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}),
		"critical extension of one": with(func(r *wireOCSPRequest) {
			r.TBS.List[0].Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}),
		"two nonces":         extension(nonce, nonce),
		"empty nonce":        extension(pkix.Extension{Id: oidNonce, Value: []byte{4, 0}}),
		"nonce of 129":       extension(pkix.Extension{Id: oidNonce, Value: append([]byte{4, 0x81, 129}, make([]byte, 129)...)}),
		"nonce without type": extension(pkix.Extension{Id: oidNonce, Value: []byte{7, 7, 7}}),
		"other answer types": extension(pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 4}, Value: must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 2, 3}}))}),
		"too many":           question(i, oidSHA1, nil, many...),
		"too large":          question(i, oidSHA1, nil, bytes.Repeat([]byte{0x11}, 9000)),
	}
}

func TestMalformed(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	for name, request := range spoilt(w.issuer(bank)) {
		if got := failed(t, w.post(bank, request)); got != 1 {
			t.Errorf("%s, posted: %d", name, got)
		}
		res := w.get(bank, request)
		if got := failed(t, w.body(res, http.StatusOK, "application/ocsp-response")); got != 1 || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, got: %d, %v", name, got, res.Header)
		}
	}
	if res := w.do("POST", "/ocsp/"+bank, make([]byte, 100<<10), "Content-Type", "application/ocsp-request"); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("beyond the router's limit: %d", res.StatusCode)
	}
}

func TestUnderstood(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	i := w.issuer(bank)
	bare := certID(i, oidSHA1, one)
	bare.Hash.Parameters = asn1.RawValue{}
	types := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 4}, Value: must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 2, 3}, {1, 3, 6, 1, 5, 5, 7, 48, 1, 1}}))}
	for name, r := range map[string]wireOCSPRequest{
		"hash without parameters": {wireTBSRequest{List: []wireRequest{{ID: bare}}}},
		"unknown extension":       {wireTBSRequest{List: []wireRequest{{ID: bare}}, Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}}},
		"acceptable types":        {wireTBSRequest{List: []wireRequest{{ID: bare}}, Extensions: []pkix.Extension{types}}},
	} {
		data := read(t, i, w.post(bank, must(asn1.Marshal(r))))
		if data.Responses[0].says() != "good" || len(data.Responses[0].ID.Hash.Parameters.FullBytes) != 0 {
			t.Errorf("%s: %+v", name, data.Responses[0])
		}
	}
}

func TestForeignIssuer(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	stranger := must(newIssuer("stranger", "P-256"))
	mixed := wireOCSPRequest{wireTBSRequest{List: []wireRequest{{ID: certID(w.issuer(bank), oidSHA1, one)}, {ID: certID(stranger, oidSHA1, one)}}}}
	sha384 := certID(w.issuer(bank), oidSHA256, one)
	sha384.Hash.Algorithm = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	for name, request := range map[string][]byte{
		"stranger":                   question(stranger, oidSHA256, nil, one),
		"another issuer of ours":     question(w.issuer(eid), oidSHA256, nil, one),
		"ours and a stranger":        must(asn1.Marshal(mixed)),
		"hash that is not supported": must(asn1.Marshal(wireOCSPRequest{wireTBSRequest{List: []wireRequest{{ID: sha384}}}})),
	} {
		if got := failed(t, w.post(bank, request)); got != 6 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if res := w.do("POST", "/ocsp/nobody", question(stranger, oidSHA1, nil, one), "Content-Type", "application/ocsp-request"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an issuer that is not: %d", res.StatusCode)
	}
	if res := w.do("POST", "/ocsp/"+bank, nil, "Content-Type", "text/plain"); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("another media type: %d", res.StatusCode)
	}
}

func TestPathForms(t *testing.T) {
	w := embedded(t)
	i := w.issuer(bank)
	// Serials that put +, / and // into the base64.
	for _, s := range [][]byte{{0x3e, 0xfb, 0xef, 0xbe, 0xfb}, {0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x0f, 0xff, 0xff, 0xfb, 0xef, 0xff, 0xff}} {
		w.register.hold(bank, s, ca.StateIssued)
		text := base64.StdEncoding.EncodeToString(question(i, oidSHA1, nil, s))
		escaped := strings.NewReplacer("/", "%2F", "+", "%2B", "=", "%3D").Replace(text)
		for name, path := range map[string]string{
			"bare": text, "escaped": escaped, "slashes escaped": strings.ReplaceAll(text, "/", "%2f"),
			"escaped twice": strings.ReplaceAll(escaped, "%", "%25"), "plus as space": strings.ReplaceAll(text, "+", "%20"),
			"without padding": strings.TrimRight(text, "="), "after a slash": "/" + text,
		} {
			res := w.do("GET", "/ocsp/"+bank+"/"+path, nil)
			if data := read(t, i, w.body(res, http.StatusOK, "application/ocsp-response")); data.Responses[0].says() != "good" {
				t.Errorf("%x, %s: %s", s, name, data.Responses[0].says())
			}
		}
	}
	for _, path := range []string{"", "%25", "MA%25", "not base64!", "M", "TUlJ", strings.Repeat("A", 20000)} {
		res := w.do("GET", "/ocsp/"+bank+"/"+strings.ReplaceAll(path, " ", "%20"), nil)
		if got := failed(t, w.body(res, http.StatusOK, "application/ocsp-response")); got != 1 {
			t.Errorf("%.20q: %d", path, got)
		}
	}
}

// TestAnswersAcross2050: an answer has GeneralizedTime alone, before 2050 as well.
func TestAnswersAcross2050(t *testing.T) {
	w := embedded(t)
	i := w.issuer(bank)
	i.OCSP = must(newDelegate(i, keys.P256, func(c *smx509.Certificate) { c.NotAfter = i.NotAfter }))
	w = w.node()
	w.clock.advance(time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC).Sub(start))
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 1, one, w.clock.now(), ca.Superseded)
	der := w.post(bank, question(i, oidSHA256, nil, one))
	if got := read(t, i, der).Responses[0]; !got.This.Equal(w.clock.now()) || got.Next.Year() != 2050 || !got.Revoked.At.Equal(w.clock.now()) {
		t.Errorf("%v to %v, revoked %v", got.This, got.Next, got.Revoked.At)
	}
	var response wireResponse
	var basic wireBasic
	unmarshal(t, der, &response)
	unmarshal(t, response.Bytes.Response, &basic)
	if n := bytes.Count(basic.TBS.FullBytes, []byte("\x18\x0f20")); n != 4 || bytes.Contains(basic.TBS.FullBytes, []byte("\x17\x0d")) {
		t.Errorf("%d times in %x", n, basic.TBS.FullBytes)
	}
	w.clock.advance(time.Second)
	if got := read(t, i, w.post(bank, question(i, oidSHA1, nil, one))).Responses[0]; got.This.Year() != 2050 {
		t.Errorf("a second later: %v", got.This)
	}
}

func TestDelegateEnds(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.clock.advance(start.AddDate(10, 0, 0).Sub(start) - 4*time.Minute)
	if got := w.ask(bank, one); !got.Next.Equal(start.AddDate(10, 0, 0)) {
		t.Errorf("nextUpdate %v", got.Next)
	}
	w.clock.advance(4 * time.Minute)
	if got := failed(t, w.post(bank, question(w.issuer(bank), oidSHA256, nil, one))); got != 3 {
		t.Errorf("%d", got)
	}
	if err := w.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), bank) {
		t.Errorf("nobody is told: %v", err)
	}
}

// A store that came back from a backup counts again what it counted before.
func TestRegisterRestored(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.register.revoke(bank, 0, one, start, ca.Superseded)
	w.register.revoke(bank, 0, two, start, ca.Superseded)
	w.watch()
	w.ask(bank, two)
	w.register.restore(bank, 0, 1)
	w.watch()
	if got := w.ask(bank, two).says(); got != "good" {
		t.Error(got)
	}
	w.register.revoke(bank, 0, two, start, ca.KeyCompromise)
	w.watch()
	if got := w.ask(bank, two); got.Revoked.Reason != ca.KeyCompromise {
		t.Errorf("%+v", got)
	}
}

func TestUnfitHierarchy(t *testing.T) {
	w := embedded(t)
	for name, spoil := range spoiltIssuers(t) {
		h := newHierarchy(t)
		spoil(h.Issuers[0])
		if _, err := status.New(status.Deps{DB: w.db, Register: w.register, Now: w.clock.now}, h, status.Config{CRL: address, Shards: 1}); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(fmt.Sprint(err), h.Issuers[0].ID) {
			t.Errorf("%s: the error does not name the issuer: %v", name, err)
		}
	}
	for name, c := range map[string]status.Config{
		"no addresses": {Shards: 1}, "no shards": {CRL: address}, "valid for a second": {CRL: address, Shards: 1, Validity: time.Second},
	} {
		if _, err := status.New(status.Deps{DB: w.db, Register: w.register, Now: w.clock.now}, w.hierarchy, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
