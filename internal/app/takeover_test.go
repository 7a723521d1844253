package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/app"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
)

// pki is a running App with a certificate authority, and the ceremony beside it.
type pki struct {
	*app.App
	t     *testing.T
	dir   string
	spec  ceremony.Spec
	held  ceremony.Ceremony
	admin *rpc.Client
}

func startPKI(t *testing.T, lead time.Duration, changes ...func(*app.Config)) *pki {
	t.Helper()
	cfg := app.Defaults()
	cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
	p := &pki{t: t, dir: filepath.Join(cfg.Data, "ca"), spec: ceremony.Default("http://ca.example", time.Now())}
	p.spec.At = ceremony.Instant{Time: time.Now().Add(-time.Minute)} // after that of the first ceremony
	cfg.CA = app.CA{Dir: p.dir, BaseURL: "http://ca.example", Lead: lead}
	for _, change := range changes {
		change(&cfg)
	}
	if err := app.MakeCA(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: p.dir + "-keys", Secret: p.dir + "-keys.secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Close() })
	p.held = ceremony.Ceremony{Dir: p.dir, Vault: vault}
	if p.App, err = app.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, p.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	p.admin = rpc.NewClient(p.Issuer(), nil, p.AdminToken())
	return p
}

// hold carries out the ceremony that the specification has become.
func (p *pki) hold() {
	p.t.Helper()
	if _, err := p.held.Run(p.t.Context(), p.spec); err != nil {
		p.t.Fatal(err)
	}
}

// await waits until the node's hierarchy is as wanted.
func (p *pki) await(what string, as func(app.Hierarchy) bool) app.Hierarchy {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		h, err := app.NewClient(p.admin).Hierarchy(ctx)
		if err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
		if as(h) {
			return h
		}
		<-tick.C
	}
}

func stateOf(h app.Hierarchy, role, id string) string {
	for _, m := range h.Members {
		if m.Role == role && m.ID == id {
			return m.State
		}
	}
	return ""
}

func (p *pki) issue(profile string, a ca.Authorisation) ca.Certificate {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		p.t.Fatal(err)
	}
	a.Profile = profile
	client := ca.NewClient(p.admin)
	token, err := client.Authorise(p.t.Context(), ca.AuthoriseReq{Authorisation: a})
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := client.Redeem(p.t.Context(), ca.RedeemReq{Token: token.Text, CSR: csr})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *pki) get(path string) (status int, body string) {
	p.t.Helper()
	res, err := http.Get(p.Issuer() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

var aServer = ca.Authorisation{SANs: ca.SANs{DNS: []string{"a.example"}}}

// A roll-over: the running node issues from the new CA, publishes its certificate and lists, and tells the status of what the old one
// issued; a replaced time-stamping delegate signs. A hierarchy that is damaged is refused, by name, and all goes on.
func TestRollOverWithoutARestart(t *testing.T) {
	p := startPKI(t, time.Millisecond)
	first := p.issue("tls-server", aServer)
	if first.Issuer != "service-p256" {
		t.Fatal(first.Issuer)
	}
	p.spec.Roots = append(p.spec.Roots, ceremony.Root{ID: "root-p384", Algorithm: keys.P384, Subject: ceremony.Subject{CommonName: "Root P-384"},
		Validity: p.spec.Roots[0].Validity})
	next := p.spec.Issuing[4]
	next.ID, next.Replaces, next.Root, next.Subject = "service-p256-2", "service-p256", "root-p384", ceremony.Subject{CommonName: "Service CA 2"}
	p.spec.Issuing = append(p.spec.Issuing, next)
	stamp := p.spec.Timestamp[0]
	stamp.ID, stamp.Replaces, stamp.Subject = "tsa-p256-2", "tsa-p256", ceremony.Subject{CommonName: "Time Stamping 2"}
	p.spec.Timestamp = append(p.spec.Timestamp, stamp)
	p.hold()
	h := p.await("the new CA issues", func(h app.Hierarchy) bool { return stateOf(h, "issuing", next.ID) == "issues" })
	for role, want := range map[string]string{"issuing service-p256": "status only", "ocsp service-p256": "signs", "ocsp service-p256-2": "signs",
		"timestamp Time Stamping 2": "signs", "timestamp " + p.spec.Timestamp[0].Subject.CommonName: "", "root Root P-384": "trusted"} {
		role, id, _ := strings.Cut(role, " ")
		if got := stateOf(h, role, id); got != want {
			t.Errorf("%s %s: %q, not %q", role, id, got, want)
		}
	}
	second := p.issue("tls-server", aServer)
	if second.Issuer != next.ID {
		t.Errorf("issued by %s", second.Issuer)
	}
	for _, path := range []string{"/ca/issuers/service-p256-2.cer", "/ca/issuers/root-p384.cer", "/crl/root-p384/0.crl", "/ca/issuers/service-p256.cer"} {
		if status, _ := p.get(path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/ca/issuers/nobody.cer", "/crl/nobody/0.crl", "/ca/issuers/..%2f..%2fhierarchy.json", "/crl/root-p384/1.crl"} {
		if status, _ := p.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, err := ca.NewClient(p.admin).Revoke(t.Context(), ca.RevokeReq{ID: first.ID, Reason: ca.Superseded}); err != nil {
		t.Error(err)
	}
	p.wantMetrics(fmt.Sprintf(`simtrust_ca_not_after_timestamp_seconds{id="service-p256-2",role="issuing"} %g`, float64(memberEnd(h, "issuing", next.ID))),
		`simtrust_ca_issued_total{profile="tls-server"} 2`, `simtrust_ca_hierarchy_refused 0`, `simtrust_ca_log_entries`, `simtrust_outbox_waiting{subscriber="ca log"}`, `simtrust_ocsp_answers_total{state="fresh"} 0`)
	p.damage()
}

func memberEnd(h app.Hierarchy, role, id string) int64 {
	for _, m := range h.Members {
		if m.Role == role && m.ID == id {
			return m.NotAfter.Unix()
		}
	}
	return 0
}

// damage spoils what is on disk in ways that a start would refuse, and puts it right again.
func (p *pki) damage() {
	t := p.t
	manifest := filepath.Join(p.dir, "hierarchy.json")
	good, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	before := p.await("settled", func(h app.Hierarchy) bool { return h.Problem == "" })
	p.replace("hierarchy.json", []byte(strings.Replace(string(good), "service-p256", "service-p257", 1)))
	after := p.await("refused", func(h app.Hierarchy) bool { return h.Problem != "" })
	if !strings.Contains(after.Problem, "damaged") || after.Fingerprint != before.Fingerprint {
		t.Errorf("%+v", after)
	}
	if c := p.issue("tls-server", aServer); c.Issuer != "service-p256-2" {
		t.Errorf("issued by %s", c.Issuer)
	}
	p.wantMetrics(`simtrust_ca_hierarchy_refused 1`)
}

// replace puts a file into the hierarchy's directory at once: the node may read it at any moment.
func (p *pki) replace(name string, text []byte) {
	p.t.Helper()
	beside := p.dir + "-" + name
	if err := os.WriteFile(beside, text, 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(beside, filepath.Join(p.dir, name)); err != nil {
		p.t.Fatal(err)
	}
}

// wantMetrics looks again while some are not there: a scrape leaves out what the store does not tell in time.
func (p *pki) wantMetrics(series ...string) {
	p.t.Helper()
	var missing []string
	stalled(func() bool {
		_, text := p.get("/metrics")
		missing = slices.DeleteFunc(slices.Clone(series), func(s string) bool { return strings.Contains(text, "\n"+s) })
		return len(missing) > 0
	})
	for _, s := range missing {
		p.t.Errorf("/metrics has no %s", s)
	}
}

// replaceServiceCA adds a roll-over of the issuing CA for services to the ceremony.
func (p *pki) replaceServiceCA() (id string) {
	next := p.spec.Issuing[4]
	next.ID, next.Replaces, next.Subject = "service-p256-2", "service-p256", ceremony.Subject{CommonName: "Service CA 2"}
	p.spec.Issuing = append(p.spec.Issuing, next)
	return next.ID
}

// Until the lead is over a new CA has a status and is published, and issues nothing: other nodes may not know it yet.
func TestStatusComesFirst(t *testing.T) {
	p := startPKI(t, time.Hour)
	id := p.replaceServiceCA()
	p.hold()
	p.await("the new CA is known", func(h app.Hierarchy) bool { return stateOf(h, "issuing", id) == "takes over" })
	if c := p.issue("tls-server", aServer); c.Issuer != "service-p256" {
		t.Errorf("issued by %s", c.Issuer)
	}
	if status, _ := p.get("/ca/issuers/" + id + ".cer"); status != http.StatusOK {
		t.Errorf("the certificate: %d", status)
	}
	if status, _ := p.get("/crl/" + id + "/0.crl"); status != http.StatusOK && status != http.StatusServiceUnavailable { // not published yet
		t.Errorf("the list: %d", status)
	}
	if status, _ := p.get("/ocsp/" + id + "/AA"); status != http.StatusOK {
		t.Errorf("OCSP: %d", status)
	}
}

// A CA whose key the node does not have is refused by name, with the key.
func TestHierarchyWithoutItsKeyIsRefused(t *testing.T) {
	p := startPKI(t, time.Millisecond)
	elsewhere := filepath.Join(t.TempDir(), "keys")
	if err := os.CopyFS(elsewhere, os.DirFS(p.dir+"-keys")); err != nil {
		t.Fatal(err)
	}
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: elsewhere, Secret: p.dir + "-keys.secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Close() })
	p.held.Vault = vault
	id := p.replaceServiceCA()
	p.hold()
	h := p.await("refused", func(h app.Hierarchy) bool { return h.Problem != "" })
	if !strings.Contains(h.Problem, "the key "+id) || stateOf(h, "issuing", id) != "" {
		t.Errorf("%+v", h)
	}
	if c := p.issue("tls-server", aServer); c.Issuer != "service-p256" {
		t.Errorf("issued by %s", c.Issuer)
	}
}

// A hierarchy restored from before a roll-over would leave certificates without a status: it is refused.
func TestOlderHierarchyIsRefused(t *testing.T) {
	p := startPKI(t, time.Millisecond)
	saved := filepath.Join(t.TempDir(), "ca")
	if err := os.CopyFS(saved, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	id := p.replaceServiceCA()
	p.hold()
	p.await("the new CA issues", func(h app.Hierarchy) bool { return stateOf(h, "issuing", id) == "issues" })
	for _, name := range []string{"transcript.txt", "hierarchy.json"} {
		text, err := os.ReadFile(filepath.Join(saved, name))
		if err != nil {
			t.Fatal(err)
		}
		p.replace(name, text)
	}
	h := p.await("refused", func(h app.Hierarchy) bool { return h.Problem != "" })
	if !strings.Contains(h.Problem, id+" is gone") || stateOf(h, "issuing", id) != "issues" {
		t.Errorf("%+v", h)
	}
	if c := p.issue("tls-server", aServer); c.Issuer != id {
		t.Errorf("issued by %s", c.Issuer)
	}
}
