package lint_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/ca/lint"
	"simtrust/ca/qc"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// fault spoils one thing about a certificate without fault.
type fault struct {
	name    string
	profile string
	spoil   func(t *testing.T, l *leaf)
	lint    string // that must object
}

func expect(t *testing.T, faults []fault) {
	t.Helper()
	for _, f := range faults {
		for _, algorithm := range subscribers[f.profile] {
			l := good(t, f.profile, algorithm)
			f.spoil(t, l)
			if findings := l.check(t); !found(findings, f.lint) {
				t.Errorf("%s, %s %s: no %s in %v", f.name, f.profile, algorithm, f.lint, findings)
			}
		}
	}
}

func TestSerial(t *testing.T) {
	serial := func(s ...byte) func(*testing.T, *leaf) { return func(_ *testing.T, l *leaf) { l.serial = s } }
	expect(t, []fault{
		{"zero", "bank-sim", serial(0), "st_serial"},
		{"one", "bank-sim", serial(1), "st_serial"},
		{"negative", "bank-sim", serial(0xff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), "st_parse"},
		{"63 bits", "bank-sim", serial(0x7f, 2, 3, 4, 5, 6, 7, 8), "st_serial"},
		{"64 bits and a zero for the sign", "bank-sim", serial(0, 0xff, 3, 4, 5, 6, 7, 8, 9), "st_serial"},
		{"21 octets", "bank-sim", func(_ *testing.T, l *leaf) { l.serial = bytes.Repeat([]byte{0x5a}, 21) }, "st_serial"},
		{"counter", "bank-sim", serial(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7), "st_serial"},
		{"21 octets", "tls-server", func(_ *testing.T, l *leaf) { l.serial = bytes.Repeat([]byte{0x5a}, 21) }, "st_serial"},
	})
	l := good(t, "bank-sim", "SM2")
	l.serial = bytes.Repeat([]byte{0x5a}, 20)
	if f := l.check(t); len(f) > 0 {
		t.Errorf("20 octets: %v", f)
	}
}

func TestValidity(t *testing.T) {
	longer := func(by time.Duration) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) { l.notAfter = l.notAfter.Add(by) }
	}
	var faults []fault
	for profile := range subscribers {
		if profile == "tls-client" || profile == "tls-server" || profile == "ocsp" || profile == "timestamp" {
			continue
		}
		faults = append(faults, fault{"one second too long", profile, longer(time.Second), "st_validity"})
	}
	expect(t, append(faults,
		fault{"201 days", "tls-server", func(_ *testing.T, l *leaf) { l.notAfter = l.notBefore.Add(200 * day) }, "st_validity"},
		fault{"a second over the option", "tls-server", func(_ *testing.T, l *leaf) {
			l.options.MaxValidity = 90 * day
			l.notAfter = l.notBefore.Add(90 * day)
		}, "st_validity"},
		fault{"leaf after issuer", "bank-sim", func(_ *testing.T, l *leaf) {
			l.notAfter = l.issuer.cert.NotAfter.Add(time.Second)
			l.notBefore = l.notAfter.Add(-day)
		}, "st_validity"},
		fault{"leaf before issuer", "bank-sim", func(_ *testing.T, l *leaf) { l.notBefore = start.Add(-time.Second); l.notAfter = start.Add(day) }, "st_validity"},
		fault{"ends as it begins", "bank-sim", func(_ *testing.T, l *leaf) { l.notAfter = l.notBefore }, "st_validity"},
		fault{"ends before it begins", "bank-sim", func(_ *testing.T, l *leaf) { l.notAfter = l.notBefore.Add(-day) }, "st_validity"},
		fault{"GeneralizedTime before 2050", "bank-sim", func(_ *testing.T, l *leaf) {
			l.timeTag = func(time.Time) asn1.Tag { return asn1.GeneralizedTime }
		}, "st_validity"},
	))
	for _, d := range []time.Duration{0, -time.Hour} {
		l := good(t, "tls-server", "P-256")
		l.notAfter = l.notBefore.Add(200*day - time.Second + d)
		if f := l.check(t); len(f) > 0 {
			t.Errorf("200 days to the second: %v", f)
		}
	}
}

// TestYear2050: the last second of 2049 is UTCTime, the next one GeneralizedTime.
func TestYear2050(t *testing.T) {
	edge := time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
	template := caTemplate("Far CA")
	template.NotBefore, template.NotAfter = start, edge.AddDate(5, 0, 0)
	far := signCA(t, template, newKey(t, "SM2"), nil)
	for name, c := range map[string]struct {
		end time.Time
		tag asn1.Tag
		ok  bool
	}{
		"last second of 2049":          {edge.Add(-time.Second), asn1.UTCTime, true},
		"last second as Generalized":   {edge.Add(-time.Second), asn1.GeneralizedTime, false},
		"first second of 2050":         {edge, asn1.GeneralizedTime, true},
		"first second of 2050 as UTC":  {edge, asn1.UTCTime, false}, // reads as 1950
		"2051":                         {edge.AddDate(1, 0, 0), asn1.GeneralizedTime, true},
		"2051 with the beginning, too": {edge.AddDate(1, 0, 0), 0, false},
	} {
		l := good(t, "bank-sim", "SM2")
		l.issuer, l.options.Issuer, l.issuerName = far, far.cert.Raw, far.cert.RawSubject
		l.set("2.5.29.35", der(asn1.SEQUENCE, der(0x80, far.cert.SubjectKeyId)))
		l.notBefore, l.notAfter = edge.AddDate(-1, 0, 0), c.end
		l.timeTag = func(at time.Time) asn1.Tag {
			if at.Equal(c.end) && c.tag != 0 {
				return c.tag
			}
			if c.tag == 0 {
				return asn1.GeneralizedTime
			}
			return asn1.UTCTime
		}
		if f := l.check(t); (len(f) == 0) != c.ok {
			t.Errorf("%s: %v", name, f)
		}
	}
}

func TestIssuer(t *testing.T) {
	other := issuing(t, "P-384")
	expect(t, []fault{
		{"another issuer's key id", "bank-sim", func(_ *testing.T, l *leaf) {
			l.set("2.5.29.35", der(asn1.SEQUENCE, der(0x80, other.cert.SubjectKeyId)))
		}, "st_issuer"},
		{"no authority key id", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("2.5.29.35") }, "st_issuer"},
		{"key id with issuer and serial", "bank-sim", func(_ *testing.T, l *leaf) {
			l.set("2.5.29.35", der(asn1.SEQUENCE, der(0x80, l.issuer.cert.SubjectKeyId), der(0xa1, der(0xa4, l.issuer.cert.RawSubject)), der(0x82, []byte{1})))
		}, "st_issuer"},
		{"issuer encoded anew", "bank-sim", func(_ *testing.T, l *leaf) {
			l.issuerName = rdns(attr("2.5.4.6", asn1.UTF8String, "CN"), company, common("Test Issuing CA"))
		}, "st_issuer"},
		{"issuer's name reversed", "bank-sim", func(_ *testing.T, l *leaf) { l.issuerName = rdns(common("Test Issuing CA"), company, country) }, "st_issuer"},
		{"subject is the issuer's name", "enterprise", func(_ *testing.T, l *leaf) { l.subject = l.issuerName }, "st_issuer"},
		{"SHA-512 under P-256", "bank-sim", func(_ *testing.T, l *leaf) { l.algorithm = der(asn1.SEQUENCE, oid("1.2.840.10045.4.3.4")) }, "st_issuer"},
		{"SHA-1", "tls-server", func(_ *testing.T, l *leaf) { l.algorithm = der(asn1.SEQUENCE, oid("1.2.840.10045.4.1")) }, "st_issuer"},
		{"another's subject key id", "bank-sim", func(_ *testing.T, l *leaf) { l.set("2.5.29.14", der(asn1.OCTET_STRING, make([]byte, 20))) }, "st_subject_key"},
		{"no subject key id", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("2.5.29.14") }, "st_subject_key"},
		{"the issuer's own key", "enterprise", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, l.issuer.signer.Public()) }, "st_subject_key"},
		{"P-224", "tls-server", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, newKey(t, "P-224").Public()) }, "st_subject_key"},
		{"P-384 in a SIM", "bank-sim", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, newKey(t, "P-384").Public()) }, "st_subject_key"},
		{"RSA in an identity card", "eid", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, newKey(t, "RSA").Public()) }, "st_subject_key"},
		{"SM2 for TLS", "tls-server", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, newKey(t, "SM2").Public()) }, "st_subject_key"},
		{"P-256 to encrypt", "encryption", func(t *testing.T, l *leaf) { l.spki = spkiOf(t, newKey(t, "P-256").Public()) }, "st_subject_key"},
	})
}

func TestUsage(t *testing.T) {
	usage := func(b ...byte) func(*testing.T, *leaf) { return func(_ *testing.T, l *leaf) { l.set("2.5.29.15", b) } }
	ekus := func(o ...string) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) {
			var list [][]byte
			for _, id := range o {
				list = append(list, oid(id))
			}
			l.set("2.5.29.37", der(asn1.SEQUENCE, list...))
		}
	}
	expect(t, []fault{
		{"no key usage", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("2.5.29.15") }, "st_key_usage"},
		{"key usage not critical", "bank-sim", func(_ *testing.T, l *leaf) { l.criticality("2.5.29.15", false) }, "st_extensions"},
		{"certSign", "bank-sim", usage(3, 2, 2, 0xc4), "st_key_usage"},
		{"cRLSign", "tls-server", usage(3, 2, 1, 0x82), "st_key_usage"},
		{"no content commitment", "bank-sim", usage(3, 2, 7, 0x80), "st_key_usage"},
		{"signature on an identity card", "eid", usage(3, 2, 6, 0xc0), "st_key_usage"},
		{"encryption that signs", "encryption", usage(3, 2, 3, 0xb8), "st_key_usage"},
		{"signing that encrypts", "enterprise", usage(3, 2, 5, 0xe0), "st_key_usage"},
		{"dataEncipherment for TLS", "tls-server", usage(3, 2, 4, 0x90), "st_key_usage"},
		{"keyAgreement for TLS", "tls-client", usage(3, 2, 3, 0x88), "st_key_usage"},
		{"OCSP delegate that commits", "ocsp", usage(3, 2, 6, 0xc0), "st_key_usage"},
		{"server as client", "tls-client", ekus("1.3.6.1.5.5.7.3.1"), "st_extended_key_usage"},
		{"server and client", "tls-server", ekus("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), "st_extended_key_usage"},
		{"any", "tls-server", ekus("1.3.6.1.5.5.7.3.1", "2.5.29.37.0"), "st_extended_key_usage"},
		{"OCSPSigning with a bank", "bank-sim", ekus("1.3.6.1.5.5.7.3.9"), "st_extended_key_usage"},
		{"time stamp and more", "timestamp", ekus("1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.36"), "st_extended_key_usage"},
		{"time stamp not critical", "timestamp", func(_ *testing.T, l *leaf) { l.criticality("2.5.29.37", false) }, "st_extensions"},
		{"EKU on encryption", "encryption", ekus("1.3.6.1.5.5.7.3.4"), "st_extended_key_usage"},
		{"no EKU", "tls-server", func(_ *testing.T, l *leaf) { l.drop("2.5.29.37") }, "st_extended_key_usage"},
		{"critical EKU", "bank-sim", func(_ *testing.T, l *leaf) { l.criticality("2.5.29.37", true) }, "st_extensions"},
		{"CA:TRUE", "bank-sim", func(_ *testing.T, l *leaf) { l.set("2.5.29.19", der(asn1.SEQUENCE, []byte{1, 1, 0xff})) }, "st_basic_constraints"},
		{"CA:TRUE for TLS", "tls-server", func(_ *testing.T, l *leaf) { l.set("2.5.29.19", der(asn1.SEQUENCE, []byte{1, 1, 0xff})) }, "st_basic_constraints"},
		{"no nocheck", "ocsp", func(_ *testing.T, l *leaf) { l.drop("1.3.6.1.5.5.7.48.1.5") }, "st_ocsp_nocheck"},
		{"nocheck at a bank", "bank-sim", func(_ *testing.T, l *leaf) { l.set("1.3.6.1.5.5.7.48.1.5", []byte{5, 0}) }, "st_ocsp_nocheck"},
		{"nocheck not NULL", "ocsp", func(_ *testing.T, l *leaf) { l.set("1.3.6.1.5.5.7.48.1.5", []byte{0x30, 0}) }, "st_ocsp_nocheck"},
		{"unknown extension", "bank-sim", func(_ *testing.T, l *leaf) { l.set("1.2.3.4", []byte{5, 0}) }, "st_extensions"},
		{"name constraints", "bank-sim", func(_ *testing.T, l *leaf) {
			l.set("2.5.29.30", der(asn1.SEQUENCE, der(0xa0, der(asn1.SEQUENCE, der(0x82, []byte("example.cn"))))))
		}, "st_extensions"},
		{"duplicate", "bank-sim", func(_ *testing.T, l *leaf) { l.extensions = append(l.extensions, l.extensions[0]) }, "st_parse"},
	})
}

func TestRSAMayEncipher(t *testing.T) {
	l := good(t, "tls-server", "RSA")
	l.set("2.5.29.15", []byte{3, 2, 5, 0xa0})
	if f := l.check(t); len(f) > 0 {
		t.Error(f)
	}
	l = good(t, "tls-server", "P-256")
	l.set("2.5.29.15", []byte{3, 2, 5, 0xa0})
	if f := l.check(t); !found(f, "st_key_usage") {
		t.Error(f)
	}
}

func TestPointers(t *testing.T) {
	crl := func(url string) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) { l.set("2.5.29.31", crlPoint(url)) }
	}
	aia := func(d ...[]byte) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) { l.set("1.3.6.1.5.5.7.1.1", der(asn1.SEQUENCE, d...)) }
	}
	const ocsp, issuers = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"
	const ocspURL, issuersURL = "http://ca.example.cn/ocsp/test", "http://ca.example.cn/ca/issuers/test.cer"
	two := der(asn1.SEQUENCE, der(asn1.SEQUENCE, der(0xa0, der(0xa0, der(0x86, []byte("http://ca.example.cn/crl/test/7.crl")), der(0x86, []byte("http://ca.example.cn/crl/test/8.crl"))))))
	withReasons := der(asn1.SEQUENCE, der(asn1.SEQUENCE, der(0xa0, der(0xa0, der(0x86, []byte("http://ca.example.cn/crl/test/7.crl")))), der(0x81, []byte{0, 0xff})))
	policies := func(o ...string) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) {
			var list [][]byte
			for _, id := range o {
				list = append(list, der(asn1.SEQUENCE, oid(id)))
			}
			l.set("2.5.29.32", der(asn1.SEQUENCE, list...))
		}
	}
	expect(t, []fault{
		{"no AIA", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("1.3.6.1.5.5.7.1.1") }, "st_authority_information"},
		{"no OCSP", "tls-server", aia(access(issuers, issuersURL)), "st_authority_information"},
		{"no caIssuers", "tls-server", aia(access(ocsp, ocspURL)), "st_authority_information"},
		{"another issuer's OCSP", "bank-sim", aia(access(ocsp, ocspURL+"2"), access(issuers, issuersURL)), "st_authority_information"},
		{"OCSP twice", "bank-sim", aia(access(ocsp, ocspURL), access(ocsp, ocspURL), access(issuers, issuersURL)), "st_authority_information"},
		{"third method", "bank-sim", aia(access(ocsp, ocspURL), access(issuers, issuersURL), access("1.2.3", ocspURL)), "st_authority_information"},
		{"AIA not URL", "bank-sim", aia(der(asn1.SEQUENCE, oid(ocsp), der(0x82, []byte("ca.example.cn")))), "st_authority_information"},
		{"no CDP", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("2.5.29.31") }, "st_crl_distribution"},
		{"another issuer's CRL", "bank-sim", crl("http://ca.example.cn/crl/other/7.crl"), "st_crl_distribution"},
		{"no shard", "bank-sim", crl("http://ca.example.cn/crl/test/.crl"), "st_crl_distribution"},
		{"shard outside", "bank-sim", crl("http://ca.example.cn/crl/test/../7.crl"), "st_crl_distribution"},
		{"shard with query", "bank-sim", crl("http://ca.example.cn/crl/test/7.crl?x"), "st_crl_distribution"},
		{"LDAP", "bank-sim", crl("ldap://ca.example.cn/crl/test/7.crl"), "st_crl_distribution"},
		{"two URLs", "bank-sim", func(_ *testing.T, l *leaf) { l.set("2.5.29.31", two) }, "st_crl_distribution"},
		{"with reasons", "bank-sim", func(_ *testing.T, l *leaf) { l.set("2.5.29.31", withReasons) }, "st_crl_distribution"},
		{"CDP in a delegate", "ocsp", crl("http://ca.example.cn/crl/test/7.crl"), "st_crl_distribution"},
		{"critical CDP", "bank-sim", func(_ *testing.T, l *leaf) { l.criticality("2.5.29.31", true) }, "st_extensions"},
		{"no policy", "bank-sim", func(_ *testing.T, l *leaf) { l.drop("2.5.29.32") }, "st_policies"},
		{"another policy", "bank-sim", policies("1.2.3.4"), "st_policies"},
		{"two policies", "bank-sim", policies(policy.String(), "1.2.3.4"), "st_policies"},
		{"any policy", "bank-sim", policies("2.5.29.32.0"), "st_policies"},
	})
}

func TestSubject(t *testing.T) {
	subject := func(a ...[]byte) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) { l.subject = rdns(a...) }
	}
	name := func(s string) func(*testing.T, *leaf) { return subject(country, company, common(s), serialNo) }
	number := func(s string) func(*testing.T, *leaf) {
		return subject(country, company, common("张三"), attr("2.5.4.5", asn1.PrintableString, s))
	}
	var faults []fault
	for what, spoil := range map[string]func(*testing.T, *leaf){
		"reversed":                    subject(serialNo, common("张三"), company, country),
		"name before organisation":    subject(country, common("张三"), company, serialNo),
		"name twice":                  subject(country, common("张三"), common("李四"), serialNo),
		"attribute of another kind":   subject(country, attr("2.5.4.12", asn1.UTF8String, "经理"), common("张三"), serialNo),
		"attribute of other profiles": subject(country, attr("2.5.4.4", asn1.UTF8String, "张"), common("张三"), serialNo),
		"no country":                  subject(company, common("张三"), serialNo),
		"no name":                     subject(country, company, serialNo),
		"empty":                       subject(),
		"two in one RDN": func(_ *testing.T, l *leaf) {
			l.subject = der(asn1.SEQUENCE, der(asn1.SET, country), der(asn1.SET, company, common("张三")), der(asn1.SET, serialNo))
		},
		"name as PrintableString":     subject(country, attr("2.5.4.3", asn1.PrintableString, "Zhang San"), serialNo),
		"name as BMPString":           subject(country, attr("2.5.4.3", 0x1e, "\x5f\x20\x4e\x09"), serialNo),
		"country as UTF8String":       subject(attr("2.5.4.6", asn1.UTF8String, "CN"), common("张三"), serialNo),
		"country in lower case":       subject(attr("2.5.4.6", asn1.PrintableString, "cn"), common("张三"), serialNo),
		"serial number as UTF8String": subject(country, common("张三"), attr("2.5.4.5", asn1.UTF8String, tenurePseudonym)),
		"no serial number":            subject(country, company, common("张三")),
		"serial number is a number":   number("+8613800138000"),
		"number without plus":         number("13800138000"),
		"serial number of an ID card": number("11010519491231002X"),
		"short pseudonym":             number("0123456789abcdef"),
		"pseudonym in capitals":       number("0123456789ABCDEF0123456789ABCDEF"),
		"name is a number":            name("+86 138-0013-8000"),
		"name is a number, plain":     name("13800138000"),
		"name is an ID card":          name("11010519491231002X"),
		"name with newline":           name("张\n三"),
		"name with NUL":               name("张\x00三"),
		"name with override":          name("张\u202e三"),
		"name with template":          name("{{ .Name }}"),
		"name padded":                 name(" 张三"),
		"name empty":                  name(""),
		"name of 65 characters":       name(strings.Repeat("张", 65)),
	} {
		faults = append(faults, fault{what, "bank-sim", spoil, "st_subject"})
	}
	// the parser refuses a string that is not UTF-8 before any lint sees it
	faults = append(faults, fault{"name not UTF-8", "bank-sim", name("\xff"), "st_parse"},
		fault{"serial number of an organisation", "enterprise", subject(country, company, common("银行"), serialNo), "st_subject"},
		fault{"organisation for TLS", "tls-server", subject(company, common("www.example.cn")), "st_subject"})
	expect(t, faults)
	l := good(t, "bank-sim", "SM2")
	name(strings.Repeat("张", 64))(t, l)
	if f := l.check(t); len(f) > 0 {
		t.Errorf("64 characters: %v", f)
	}
}

func TestAlternativeNames(t *testing.T) {
	dns := func(s string) []byte { return der(0x82, []byte(s)) }
	names := func(n ...[]byte) func(*testing.T, *leaf) {
		return func(_ *testing.T, l *leaf) { l.set("2.5.29.17", san(n...).Value) }
	}
	www := dns("www.example.cn")
	upn := der(0xa0, oid("1.3.6.1.4.1.311.20.2.3"), der(0xa0, der(asn1.UTF8String, []byte("a@example.cn"))))
	expect(t, []fault{
		{"none", "tls-server", func(_ *testing.T, l *leaf) { l.drop("2.5.29.17") }, "st_alternative_names"},
		{"name not among them", "tls-server", names(dns("other.example.cn")), "st_alternative_names"},
		{"mail", "tls-server", names(www, der(0x81, []byte("a@example.cn"))), "st_alternative_names"},
		{"URI", "tls-server", names(www, der(0x86, []byte("https://example.cn/"))), "st_alternative_names"},
		{"UPN", "tls-server", names(www, upn), "st_alternative_names"},
		{"directory name", "tls-server", names(www, der(0xa4, rdns(company))), "st_alternative_names"},
		{"registered id", "tls-server", names(www, der(0x88, []byte{0x2a, 3})), "st_alternative_names"},
		{"capitals", "tls-server", names(www, dns("WWW.example.cn")), "st_alternative_names"},
		{"twice", "tls-server", names(www, www), "st_alternative_names"},
		{"inner wildcard", "tls-server", names(www, dns("a.*.cn")), "st_alternative_names"},
		{"NUL", "tls-server", names(www, dns("a\x00.example.cn")), "st_alternative_names"},
		{"underscore", "tls-server", names(www, dns("a_b.example.cn")), "st_alternative_names"},
		{"critical beside a subject", "tls-server", func(_ *testing.T, l *leaf) { l.criticality("2.5.29.17", true) }, "st_extensions"},
		{"at a bank", "bank-sim", names(www), "st_alternative_names"},
		{"IP of a client", "tls-client", names(der(0x87, []byte{203, 2, 113, 7})), "st_alternative_names"},
		{"in a delegate", "ocsp", names(www), "st_alternative_names"},
	})
	l := good(t, "tls-client", "P-256")
	names(dns("a.example.cn"), der(0x86, []byte("spiffe://example.cn/payments")))(t, l)
	if f := l.check(t); len(f) > 0 {
		t.Error(f)
	}
}

func TestQualified(t *testing.T) {
	stated := func(change func(*qc.Statements)) func(*testing.T, *leaf) {
		return func(t *testing.T, l *leaf) {
			s := statements
			change(&s)
			l.set("1.3.6.1.5.5.7.1.3", qualified(t, s).Value)
		}
	}
	claims := map[string]func(*qc.Statements){
		"compliance":  func(s *qc.Statements) { s.Compliance = true },
		"device":      func(s *qc.Statements) { s.SSCD = true },
		"legislation": func(s *qc.Statements) { s.Legislation = []string{"CN"} },
	}
	faults := []fault{
		{"none", "eid", func(_ *testing.T, l *leaf) { l.drop("1.3.6.1.5.5.7.1.3") }, "st_qualified"},
		{"seal", "eid", stated(func(s *qc.Statements) { s.Types = []qc.Type{qc.ESeal} }), "st_qualified"},
		{"signature and seal", "eid", stated(func(s *qc.Statements) { s.Types = []qc.Type{qc.ESign, qc.ESeal} }), "st_qualified"},
		{"no type", "eid", stated(func(s *qc.Statements) { s.Types = nil }), "st_qualified"},
		{"no limit", "eid", stated(func(s *qc.Statements) { s.Limit = nil }), "st_qualified"},
		{"limit in euro", "eid", stated(func(s *qc.Statements) { s.Limit = &qc.Limit{Currency: "EUR", Amount: 5} }), "st_qualified"},
		{"no disclosure", "eid", stated(func(s *qc.Statements) { s.Disclosures = nil }), "st_qualified"},
		{"unknown statement", "eid", func(_ *testing.T, l *leaf) {
			l.set("1.3.6.1.5.5.7.1.3", der(asn1.SEQUENCE, der(asn1.SEQUENCE, oid("0.4.0.19495.2"))))
		}, "st_qualified"},
		{"critical", "eid", func(_ *testing.T, l *leaf) { l.criticality("1.3.6.1.5.5.7.1.3", true) }, "st_extensions"},
		{"at a bank", "bank-sim", func(t *testing.T, l *leaf) { l.extensions = append(l.extensions, qualified(t, statements)) }, "st_qualified"},
	}
	for what, change := range claims {
		faults = append(faults, fault{what + " without ground", "eid", stated(change), "st_qualified"})
		for _, algorithm := range subscribers["eid"] {
			l := good(t, "eid", algorithm)
			stated(change)(t, l)
			l.options.Qualified = true
			if f := l.check(t); found(f, "st_qualified") {
				t.Errorf("%s with its ground: %v", what, f)
			}
		}
	}
	expect(t, faults)
}

func TestNoCertificate(t *testing.T) {
	l := good(t, "bank-sim", "SM2")
	set, err := lint.For(l.profile, l.options)
	if err != nil {
		t.Fatal(err)
	}
	whole := l.der(t)
	for _, in := range [][]byte{nil, {0x30, 0}, whole[:len(whole)-1], append(slices.Clone(whole), 0)} {
		if f := set.Check(in); !found(f, "st_parse") {
			t.Errorf("%x: %v", in, f)
		}
	}
}

func TestForRefuses(t *testing.T) {
	sound := good(t, "bank-sim", "P-256").options
	for name, c := range map[string]struct {
		profile string
		change  func(*lint.Options)
	}{
		"unknown profile":  {"bank", func(*lint.Options) {}},
		"no issuer":        {"bank-sim", func(o *lint.Options) { o.Issuer = nil }},
		"issuer cut":       {"bank-sim", func(o *lint.Options) { o.Issuer = o.Issuer[:20] }},
		"no OCSP":          {"bank-sim", func(o *lint.Options) { o.OCSP = "" }},
		"no caIssuers":     {"tls-server", func(o *lint.Options) { o.CAIssuers = "" }},
		"no CRL":           {"eid", func(o *lint.Options) { o.CRLPrefix = "" }},
		"no policy":        {"encryption", func(o *lint.Options) { o.Policies = nil }},
		"root with issuer": {"root", func(*lint.Options) {}},
	} {
		o := sound
		c.change(&o)
		if _, err := lint.For(c.profile, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
