package est_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"simtrust/ca"
	"simtrust/ca/est"
	"simtrust/internal/rpc"
)

func TestEnrolRenewAndVerify(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.credential("tls-client", ca.Subject{Organization: "Example"}, "fleet.example")
		key := newKey(t)
		csr := request(t, key, "a.fleet.example", func(r *x509.CertificateRequest) { r.DNSNames = []string{"a.fleet.example"} })
		cert := w.do(enrol("/simpleenroll", l, csr)).certificate(t)
		if cert.Subject.String() != "CN=a.fleet.example,O=Example" || !slices.Equal(cert.DNSNames, []string{"a.fleet.example"}) ||
			!key.PublicKey.Equal(cert.PublicKey) {
			t.Fatalf("%s %v", cert.Subject, cert.DNSNames)
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		for _, c := range w.do(call{method: "GET", path: est.Prefix + "/cacerts"}).certificates(t) {
			if c.CheckSignatureFrom(c) == nil {
				roots.AddCert(c)
			} else {
				between.AddCert(c)
			}
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			t.Fatal(err)
		}

		again := w.do(enrol("/simplereenroll", l, request(t, newKey(t), "a.fleet.example", func(r *x509.CertificateRequest) {
			r.Subject.Organization, r.DNSNames = []string{"Example"}, []string{"a.fleet.example"}
		}))).certificate(t)
		if again.Subject.String() != cert.Subject.String() || again.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			t.Error(again.Subject)
		}
		found, _, err := w.authority.Search(t.Context(), ca.Query{Profile: "tls-client"}, ca.Page{})
		if err != nil || len(found) != 2 || found[0].Requester != "est:"+l.username {
			t.Errorf("%d certificates, %v", len(found), err)
		}
	})
}

func TestRenewalByClientCertificate(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	key := newKey(t)
	cert := w.do(enrol("/simpleenroll", l, request(t, key, "meter", nil))).certificate(t)
	renewal := func(path string, chain tls.Certificate, csr []byte) call {
		c := enrol(path, login{}, csr)
		c.chain = []tls.Certificate{chain}
		return c
	}
	own := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
	again := w.do(renewal("/simplereenroll", own, request(t, newKey(t), "meter", nil))).certificate(t)
	if again.Subject.String() != "CN=meter" {
		t.Error(again.Subject)
	}
	w.do(renewal("/simplereenroll", own, request(t, newKey(t), "other", nil))).refused(t, http.StatusForbidden, "renewal")
	w.do(renewal("/simplereenroll", own, request(t, newKey(t), "meter", func(r *x509.CertificateRequest) {
		r.DNSNames = []string{"meter"}
	}))).refused(t, http.StatusForbidden, "renewal")
	w.do(renewal("/tls-server/simplereenroll", own, request(t, newKey(t), "meter", nil))).refused(t, http.StatusForbidden, "label")
	w.do(renewal("/simpleenroll", own, request(t, newKey(t), "meter", nil))).refused(t, http.StatusUnauthorized, "password")

	strangerKey, stranger, err := authority("Stranger", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign := tls.Certificate{Certificate: [][]byte{stranger.Raw}, PrivateKey: strangerKey}
	w.do(renewal("/simplereenroll", foreign, request(t, newKey(t), "meter", nil))).refused(t, http.StatusUnauthorized, "client certificate")

	if _, err := w.authority.Revoke(t.Context(), ca.RevokeReq{Issuer: "service-p256", Serial: cert.SerialNumber.Bytes(), Reason: ca.Superseded, By: "test"}); err != nil {
		t.Fatal(err)
	}
	w.do(renewal("/simplereenroll", own, request(t, newKey(t), "meter", nil))).refused(t, http.StatusUnauthorized, "client certificate")
}

func TestLabelsChooseTheProfile(t *testing.T) {
	w := embedded(t, est.Config{})
	server := w.credential("tls-server", ca.Subject{}, "shop.example")
	name := func(r *x509.CertificateRequest) { r.DNSNames = []string{"www.shop.example"} }
	cert := w.do(enrol("/tls-server/simpleenroll", server, request(t, newKey(t), "www.shop.example", name))).certificate(t)
	if !slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
		t.Error(cert.ExtKeyUsage)
	}
	seal := w.credential("enterprise", ca.Subject{Country: "CN", Organization: "示例银行"}, "示例银行短信")
	cert = w.do(enrol("/enterprise/simpleenroll", seal, request(t, newKey(t), "示例银行短信", nil))).certificate(t)
	if cert.Subject.Organization[0] != "示例银行" || cert.Issuer.CommonName != "Issuing enterprise" {
		t.Errorf("%s of %s", cert.Subject, cert.Issuer)
	}
	w.do(enrol("/tls-client/simpleenroll", server, request(t, newKey(t), "www.shop.example", name))).refused(t, http.StatusForbidden, "label")
	w.do(enrol("/simpleenroll", server, request(t, newKey(t), "www.shop.example", name))).refused(t, http.StatusForbidden, "label")
	for _, label := range []string{"ocsp", "bank-sim", "encryption", "nothing", "tls-server%2Fx"} {
		w.do(enrol("/"+label+"/simpleenroll", server, nil)).refused(t, http.StatusNotFound, "")
		w.do(call{method: "GET", path: est.Prefix + "/" + label + "/cacerts"}).refused(t, http.StatusNotFound, "")
	}
}

func TestChainsOfALabel(t *testing.T) {
	w := embedded(t, est.Config{})
	for label, want := range map[string]string{"": "Issuing service", "/enterprise": "Issuing enterprise"} {
		var names []string
		for _, c := range w.do(call{method: "GET", path: est.Prefix + label + "/cacerts"}).certificates(t) {
			names = append(names, c.Subject.CommonName)
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{want, "Root"}) {
			t.Errorf("%s: %q", label, names)
		}
	}
}

func TestRequestAttributes(t *testing.T) {
	w := embedded(t, est.Config{})
	r := w.do(call{method: "GET", path: est.Prefix + "/csrattrs"})
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(r.body)))
	if err != nil || r.header.Get("Content-Type") != "application/csrattrs" || len(der) == 0 {
		t.Fatalf("%v %s", err, r.body)
	}
	var list []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &list); err != nil || len(rest) > 0 || len(list) != 2 {
		t.Fatalf("%x: %v", der, err)
	}
	var curves struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.ObjectIdentifier `asn1:"set"`
	}
	if _, err := asn1.Unmarshal(list[0].FullBytes, &curves); err != nil || len(curves.Values) != 2 || curves.Values[1].String() != "1.2.840.10045.3.1.7" {
		t.Errorf("%x: %v", list[0].FullBytes, err)
	}
}

func TestLineBreaksOfAllKinds(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	text := base64.StdEncoding.EncodeToString(request(t, newKey(t), "device", nil))
	for name, body := range map[string]string{
		"one line": text, "lines": text[:64] + "\n" + text[64:] + "\n", "CR LF": text[:76] + "\r\n" + text[76:] + "\r\n\r\n",
		"indented": "  " + text[:10] + "\t" + text[10:],
	} {
		c := enrol("/simpleenroll", l, nil)
		c.body = []byte(body)
		c.contentType = "application/pkcs10; charset=utf-8"
		if r := w.do(c); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestRefusedBodies(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	der := request(t, newKey(t), "device", nil)
	text := base64.StdEncoding.EncodeToString(der)
	broken := slices.Clone(der)
	broken[len(broken)-1] ^= 1
	ber := append([]byte{0x30, 0x84, 0, 0, der[2], der[3]}, der[4:]...)
	if der[1] != 0x82 {
		ber = append([]byte{0x30, 0x84, 0, 0, 0, der[2]}, der[3:]...)
	}
	encode := base64.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		body   string
		status int
		words  string
	}{
		"empty":              {"", 400, "base64"},
		"white space":        {" \r\n ", 400, "base64"},
		"not base64":         {"~~~~", 400, "base64"},
		"cut off":            {text[:len(text)-3], 400, "base64"},
		"PEM":                {"-----BEGIN CERTIFICATE REQUEST-----\n" + text + "\n-----END CERTIFICATE REQUEST-----\n", 400, "base64"},
		"DER as it is":       {string(der), 400, "base64"},
		"loose final bits":   {"MAB=", 400, "base64"},
		"two of them":        {text + text, 400, ""},
		"something after it": {encode(append(slices.Clone(der), 0)), 400, "DER"},
		"BER":                {encode(ber), 400, ""},
		"another's key":      {encode(broken), 400, ""},
		"a certificate":      {encode(w.hierarchy.Roots[0]), 400, ""},
		"too large":          {strings.Repeat("A", 33<<10), 413, "large"},
		"a large request":    {encode(append([]byte{0x30, 0x82, 0x44, 0x00}, make([]byte, 0x4400)...)), 400, "large"},
	} {
		t.Run(name, func(t *testing.T) {
			req := enrol("/simpleenroll", l, nil)
			req.body = []byte(c.body)
			w.do(req).refused(t, c.status, c.words)
		})
	}
	for _, media := range []string{"", "application/json", "text/plain", "application/pkcs10;;", "application/pkcs7-mime"} {
		req := enrol("/simpleenroll", l, der)
		req.contentType = media
		w.do(req).refused(t, http.StatusUnsupportedMediaType, "pkcs10")
	}
	if found, _, err := w.authority.Search(t.Context(), ca.Query{Profile: "tls-client"}, ca.Page{}); err != nil || len(found) > 0 {
		t.Errorf("%d issued, %v", len(found), err)
	}
}

func extension(t testing.TB, id asn1.ObjectIdentifier, value string) func(*x509.CertificateRequest) {
	t.Helper()
	der, err := hex.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *x509.CertificateRequest) { r.ExtraExtensions = []pkix.Extension{{Id: id, Value: der}} }
}

// TestRefusedRequests: nothing that is asked for is dropped in silence.
func TestRefusedRequests(t *testing.T) {
	w := embedded(t, est.Config{})
	any := w.credential("tls-client", ca.Subject{}, "*")
	fleet := w.credential("tls-client", ca.Subject{Organization: "Example"}, "fleet.example")
	dns := func(names ...string) func(*x509.CertificateRequest) {
		return func(r *x509.CertificateRequest) { r.DNSNames = names }
	}
	for name, c := range map[string]struct {
		login  login
		cn     string
		change func(*x509.CertificateRequest)
		status int
	}{
		"an authority":               {any, "x", extension(t, asn1.ObjectIdentifier{2, 5, 29, 19}, "30030101ff"), 400},
		"certificate signing":        {any, "x", extension(t, asn1.ObjectIdentifier{2, 5, 29, 15}, "03020204"), 400},
		"OCSP signing":               {any, "x", extension(t, asn1.ObjectIdentifier{2, 5, 29, 37}, "300a06082b06010505070309"), 400},
		"server authentication":      {any, "x", extension(t, asn1.ObjectIdentifier{2, 5, 29, 37}, "300a06082b06010505070301"), 400},
		"an unknown extension":       {any, "x", extension(t, asn1.ObjectIdentifier{1, 2, 3, 4}, "0500"), 400},
		"no name":                    {any, "", nil, 400},
		"a wildcard":                 {any, "x", dns("*.fleet.example"), 400},
		"a template":                 {any, "{{.}}", nil, 400},
		"a telephone number":         {any, "+8613800000001", nil, 400},
		"an address":                 {any, "x", func(r *x509.CertificateRequest) { r.IPAddresses = append(r.IPAddresses, []byte{192, 0, 2, 1}) }, 400},
		"mail":                       {any, "x", func(r *x509.CertificateRequest) { r.EmailAddresses = []string{"a@b.example"} }, 400},
		"an attribute not ours":      {any, "x", func(r *x509.CertificateRequest) { r.Subject.SerialNumber = "42" }, 400},
		"an attribute twice":         {any, "x", func(r *x509.CertificateRequest) { r.Subject.OrganizationalUnit = []string{"a", "b"} }, 400},
		"another common name":        {fleet, "other.example", nil, 403},
		"a common name that ends so": {fleet, "notfleet.example", nil, 403},
		"another DNS name":           {fleet, "a.fleet.example", dns("a.fleet.example", "other.example"), 403},
		"another URI":                {fleet, "a.fleet.example", func(r *x509.CertificateRequest) { r.URIs = uris("spiffe://other.example/x") }, 403},
		"a URI with a user":          {fleet, "a.fleet.example", func(r *x509.CertificateRequest) { r.URIs = uris("spiffe://u@fleet.example/x") }, 400},
		"another organisation":       {fleet, "a.fleet.example", func(r *x509.CertificateRequest) { r.Subject.Organization = []string{"Other"} }, 403},
		"a unit nobody granted":      {fleet, "a.fleet.example", func(r *x509.CertificateRequest) { r.Subject.OrganizationalUnit = []string{"Root"} }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			w.do(enrol("/simpleenroll", c.login, request(t, newKey(t), c.cn, c.change))).refused(t, c.status, "")
		})
	}
	if found, _, err := w.authority.Search(t.Context(), ca.Query{Profile: "tls-client"}, ca.Page{}); err != nil || len(found) > 0 {
		t.Errorf("%d issued, %v", len(found), err)
	}
}

func uris(texts ...string) (list []*url.URL) {
	for _, text := range texts {
		if u, err := url.Parse(text); err == nil {
			list = append(list, u)
		}
	}
	return list
}

func TestRenewalNeedsWhatIsRenewed(t *testing.T) {
	w := embedded(t, est.Config{})
	mine, other := w.credential("tls-client", ca.Subject{}, "*"), w.credential("tls-client", ca.Subject{}, "*")
	w.do(enrol("/simplereenroll", mine, request(t, newKey(t), "pump", nil))).refused(t, http.StatusForbidden, "enrol instead")
	cert := w.do(enrol("/simpleenroll", mine, request(t, newKey(t), "pump", nil))).certificate(t)
	w.do(enrol("/simplereenroll", other, request(t, newKey(t), "pump", nil))).refused(t, http.StatusForbidden, "enrol instead")
	w.do(enrol("/simplereenroll", mine, request(t, newKey(t), "pump", func(r *x509.CertificateRequest) {
		r.Subject.Organization = []string{"More"}
	}))).refused(t, http.StatusForbidden, "enrol instead")
	w.do(enrol("/simplereenroll", login{}, request(t, newKey(t), "pump", nil))).refused(t, http.StatusUnauthorized, "")
	if _, err := w.authority.Revoke(t.Context(), ca.RevokeReq{Issuer: "service-p256", Serial: cert.SerialNumber.Bytes(), Reason: ca.Superseded, By: "test"}); err != nil {
		t.Fatal(err)
	}
	w.do(enrol("/simplereenroll", mine, request(t, newKey(t), "pump", nil))).refused(t, http.StatusForbidden, "enrol instead")
}

// TestRenewalSearchesByName asks for renewals of addresses, and of nothing at all: neither goes through the whole register.
func TestRenewalSearchesByName(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-server", ca.Subject{}, "*")
	address := func(r *x509.CertificateRequest) { r.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1)} }
	w.do(enrol("/tls-server/simpleenroll", l, request(t, newKey(t), "", address))).certificate(t)
	w.do(enrol("/tls-server/simplereenroll", l, request(t, newKey(t), "", address))).certificate(t)
	w.do(enrol("/tls-server/simplereenroll", l, request(t, newKey(t), "", nil))).refused(t, http.StatusForbidden, "enrol instead")
	if n := w.searches.whole.Load(); n > 0 {
		t.Errorf("the whole register was searched %d times", n)
	}
}

func TestCompromisedKeyIsRefused(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	csr := request(t, newKey(t), "pump", nil)
	cert := w.do(enrol("/simpleenroll", l, csr)).certificate(t)
	if _, err := w.authority.Revoke(t.Context(), ca.RevokeReq{Issuer: "service-p256", Serial: cert.SerialNumber.Bytes(), Reason: ca.KeyCompromise, By: "test", KeyProof: true}); err != nil {
		t.Fatal(err)
	}
	w.do(enrol("/simpleenroll", l, csr)).refused(t, http.StatusForbidden, "")
}

func TestEnrolmentsAreLimited(t *testing.T) {
	w := embedded(t, est.Config{Enrolments: rpc.Rate{PerSecond: 0.001, Burst: 2}})
	l, other := w.credential("tls-client", ca.Subject{}, "*"), w.credential("tls-client", ca.Subject{}, "*")
	for range 2 {
		w.do(enrol("/simpleenroll", l, request(t, newKey(t), "pump", nil))).certificate(t)
	}
	r := w.do(enrol("/simpleenroll", l, request(t, newKey(t), "pump", nil)))
	r.refused(t, http.StatusTooManyRequests, "")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.do(enrol("/simpleenroll", other, request(t, newKey(t), "pump", nil))).certificate(t)
}
