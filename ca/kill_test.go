package ca_test

import (
	"bufio"
	"context"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const storeToIssueOn = "CA_TEST_ISSUE_ON"

// TestIssueUntilKilled is the process that TestKill starts and kills; on its own it has nothing to do.
func TestIssueUntilKilled(t *testing.T) {
	url := os.Getenv(storeToIssueOn)
	if url == "" {
		return
	}
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	der, _ := request(t, elliptic.P256(), nil)
	req := ca.IssueReq{Profile: "enterprise", CSR: der, Subject: ca.Subject{Country: "CN", Organization: "a", CommonName: "b"}}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				c, err := w.Issue(t.Context(), req)
				if err != nil {
					fmt.Println("failed", err)
					return
				}
				fmt.Printf("issued %s %x\n", c.ID, sha256.Sum256(c.Raw))
			}
		})
	}
	callers.Wait()
}

// TestKill kills a process that issues, with no warning, again and again. What it handed out is there with the same bytes; what it
// was at is revoked; the audit chain holds; nothing goes back.
func TestKill(t *testing.T) {
	url := sqldbtest.SQLiteURL(t)
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Migrate(t.Context(), db, ca.Migrations(), outbox.Migrations()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	issued := map[string]string{}
	for round := range 4 {
		issueAndKill(t, url, issued, 20+7*round)
	}
	if db, err = sqldb.Open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := newWorld(t, db)
	w.sweepLater()
	for id, sum := range issued {
		if c, err := w.Certificate(t.Context(), id); err != nil || c.State != ca.StateIssued || fmt.Sprintf("%x", sha256.Sum256(c.Raw)) != sum {
			t.Errorf("%s is %s, %v", id, c.State, err)
		}
	}
	rows := 0
	for page := (ca.Page{Limit: 1000}); ; {
		found, next, err := w.Search(t.Context(), ca.Query{}, page)
		if err != nil {
			t.Fatal(err)
		}
		rows += len(found)
		for _, c := range found {
			if c.State == ca.StateSigning || c.State == ca.StateAbandoned && c.Revoked.IsZero() {
				t.Errorf("%s is %s, revoked %v", c.ID, c.State, c.Revoked)
			}
		}
		if page.After = next; next == "" {
			break
		}
	}
	if len(issued) < 80 || rows < len(issued) {
		t.Errorf("%d handed out, %d rows", len(issued), rows)
	}
	if err := w.VerifyAudit(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// issueAndKill notes what a process hands out, and kills it after so many.
func issueAndKill(t *testing.T, url string, issued map[string]string, after int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestIssueUntilKilled$")
	child.Env = append(os.Environ(), storeToIssueOn+"="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) != 3 || f[0] != "issued" {
			t.Errorf("the process says %q", lines.Text())
			continue
		}
		issued[f[1]] = f[2]
		if n++; n == after {
			cancel() // SIGKILL; what it had written by then is still read
		}
	}
	_ = child.Wait() // killed
}
