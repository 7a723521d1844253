package lint_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/ca/lint"
	"simtrust/ca/qc"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const day = 24 * time.Hour

var (
	start  = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	policy = stdasn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1, 1}
)

// authority is an issuing CA of one algorithm.
type authority struct {
	cert   *smx509.Certificate
	signer crypto.Signer
}

func newKey(t testing.TB, algorithm string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch algorithm {
	case "P-256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA":
		key, err = rsaKey()
	case "SM2":
		key, err = sm2.GenerateKey(rand.Reader)
	case "P-224":
		key, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rsaKey and issuerRSAKey make keys once: they take a second.
var (
	rsaKey       = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	rootRSAKey   = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 3072) })
	issuerRSAKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 3072) })
)

var (
	authorities = map[string]*authority{}
	making      sync.Mutex
)

// issuing returns the issuing CA of an algorithm, the same one in all tests.
func issuing(t testing.TB, algorithm string) *authority {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	if a, ok := authorities[algorithm]; ok {
		return a
	}
	root := newAuthority(t, algorithm, nil)
	authorities[algorithm] = newAuthority(t, algorithm, root)
	authorities[algorithm+" root"] = root
	return authorities[algorithm]
}

func caTemplate(name string) *smx509.Certificate {
	return &smx509.Certificate{
		SerialNumber: new(big.Int).SetBytes(freshSerial()), NotBefore: start, NotAfter: start.Add(3650*day - time.Second),
		RawSubject: rdns(attr("2.5.4.6", asn1.PrintableString, "CN"), attr("2.5.4.10", asn1.UTF8String, "示例信任"), attr("2.5.4.3", asn1.UTF8String, name)),
		KeyUsage:   smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	}
}

func newAuthority(t testing.TB, algorithm string, parent *authority) *authority {
	t.Helper()
	key := newKey(t, algorithm)
	if algorithm == "RSA" {
		k, err := rootRSAKey()
		if parent != nil {
			k, err = issuerRSAKey()
		}
		if err != nil {
			t.Fatal(err)
		}
		key = k
	}
	if parent == nil {
		return signCA(t, caTemplate("Test Root"), key, nil)
	}
	return signCA(t, subordinate(), key, parent)
}

func oidOf(id stdasn1.ObjectIdentifier) smx509.OID {
	o, err := smx509.ParseOID(id.String())
	if err != nil {
		panic(err)
	}
	return o
}

// subordinate is an issuing CA, ending a day before its root.
func subordinate() *smx509.Certificate {
	template := caTemplate("Test Issuing CA")
	template.MaxPathLenZero = true
	template.NotAfter = template.NotAfter.Add(-day)
	template.IssuingCertificateURL = []string{"http://ca.example.cn/ca/issuers/root.cer"}
	template.CRLDistributionPoints = []string{"http://ca.example.cn/crl/root.crl"}
	template.Policies = []smx509.OID{oidOf(policy)}
	return template
}

// signCA makes the certificate of a template; a nil parent is itself.
func signCA(t testing.TB, template *smx509.Certificate, key crypto.Signer, parent *authority) *authority {
	t.Helper()
	id := sha256.Sum256(point(t, key.Public()))
	template.SubjectKeyId = id[:20]
	above, signer := template, key
	if parent != nil {
		above, signer = parent.cert, parent.signer
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, above, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := smx509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, signer: key}
}

func spkiOf(t testing.TB, public crypto.PublicKey) []byte {
	t.Helper()
	der, err := smx509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// point is the content of subjectPublicKey.
func point(t testing.TB, public crypto.PublicKey) []byte {
	t.Helper()
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       stdasn1.BitString
	}
	if _, err := stdasn1.Unmarshal(spkiOf(t, public), &spki); err != nil {
		t.Fatal(err)
	}
	return spki.Key.Bytes
}

// leaf is a subscriber's certificate, every part for a test to spoil.
type leaf struct {
	issuer              *authority
	profile             string
	serial              []byte
	algorithm           []byte // DER of AlgorithmIdentifier
	issuerName          []byte
	notBefore, notAfter time.Time
	timeTag             func(time.Time) asn1.Tag
	subject             []byte
	spki                []byte
	extensions          []pkix.Extension
	options             lint.Options
}

func freshSerial() []byte {
	serial := make([]byte, 16)
	_, _ = rand.Read(serial)
	serial[0] = 1
	return serial
}

var algorithmIDs = map[string][]byte{
	"P-256": der(asn1.SEQUENCE, oid("1.2.840.10045.4.3.2")),
	"P-384": der(asn1.SEQUENCE, oid("1.2.840.10045.4.3.3")),
	"RSA":   der(asn1.SEQUENCE, oid("1.2.840.113549.1.1.11"), []byte{5, 0}),
	"SM2":   der(asn1.SEQUENCE, oid("1.2.156.10197.1.501")),
}

// good is a certificate without fault: profile, key and issuer of one algorithm each.
func good(t testing.TB, profile, algorithm string) *leaf {
	t.Helper()
	a := issuing(t, algorithm)
	key := newKey(t, algorithm)
	l := &leaf{
		issuer: a, profile: profile, serial: freshSerial(), algorithm: algorithmIDs[algorithm], issuerName: a.cert.RawSubject,
		notBefore: start.Add(30 * day), notAfter: start.Add(30*day + lives[profile] - time.Second), timeTag: utc,
		subject: subjects[profile], spki: spkiOf(t, key.Public()),
		options: lint.Options{Issuer: a.cert.Raw, Policies: []stdasn1.ObjectIdentifier{policy}},
	}
	id := sha256.Sum256(point(t, key.Public()))
	l.extensions = extensionsOf(t, profile, a.cert.SubjectKeyId, id[:20])
	l.moveTo("http://ca.example.cn")
	return l
}

var lives = map[string]time.Duration{
	"bank-sim": 1095 * day, "eid": 1095 * day, "enterprise": 730 * day, "encryption": 1095 * day, "tls-client": 90 * day, "tls-server": 90 * day,
	"timestamp": 1095 * day, "ocsp": 30 * day,
	"bank-sim-document": 1095 * day, "bank-sim-login": 1095 * day, "eid-transaction": 1095 * day, "eid-login": 1095 * day,
	"enterprise-document": 730 * day, "enterprise-transaction": 730 * day, "enterprise-login": 730 * day,
}

const tenurePseudonym = "0123456789abcdef0123456789abcdef"

var (
	country  = attr("2.5.4.6", asn1.PrintableString, "CN")
	company  = attr("2.5.4.10", asn1.UTF8String, "示例银行股份有限公司")
	serialNo = attr("2.5.4.5", asn1.PrintableString, tenurePseudonym)
	customer = rdns(country, company, common("张三"), serialNo)
	person   = rdns(country, attr("2.5.4.4", asn1.UTF8String, "张"), attr("2.5.4.42", asn1.UTF8String, "三"), common("张三"), serialNo)
	subjects = map[string][]byte{
		"bank-sim": customer, "bank-sim-document": customer, "bank-sim-login": customer,
		"eid": person, "eid-transaction": person, "eid-login": person,
		"enterprise-document": customer, "enterprise-transaction": customer, "enterprise-login": customer,
		"enterprise": rdns(country, attr("2.5.4.8", asn1.UTF8String, "广东省"), attr("2.5.4.7", asn1.UTF8String, "深圳市"), company, attr("2.5.4.97", asn1.UTF8String, "NTRCN-91440300MA5EXAMPLE"), common("示例银行")),
		"encryption": rdns(country, common("张三"), serialNo),
		"tls-client": rdns(company, common("payments")),
		"tls-server": rdns(common("www.example.cn")),
		"timestamp":  rdns(country, company, common("Time-stamping unit 1")),
		"ocsp":       rdns(country, company, common("OCSP delegate")),
	}
)

func extensionsOf(t testing.TB, profile string, authorityKey, subjectKey []byte) []pkix.Extension {
	t.Helper()
	ext := []pkix.Extension{
		{Id: ids("2.5.29.35"), Value: der(asn1.SEQUENCE, der(0x80, authorityKey))},
		{Id: ids("2.5.29.14"), Value: der(asn1.OCTET_STRING, subjectKey)},
		{Id: ids("2.5.29.19"), Critical: true, Value: []byte{0x30, 0}},
		{Id: ids("2.5.29.15"), Critical: true, Value: usages[profile]},
		{Id: ids("2.5.29.32"), Value: der(asn1.SEQUENCE, der(asn1.SEQUENCE, oid(policy.String())))},
	}
	if usage, ok := extUsages[profile]; ok {
		ext = append(ext, pkix.Extension{Id: ids("2.5.29.37"), Critical: profile == "timestamp", Value: der(asn1.SEQUENCE, oid(usage))})
	}
	if profile == "ocsp" {
		return append(ext, pkix.Extension{Id: ids("1.3.6.1.5.5.7.48.1.5"), Value: []byte{5, 0}})
	}
	switch profile {
	case "tls-server":
		ext = append(ext, san(der(0x82, []byte("www.example.cn")), der(0x87, []byte{203, 2, 113, 7})))
	case "eid", "eid-transaction":
		ext = append(ext, qualified(t, statements))
	}
	return ext
}

var (
	usages = map[string][]byte{
		"bank-sim": {3, 2, 6, 0xc0}, "eid": {3, 2, 6, 0x40}, "enterprise": {3, 2, 6, 0xc0}, "encryption": {3, 2, 3, 0x38},
		"tls-client": {3, 2, 7, 0x80}, "tls-server": {3, 2, 7, 0x80}, "timestamp": {3, 2, 7, 0x80}, "ocsp": {3, 2, 7, 0x80},
		"bank-sim-document": {3, 2, 6, 0xc0}, "enterprise-document": {3, 2, 6, 0xc0}, "enterprise-transaction": {3, 2, 6, 0xc0}, "eid-transaction": {3, 2, 6, 0x40},
		"bank-sim-login": {3, 2, 7, 0x80}, "eid-login": {3, 2, 7, 0x80}, "enterprise-login": {3, 2, 7, 0x80},
	}
	extUsages = map[string]string{
		"bank-sim": "1.3.6.1.5.5.7.3.36", "eid": "1.3.6.1.5.5.7.3.36", "enterprise": "1.3.6.1.5.5.7.3.36", "tls-client": "1.3.6.1.5.5.7.3.2",
		"tls-server": "1.3.6.1.5.5.7.3.1", "timestamp": "1.3.6.1.5.5.7.3.8", "ocsp": "1.3.6.1.5.5.7.3.9",
		"bank-sim-document": "1.3.6.1.5.5.7.3.36", "enterprise-document": "1.3.6.1.5.5.7.3.36", "enterprise-transaction": "1.3.6.1.5.5.7.3.36",
		"eid-transaction": "1.3.6.1.5.5.7.3.36", "bank-sim-login": "1.3.6.1.5.5.7.3.2", "eid-login": "1.3.6.1.5.5.7.3.2", "enterprise-login": "1.3.6.1.5.5.7.3.2",
	}
	statements = qc.Statements{
		Types: []qc.Type{qc.ESign}, Limit: &qc.Limit{Currency: "CNY", Amount: 5, Exponent: 6},
		Disclosures: []qc.Disclosure{{URL: "https://ca.example.cn/pds/en", Language: "en"}},
	}
)

func san(names ...[]byte) pkix.Extension {
	return pkix.Extension{Id: ids("2.5.29.17"), Value: der(asn1.SEQUENCE, names...)}
}

func qualified(t testing.TB, s qc.Statements) pkix.Extension {
	t.Helper()
	ext, err := s.Extension()
	if err != nil {
		t.Fatal(err)
	}
	return ext
}

// set replaces an extension's value, or adds the extension.
func (l *leaf) set(id string, value []byte) {
	for i := range l.extensions {
		if l.extensions[i].Id.String() == id {
			l.extensions[i].Value = value
			return
		}
	}
	l.extensions = append(l.extensions, pkix.Extension{Id: ids(id), Value: value})
}

func (l *leaf) criticality(id string, critical bool) {
	for i := range l.extensions {
		if l.extensions[i].Id.String() == id {
			l.extensions[i].Critical = critical
		}
	}
}

func (l *leaf) drop(id string) {
	l.extensions = slices.DeleteFunc(l.extensions, func(e pkix.Extension) bool { return e.Id.String() == id })
}

// moveTo puts the authority's addresses under a base URL, and expects them there.
func (l *leaf) moveTo(base string) {
	l.options.OCSP, l.options.CAIssuers, l.options.CRLPrefix = base+"/ocsp/test", base+"/ca/issuers/test.cer", base+"/crl/test/"
	if l.profile == "ocsp" {
		return
	}
	l.set("1.3.6.1.5.5.7.1.1", der(asn1.SEQUENCE, access("1.3.6.1.5.5.7.48.1", l.options.OCSP), access("1.3.6.1.5.5.7.48.2", l.options.CAIssuers)))
	l.set("2.5.29.31", crlPoint(l.options.CRLPrefix+"7.crl"))
}

func access(method, url string) []byte {
	return der(asn1.SEQUENCE, oid(method), der(0x86, []byte(url)))
}

func crlPoint(url string) []byte {
	return der(asn1.SEQUENCE, der(asn1.SEQUENCE, der(0xa0, der(0xa0, der(0x86, []byte(url))))))
}

func utc(time.Time) asn1.Tag { return asn1.UTCTime }

func (l *leaf) der(t testing.TB) []byte {
	t.Helper()
	var list [][]byte
	for _, e := range l.extensions {
		var critical []byte
		if e.Critical {
			critical = []byte{1, 1, 0xff}
		}
		list = append(list, der(asn1.SEQUENCE, oid(e.Id.String()), critical, der(asn1.OCTET_STRING, e.Value)))
	}
	clock := func(at time.Time) []byte {
		layout := "060102150405Z"
		if l.timeTag(at) == asn1.GeneralizedTime {
			layout = "20060102150405Z"
		}
		return der(l.timeTag(at), []byte(at.Format(layout)))
	}
	tbs := der(asn1.SEQUENCE, der(0xa0, []byte{2, 1, 2}), der(asn1.INTEGER, l.serial), l.algorithm, l.issuerName,
		der(asn1.SEQUENCE, clock(l.notBefore), clock(l.notAfter)), l.subject, l.spki, der(0xa3, der(asn1.SEQUENCE, list...)))
	return der(asn1.SEQUENCE, tbs, l.algorithm, der(asn1.BIT_STRING, []byte{0}, l.issuer.sign(t, tbs)))
}

func (a *authority) sign(t testing.TB, tbs []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(tbs)
	var sig []byte
	var err error
	if key, ok := a.signer.(*sm2.PrivateKey); ok {
		sig, err = key.Sign(rand.Reader, tbs, sm2.DefaultSM2SignerOpts)
	} else {
		sig, err = a.signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func (l *leaf) check(t testing.TB) []lint.Finding {
	t.Helper()
	set, err := lint.For(l.profile, l.options)
	if err != nil {
		t.Fatal(err)
	}
	return set.Check(l.der(t))
}

// found says whether a lint objected.
func found(findings []lint.Finding, name string) bool {
	return slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Lint == name })
}

func der(tag asn1.Tag, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, p := range parts {
			b.AddBytes(p)
		}
	})
	return b.BytesOrPanic()
}

func ids(s string) stdasn1.ObjectIdentifier {
	var id stdasn1.ObjectIdentifier
	for arc := range strings.SplitSeq(s, ".") {
		n, _ := new(big.Int).SetString(arc, 10)
		id = append(id, int(n.Int64()))
	}
	return id
}

func oid(s string) []byte {
	b, err := stdasn1.Marshal(ids(s))
	if err != nil {
		panic(err)
	}
	return b
}

func attr(id string, tag asn1.Tag, value string) []byte {
	return der(asn1.SEQUENCE, oid(id), der(tag, []byte(value)))
}

func common(name string) []byte { return attr("2.5.4.3", asn1.UTF8String, name) }

// rdns is a Name of one attribute an RDN.
func rdns(attributes ...[]byte) []byte {
	var sets [][]byte
	for _, a := range attributes {
		sets = append(sets, der(asn1.SET, a))
	}
	return der(asn1.SEQUENCE, sets...)
}
