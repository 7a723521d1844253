//go:build e2e

package status_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/ca"
	"simtrust/ca/peertest"
)

// readAnswer is what PKI.js makes of an OCSP answer.
type readAnswer struct {
	Status       int       `json:"status"`
	Verified     any       `json:"verified"`
	Certificates []int     `json:"certificates"`
	Nonce        []byte    `json:"nonce"`
	Produced     time.Time `json:"produced"`
}

func (p *peers) script(answer []byte, i *ca.Issuer, certificates ...ca.Certificate) readAnswer {
	p.t.Helper()
	raws := make([][]byte, len(certificates))
	for n, c := range certificates {
		raws[n] = c.Raw
	}
	return peertest.Ask[readAnswer](p.t, "ocsp.mjs", map[string]any{"response": answer, "issuer": i.Raw, "roots": [][]byte{i.Raw}, "certificates": raws})
}

// TestPKIjsReadsOCSP has PKI.js judge the answer and its delegate.
func TestPKIjsReadsOCSP(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(elliptic.P256())
	other := p.issue(elliptic.P256())
	i := p.issuer(good.Issuer)
	for _, hash := range []asn1.ObjectIdentifier{oidSHA1, oidSHA256} {
		nonce := []byte("0123456789abcdef0123456789abcdef")
		got := p.script(p.post(i.ID, question(i, hash, nonce, good.Serial, revoked.Serial)), i, good, revoked, other)
		if got.Verified != true || got.Status != 0 || !slices.Equal(got.Certificates, []int{0, 1, -1}) || !bytes.Equal(got.Nonce, nonce) ||
			time.Since(got.Produced).Abs() > time.Minute {
			t.Errorf("%v: %+v", hash, got)
		}
	}
	answer := p.post(i.ID, question(i, oidSHA256, nil, revoked.Serial))
	if got := p.script(answer, p.issuer(bankOld), revoked); got.Verified == true {
		t.Errorf("under another issuer: %+v", got)
	}
	at := bytes.Index(answer, revoked.Serial)
	answer[at+len(revoked.Serial)-1] ^= 1
	if got := p.script(answer, i, revoked); got.Verified == true {
		t.Errorf("about another serial number than was signed: %+v", got)
	}
	if got := p.script(p.post(i.ID, []byte("?")), i); got.Status != 1 {
		t.Errorf("an answer to no question: %+v", got)
	}
}

// TestPKIjsReadsLists has PKI.js look for the certificates in their issuer's lists.
func TestPKIjsReadsLists(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(elliptic.P256())
	for c, want := range map[*ca.Certificate]any{&good: true, &revoked: "One of certificates had been revoked"} {
		i := p.issuer(c.Issuer)
		got := peertest.Certificate{Raw: c.Raw, Chain: i.Chain, Roots: i.Chain, Lists: [][]byte{p.crl(i.ID, c.Shard).Raw}, At: time.Now()}.Read(t)
		if got.Verified != true || got.Path != want {
			t.Errorf("verified %v; a way to the root: %v, want %v", got.Verified, got.Path, want)
		}
	}
}

// TestSMCryptoVerifiesStatus has sm-crypto verify answers and lists of an SM2 issuer, under the default identity and no other.
func TestSMCryptoVerifiesStatus(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(sm2.P256())
	i := p.issuer(good.Issuer)
	var response wireResponse
	unmarshal(t, p.post(i.ID, question(i, oidSM3, nil, good.Serial, revoked.Serial)), &response)
	signed := [][]byte{response.Bytes.Response, p.crl(i.ID, revoked.Shard).Raw, good.Raw}
	signers := [][]byte{i.OCSP.Raw, i.Raw, i.Raw}
	type verdict struct {
		Verified []bool `json:"verified"`
	}
	for identity, want := range map[string]bool{"1234567812345678": true, "8765432187654321": false} {
		got := peertest.Ask[verdict](t, "sm2.mjs", map[string]any{"signed": signed, "signers": signers, "identity": identity})
		if !slices.Equal(got.Verified, []bool{want, want, want}) {
			t.Errorf("as %s: %v", identity, got.Verified)
		}
	}
	if got := peertest.Ask[verdict](t, "sm2.mjs", map[string]any{"signed": signed[:1], "signers": signers[1:2], "identity": "1234567812345678"}); got.Verified[0] {
		t.Error("the answer verifies under the issuer's own key")
	}
}
