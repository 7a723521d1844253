package ca_test

import (
	"crypto/elliptic"
	_ "embed"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"simtrust"
	"simtrust/ca"
)

//go:embed testdata/subjects.txt
var subjects string

// TestGoldenSubjects compares the subject of every profile, octet by octet, with what openssl encodes (testdata/make.sh): the order of
// the attributes, their string types, the UTF-8 of Chinese names, and the serial number derived from the tenure.
func TestGoldenSubjects(t *testing.T) {
	golden := map[string]string{}
	for line := range strings.Lines(subjects) {
		name, der, _ := strings.Cut(strings.TrimSpace(line), " ")
		golden[name] = der
	}
	organisation := ca.Subject{Country: "CN", Province: "广东省", Locality: "深圳市", Organization: "示例科技有限公司", OrganizationID: "NTRCN-91440300MA5",
		OrganizationalUnit: "财务部", CommonName: "示例科技有限公司 印章"}
	customer := ca.Subject{Country: "CN", Organization: "示例银行", CommonName: "王小明"}
	citizen := ca.Subject{Country: "CN", Surname: "王", GivenName: "小明", CommonName: "王小明"}
	unit := ca.Subject{Country: "CN", Organization: "示例银行", CommonName: "签发 单元"}
	w := embedded(t)
	const tenure = simtrust.TenureID("ten_00000000000000000000000000")
	w.tenures.set(tenure, true)
	tested := map[string]bool{}
	for name, subject := range map[string]ca.Subject{
		"bank-sim": customer, "bank-sim-document": customer, "bank-sim-login": customer,
		"bank-sim-punctuation": {Country: "CN", CommonName: `O'Brien "Bob", & Söhne; 𠮷工作室`},
		"eid":                  citizen, "eid-login": citizen, "eid-transaction": citizen,
		"eid-pseudonym": {Country: "CN", Pseudonym: "笔名", CommonName: "笔名"},
		"encryption":    organisation, "enterprise": organisation, "enterprise-document": organisation, "enterprise-login": organisation,
		"enterprise-transaction": organisation,
		"ocsp":                   unit, "timestamp": unit,
		"tls-client": {Country: "CN", Organization: "示例银行", OrganizationalUnit: "财务部", CommonName: "报表"},
		"tls-server": {CommonName: "a.example"}, "tls-server-nameless": {},
	} {
		t.Run(name, func(t *testing.T) {
			profile := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "-punctuation"), "-pseudonym"), "-nameless")
			tested[profile] = true
			req := ca.IssueReq{Profile: profile, Subject: subject, Requester: "test"}
			switch profile {
			case "ocsp", "timestamp", "tls-client":
			case "enterprise":
				req.Tenure = tenure
			case "tls-server":
				req.SANs = ca.SANs{DNS: []string{"a.example"}}
			default:
				req.Tenure, req.RelyingParty = tenure, "bank.example"
			}
			if profile == "encryption" {
				key, err := generate(sm2.P256())
				if err != nil {
					t.Fatal(err)
				}
				req.Key, req.Issuer = key.Public(), "bank-sm2-2026"
			} else {
				req.CSR, _ = request(t, elliptic.P256(), nil)
			}
			if got := hex.EncodeToString(parse(t, w.issue(req).Raw).RawSubject); got != golden[name] {
				t.Errorf("got  %s\nwant %s", got, golden[name])
			}
		})
	}
	profiles, err := ca.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	for name := range profiles {
		if !tested[name] {
			t.Errorf("no golden subject of %s", name)
		}
	}
}
