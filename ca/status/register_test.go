package status_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// authority is the real register with a node's status service over it.
type authority struct {
	*world
	ca *ca.Service
}

type tenures struct{}

func (tenures) Current(_ context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return ids, nil
}

var schema = []sqldb.Migrations{ca.Migrations(), outbox.Migrations(), status.Migrations()}

func eachAuthority(t *testing.T, fn func(t *testing.T, a, other *authority)) {
	t.Helper()
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, db: db, clock: &clock{at: start}, hierarchy: newHierarchy(t)}
		fn(t, newAuthority(w), newAuthority(w))
	})
}

func newAuthority(shared *world) *authority {
	shared.t.Helper()
	w := *shared
	log := slog.New(slog.DiscardHandler)
	c, err := ca.New(ca.Deps{DB: w.db, Outbox: outbox.New(w.db, w.clock.now, log), Tenures: tenures{}, Log: log, Now: w.clock.now}, w.hierarchy,
		ca.Config{BaseURL: base, SubjectKey: []byte("0123456789abcdef0123456789abcdef"), Shards: shards, SigningTime: time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	s, err := status.New(status.Deps{DB: w.db, Register: c, Log: log, Now: w.clock.now}, w.hierarchy,
		status.Config{CRL: c.URLs().CRL, Shards: c.ShardCount(), Patience: time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	c.OnChange(s.Changed)
	r := rpc.NewRouter(rpc.Config{})
	s.Mount(r)
	w.Service, w.handler = s, status.KeepSlashes(r)
	return &authority{&w, c}
}

func (a *authority) issue(curve elliptic.Curve) ca.Certificate {
	a.t.Helper()
	csr := must(smx509.CreateCertificateRequest(rand.Reader, &smx509.CertificateRequest{}, must(generateOn(curve))))
	c, err := a.ca.Issue(a.t.Context(), ca.IssueReq{
		Profile: "bank-sim", CSR: csr, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}, Tenure: simtrust.NewTenureID(), RelyingParty: "bank.example", Requester: "test",
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

func generateOn(curve elliptic.Curve) (any, error) {
	if curve == sm2.P256() {
		return sm2.GenerateKey(rand.Reader)
	}
	return ecdsa.GenerateKey(curve, rand.Reader)
}

func (a *authority) revoke(c ca.Certificate, reason int) {
	a.t.Helper()
	if _, err := a.ca.Revoke(a.t.Context(), ca.RevokeReq{ID: c.ID, Reason: reason, By: "test", Officer: true}); err != nil {
		a.t.Fatal(err)
	}
}

func TestOverTheRegister(t *testing.T) {
	eachAuthority(t, func(t *testing.T, a, other *authority) {
		for _, curve := range []elliptic.Curve{elliptic.P256(), sm2.P256()} {
			c := a.issue(curve)
			for _, n := range []*authority{a, other} {
				n.publish()
				if got := n.ask(c.Issuer, c.Serial).says(); got != "good" {
					t.Errorf("issued: %s", got)
				}
			}
			a.revoke(c, ca.CertificateHold)
			if got := a.ask(c.Issuer, c.Serial); got.says() != "revoked" || got.Revoked.Reason != ca.CertificateHold {
				t.Errorf("on hold, at once: %+v", got)
			}
			other.watch()
			if got := other.ask(c.Issuer, c.Serial).says(); got != "revoked" {
				t.Errorf("on hold, elsewhere: %s", got)
			}
			other.round(3 * time.Second)
			a.publish()
			if l := a.crl(c.Issuer, c.Shard); listed(l, c.Serial) != ca.CertificateHold {
				t.Errorf("on hold: %+v", l.RevokedCertificateEntries)
			}
			a.revoke(c, ca.RemoveFromCRL)
			if got := a.ask(c.Issuer, c.Serial).says(); got != "good" {
				t.Errorf("released: %s", got)
			}
			a.round(3 * time.Second)
			if l := a.crl(c.Issuer, c.Shard); listed(l, c.Serial) != -1 {
				t.Errorf("released: %+v", l.RevokedCertificateEntries)
			}
			a.revoke(c, ca.Superseded)
			a.clock.advance(3 * time.Second)
			a.revoke(c, ca.KeyCompromise)
			if got := a.ask(c.Issuer, c.Serial); got.Revoked.Reason != ca.KeyCompromise {
				t.Errorf("compromised: %+v", got)
			}
			a.publish()
			if l := a.crl(c.Issuer, c.Shard); listed(l, c.Serial) != ca.KeyCompromise {
				t.Errorf("compromised: %+v", l.RevokedCertificateEntries)
			}
		}
	})
}

// TestExpiredOverTheRegister: a revoked certificate is listed for a list and a day beyond its end, by nodes that ran all the time and by
// those that start.
func TestExpiredOverTheRegister(t *testing.T) {
	eachAuthority(t, func(t *testing.T, a, _ *authority) {
		c := a.issue(elliptic.P256())
		a.revoke(c, ca.Superseded)
		a.publish()
		a.clock.advance(c.NotAfter.Sub(a.clock.now()) + time.Second)
		for _, n := range []*authority{a, newAuthority(a.world)} {
			n.publish()
			if l := n.crl(c.Issuer, c.Shard); listed(l, c.Serial) != ca.Superseded {
				t.Errorf("in the first list beyond its end: %+v", l.RevokedCertificateEntries)
			}
		}
		a.round(25 * time.Hour)
		for _, n := range []*authority{a, newAuthority(a.world)} {
			n.publish()
			if l := n.crl(c.Issuer, c.Shard); listed(l, c.Serial) != -1 {
				t.Errorf("a day later: %+v", l.RevokedCertificateEntries)
			}
			if got := n.ask(c.Issuer, c.Serial).says(); got != "revoked" {
				t.Errorf("the status of an expired certificate: %s", got)
			}
		}
	})
}

// The certificate names the address at which its list is, and where its status is asked.
func TestAddressesInCertificates(t *testing.T) {
	eachAuthority(t, func(t *testing.T, a, _ *authority) {
		c := a.issue(elliptic.P256())
		cert := must(smx509.ParseCertificate(c.Raw))
		if got := cert.CRLDistributionPoints; len(got) != 1 || got[0] != address(c.Issuer, c.Shard) {
			t.Errorf("CRL at %v", got)
		}
		if got := cert.OCSPServer; len(got) != 1 || got[0] != base+"/ocsp/"+c.Issuer {
			t.Errorf("OCSP at %v", got)
		}
	})
}

// A certificate that was recorded and never signed, because its issuer's key failed, is revoked in both.
func TestAbandoned(t *testing.T) {
	eachAuthority(t, func(t *testing.T, a, _ *authority) {
		a.publish()
		a.issuer(bank).Signer.(*seam).set(errStore, nil)
		csr := must(smx509.CreateCertificateRequest(rand.Reader, &smx509.CertificateRequest{}, must(generateOn(elliptic.P256()))))
		_, err := a.ca.Issue(t.Context(), ca.IssueReq{
			Profile: "bank-sim", CSR: csr, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}, Tenure: simtrust.NewTenureID(), RelyingParty: "bank.example", Requester: "test",
		})
		if err == nil {
			t.Fatal("issued without a key")
		}
		a.issuer(bank).Signer.(*seam).set(nil, nil)
		var id string
		if err := a.db.QueryRow(t.Context(), `select id from ca_certificate`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		_, s, _ := ca.SplitID(id)
		before := a.ask(bank, s).says()
		for range 2 {
			if err := a.ca.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.clock.advance(2 * time.Minute)
		}
		if got := a.ask(bank, s).says(); got != "revoked" {
			t.Errorf("%s, then %s", before, got)
		}
		a.publish()
		found := 0
		for n := range shards {
			if listed(a.crl(bank, n), s) >= 0 {
				found++
			}
		}
		if found != 1 {
			t.Errorf("on %d lists", found)
		}
	})
}

// A running node takes a revocation from the register to OCSP at once, and to the list within 10 s.
func TestRun(t *testing.T) {
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) {
		a := newAuthority(&world{t: t, db: db, clock: &clock{real: true}, hierarchy: newHierarchy(t)})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		c := a.issue(elliptic.P256())
		path := strings.TrimPrefix(address(c.Issuer, c.Shard), base)
		within(t, time.Minute, "a first list", func() bool { return a.do("GET", path, nil).StatusCode == http.StatusOK })
		if got := a.ask(c.Issuer, c.Serial).says(); got != "good" {
			t.Error(got)
		}
		a.revoke(c, ca.KeyCompromise)
		if got := a.ask(c.Issuer, c.Serial).says(); got != "revoked" {
			t.Error(got)
		}
		within(t, time.Minute, "on the list", func() bool { return listed(a.crl(c.Issuer, c.Shard), c.Serial) == ca.KeyCompromise })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func within(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(limit); !done(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
