package csr_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/ca/csr"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidECKey     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidP256      = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidSM2       = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301}
	oidECDSA     = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidSM2SM3    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}
	oidRSASHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	oidRequested = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 14}
	oidChallenge = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 7}
)

// forgery is a request whose every part the test chooses.
type forgery struct {
	version    int64
	subject    []byte // DER; nil is the empty name
	spki       []byte
	attributes []byte
	algorithm  []byte
	sign       func(tbs []byte) []byte
}

func (f forgery) der(t testing.TB) []byte {
	t.Helper()
	if f.subject == nil {
		f.subject = seq()
	}
	tbs := seq(marshal(t, f.version), f.subject, f.spki, tagged(0xa0, f.attributes))
	return seq(tbs, f.algorithm, bits(f.sign(tbs)))
}

func tagged(tag byte, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag), func(b *cryptobyte.Builder) {
		for _, p := range parts {
			b.AddBytes(p)
		}
	})
	return b.BytesOrPanic()
}

func seq(parts ...[]byte) []byte     { return tagged(0x30, parts...) }
func set(parts ...[]byte) []byte     { return tagged(0x31, parts...) }
func bits(b []byte) []byte           { return tagged(0x03, []byte{0}, b) }
func octets(b []byte) []byte         { return tagged(0x04, b) }
func utf8String(s string) []byte     { return tagged(0x0c, []byte(s)) }
func algorithm(p ...[]byte) []byte   { return seq(p...) }
func oid(id ...int) []byte           { b, _ := asn1.Marshal(asn1.ObjectIdentifier(id)); return b }
func extension(p ...[]byte) []byte   { return seq(p...) }
func requested(e ...[]byte) []byte   { return seq(oid(oidRequested...), set(seq(e...))) }
func name(tag byte, s string) []byte { return seq(set(seq(oid(2, 5, 4, 3), tagged(tag, []byte(s))))) }

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ecSPKI(curve asn1.ObjectIdentifier, point []byte) []byte {
	return seq(algorithm(oid(oidECKey...), oid(curve...)), bits(point))
}

// honest is a sound P-256 request to change one part of.
func honest(t testing.TB) forgery {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return forgery{spki: ecSPKI(oidP256, point), algorithm: algorithm(oid(oidECDSA...)), sign: ecdsaSigner(t, key)}
}

func ecdsaSigner(t testing.TB, key crypto.Signer) func([]byte) []byte {
	return func(tbs []byte) []byte {
		sum := sha256.Sum256(tbs)
		sig, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

func parse(t testing.TB, f forgery) (*csr.Request, error) {
	t.Helper()
	return csr.Parse(f.der(t))
}

// TestCurveConfusion: SM2 and P-256 keys have one algorithm identifier and one length.
func TestCurveConfusion(t *testing.T) {
	p256 := honest(t)
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := smx509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	point := spki[len(spki)-65:]
	sm := forgery{spki: ecSPKI(oidSM2, point), algorithm: algorithm(oid(oidSM2SM3...)), sign: func(tbs []byte) []byte {
		sig, err := key.Sign(rand.Reader, tbs, sm2.DefaultSM2SignerOpts)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}}
	for _, f := range []forgery{p256, sm} {
		if _, err := parse(t, f); err != nil {
			t.Fatalf("an honest request: %v", err)
		}
	}
	for name, c := range map[string]struct {
		change func() forgery
		reason string
	}{
		"SM2 point as P-256":            {func() forgery { f := p256; f.spki = ecSPKI(oidP256, point); return f }, csr.ReasonWeakKey},
		"SM2 point, id and P-256 curve": {func() forgery { f := sm; f.spki = ecSPKI(oidP256, point); return f }, csr.ReasonWeakKey},
		"P-256 point as SM2": {func() forgery {
			f := sm
			f.spki = ecSPKI(oidSM2, p256.spki[len(p256.spki)-65:])
			return f
		}, csr.ReasonWeakKey},
		"ECDSA signature with the SM2 key": {func() forgery {
			f := sm
			f.algorithm, f.sign = p256.algorithm, ecdsaSigner(t, &key.PrivateKey)
			return f
		}, csr.ReasonAlgorithm},
		"SM2 algorithm with a P-256 key": {func() forgery { f := p256; f.algorithm = sm.algorithm; return f }, csr.ReasonAlgorithm},
		"RSA algorithm with a P-256 key": {func() forgery {
			f := p256
			f.algorithm = algorithm(oid(oidRSASHA256...), []byte{5, 0})
			return f
		}, csr.ReasonAlgorithm},
		"ECDSA with parameters": {func() forgery { f := p256; f.algorithm = algorithm(oid(oidECDSA...), []byte{5, 0}); return f }, csr.ReasonAlgorithm},
		"RSA without NULL":      {func() forgery { f := p256; f.algorithm = algorithm(oid(oidRSASHA256...)); return f }, csr.ReasonAlgorithm},
		"another's signature":   {func() forgery { f := p256; f.sign = honest(t).sign; return f }, csr.ReasonBadSignature},
		"no signature":          {func() forgery { f := p256; f.sign = func([]byte) []byte { return nil }; return f }, csr.ReasonBadSignature},
		"SM2 r and s of zero": {func() forgery {
			f := sm
			f.sign = func([]byte) []byte { return seq([]byte{2, 1, 0}, []byte{2, 1, 0}) }
			return f
		}, csr.ReasonBadSignature},
		"SM2 s of the group's order": {func() forgery {
			f := sm
			f.sign = func([]byte) []byte { return seq([]byte{2, 1, 1}, marshal(t, sm2.P256().Params().N)) }
			return f
		}, csr.ReasonBadSignature},
		"point at infinity": {func() forgery { f := p256; f.spki = ecSPKI(oidP256, []byte{0}); return f }, csr.ReasonWeakKey},
		"SM2 infinity":      {func() forgery { f := sm; f.spki = ecSPKI(oidSM2, []byte{0}); return f }, csr.ReasonWeakKey},
	} {
		_, err := parse(t, c.change())
		refused(t, name, err, c.reason)
	}
}

func rsaSPKI(t testing.TB, n, e *big.Int) []byte {
	key := marshal(t, struct{ N, E *big.Int }{n, e})
	return seq(algorithm(oid(1, 2, 840, 113549, 1, 1, 1), []byte{5, 0}), bits(key))
}

func modulus(t testing.TB, name string) *big.Int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "moduli", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(b)
}

// TestWeakRSA needs no signatures: a weak key is refused before its signature is looked at.
func TestWeakRSA(t *testing.T) {
	f4, good := big.NewInt(65537), soundModulus(t)
	for name, c := range map[string]struct{ n, e *big.Int }{
		"roca":              {modulus(t, "roca"), f4},
		"close primes":      {modulus(t, "close_primes"), f4},
		"small factor":      {modulus(t, "small_factor"), f4},
		"even modulus":      {new(big.Int).Sub(good, big.NewInt(1)), f4},
		"square":            {new(big.Int).Mul(prime(t), prime(t)), f4},
		"negative modulus":  {new(big.Int).Neg(good), f4},
		"zero modulus":      {new(big.Int), f4},
		"short by a bit":    {new(big.Int).Rsh(good, 1), f4},
		"exponent one":      {good, big.NewInt(1)},
		"exponent three":    {good, big.NewInt(3)},
		"exponent 65535":    {good, big.NewInt(65535)},
		"even exponent":     {good, big.NewInt(65538)},
		"huge exponent":     {good, new(big.Int).Lsh(big.NewInt(1), 40)},
		"negative exponent": {good, big.NewInt(-65537)},
	} {
		f := forgery{spki: rsaSPKI(t, c.n, c.e), algorithm: algorithm(oid(oidRSASHA256...), []byte{5, 0}), sign: func([]byte) []byte { return make([]byte, 256) }}
		_, err := parse(t, f)
		refused(t, name, err, csr.ReasonWeakKey)
	}
	f := forgery{spki: rsaSPKI(t, good, f4), algorithm: algorithm(oid(oidRSASHA256...), []byte{5, 0}), sign: func([]byte) []byte { return make([]byte, 256) }}
	_, err := parse(t, f)
	refused(t, "sound key, no signature", err, csr.ReasonBadSignature)
}

// soundModulus is that of the 2048-bit request in testdata.
func soundModulus(t testing.TB) *big.Int {
	t.Helper()
	r, err := csr.Parse(file(t, "rsa2048"))
	if err != nil {
		t.Fatal(err)
	}
	return r.PublicKey.(*rsa.PublicKey).N
}

// prime is 2^1024 − 105, whose square has 2048 bits.
func prime(t testing.TB) *big.Int {
	t.Helper()
	p := new(big.Int).Lsh(big.NewInt(1), 1024)
	return p.Sub(p, big.NewInt(105))
}

func TestForbiddenNames(t *testing.T) {
	const utf8Tag, printableTag, ia5Tag, t61Tag, bmpTag = 0x0c, 0x13, 0x16, 0x14, 0x1e
	for label, subject := range map[string][]byte{
		"NUL":                  name(utf8Tag, "bank.example\x00.evil.example"),
		"newline":              name(utf8Tag, "a\nb"),
		"carriage return":      name(utf8Tag, "a\rb"),
		"delete":               name(utf8Tag, "a\x7fb"),
		"C1 control":           name(utf8Tag, "a\u0085b"),
		"line separator":       name(utf8Tag, "a\u2028b"),
		"right-to-left":        name(utf8Tag, "a\u202eb"),
		"zero width":           name(utf8Tag, "张\u200b三"),
		"replacement":          name(utf8Tag, "a\ufffdb"),
		"template":             name(utf8Tag, "{{ .Insecure }}"),
		"end of template":      name(utf8Tag, "a }}"),
		"empty":                name(utf8Tag, ""),
		"printable with at":    name(printableTag, "a@b"),
		"printable, high":      name(printableTag, "a\xe9"),
		"IA5, high":            name(ia5Tag, "a\xe9"),
		"IA5 with NUL":         name(ia5Tag, "a\x00b"),
		"TeletexString":        name(t61Tag, "a"),
		"BMPString":            name(bmpTag, "\x5f\x20\x4e\x09"),
		"second of two":        seq(set(seq(oid(2, 5, 4, 3), utf8String("a"))), set(seq(oid(2, 5, 4, 10), utf8String("{{")))),
		"in a multi-value RDN": seq(set(seq(oid(2, 5, 4, 3), utf8String("a")), seq(oid(2, 5, 4, 10), utf8String("b\x00")))),
	} {
		f := honest(t)
		f.subject = subject
		_, err := parse(t, f)
		refused(t, label, err, csr.ReasonForbiddenName)
	}
	for label, subject := range map[string][]byte{
		"empty RDN":         seq(set()),
		"no value":          seq(set(seq(oid(2, 5, 4, 3)))),
		"two values":        seq(set(seq(oid(2, 5, 4, 3), utf8String("a"), utf8String("b")))),
		"sequence in place": seq(seq(seq(oid(2, 5, 4, 3), utf8String("a")))),
	} {
		f := honest(t)
		f.subject = subject
		_, err := parse(t, f)
		refused(t, label, err, csr.ReasonMalformed)
	}
}

func sanExtension(names ...[]byte) []byte {
	return requested(extension(oid(2, 5, 29, 17), octets(seq(names...))))
}

func TestForbiddenAlternativeNames(t *testing.T) {
	const email, dns, uri, ip, other, x400, directory = 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa3, 0xa4
	many := make([][]byte, 101)
	for i := range many {
		many[i] = tagged(dns, []byte("a.example"))
	}
	for label, san := range map[string][]byte{
		"DNS with NUL":          sanExtension(tagged(dns, []byte("a\x00.example"))),
		"DNS with template":     sanExtension(tagged(dns, []byte("{{a}}.example"))),
		"DNS, empty":            sanExtension(tagged(dns)),
		"DNS, empty label":      sanExtension(tagged(dns, []byte("a..example"))),
		"DNS, trailing dot":     sanExtension(tagged(dns, []byte("a.example."))),
		"DNS, inner wildcard":   sanExtension(tagged(dns, []byte("a.*.example"))),
		"DNS, partial wildcard": sanExtension(tagged(dns, []byte("w*.example"))),
		"DNS, two wildcards":    sanExtension(tagged(dns, []byte("*.*.example"))),
		"DNS, only wildcard":    sanExtension(tagged(dns, []byte("*"))),
		"DNS, underscore":       sanExtension(tagged(dns, []byte("a_b.example"))),
		"DNS, hyphen first":     sanExtension(tagged(dns, []byte("-a.example"))),
		"DNS, long label":       sanExtension(tagged(dns, []byte(strings.Repeat("a", 64)+".example"))),
		"DNS, long":             sanExtension(tagged(dns, []byte(strings.Repeat("a.", 127)+"example"))),
		"DNS, not ASCII":        sanExtension(tagged(dns, []byte("例.example"))),
		"DNS, constructed":      sanExtension(tagged(0xa2, utf8String("a.example"))),
		"second DNS name":       sanExtension(tagged(dns, []byte("a.example")), tagged(dns, []byte("b\n.example"))),
		"mail without at":       sanExtension(tagged(email, []byte("a.example"))),
		"mail with two":         sanExtension(tagged(email, []byte("a@b@c.example"))),
		"mail, quoted":          sanExtension(tagged(email, []byte(`"a"@c.example`))),
		"mail to a wildcard":    sanExtension(tagged(email, []byte("a@*.example"))),
		"mail with space":       sanExtension(tagged(email, []byte("a b@c.example"))),
		"relative URI":          sanExtension(tagged(uri, []byte("/a"))),
		"URI with newline":      sanExtension(tagged(uri, []byte("https://a.example/\nb"))),
		"URI with template":     sanExtension(tagged(uri, []byte("https://a.example/{{b}}"))),
		"IP of three octets":    sanExtension(tagged(ip, []byte{1, 2, 3})),
		"IP with mask":          sanExtension(tagged(ip, []byte{1, 2, 3, 4, 255, 255, 255, 0})),
		"IPv4 in IPv6":          sanExtension(tagged(ip, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4})),
		"UPN with NUL":          sanExtension(tagged(other, oid(1, 3, 6, 1, 4, 1, 311, 20, 2, 3), tagged(0xa0, utf8String("a\x00")))),
		"UPN not text":          sanExtension(tagged(other, oid(1, 3, 6, 1, 4, 1, 311, 20, 2, 3), tagged(0xa0, []byte{2, 1, 1}))),
		"otherName, no value":   sanExtension(tagged(other, oid(1, 2, 3))),
		"directory with NUL":    sanExtension(tagged(directory, name(0x0c, "a\x00"))),
		"x400, primitive":       sanExtension(tagged(0x83, []byte{1})),
		"unknown tag":           sanExtension(tagged(0x89, []byte{1})),
		"universal tag":         sanExtension(utf8String("a")),
		"101 names":             sanExtension(many...),
	} {
		f := honest(t)
		f.attributes = san
		_, err := parse(t, f)
		refused(t, label, err, csr.ReasonForbiddenName)
	}
	f := honest(t)
	f.attributes = sanExtension(tagged(dns, []byte("*.example.cn")), tagged(directory, name(0x0c, "甲")), tagged(x400, seq()))
	r, err := parse(t, f)
	if err != nil || len(r.DNSNames) != 1 || len(r.OtherNames) != 2 || r.OtherNames[0].Tag != 4 || r.OtherNames[1].Tag != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestForbiddenExtensions(t *testing.T) {
	critical := []byte{1, 1, 0xff}
	usage := extension(oid(2, 5, 29, 15), octets([]byte{3, 2, 7, 0x80}))
	many := make([][]byte, 33)
	for i := range many {
		many[i] = extension(oid(1, 2, 3, i), octets(nil))
	}
	for label, c := range map[string]struct {
		attributes []byte
		reason     string
	}{
		"duplicate":            {requested(usage, usage), csr.ReasonForbiddenExtension},
		"duplicate, unknown":   {requested(extension(oid(1, 2, 3), octets(nil)), extension(oid(1, 2, 3), octets(nil))), csr.ReasonForbiddenExtension},
		"33 extensions":        {requested(many...), csr.ReasonForbiddenExtension},
		"duplicate over two":   {append(requested(usage), requested(extension(oid(1, 2, 3), octets(nil)), usage)...), csr.ReasonForbiddenExtension},
		"CA in the second":     {append(requested(usage), requested(extension(oid(2, 5, 29, 19), octets(seq(critical))))...), csr.ReasonForbiddenExtension},
		"CA without critical":  {requested(extension(oid(2, 5, 29, 19), octets(seq(critical)))), csr.ReasonForbiddenExtension},
		"path length alone":    {requested(extension(oid(2, 5, 29, 19), octets(seq([]byte{2, 1, 0})))), csr.ReasonForbiddenExtension},
		"policy constraints":   {requested(extension(oid(2, 5, 29, 36), octets(seq()))), csr.ReasonForbiddenExtension},
		"Windows' attribute":   {seq(oid(1, 3, 6, 1, 4, 1, 311, 2, 1, 14), set(seq(extension(oid(2, 5, 29, 19), octets(seq(critical)))))), csr.ReasonForbiddenExtension},
		"critical false":       {requested(extension(oid(1, 2, 3), []byte{1, 1, 0}, octets(nil))), csr.ReasonNotDER},
		"trailing octet":       {requested(extension(oid(2, 5, 29, 15), octets([]byte{3, 2, 7, 0x80, 0}))), csr.ReasonNotDER},
		"BER inside":           {requested(extension(oid(2, 5, 29, 17), octets([]byte{0x30, 0x80, 0x82, 1, 'a', 0, 0}))), csr.ReasonNotDER},
		"usage without bits":   {requested(extension(oid(2, 5, 29, 15), octets([]byte{3, 1, 0}))), csr.ReasonMalformed},
		"usage of ten bits":    {requested(extension(oid(2, 5, 29, 15), octets([]byte{3, 3, 6, 0x80, 0x40}))), csr.ReasonMalformed},
		"usage, trailing zero": {requested(extension(oid(2, 5, 29, 15), octets([]byte{3, 2, 6, 0x80}))), csr.ReasonMalformed},
		"empty EKU":            {requested(extension(oid(2, 5, 29, 37), octets(seq()))), csr.ReasonMalformed},
		"empty SAN":            {sanExtension(), csr.ReasonMalformed},
		"no extension":         {requested(), csr.ReasonMalformed},
		"two values":           {seq(oid(oidRequested...), set(seq(usage), seq(usage))), csr.ReasonMalformed},
		"challenge twice":      {append(challenge("a"), challenge("b")...), csr.ReasonForbiddenExtension},
		"challenge with NUL":   {challenge("a\x00"), csr.ReasonForbiddenName},
		"attribute of nothing": {seq(oid(1, 2, 3)), csr.ReasonMalformed},
	} {
		f := honest(t)
		f.attributes = c.attributes
		_, err := parse(t, f)
		refused(t, label, err, c.reason)
	}
	f := honest(t)
	f.attributes = challenge("secret")
	if r, err := parse(t, f); err != nil || r.Challenge != "secret" {
		t.Errorf("%v", err)
	}
	f = honest(t)
	f.attributes = append(requested(usage), sanExtension(tagged(0x82, []byte("a.example")))...)
	if r, err := parse(t, f); err != nil || len(r.Extensions) != 2 || r.KeyUsage == 0 || len(r.DNSNames) != 1 {
		t.Errorf("one attribute an extension: %v", err)
	}
	f = honest(t)
	f.version = 1
	_, err := parse(t, f)
	refused(t, "version 2", err, csr.ReasonMalformed)
}

func challenge(s string) []byte { return seq(oid(oidChallenge...), set(utf8String(s))) }
