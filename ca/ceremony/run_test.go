package ceremony_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

func TestCeremony(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, edited(t, "root: root-a\n    algorithm: P-384", "root: root-a\n    algorithm: RSA-3072")))
	h := p.load(t)
	bank, _ := h.Issuer("bank-2026")
	c := parse(t, bank.Raw)
	if c.Subject.CommonName != "银行签发机构" || c.Subject.Organization[0] != "示例移动" || !bytes.Contains(c.RawSubject, append([]byte{asn1.TagUTF8String, 18}, "银行签发机构"...)) {
		t.Errorf("subject %s is not UTF8String", c.Subject)
	}
	if !c.NotBefore.Equal(start) || !c.NotAfter.Equal(start.AddDate(10, 0, 0).Add(-time.Second)) {
		t.Errorf("valid from %s to %s", c.NotBefore, c.NotAfter)
	}
	if c.SerialNumber.BitLen() != 127 {
		t.Errorf("a serial of %d bits", c.SerialNumber.BitLen())
	}
	service, _ := h.Issuer("service-2026")
	s := parse(t, service.Raw)
	if service.Algorithm != keys.RSA3072 || !s.PermittedDNSDomainsCritical || !slices.Equal(s.PermittedDNSDomains, []string{"example.com", "svc.example"}) {
		t.Errorf("name constraints %v", s.PermittedDNSDomains)
	}
	if life := service.OCSP.NotAfter.Sub(start); life != 7*24*time.Hour-time.Second {
		t.Errorf("the OCSP delegate lives %s", life)
	}
	if tsa := parse(t, h.TSA.Raw); len(tsa.ExtKeyUsage) != 1 || tsa.ExtKeyUsage[0] != smx509.ExtKeyUsageTimeStamping || !criticalUsage(tsa) {
		t.Errorf("an odd time-stamping delegate: %v", tsa.ExtKeyUsage)
	}
	gm, _ := h.Issuer("bank-gm")
	if root := parse(t, gm.Chain[1]); parse(t, gm.Raw).SignatureAlgorithm != smx509.SM2WithSM3 || parse(t, gm.Raw).CheckSignatureFrom(root) != nil {
		t.Error("the SM2 chain does not verify")
	}
}

func criticalUsage(c *smx509.Certificate) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.String() == "2.5.29.37" && e.Critical })
}

// Past 2049 a time is GeneralizedTime (RFC 5280 §4.1.2.5).
func TestRootBeyond2049(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, edited(t, "validity: 20y", "validity: 30y")))
	root := p.load(t).Roots[0]
	if !bytes.Contains(root, []byte("20561122085959Z")) || bytes.Contains(root, []byte("20261122")) {
		t.Error("2026 must be UTCTime, 2056 GeneralizedTime")
	}
}

func TestCrossCertificate(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	h := p.load(t)
	public := published(t, p)
	cross, err := x509.ParseCertificate(public["/ca/issuers/a-by-b.cer"])
	if err != nil {
		t.Fatal(err)
	}
	rootB, err := x509.ParseCertificate(h.Roots[1])
	if err != nil {
		t.Fatal(err)
	}
	bank, _ := h.Issuer("bank-2026")
	delegate, err := x509.ParseCertificate(bank.OCSP.Raw)
	if err != nil {
		t.Fatal(err)
	}
	issuing, err := x509.ParseCertificate(bank.Raw)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(rootB)
	between.AddCert(cross)
	between.AddCert(issuing)
	if _, err := issuing.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: start.Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if err := delegate.CheckSignatureFrom(issuing); err != nil {
		t.Error(err)
	}
	if cross.MaxPathLen != 1 || !bytes.Equal(cross.SubjectKeyId, parse(t, h.Roots[0]).SubjectKeyId) {
		t.Errorf("path length %d, key id %x", cross.MaxPathLen, cross.SubjectKeyId)
	}
}

func published(t *testing.T, p *place) map[string][]byte {
	t.Helper()
	all, err := ceremony.Published(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	public := map[string][]byte{}
	for _, f := range all {
		public[f.Path] = f.Body
	}
	return public
}

func TestDryRunChangesNothing(t *testing.T) {
	p := newPlace(t)
	s := spec(t, edited(t, "country: CN\n", "country: CN\nat: 2026-11-22T09:00:00Z\nseed: "+strings.Repeat("5a", 32)+"\n"))
	before := files(t, p.vaultDir)
	blind := p.Ceremony
	blind.Vault = nil
	plan, err := blind.Plan(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := plan.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"sign    bank-2026 (issuing CA, line bank)", "CN=银行签发机构,O=示例移动,C=CN", "issuer     CN=Root A", "2026-11-22T09:00:00Z to 2036-11-22T08:59:59Z",
		"P-256, bank-2026, to be made", "CA, path length 0", "permitted DNS example.com svc.example", "https://ca.example/crl/root-a/0.crl",
		"2.5.29.37 extKeyUsage, critical, = 300a06082b06010505070308", "ocspNoCheck", "not known before keys and serial are", "sign    CRL of root-gm",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the dry run does not say %q", want)
		}
	}
	if after := files(t, p.vaultDir); len(after) != len(before) || len(files(t, p.Dir)) > 0 {
		t.Error("the dry run changed something")
	}

	p.run(t, s)
	next := s
	next.Cross = append(next.Cross, ceremony.Cross{ID: "bank-by-b", Subject: "bank-2026", Issuer: "root-b", Validity: ceremony.Validity{Years: 5}})
	state, vault := files(t, p.Dir), files(t, p.vaultDir)
	plan, err = p.Plan(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Steps) != 1 || len(plan.CRLs) > 0 || len(plan.Kept) != len(s.Roots)+2*len(s.Issuing)+2 {
		t.Fatalf("%d steps, %d CRLs, %d kept", len(plan.Steps), len(plan.CRLs), len(plan.Kept))
	}
	foretold, known := plan.Steps[0].TBSDigest()
	if !known {
		t.Fatal("keys and serial are known, the digest is not")
	}
	if !equal(state, files(t, p.Dir)) || !equal(vault, files(t, p.vaultDir)) {
		t.Error("the dry run changed something")
	}
	p.run(t, next)
	if transcript := files(t, p.Dir)["/transcript.txt"]; !strings.Contains(transcript, "sign bank-by-b under root-b") || !strings.Contains(transcript, "TBS sha256 "+foretold) {
		t.Error("other bytes were signed than the dry run showed")
	}
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, data := range a {
		if b[name] != data {
			return false
		}
	}
	return true
}

func TestRunAgainDoesNothing(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	state := files(t, p.Dir)
	p.advance(24 * time.Hour)
	if plan := p.run(t, spec(t, sound)); !plan.Empty() {
		t.Errorf("%+v", plan)
	}
	if !equal(state, files(t, p.Dir)) {
		t.Error("the hierarchy changed")
	}
}

func TestTwoAtOnce(t *testing.T) {
	p := newPlace(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := p.Run(t.Context(), ceremony.Default(base, start)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.load(t)
	if n := strings.Count(files(t, p.Dir)["/transcript.txt"], " begin"); n != 1 {
		t.Errorf("carried out %d times", n)
	}
}

func TestRollOver(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	p.advance(2 * 365 * 24 * time.Hour)
	if _, err := p.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := spec(t, edited(t, "  - id: service-2026", `  - id: bank-2028
    line: bank
    root: root-a
    algorithm: P-256
    subject: {common_name: 银行签发机构 2028}
    validity: 10y
    replaces: bank-2026
  - id: service-2026`))
	before := p.load(t)
	plan := p.run(t, next)
	if !slices.Equal(plan.Retired, []string{"bank-2026"}) {
		t.Errorf("retired %v", plan.Retired)
	}
	h := p.load(t)
	old, _ := h.Issuer("bank-2026")
	was, _ := before.Issuer("bank-2026")
	if old.Active || !bytes.Equal(old.Raw, was.Raw) || old.OCSP == nil || old.Signer == nil {
		t.Error("the old CA must go on to serve status, and no more")
	}
	if now, ok := activeOf(h, ca.LineBank, keys.P256); !ok || now.ID != "bank-2028" || !now.NotBefore.Equal(p.now()) {
		t.Error("the new CA is not active")
	}
}

func TestWhatExistsStays(t *testing.T) {
	p := newPlace(t)
	revoked := "revoked:\n  - {id: a-by-b, at: 2026-11-20T00:00:00Z, reason: 5}\ntimestamp:\n"
	p.run(t, spec(t, edited(t, "timestamp:\n", revoked)))
	state := files(t, p.Dir)
	full := edited(t, "timestamp:\n", revoked)
	for name, c := range map[string]struct{ old, with string }{
		"another subject":         {"{common_name: Bank GM}", "{common_name: Bank GM 2}"},
		"another validity":        {"validity: 3650d", "validity: 3651d"},
		"another policy":          {"[1.2.3.4.5]", "[1.2.3.4.6]"},
		"another root":            {"root: root-a\n    algorithm: P-384", "root: root-b\n    algorithm: P-384"},
		"a name less":             {"[example.com, svc.example]", "[example.com]"},
		"a cross less":            {"  - id: a-by-b\n    subject: root-a\n    issuer: root-b\n    validity: 10y\n", ""},
		"a revocation less":       {"  - {id: a-by-b, at: 2026-11-20T00:00:00Z, reason: 5}\n", ""},
		"another revocation time": {"at: 2026-11-20T00:00:00Z", "at: 2026-11-21T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(full, c.old, c.with, 1)
			if text == full {
				t.Fatal("nothing is replaced")
			}
			if name == "a cross less" {
				text = strings.Replace(text, "  - {id: a-by-b, at: 2026-11-20T00:00:00Z, reason: 5}\n", "", 1)
			}
			_, err := p.Run(t.Context(), spec(t, text))
			if simtrust.ReasonOf(err) != ceremony.ReasonChanged || simtrust.KindOf(err) != simtrust.KindConflict {
				t.Errorf("%v", err)
			}
		})
	}
	if !equal(state, files(t, p.Dir)) {
		t.Error("the hierarchy changed")
	}
}

func TestRevokedAuthority(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	before := crl(t, p, "root-a")
	if before.Number.Sign() <= 0 || len(before.RevokedCertificateEntries) > 0 {
		t.Fatalf("CRL %d with %d entries", before.Number, len(before.RevokedCertificateEntries))
	}
	p.advance(time.Hour)
	plan := p.run(t, spec(t, edited(t, "timestamp:\n", "revoked:\n  - {id: bank-2026, at: 2026-11-22T09:30:00Z, reason: 1}\ntimestamp:\n")))
	if !slices.Equal(plan.CRLs, []string{"root-a"}) {
		t.Errorf("CRLs of %v", plan.CRLs)
	}
	after := crl(t, p, "root-a")
	h := p.load(t)
	bank, _ := h.Issuer("bank-2026")
	entries := after.RevokedCertificateEntries
	if after.Number.Cmp(before.Number) <= 0 || len(entries) != 1 || entries[0].SerialNumber.Cmp(parse(t, bank.Raw).SerialNumber) != 0 || entries[0].ReasonCode != 1 {
		t.Errorf("CRL %d with %v", after.Number, entries)
	}
	if err := after.CheckSignatureFrom(parse(t, h.Roots[0])); err != nil {
		t.Error(err)
	}
	if bank.Active {
		t.Error("a revoked CA is active")
	}
	if gm := crl(t, p, "root-gm"); gm.CheckSignatureFrom(parse(t, h.Roots[2])) != nil {
		t.Error("the SM2 CRL does not verify")
	}
}

// TestCRLNumberOverARestoredBackup publishes a CRL, loses it with everything since the backup, and publishes another.
func TestCRLNumberOverARestoredBackup(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	backup := t.TempDir()
	if err := os.CopyFS(backup, os.DirFS(p.Dir)); err != nil {
		t.Fatal(err)
	}
	revoked := spec(t, edited(t, "timestamp:\n", "revoked:\n  - {id: bank-2026, at: 2026-11-22T09:30:00Z, reason: 1}\ntimestamp:\n"))
	p.advance(time.Hour)
	p.run(t, revoked)
	lost := crl(t, p, "root-a").Number
	if err := errors.Join(os.RemoveAll(p.Dir), os.CopyFS(p.Dir, os.DirFS(backup))); err != nil {
		t.Fatal(err)
	}
	p.advance(time.Hour)
	p.run(t, revoked)
	if again := crl(t, p, "root-a").Number; again.Cmp(lost) <= 0 {
		t.Errorf("CRL %d after CRL %d", again, lost)
	}
}

func crl(t *testing.T, p *place, root string) *smx509.RevocationList {
	t.Helper()
	list, err := smx509.ParseRevocationList(published(t, p)["/crl/"+root+"/0.crl"])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRunThatBrokeOffIsTakenUp(t *testing.T) {
	p := newPlace(t)
	made, err := p.Vault.Create(t.Context(), "root-a", keys.P384) // a key without a certificate
	if err != nil {
		t.Fatal(err)
	}
	obstacle := filepath.Join(p.Dir, "certificates")
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), spec(t, sound)); err == nil {
		t.Fatal("a certificate was written into a file")
	}
	if _, err := ceremony.Load(t.Context(), p.Dir, p.Vault, start); simtrust.ReasonOf(err) != ceremony.ReasonNoDir {
		t.Errorf("Load: %v", err)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	transcript := filepath.Join(p.Dir, "transcript.txt")
	torn, err := os.ReadFile(transcript)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(transcript, append(torn, "2026-11-22T09:00:00Z sign ro"...), 0o600); err != nil { // the power went
		t.Fatal(err)
	}
	p.run(t, spec(t, sound))
	if root := parse(t, p.load(t).Roots[0]); keys.CheckPair(made, root.PublicKey) != nil {
		t.Error("the key of the first run is not used")
	}
	if _, err := ceremony.VerifyTranscript(p.Dir); err != nil {
		t.Error(err)
	}
	if text := files(t, p.Dir)["/transcript.txt"]; !strings.Contains(text, "broken off at root-a") || strings.Count(text, "sign root-a under") != 2 {
		t.Errorf("the transcript does not tell of the first run:\n%s", text)
	}
}

func TestKeyOfAnotherAlgorithmIsNotUsed(t *testing.T) {
	p := newPlace(t)
	if _, err := p.Vault.Create(t.Context(), "bank-gm", keys.P256); err != nil {
		t.Fatal(err)
	}
	_, err := p.Run(t.Context(), spec(t, sound))
	if simtrust.ReasonOf(err) != ceremony.ReasonKey || !strings.Contains(err.Error(), "bank-gm") {
		t.Errorf("%v", err)
	}
	if len(files(t, p.Dir)) > 0 {
		t.Error("something was signed before the refusal")
	}
}

func TestRootsKeptApart(t *testing.T) {
	p := newPlace(t)
	safe := filepath.Join(t.TempDir(), "safe")
	roots, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: safe, Secret: safe + ".secret", CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	online := p.Ceremony
	p.Roots = roots
	p.run(t, spec(t, sound))
	if _, err := p.Vault.Signer(t.Context(), "root-a"); simtrust.ReasonOf(err) != keys.ReasonNoKey {
		t.Errorf("a root's key is online: %v", err)
	}
	p.load(t)
	p.advance(300 * 24 * time.Hour) // the CRLs are due, and wait for the safe to be opened
	plan, err := online.Renew(t.Context())
	if err != nil || len(plan.CRLs) > 0 || len(plan.Steps) != 3 {
		t.Errorf("%v: %d CRLs, %d delegates", err, len(plan.CRLs), len(plan.Steps))
	}
	if plan, err = p.Renew(t.Context()); err != nil || len(plan.CRLs) != 3 {
		t.Errorf("%v: %d CRLs", err, len(plan.CRLs))
	}
	more := spec(t, edited(t, "timestamp:\n", "  - {id: bank-by-b, subject: bank-2026, issuer: root-b, validity: 1y}\ntimestamp:\n"))
	if _, err := online.Run(t.Context(), more); simtrust.ReasonOf(err) != ceremony.ReasonKey {
		t.Errorf("a root signed without its key: %v", err)
	}
	if plan, err := p.Run(t.Context(), more); err != nil || len(plan.Steps) != 1 {
		t.Errorf("%v", err)
	}
}
