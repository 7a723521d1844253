package gm_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/ca/gm"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

func TestPair(t *testing.T) {
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		enterprise := ca.Authorisation{Profile: "enterprise", Subject: ca.Subject{Country: "CN", Organization: "示例银行", CommonName: "示例银行短信"}}
		for _, a := range []ca.Authorisation{bank(), enterprise} {
			key := newKey(t)
			pair, err := w.issue(a, key)
			if err != nil {
				t.Fatal(err)
			}
			holds(t, pair, key)
			if last := w.centre.made[len(w.centre.made)-1]; last != pair.Signing.ID {
				t.Errorf("a key for %s", last)
			}
		}
	})
}

// holds checks what GM/T 0015 says of a pair, as gmsm reads it.
func holds(t *testing.T, pair gm.Pair, key *sm2.PrivateKey) {
	t.Helper()
	response, err := smx509.ParseCSRResponse(key, pair.Response)
	if err != nil || len(response.SignCerts) != 1 || len(response.EncryptCerts) != 1 {
		t.Fatalf("%+v %v", response, err)
	}
	signing, second := response.SignCerts[0], response.EncryptCerts[0]
	if !bytes.Equal(signing.Raw, pair.Signing.Raw) || !bytes.Equal(second.Raw, pair.Encryption.Raw) {
		t.Error("other certificates")
	}
	if !bytes.Equal(signing.RawSubject, second.RawSubject) || !bytes.Equal(signing.RawIssuer, second.RawIssuer) || !signing.NotAfter.Equal(second.NotAfter) {
		t.Errorf("%s of %s until %s, %s of %s until %s", signing.Subject, signing.Issuer, signing.NotAfter, second.Subject, second.Issuer, second.NotAfter)
	}
	if signing.KeyUsage != smx509.KeyUsageDigitalSignature|smx509.KeyUsageContentCommitment ||
		second.KeyUsage != smx509.KeyUsageKeyEncipherment|smx509.KeyUsageDataEncipherment|smx509.KeyUsageKeyAgreement {
		t.Errorf("%b %b", signing.KeyUsage, second.KeyUsage)
	}
	if signing.SignatureAlgorithm != smx509.SM2WithSM3 || second.SignatureAlgorithm != smx509.SM2WithSM3 {
		t.Error(signing.SignatureAlgorithm, second.SignatureAlgorithm)
	}
	opened, err := sm2.ParseEnvelopedPrivateKey(key, pair.Envelope)
	if err != nil || !opened.PublicKey.Equal(second.PublicKey) || !opened.Equal(response.EncryptPrivateKey) || opened.PublicKey.Equal(key.Public()) {
		t.Fatalf("the envelope: %v", err)
	}
	secret, err := sm2.EncryptASN1(rand.Reader, second.PublicKey.(*ecdsa.PublicKey), []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := opened.Decrypt(rand.Reader, secret, nil); err != nil || string(text) != "secret" {
		t.Errorf("%q %v", text, err)
	}
}

func TestEnvelopeOpensWithTheSigningKeyOnly(t *testing.T) {
	w := embedded(t)
	key := newKey(t)
	pair, err := w.issue(bank(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sm2.ParseEnvelopedPrivateKey(newKey(t), pair.Envelope); err == nil {
		t.Error("a stranger's key opens it")
	}
	opened, err := sm2.ParseEnvelopedPrivateKey(key, pair.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sm2.ParseEnvelopedPrivateKey(opened, pair.Envelope); err == nil {
		t.Error("the encryption key opens its own envelope")
	}
	for i := range pair.Envelope {
		bent := bytes.Clone(pair.Envelope)
		bent[i] ^= 0x40
		if got, err := sm2.ParseEnvelopedPrivateKey(key, bent); err == nil && !got.Equal(opened) {
			t.Errorf("octet %d changed: another key", i)
		}
	}
	if bytes.Contains(pair.Envelope, opened.D.Bytes()) || bytes.Contains(pair.Response, opened.D.Bytes()) {
		t.Error("the key is in clear")
	}
}

// TestNoHalfPair: what cannot be a pair spends no token, and what does not become one is revoked.
func TestNoHalfPair(t *testing.T) {
	w := embedded(t)
	p256, err := generate(elliptic.P256())
	if err != nil {
		t.Fatal(err)
	}
	a := bank()
	token := w.authorise(a)
	good := request(t, newKey(t))
	broken := bytes.Clone(good)
	broken[len(broken)-1] ^= 1
	for name, c := range map[string]struct {
		req    gm.PairReq
		kind   simtrust.Kind
		reason string
	}{
		"P-256":                 {gm.PairReq{Token: token, Profile: "bank-sim", CSR: request(t, p256)}, simtrust.KindInvalid, gm.ReasonKeyKind},
		"no profile":            {gm.PairReq{Token: token, CSR: good}, simtrust.KindInvalid, gm.ReasonProfile},
		"no such profile":       {gm.PairReq{Token: token, Profile: "none", CSR: good}, simtrust.KindInvalid, gm.ReasonProfile},
		"encryption itself":     {gm.PairReq{Token: token, Profile: "encryption", CSR: good}, simtrust.KindInvalid, gm.ReasonProfile},
		"a profile without SM2": {gm.PairReq{Token: token, Profile: "tls-client", CSR: good}, simtrust.KindInvalid, gm.ReasonProfile},
		"OCSP":                  {gm.PairReq{Token: token, Profile: "ocsp", CSR: good}, simtrust.KindInvalid, gm.ReasonProfile},
		"another profile":       {gm.PairReq{Token: token, Profile: "enterprise", CSR: good}, simtrust.KindDenied, ca.ReasonTokenScope},
		"no token":              {gm.PairReq{Profile: "bank-sim", CSR: good}, simtrust.KindDenied, ca.ReasonTokenInvalid},
		"no CSR":                {gm.PairReq{Token: token, Profile: "bank-sim"}, simtrust.KindInvalid, csr.ReasonNotDER},
		"another's key":         {gm.PairReq{Token: token, Profile: "bank-sim", CSR: broken}, simtrust.KindInvalid, csr.ReasonBadSignature},
	} {
		if _, err := w.pairs.Issue(t.Context(), c.req); simtrust.KindOf(err) != c.kind || simtrust.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found := w.register(); len(found) > 0 {
		t.Fatalf("%d issued", len(found))
	}
	w.centre.err = errors.New("the centre does not answer")
	if _, err := w.pairs.Issue(t.Context(), gm.PairReq{Token: token, Profile: "bank-sim", CSR: good}); simtrust.ReasonOf(err) != gm.ReasonCentre {
		t.Error(err)
	}
	if found := w.register(); len(found) != 1 || found[0].Revoked.IsZero() || found[0].Reason != ca.CessationOfOperation {
		t.Errorf("%+v", found)
	}
}

func TestCompromisedEncryptionKeyUndoesThePair(t *testing.T) {
	w := embedded(t)
	w.centre.key = newKey(t)
	first, err := w.issue(bank(), newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.authority.BlockKey(t.Context(), first.Encryption.KeyHash, "lost"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.issue(bank(), newKey(t)); simtrust.ReasonOf(err) != ca.ReasonKeyBlocked {
		t.Error(err)
	}
	for _, c := range w.register() {
		if c.ID != first.Signing.ID && c.Revoked.IsZero() {
			t.Errorf("%s %s is left", c.Profile, c.ID)
		}
	}
}

// TestPairOfNeedsAPair: only an encryption certificate takes its subject's serial number after another profile.
func TestPairOfNeedsAPair(t *testing.T) {
	w := embedded(t)
	for _, req := range []ca.IssueReq{
		{Profile: "enterprise", PairOf: "bank-sim", CSR: request(t, newKey(t))},
		{Profile: "encryption", PairOf: "encryption", Key: newKey(t).Public()},
		{Profile: "encryption", PairOf: "none", Key: newKey(t).Public()},
	} {
		req.Issuer, req.Subject = "bank-sm2", ca.Subject{Country: "CN", Organization: "x", CommonName: "x"}
		if _, err := w.authority.Issue(t.Context(), req); simtrust.ReasonOf(err) != ca.ReasonUnknownProfile {
			t.Errorf("%s of %s: %v", req.Profile, req.PairOf, err)
		}
	}
}

type officer struct{}

// Authenticate lets in whoever names a scope.
func (officer) Authenticate(r *http.Request) (rpc.Caller, error) {
	scope, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: rpc.ReasonNoCredential}
	}
	return rpc.Caller{Client: "officer", Scopes: []string{scope}}, nil
}

func TestPairOverHTTP(t *testing.T) {
	w := embedded(t)
	router := rpc.NewRouter(rpc.Config{Auth: officer{}})
	w.pairs.Mount(router)
	key := newKey(t)
	armoured := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request(t, key)})
	post := func(scope, csr string) *httptest.ResponseRecorder {
		body, err := json.Marshal(map[string]string{"token": w.authorise(bank()), "profile": "bank-sim", "csr": csr})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/ca/v1/dual-certificates", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if scope != "" {
			r.Header.Set("Authorization", "Bearer "+scope)
		}
		rec := httptest.NewRecorder()
		router.ServeHTTP(rec, r)
		return rec
	}
	rec := post(ca.ScopeIssue, string(armoured))
	var made struct {
		Signing      struct{ ID, Certificate, Chain string }
		Encryption   struct{ ID, Certificate, Chain string }
		EnvelopedKey []byte `json:"enveloped_key"`
		Response     []byte `json:"response"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || rec.Code != http.StatusCreated {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if _, err := sm2.ParseEnvelopedPrivateKey(key, made.EnvelopedKey); err != nil {
		t.Error(err)
	}
	if _, err := smx509.ParseCSRResponse(key, made.Response); err != nil {
		t.Error(err)
	}
	if made.Signing.ID == made.Encryption.ID || !strings.Contains(made.Encryption.Certificate, "BEGIN CERTIFICATE") || made.Signing.Chain == "" {
		t.Errorf("%+v", made)
	}
	for _, c := range []struct {
		scope, csr string
		status     int
	}{
		{"", string(armoured), 401}, {ca.ScopeRead, string(armoured), 403}, {ca.ScopeAuthorise, string(armoured), 403},
		{ca.ScopeIssue, "", 400}, {ca.ScopeIssue, "x", 400}, {ca.ScopeIssue, string(armoured) + "x", 400}, {ca.ScopeIssue, strings.Repeat("A", 70<<10), 413},
	} {
		if rec := post(c.scope, c.csr); rec.Code != c.status {
			t.Errorf("%d %s, want %d", rec.Code, rec.Body, c.status)
		}
	}
}
