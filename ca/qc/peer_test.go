//go:build e2e

package qc_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"simtrust/ca/peertest"
)

// TestPeer has npm's @peculiar/asn1-x509-qualified-etsi read the golden octets.
func TestPeer(t *testing.T) {
	der, err := hex.DecodeString(golden)
	if err != nil {
		t.Fatal(err)
	}
	got := peertest.Ask[struct {
		Statements json.RawMessage `json:"statements"`
		Same       bool            `json:"same"`
	}](t, "statements.mjs", map[string][]byte{"extension": der})
	const want = `{"1":true,"2":{"currency":{"alphabetic":"CNY"},"amount":5,"exponent":6},"3":{"value":10},"4":true,` +
		`"5":[{"url":"https://ca.example.cn/pds/zh.pdf","language":"zh"},{"url":"https://ca.example.cn/pds/en.pdf","language":"en"}],` +
		`"6":["0.4.0.1862.1.6.1","0.4.0.1862.1.6.2","0.4.0.1862.1.6.3"],"7":["CN","MO"]}`
	if string(got.Statements) != want || !got.Same {
		t.Errorf("same octets: %v\ngot  %s\nwant %s", got.Same, got.Statements, want)
	}
}
