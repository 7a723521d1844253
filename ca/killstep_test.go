//go:build unix

package ca_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const stepToDieAt = "CA_TEST_DIE_AT"

// dying ends the process as kill -9 does when a tenure is asked about.
type dying struct{ *tenures }

func (d dying) Current(context.Context, []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return nil, killed()
}

// killed does not return.
func killed() error {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// TestDieAtAStep is the process that TestKilledAtEveryStep starts; on its own it has nothing to do.
func TestDieAtAStep(t *testing.T) {
	step := os.Getenv(stepToDieAt)
	if step == "" {
		return
	}
	db, err := sqldb.Open(t.Context(), os.Getenv(storeToIssueOn))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	outbox.On(w.outbox, "log", func(context.Context, ca.Issued) error { return nil })
	req := w.bank()
	req.RequestKey = "order-1"
	deps := w.deps()
	if step == "authorised" {
		deps.Tenures = dying{w.tenures}
	}
	s, err := ca.New(deps, w.hierarchy, w.config)
	if err != nil {
		t.Fatal(err)
	}
	switch step {
	case "recorded":
		w.key("bank-p256-2026").at(killed, nil)
	case "signed":
		w.key("bank-p256-2026").at(nil, func([]byte) []byte { _ = killed(); return nil })
	}
	if _, err := s.Issue(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	_ = killed() // before the caller hears of it
}

// TestKilledAtEveryStep kills a process between each two steps of an issuance, and looks at what the next one finds.
func TestKilledAtEveryStep(t *testing.T) {
	for step, check := range map[string]func(t *testing.T, w *world){
		"authorised": func(t *testing.T, w *world) {
			_, err := w.ByRequest(t.Context(), "order-1")
			wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)
			w.wantAudit(t)
		},
		"recorded": func(t *testing.T, w *world) { w.wantRecovered(t) },
		"signed":   func(t *testing.T, w *world) { w.wantRecovered(t) },
		"stored": func(t *testing.T, w *world) {
			c, err := w.ByRequest(t.Context(), "order-1")
			if err != nil || c.State != ca.StateIssued || c.Raw == nil || w.status(c.ID).State != ca.StateIssued {
				t.Errorf("%+v, %v", c, err)
			}
			logged := ""
			outbox.On(w.outbox, "log", func(_ context.Context, e ca.Issued) error { logged = e.Certificates[0].ID; return nil })
			if err := w.outbox.Drain(t.Context()); err != nil || logged != c.ID {
				t.Errorf("the log heard of %q, %v", logged, err)
			}
			w.wantAudit(t, ca.AuditSigning, ca.AuditIssued)
		},
	} {
		t.Run(step, func(t *testing.T) {
			sqldbtest.EachURL(t, []sqldb.Migrations{ca.Migrations(), outbox.Migrations()}, func(t *testing.T, url string) {
				child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDieAtAStep$")
				child.Env = append(os.Environ(), storeToIssueOn+"="+url, stepToDieAt+"="+step)
				out, err := child.CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the process ended by itself: %v\n%s", err, out)
				}
				check(t, newWorld(t, sqldbtest.Open(t, url)))
			})
		})
	}
}
