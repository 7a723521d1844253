package ceremony_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

// wantLoad holds that the hierarchy does not load, for this reason, and that the error names what is wrong.
func (p *place) wantLoad(t *testing.T, reason, names string) {
	t.Helper()
	h, err := ceremony.Load(t.Context(), p.Dir, p.Vault, p.now())
	if h != nil || simtrust.ReasonOf(err) != reason || !strings.Contains(err.Error(), names) {
		t.Errorf("Load: %v, %v; want %s, naming %q", h, err, reason, names)
	}
}

func restore(t *testing.T, dir string, content map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, data := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fileOf finds the file whose path begins like that, other than that of a delegate.
func fileOf(t *testing.T, content map[string]string, start string) string {
	t.Helper()
	for name := range content {
		if strings.HasPrefix(name, start) && !strings.Contains(name, "-ocsp-") {
			return name
		}
	}
	t.Fatalf("there is no file %s", start)
	return ""
}

func TestDamagedHierarchy(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	whole := files(t, p.Dir)
	bank, rootB := fileOf(t, whole, "/certificates/bank-2026-"), fileOf(t, whole, "/certificates/root-b-")
	const manifest, transcript = "/hierarchy.json", "/transcript.txt"
	lines := strings.SplitAfter(whole[transcript], "\n")
	for name, c := range map[string]struct {
		file, content string
		reason        string
	}{
		"manifest empty":                 {manifest, "", ceremony.ReasonDamaged},
		"manifest truncated":             {manifest, whole[manifest][:len(whole[manifest])/2], ceremony.ReasonDamaged},
		"manifest: another line":         {manifest, strings.Replace(whole[manifest], `"line":"bank"`, `"line":"eid"`, 1), ceremony.ReasonDamaged},
		"manifest: active made up":       {manifest, strings.Replace(whole[manifest], `"active":true,`, ``, 1), ceremony.ReasonDamaged},
		"manifest: not JSON":             {manifest, "\x00\x01\x02", ceremony.ReasonDamaged},
		"manifest: null":                 {manifest, "null", ceremony.ReasonDamaged},
		"certificate empty":              {bank, "", ceremony.ReasonDamaged},
		"certificate of another":         {bank, whole[rootB], ceremony.ReasonDamaged},
		"certificate changed":            {bank, strings.Replace(whole[bank], "A", "B", 1), ceremony.ReasonDamaged},
		"certificate with another after": {bank, whole[bank] + whole[rootB], ceremony.ReasonDamaged},
		"certificate in DER":             {bank, "0\x82", ceremony.ReasonDamaged},
		"transcript empty":               {transcript, "", ceremony.ReasonTranscript},
		"transcript cut":                 {transcript, strings.Join(lines[:5], ""), ceremony.ReasonTranscript},
		"transcript without a line":      {transcript, strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""), ceremony.ReasonTranscript},
		"transcript edited":              {transcript, strings.Replace(whole[transcript], "under root-a", "under root-b", 1), ceremony.ReasonTranscript},
		"transcript in another sequence": {transcript, lines[1] + lines[0] + strings.Join(lines[2:], ""), ceremony.ReasonTranscript},
	} {
		t.Run(name, func(t *testing.T) {
			restore(t, p.Dir, whole)
			if err := os.WriteFile(filepath.Join(p.Dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			p.wantLoad(t, c.reason, "")
			damaged := files(t, p.Dir)
			more := spec(t, strings.Replace(sound, "id: a-by-b", "id: bank-by-b\n    subject: bank-2026\n    issuer: root-b\n    validity: 1y\n  - id: a-by-b", 1))
			if _, err := p.Run(t.Context(), more); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("Run: %v", err)
			}
			if !equal(damaged, files(t, p.Dir)) {
				t.Error("a run changed a damaged hierarchy")
			}
		})
	}
	t.Run("certificate missing", func(t *testing.T) {
		restore(t, p.Dir, whole)
		if err := os.Remove(filepath.Join(p.Dir, bank)); err != nil {
			t.Fatal(err)
		}
		p.wantLoad(t, ceremony.ReasonDamaged, "bank-2026")
	})
	t.Run("CRL changed", func(t *testing.T) {
		restore(t, p.Dir, whole)
		path := filepath.Join(p.Dir, fileOf(t, whole, "/crls/root-a"))
		if err := os.WriteFile(path, []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ceremony.Published(p.Dir); simtrust.ReasonOf(err) != ceremony.ReasonDamaged {
			t.Errorf("%v", err)
		}
	})
	t.Run("whole", func(t *testing.T) {
		restore(t, p.Dir, whole)
		p.load(t)
	})
}

// Somebody swaps the key of an authority, a delegate or a root for another one under its name.
func TestWrongKeyUnderTheName(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	vault := files(t, p.vaultDir)
	for name, alg := range map[string]keys.KeyAlgorithm{
		"bank-2026": keys.P256, "service-2026": keys.P384, "bank-gm": keys.SM2, "bank-gm-ocsp": keys.SM2, "tsa-2026": keys.P256, "root-a": keys.P384,
		"bank-2026-ocsp": keys.SM2,
	} {
		t.Run(name, func(t *testing.T) {
			swapped := map[string]string{"/root.jwe": vault["/root.jwe"]}
			restore(t, p.vaultDir, swapped)
			if _, err := p.vault(t).Create(t.Context(), name, alg); err != nil {
				t.Fatal(err)
			}
			foreign := files(t, p.vaultDir)["/"+name+".key"]
			restore(t, p.vaultDir, vault)
			if err := os.WriteFile(filepath.Join(p.vaultDir, name+".key"), []byte(foreign), 0o600); err != nil {
				t.Fatal(err)
			}
			p.wantLoad(t, ceremony.ReasonKey, name)
		})
	}
	for _, name := range []string{"bank-2026", "bank-gm-ocsp", "tsa-2026"} {
		t.Run(name+" missing", func(t *testing.T) {
			restore(t, p.vaultDir, vault)
			if err := os.Remove(filepath.Join(p.vaultDir, name+".key")); err != nil {
				t.Fatal(err)
			}
			p.wantLoad(t, ceremony.ReasonKey, name)
		})
	}
	restore(t, p.vaultDir, vault)
	p.load(t)
}

// A root whose key was swapped signs nothing more.
func TestSwappedRootSignsNothing(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	vault := files(t, p.vaultDir)
	restore(t, p.vaultDir, map[string]string{"/root.jwe": vault["/root.jwe"]})
	if _, err := p.vault(t).Create(t.Context(), "root-b", keys.P384); err != nil {
		t.Fatal(err)
	}
	vault["/root-b.key"] = files(t, p.vaultDir)["/root-b.key"]
	restore(t, p.vaultDir, vault)
	before := published(t, p)
	more := spec(t, edited(t, "timestamp:\n", "  - {id: bank-by-b, subject: bank-2026, issuer: root-b, validity: 1y}\ntimestamp:\n"))
	if _, err := p.Run(t.Context(), more); simtrust.ReasonOf(err) != ceremony.ReasonKey || !strings.Contains(err.Error(), "root-b") {
		t.Errorf("%v", err)
	}
	if after := published(t, p); len(after) != len(before) {
		t.Error("what a wrong key signed was published")
	}
}

func TestDelegateExpiresAndIsRenewed(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, sound))
	before := p.load(t)
	p.advance(4 * 24 * time.Hour)
	if plan, err := p.Renew(t.Context()); err != nil || !plan.Empty() {
		t.Errorf("%v: %+v", err, plan)
	}
	p.advance(3*24*time.Hour - time.Second)
	p.load(t) // its last second
	p.advance(time.Second)
	p.wantLoad(t, ceremony.ReasonExpired, "service-2026-ocsp")
	plan, err := p.Renew(t.Context())
	if err != nil || len(plan.Steps) != 1 || plan.Steps[0].ID != "service-2026-ocsp" {
		t.Fatalf("%v: %+v", err, plan)
	}
	after := p.load(t)
	was, _ := before.Issuer("service-2026")
	is, _ := after.Issuer("service-2026")
	c, old := parse(t, is.OCSP.Raw), parse(t, was.OCSP.Raw)
	if !bytes.Equal(c.RawSubject, old.RawSubject) || c.SerialNumber.Cmp(old.SerialNumber) == 0 || c.NotAfter.Sub(c.NotBefore) != old.NotAfter.Sub(old.NotBefore) {
		t.Errorf("renewed as %s, %s to %s", c.Subject, c.NotBefore, c.NotAfter)
	}
	if !c.NotBefore.Before(p.now()) || c.CheckSignatureFrom(parse(t, is.Raw)) != nil {
		t.Error("the renewed delegate cannot be used at once")
	}
}

func TestHierarchyBeforeItsTime(t *testing.T) {
	p := newPlace(t)
	s := spec(t, sound)
	s.At = ceremony.Instant{Time: start.Add(48 * time.Hour)}
	p.run(t, s)
	p.wantLoad(t, ceremony.ReasonExpired, "bank-2026-ocsp")
	p.advance(48 * time.Hour)
	p.load(t)
}

// The last delegate of an issuing CA ends with it; then it loads without, for it has nothing more to say.
func TestEndOfAnIssuingCA(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, edited(t, "    validity: 10y\n    policies", "    validity: 60d\n    policies")))
	end := start.AddDate(0, 0, 60).Add(-time.Second)
	for range 29 {
		p.advance(48 * time.Hour)
		if _, err := p.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, i := range p.load(t).Issuers {
			if i.OCSP.NotAfter.After(i.NotAfter) {
				t.Fatalf("the delegate of %s outlives it", i.ID)
			}
		}
	}
	bank, _ := p.load(t).Issuer("bank-2026")
	if !bank.Active || !bank.OCSP.NotAfter.Equal(end) {
		t.Errorf("active %v, delegate until %s", bank.Active, bank.OCSP.NotAfter)
	}
	p.advance(72 * time.Hour)
	if _, err := p.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := p.load(t)
	if bank, _ = h.Issuer("bank-2026"); bank.Active || bank.OCSP != nil {
		t.Error("an expired CA is active")
	}
	if _, ok := activeOf(h, ca.LineBank, keys.P256); ok {
		t.Error("an expired CA would issue")
	}
}

func TestExpiredTimeStampingStopsTheStart(t *testing.T) {
	p := newPlace(t)
	p.run(t, spec(t, edited(t, "validity: 5y", "validity: 20d")))
	p.advance(21 * 24 * time.Hour)
	if _, err := p.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.wantLoad(t, ceremony.ReasonExpired, "tsa-2026")
	p.run(t, spec(t, strings.Replace(edited(t, "validity: 5y", "validity: 20d"), "timestamp:\n",
		"timestamp:\n  - {id: tsa-2027, root: root-a, algorithm: P-256, subject: {common_name: TSA 2027}, validity: 5y, replaces: tsa-2026}\n", 1)))
	if h := p.load(t); parse(t, h.TSA.Raw).Subject.CommonName != "TSA 2027" {
		t.Error("another delegate stamps")
	}
}
