//go:build e2e && unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/internal/sqldb/pgcluster"
)

// TestStoreAway: without the database nothing is issued, and the status that is signed already goes on; with it the server goes on by
// itself, and nothing is missing.
func TestStoreAway(t *testing.T) {
	cluster := pgcluster.ForTest(t)
	o := newOffice(t)
	o.ceremony()
	s := startServe(t, serveConfig{nas: "127.0.0.1/32", lines: []string{`database: "` + cluster.URL() + `"`,
		"ca: {dir: " + filepath.Join(o.dir, "ca") + `, base_url: "http://ca.example"}`}})
	o.trust(s)
	for _, file := range []string{"asked.pem", "unasked.pem"} {
		if out, err := o.issue(s, file); err != nil {
			t.Fatal(out)
		}
	}
	if out := o.status(s, "asked.pem"); !strings.Contains(out, "asked.pem: good") {
		t.Fatal(out)
	}

	if err := cluster.Crash(); err != nil {
		t.Fatal(err)
	}
	if out, err := o.issue(s, "never.pem"); err == nil || strings.Contains(out, "internal") {
		t.Errorf("without the store: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "never.pem")); err == nil {
		t.Error("a certificate without the store")
	}
	if out := o.status(s, "asked.pem"); !strings.Contains(out, "asked.pem: good") {
		t.Errorf("an answer that was signed before: %s", out)
	}
	if out := o.status(s, "unasked.pem"); !strings.Contains(out, "trylater") {
		t.Errorf("an answer that is to be signed: %s", out)
	}

	if err := cluster.Recover(); err != nil {
		t.Fatal(err)
	}
	await(t, "the server issues again", func() bool { _, err := o.issue(s, "again.pem"); return err == nil })
	if out := o.status(s, "unasked.pem"); !strings.Contains(out, "unasked.pem: good") {
		t.Error(out)
	}
	if out := o.must(binary(t), "ca", "audit", "--quiet", "--patience", "60s", "--server", s.Issuer, "--token", s.AdminToken); !strings.Contains(out, "all agrees") {
		t.Error(out)
	}
}
