package tlog_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"simtrust/ca"
	"simtrust/ca/tlog"
)

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper func(w *world, r *reader)
		says   string
	}{
		"an entry": {func(w *world, _ *reader) { w.edit("tile/entries/000.p/4", "certificate 2", "certificate 9") }, "do not make the root"},
		"a hash tile": {func(w *world, _ *reader) {
			path := filepath.Join(w.dir, "tile/0/000.p/4")
			w.overwrite(path, bytes.Repeat([]byte{1}, 128))
		}, "do not prove the inclusion"},
		"a lost tile": {func(w *world, _ *reader) {
			if err := os.Remove(filepath.Join(w.dir, "tile/entries/000.p/4")); err != nil {
				w.t.Fatal(err)
			}
		}, "cannot be read"},
		"the checkpoint":      {func(w *world, _ *reader) { w.edit("checkpoint", "\n4\n", "\n3\n") }, "not signed"},
		"another key":         {func(_ *world, r *reader) { r.verifier = otherVerifier() }, "not signed"},
		"a link":              {func(w *world, _ *reader) { w.register.chain[2].Detail = "{ }" }, "broken at its link 3"},
		"a link left out":     {func(w *world, _ *reader) { c := w.register; c.chain = append(c.chain[:3:3], c.chain[4:]...) }, "broken at its link 4"},
		"an unknown":          {func(w *world, _ *reader) { w.register.certificates[0].ID = "bank.ffff" }, "knows nothing"},
		"lost certificate":    {func(w *world, _ *reader) { w.register.certificates = w.register.certificates[1:] }, "register does not have it"},
		"another certificate": {func(w *world, _ *reader) { w.register.certificates[0].Raw = []byte("x") }, "another certificate"},
		"revocation removed":  {func(w *world, _ *reader) { w.register.link(ca.AuditRevoked, "bank.0000", `{"reason":1}`) }, "bank.0000 is not revoked"},
		"hold for compromise": {func(w *world, _ *reader) {
			w.register.link(ca.AuditRevoked, "bank.0001", `{"reason":1}`)
			w.register.certificates[1].Revoked, w.register.certificates[1].Reason = time.UnixMilli(1), ca.CertificateHold
		}, "revoked (certificateHold), and the audit chain that it is revoked (keyCompromise)"},
		"released in secret": {func(w *world, _ *reader) {
			w.register.link(ca.AuditRevoked, "bank.0001", `{"reason":6}`)
		}, "not revoked, and the audit chain that it is revoked (certificateHold)"},
		"never revoked": {func(w *world, _ *reader) {
			w.register.certificates[2].Revoked = time.UnixMilli(1)
		}, "revoked (unspecified), and the audit chain that it is not revoked"},
		"why unsaid":   {func(w *world, _ *reader) { w.register.link(ca.AuditRevoked, "bank.0000", "{}") }, "does not say why"},
		"not logged":   {func(w *world, _ *reader) { w.register.issue(1) }, "log does not have it"},
		"issued twice": {func(w *world, _ *reader) { w.register.link(ca.AuditIssued, "bank.0000", w.register.chain[1].Detail) }, "second time"},
		"nothing said": {func(w *world, _ *reader) { w.register.link(ca.AuditIssued, "bank.000a", "{}") }, "does not say"},
		"never issued": {func(w *world, _ *reader) {
			w.register.chain, w.register.certificates = w.register.chain[:6], w.register.certificates[:3]
		}, "never issued"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				s := w.service(w.dir)
				r := w.serve(s)
				stop := w.run(s)
				w.issue(s, 4)
				w.checkpoint(r, 4)
				stop()
				w.agrees(r, 4)
				c.tamper(w, &r)
				f, err := w.audit(r)
				if err != nil || !strings.Contains(strings.Join(f.Problems, "\n"), c.says) {
					w.t.Errorf("%+v, %v; want %q", f, err, c.says)
				}
			})
		})
	}
}

// TestCutShort audits what agrees with itself, and not with what it was at the audit before.
func TestCutShort(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		stop := w.run(s)
		w.issue(s, 4)
		w.checkpoint(r, 4)
		w.register.link(ca.AuditKeyBlocked, "k1", "{}")
		before, err := w.audit(r)
		if err != nil || len(before.Problems) > 0 {
			w.t.Fatalf("%+v, %v", before, err)
		}
		w.issue(s, 2)
		w.checkpoint(r, 6)
		stop()
		audit := func(m tlog.Mark) string {
			w.t.Helper()
			a := w.auditor(r)
			a.Before = m
			f, err := a.Run(w.t.Context())
			if err != nil {
				w.t.Fatal(err)
			}
			return strings.Join(f.Problems, "\n")
		}
		if says := audit(before.Mark); says != "" {
			w.t.Errorf("it went on, and is said to be cut: %s", says)
		}
		whole := before.Mark
		for says, change := range map[string]func(m *tlog.Mark){
			"link 9 of the audit chain": func(m *tlog.Mark) { m.Chain = []byte("x") }, "it had 99 links": func(m *tlog.Mark) { m.Links = 99 },
			"first 4 entries": func(m *tlog.Mark) { m.Root = []byte("x") }, "it had 99 entries": func(m *tlog.Mark) { m.Entries = 99 },
		} {
			m := whole
			change(&m)
			if got := audit(m); !strings.Contains(got, says) {
				w.t.Errorf("want %q, got %q", says, got)
			}
		}
	})
}

// TestRevocationsAgree audits what was revoked, held, released and abandoned.
func TestRevocationsAgree(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		stop := w.run(s)
		w.issue(s, 3)
		w.checkpoint(r, 3)
		stop()
		w.register.link(ca.AuditRevoked, "bank.0000", `{"reason":4}`)
		w.register.link(ca.AuditRevoked, "bank.0000", `{"reason":1}`)
		w.register.certificates[0].Revoked, w.register.certificates[0].Reason = time.UnixMilli(1), ca.KeyCompromise
		w.register.link(ca.AuditRevoked, "bank.0001", `{"reason":6}`)
		w.register.link(ca.AuditReleased, "bank.0001", `{"reason":8}`)
		w.register.link(ca.AuditSigning, "bank.0003", "{}")
		w.register.link(ca.AuditAbandoned, "bank.0003", "{}")
		w.register.certificates = append(w.register.certificates,
			ca.Certificate{ID: "bank.0003", State: ca.StateAbandoned, Revoked: time.UnixMilli(1), Reason: ca.CessationOfOperation})
		w.agrees(r, 3)
	})
}

func (w *world) edit(name, before, after string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte(before)) {
		w.t.Fatalf("%q %v", text, err)
	}
	w.overwrite(path, bytes.Replace(text, []byte(before), []byte(after), 1))
}

func (w *world) overwrite(path string, text []byte) {
	w.t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func otherVerifier() note.Verifier {
	key, err := note.NewEd25519VerifierKey(origin, make([]byte, 32))
	if err != nil {
		panic(err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		panic(err)
	}
	return v
}
