package lint_test

import (
	"fmt"
	"testing"
)

// subscribers are profiles with the algorithms their issuers and keys have.
var subscribers = map[string][]string{
	"bank-sim": {"P-256", "SM2"}, "eid": {"P-256", "P-384", "SM2"}, "enterprise": {"P-256", "P-384", "RSA", "SM2"}, "encryption": {"SM2"},
	"tls-client": {"P-256", "P-384", "RSA"}, "tls-server": {"P-256", "P-384", "RSA"}, "timestamp": {"P-256", "P-384", "RSA"},
	"ocsp":              {"P-256", "P-384", "RSA", "SM2"},
	"bank-sim-document": {"P-256", "SM2"}, "bank-sim-login": {"P-256", "SM2"}, "eid-transaction": {"P-256", "SM2"}, "eid-login": {"P-256", "SM2"},
	"enterprise-document": {"P-256", "SM2"}, "enterprise-transaction": {"P-256", "SM2"}, "enterprise-login": {"P-256", "SM2"},
}

func TestGood(t *testing.T) {
	for profile, algorithms := range subscribers {
		for _, algorithm := range algorithms {
			for _, f := range good(t, profile, algorithm).check(t) {
				t.Errorf("%s %s: %v", profile, algorithm, f)
			}
		}
	}
}

// TestServiceNames: services have names and addresses that no public authority may sign.
func TestServiceNames(t *testing.T) {
	dns := func(s string) []byte { return der(0x82, []byte(s)) }
	ip := func(b ...byte) []byte { return der(0x87, b) }
	var many [][]byte
	for i := range 100 {
		many = append(many, dns(fmt.Sprintf("n%d.example.cn", i)))
	}
	for name, names := range map[string][][]byte{
		"localhost":      {dns("localhost")},
		"loopback":       {dns("localhost"), ip(127, 0, 0, 1), ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)},
		"private":        {ip(10, 0, 0, 1)},
		"cluster":        {dns("payments.prod.svc.cluster.local")},
		"internal":       {dns("db-1.internal")},
		"bare":           {dns("db")},
		"wildcard":       {dns("*.example.cn")},
		"wildcard of co": {dns("*.com.cn")},
		"suffix":         {dns("com.cn")},
		"digits":         {dns("10086.cn")},
		"hyphens":        {dns("a--b.example.cn")},
		"IDN":            {dns("xn--fiqs8s.xn--fiqs8s")},
		"hundred":        many,
	} {
		for _, algorithm := range []string{"P-256", "RSA"} {
			l := good(t, "tls-server", algorithm)
			l.subject = rdns()
			ext := san(names...)
			l.set("2.5.29.17", ext.Value)
			l.criticality("2.5.29.17", true)
			for _, f := range l.check(t) {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

// TestAddressAsName: an IPv4 address is digits and dots, and still no telephone number.
func TestAddressAsName(t *testing.T) {
	l := good(t, "tls-server", "P-256")
	l.named("203.2.113.77", der(0x87, []byte{203, 2, 113, 77}))
	for _, f := range l.check(t) {
		t.Error(f)
	}
}

func TestSandboxAddresses(t *testing.T) {
	for profile, algorithms := range subscribers {
		l := good(t, profile, algorithms[0])
		l.moveTo("http://127.0.0.1:18080")
		for _, f := range l.check(t) {
			t.Errorf("%s: %v", profile, f)
		}
	}
}
