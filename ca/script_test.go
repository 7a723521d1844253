//go:build e2e

package ca_test

import (
	"slices"
	"testing"

	"simtrust/ca"
	"simtrust/ca/peertest"
)

// TestScriptsReadCertificates has @peculiar/x509 and PKI.js read an eID certificate: its chain, its name and its statements.
func TestScriptsReadCertificates(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.Profile, req.Subject = "eid", ca.Subject{Country: "CN", Surname: "王", GivenName: "小明", CommonName: "王小明"}
	c := w.issue(req)
	q := peertest.Certificate{Raw: c.Raw, Chain: c.Chain, Roots: w.hierarchy.Roots[:1], At: start}
	got := q.Read(t)
	if got.Verified != true || got.Path != true {
		t.Errorf("verified %v; a way to the root: %v", got.Verified, got.Path)
	}
	var names []string
	for _, attribute := range got.Subject {
		for name, values := range attribute {
			names = append(names, name+"="+values[0])
		}
	}
	if want := []string{"C=CN", "SN=王", "G=小明", "CN=王小明", "2.5.4.5=" + parse(t, c.Raw).Subject.SerialNumber}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	statements := map[string]string{
		"0.4.0.1862.1.2": `{"currency":{"alphabetic":"CNY"},"amount":5,"exponent":6}`,
		"0.4.0.1862.1.5": `[{"url":"https://ca.example/ca/pds/en","language":"en"}]`,
		"0.4.0.1862.1.6": `["0.4.0.1862.1.6.1"]`,
	}
	for id, want := range statements {
		if string(got.Statements[id]) != want {
			t.Errorf("statement %s: %s, want %s", id, got.Statements[id], want)
		}
	}
	if slices.Sort(got.StatementsInPath); !slices.Equal(got.StatementsInPath, sortedKeys(statements)) || len(got.Statements) != len(statements) {
		t.Errorf("statements %q", got.StatementsInPath)
	}

	q.At = c.NotAfter.AddDate(0, 0, 1)
	if late := q.Read(t); late.Verified == true || late.Path == true {
		t.Errorf("after its end: verified %v; a way to the root: %v", late.Verified, late.Path)
	}
	q.At, q.Roots = start, w.hierarchy.Roots[1:]
	if foreign := q.Read(t); foreign.Path == true {
		t.Error("there is a way to another root")
	}
}

// TestSMCrypto has sm-crypto ask for an SM2 certificate and verify the chain that it gets.
func TestSMCrypto(t *testing.T) {
	w := embedded(t)
	const identity = "1234567812345678"
	asked := func(identity string) []byte {
		return peertest.Ask[struct {
			Request []byte `json:"request"`
		}](t, "sm2.mjs", map[string]any{"identity": identity}).Request
	}
	req := w.bank()
	req.CSR = asked("8765432187654321")
	if _, err := w.Issue(t.Context(), req); err == nil {
		t.Error("a request signed under another identity was accepted")
	}
	req.CSR = asked(identity)
	c := w.issue(req)
	verified := func(identity string) []bool {
		return peertest.Ask[struct {
			Verified []bool `json:"verified"`
		}](t, "sm2.mjs", map[string]any{"identity": identity, "signed": [][]byte{c.Raw, c.Chain[0], c.Chain[1], req.CSR, c.Raw},
			"signers": [][]byte{c.Chain[0], c.Chain[1], c.Chain[1], c.Raw, c.Chain[1]}}).Verified
	}
	if got := verified(identity); !slices.Equal(got, []bool{true, true, true, true, false}) {
		t.Errorf("certificate, issuer, root, request, certificate under the root: %v", got)
	}
	if got := verified("8765432187654321"); slices.Contains(got, true) {
		t.Errorf("under another identity: %v", got)
	}
	if c.Issuer != "bank-sm2-2026" {
		t.Errorf("issued by %s", c.Issuer)
	}
}
