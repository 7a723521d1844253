package acme_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	peer "github.com/mholt/acmez/v3/acme"
)

func wantProblem(t testing.TB, err error, kind string) {
	t.Helper()
	var p peer.Problem
	if !errors.As(err, &p) || p.Type != "urn:ietf:params:acme:error:"+kind {
		t.Errorf("got %v, want %s", err, kind)
	}
	if strings.Contains(p.Detail, "127.0.0.1") {
		t.Errorf("the problem tells an address: %s", p.Detail)
	}
}

func certificates(t testing.TB, text []byte) (list []*x509.Certificate) {
	t.Helper()
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}
