package ca_test

import (
	"crypto/elliptic"
	"encoding/asn1"
	"log/slog"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
)

// FuzzSubject issues for any name: it is refused, or comes back octet by octet in a Name of exactly the attributes given.
func FuzzSubject(f *testing.F) {
	db, err := sqldb.Open(f.Context(), "sqlite:"+f.TempDir()+"/fuzz.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	if err := sqldb.Migrate(f.Context(), db, ca.Migrations(), outbox.Migrations()); err != nil {
		f.Fatal(err)
	}
	w := newWorld(f, db)
	w.outbox = outbox.New(db, w.clock.now, slog.New(slog.DiscardHandler))
	der, _ := request(f, elliptic.P256(), nil)
	f.Add("王小明", "示例银行")
	f.Fuzz(func(t *testing.T, name, organization string) {
		c, err := w.Issue(t.Context(), ca.IssueReq{Profile: "enterprise", CSR: der, Subject: ca.Subject{Country: "CN", Organization: organization, CommonName: name}})
		if err != nil {
			if simtrust.ReasonOf(err) != ca.ReasonSubject {
				t.Fatal(err)
			}
			return
		}
		var rdns []asn1.RawValue
		x := parse(t, c.Raw)
		if _, err := asn1.Unmarshal(x.RawSubject, &rdns); err != nil || len(rdns) != 3 || x.Subject.CommonName != name || x.Subject.Organization[0] != organization {
			t.Errorf("%d attributes, %q of %q: %v", len(rdns), x.Subject.CommonName, x.Subject.Organization, err)
		}
	})
}

// FuzzSplitID takes ids apart and puts them together again.
func FuzzSplitID(f *testing.F) {
	f.Add("bank-p256-2026.01ab")
	f.Fuzz(func(t *testing.T, id string) {
		issuer, serial, ok := ca.SplitID(id)
		if ok && ca.CertificateID(issuer, serial) != id {
			t.Errorf("%q is %q and %x", id, issuer, serial)
		}
	})
}
