package ceremony_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

const base = "https://ca.example"

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// place is a ceremony in directories of its own, at a time that moves only when told to.
type place struct {
	ceremony.Ceremony
	vaultDir, secret string
	mu               sync.Mutex
	at               time.Time
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{vaultDir: filepath.Join(dir, "keys"), secret: filepath.Join(dir, "secret"), at: start}
	p.Ceremony = ceremony.Ceremony{Dir: filepath.Join(dir, "hierarchy"), Now: p.now, Version: "test"}
	p.Vault = p.vault(t)
	return p
}

func (p *place) vault(t *testing.T) *keys.Vault {
	t.Helper()
	v, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: p.vaultDir, Secret: p.secret, CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (p *place) now() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.at }

func (p *place) advance(d time.Duration) { p.mu.Lock(); defer p.mu.Unlock(); p.at = p.at.Add(d) }

func (p *place) run(t *testing.T, s ceremony.Spec) ceremony.Plan {
	t.Helper()
	plan, err := p.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (p *place) load(t *testing.T) *ca.Hierarchy {
	t.Helper()
	h, err := ceremony.Load(t.Context(), p.Dir, p.Vault, p.now())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parse(t *testing.T, der []byte) *smx509.Certificate {
	t.Helper()
	c, err := smx509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// files reads all below dir, but for locks.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && (d.IsDir() || d.Name() == "lock") {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, dir)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDefaultHierarchy(t *testing.T) {
	p := newPlace(t)
	h, err := p.Open(t.Context(), ceremony.Default(base, start))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Roots) != 2 || len(h.Issuers) != 5 || h.TSA == nil || len(h.TSAChain) != 2 {
		t.Fatalf("%d roots, %d issuers, TSA %v", len(h.Roots), len(h.Issuers), h.TSA)
	}
	for _, want := range []struct {
		line ca.Line
		alg  keys.KeyAlgorithm
	}{{ca.LineBank, keys.P256}, {ca.LineBank, keys.SM2}, {ca.LineEID, keys.P256}, {ca.LineEnterprise, keys.P256}, {ca.LineService, keys.P256}} {
		i, ok := activeOf(h, want.line, want.alg)
		if !ok {
			t.Errorf("no issuer for %s with %s", want.line, want.alg)
			continue
		}
		c := parse(t, i.Raw)
		root := strings.Replace(i.ID, string(want.line), "root", 1)
		if c.CRLDistributionPoints[0] != base+"/crl/"+root+"/0.crl" || c.IssuingCertificateURL[0] != base+"/ca/issuers/"+root+".cer" {
			t.Errorf("%s: %v, %v", i.ID, c.CRLDistributionPoints, c.IssuingCertificateURL)
		}
		if !c.IsCA || !c.MaxPathLenZero || len(c.ExtKeyUsage) > 0 || len(c.Policies) != 1 || !bytes.Equal(c.RawSubject, i.Subject) || !bytes.Equal(c.SubjectKeyId, i.KeyID) {
			t.Errorf("%s: an odd issuing CA", i.ID)
		}
		if d := parse(t, i.OCSP.Raw); d.IsCA || len(d.ExtKeyUsage) != 1 || d.ExtKeyUsage[0] != smx509.ExtKeyUsageOCSPSigning || d.CheckSignatureFrom(c) != nil {
			t.Errorf("%s: an odd OCSP delegate", i.ID)
		}
	}
	before := files(t, p.Dir)
	p.advance(time.Hour)
	if _, err := p.Open(t.Context(), ceremony.Default("https://other.example", p.now())); err != nil {
		t.Fatal(err)
	}
	if after := files(t, p.Dir); len(after) != len(before) || after["/hierarchy.json"] != before["/hierarchy.json"] {
		t.Error("opening a hierarchy again changed it")
	}
}

// activeOf is the issuer of a line and algorithm that new certificates come from.
func activeOf(h *ca.Hierarchy, line ca.Line, alg keys.KeyAlgorithm) (*ca.Issuer, bool) {
	for _, i := range h.Issuers {
		if i.Active && i.Line == line && i.Algorithm == alg {
			return i, true
		}
	}
	return nil, false
}
