//go:build e2e

package qc_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPeer has npm's @peculiar/asn1-x509-qualified-etsi read the golden octets.
func TestPeer(t *testing.T) {
	if _, err := os.Stat("testdata/peer/node_modules"); err != nil {
		t.Fatalf("%v: npm ci --prefix ca/qc/testdata/peer installs it", err)
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", "testdata/peer/statements.mjs")
	cmd.Stdin, cmd.Stderr = strings.NewReader(golden), &complaint
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &complaint)
	}
	const want = `{"statements":{"1":true,"2":{"currency":{"alphabetic":"CNY"},"amount":5,"exponent":6},"3":{"value":10},"4":true,` +
		`"5":[{"url":"https://ca.example.cn/pds/zh.pdf","language":"zh"},{"url":"https://ca.example.cn/pds/en.pdf","language":"en"}],` +
		`"6":["0.4.0.1862.1.6.1","0.4.0.1862.1.6.2","0.4.0.1862.1.6.3"],"7":["CN","MO"]},"same":true}`
	var got bytes.Buffer
	if err := json.Compact(&got, answer); err != nil || got.String() != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, &got, want)
	}
}
