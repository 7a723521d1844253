package ca_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// power is what a node loses.
type power string

// die runs fn on a goroutine of its own and returns whether it ended in loss of power.
func die(fn func()) (died bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, died = v.(power); !died {
				panic(v)
			}
		}
	}()
	fn()
	return false
}

// TestCrashBeforeTheSignature and the tests after it end a node between steps of the issuance. The row is there, revocable, and
// never signed again.
func TestCrashBeforeTheSignature(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := w.key("bank-p256-2026")
		key.at(func() error { panic(power("off")) }, nil)
		if !die(func() { _, _ = w.Issue(t.Context(), w.bank()) }) {
			t.Fatal("issued")
		}
		w.wantRecovered(t)
	})
}

func TestCrashBetweenSignatureAndStore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.key("bank-p256-2026").at(nil, func([]byte) []byte { panic(power("off")) })
		if !die(func() { _, _ = w.Issue(t.Context(), w.bank()) }) {
			t.Fatal("issued")
		}
		w.wantRecovered(t)
	})
}

// TestStoreLostBeforeTheOutcome loses the store while the signature exists.
func TestStoreLostBeforeTheOutcome(t *testing.T) {
	w, other := restartable(t)
	w.key("bank-p256-2026").at(nil, func(signature []byte) []byte {
		_ = w.db.Close()
		return signature
	})
	if _, err := w.Issue(t.Context(), w.bank()); err == nil {
		t.Fatal("issued without a store")
	}
	other().wantRecovered(t)
}

// wantRecovered checks the one row in signing, starts a node and finds the row revoked.
func (w *world) wantRecovered(t *testing.T) {
	t.Helper()
	c := w.only()
	if st := w.status(c.ID); !st.Known || st.State != ca.StateSigning || !st.Revoked.IsZero() || c.Raw != nil {
		t.Fatalf("after the crash: %+v", st)
	}
	signed := 0
	w.key(c.Issuer).at(func() error { signed++; return nil }, nil)
	w.Service = w.node()
	signed = 0 // the check of the key pair at start
	w.sweepLater()
	st := w.status(c.ID)
	if st.State != ca.StateAbandoned || st.Revoked.IsZero() || signed != 0 {
		t.Errorf("after recovery: %+v, signed %d times", st, signed)
	}
	shards, err := w.Shards(t.Context(), c.Issuer)
	if err != nil || len(shards) != 1 || shards[0].Number != c.Shard || shards[0].Change != 1 {
		t.Errorf("shards %+v, %v", shards, err)
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if again, _ := w.Shards(t.Context(), c.Issuer); !slices.Equal(again, shards) {
		t.Error("swept twice")
	}
	w.wantAudit(t, ca.AuditSigning, ca.AuditAbandoned)
}

// sweepLater sweeps, and again when no signing under way then can still be.
func (w *world) sweepLater() {
	w.t.Helper()
	for range 2 {
		if err := w.Sweep(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		w.clock.advance(w.config.SigningTime + time.Second)
	}
}

// wantAudit verifies the chain and compares its kinds.
func (w *world) wantAudit(t *testing.T, want ...string) {
	t.Helper()
	var kinds []string
	if err := w.VerifyAudit(t.Context(), func(e ca.AuditEntry) error { kinds = append(kinds, e.Kind); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("audit %q, want %q", kinds, want)
	}
}

// TestStoreLostBeforeTheRecord leaves nothing: no row, no signature.
func TestStoreLostBeforeTheRecord(t *testing.T) {
	w, other := restartable(t)
	signed := false
	w.key("bank-p256-2026").at(func() error { signed = true; return nil }, nil)
	req := w.bank()
	_ = w.db.Close()
	if _, err := w.Issue(t.Context(), req); err == nil || signed {
		t.Fatalf("%v, signed %v", err, signed)
	}
	found, _, err := other().Search(t.Context(), ca.Query{}, ca.Page{})
	if err != nil || len(found) != 0 {
		t.Errorf("%d rows, %v", len(found), err)
	}
}

// TestClockPutRight has a clock that was a year ahead when the register was swept: what is begun after it was put right is still
// found, and so is what was begun before.
func TestClockPutRight(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const year = 365 * 24 * time.Hour
		fail := func() {
			t.Helper()
			w.key("bank-p256-2026").at(func() error { return errors.New("no session") }, nil)
			if _, err := w.Issue(t.Context(), w.bank()); err == nil {
				t.Fatal("issued")
			}
		}
		w.clock.advance(year)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		fail()
		w.clock.advance(-year)
		fail()
		w.sweepLater()
		found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{})
		if err != nil || len(found) != 2 || slices.ContainsFunc(found, func(c ca.Certificate) bool { return c.State != ca.StateAbandoned }) {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// TestLateOutcomeLoses has the sweeper abandon a row whose signing takes too long; the signature that comes then is thrown away.
func TestLateOutcomeLoses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.key("bank-p256-2026").at(nil, func(signature []byte) []byte {
			w.sweepLater()
			return signature
		})
		_, err := w.Issue(t.Context(), w.bank())
		wantError(t, err, simtrust.KindConflict, ca.ReasonAbandoned)
		if c := w.only(); c.State != ca.StateAbandoned || c.Revoked.IsZero() || c.Raw != nil {
			t.Errorf("%+v", c)
		}
	})
}

// TestSweptByANodeOfAnotherTime has nodes whose clocks are far off sweep while a certificate is being signed: it is issued. What another
// node left behind they abandon as soon as they have seen it for longer than a signing takes.
func TestSweptByANodeOfAnotherTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var others []*ca.Service
		for _, off := range []time.Duration{-9 * time.Minute, 9 * time.Minute, time.Hour} {
			deps := w.deps()
			deps.Now = func() time.Time { return w.clock.now().Add(off) }
			node, err := ca.New(deps, w.hierarchy, w.config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(node.Close)
			others = append(others, node)
		}
		sweep := func() error {
			var errs []error
			for _, node := range others {
				errs = append(errs, node.Sweep(t.Context()))
			}
			return errors.Join(errs...)
		}
		key := w.key("bank-p256-2026")
		key.at(sweep, func(signature []byte) []byte {
			w.clock.advance(w.config.SigningTime / 2)
			if err := sweep(); err != nil {
				t.Error(err)
			}
			return signature
		})
		w.issue(w.bank())
		for _, node := range others {
			key.at(func() error { return errors.New("no session") }, nil)
			if _, err := w.Issue(t.Context(), w.bank()); err == nil {
				t.Fatal("issued")
			}
			if err := node.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.clock.advance(w.config.SigningTime + time.Second)
			if err := node.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.wantAudit(t, ca.AuditSigning, ca.AuditIssued, ca.AuditSigning, ca.AuditAbandoned, ca.AuditSigning, ca.AuditAbandoned,
			ca.AuditSigning, ca.AuditAbandoned)
	})
}

// TestRecoveredAtStart starts on the embedded store, which has one process: what the one before was at is revoked at once.
func TestRecoveredAtStart(t *testing.T) {
	w := embedded(t)
	w.key("bank-p256-2026").at(func() error { panic(power("off")) }, nil)
	if !die(func() { _, _ = w.Issue(t.Context(), w.bank()) }) {
		t.Fatal("issued")
	}
	w.key("bank-p256-2026").at(nil, nil)
	w.clock.advance(time.Millisecond)
	node := w.node()
	ctx, recovered := context.WithTimeout(t.Context(), time.Minute)
	node.OnChange(func(string, []byte) { recovered() })
	if err := node.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if st := w.status(w.only().ID); st.State != ca.StateAbandoned || st.Revoked.IsZero() {
		t.Errorf("%+v", st)
	}
}

// TestWrongSignatures come from a key that fails, tampers or is another's.
func TestWrongSignatures(t *testing.T) {
	w := embedded(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := w.key("bank-p256-2026")
	genuine := key.Signer
	for name, lose := range map[string]func(){
		"session lost": func() { key.at(func() error { return errors.New("CKR_SESSION_HANDLE_INVALID") }, nil) },
		"bit flipped":  func() { key.at(nil, func(s []byte) []byte { s[len(s)-1] ^= 1; return s }) },
		"empty":        func() { key.at(nil, func([]byte) []byte { return nil }) },
		"trailing":     func() { key.at(nil, func(s []byte) []byte { return append(s, 0) }) },
		"other key":    func() { key.Signer = foreign{genuine, other} },
	} {
		t.Run(name, func(t *testing.T) {
			key.at(nil, nil)
			key.Signer = genuine
			lose()
			_, err := w.Issue(t.Context(), w.bank())
			wantError(t, err, simtrust.KindUnavailable, "")
		})
	}
	key.Signer = genuine
	key.at(nil, nil)
	found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{})
	if err != nil || len(found) != 5 || slices.ContainsFunc(found, func(c ca.Certificate) bool { return c.State != ca.StateSigning || c.Raw != nil }) {
		t.Errorf("%d rows, %v", len(found), err)
	}
	w.issue(w.bank())
}

// TestSignedBytesAreTheLinted has the module that signs change the message in place.
func TestSignedBytesAreTheLinted(t *testing.T) {
	w := embedded(t)
	w.key("bank-sm2-2026").tamper = func(message []byte) { message[len(message)/2] ^= 1 }
	req := w.bank()
	req.CSR, _ = request(t, sm2.P256(), nil)
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindUnavailable, "")
	if c := w.only(); c.State != ca.StateSigning || c.Raw != nil {
		t.Errorf("%+v", c)
	}
}

// TestLintStopsIssuance under an address that certificates must not carry: nothing is recorded or signed.
func TestLintStopsIssuance(t *testing.T) {
	w := embedded(t)
	w.config.BaseURL = "http://ca.example/a%20b"
	w.Service = w.node()
	w.key("bank-p256-2026").at(func() error { t.Error("signed"); return nil }, nil)
	_, err := w.Issue(t.Context(), w.bank())
	wantError(t, err, simtrust.KindInternal, ca.ReasonLint)
	if found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{}); err != nil || len(found) != 0 {
		t.Errorf("%d rows, %v", len(found), err)
	}
	w.wantAudit(t)
}

// foreign shows one key and signs with another.
type foreign struct {
	crypto.Signer
	with *ecdsa.PrivateKey
}

func (f foreign) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return f.with.Sign(random, digest, opts)
}

// TestWrongKeyAtStart refuses to start with a key that is not the certificate's.
func TestWrongKeyAtStart(t *testing.T) {
	w := embedded(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := w.hierarchy.Issuer("bank-p256-2026")
	issuer.Signer = foreign{issuer.Signer, other}
	if _, err := ca.New(w.deps(), w.hierarchy, w.config); err == nil {
		t.Error("started with a wrong key under the right label")
	}
	issuer.Signer = other
	if _, err := ca.New(w.deps(), w.hierarchy, w.config); err == nil {
		t.Error("started with a wrong key")
	}
}

func TestRequestKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.server("a.example")
		req.RequestKey = "order-1"
		first := w.issue(req)
		if again := w.issue(req); !bytes.Equal(again.Raw, first.Raw) {
			t.Error("the same request got another certificate")
		}
		if c, err := w.ByRequest(t.Context(), "order-1"); err != nil || c.ID != first.ID {
			t.Errorf("%s, %v", c.ID, err)
		}
		other := w.server("b.example")
		other.RequestKey = "order-1"
		_, err := w.Issue(t.Context(), other)
		wantError(t, err, simtrust.KindConflict, ca.ReasonRequestDiffers)
		_, err = w.ByRequest(t.Context(), "order-2")
		wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)

		other.RequestKey = "order-2"
		w.key("service-p256-2026").at(func() error { return errors.New("no session") }, nil)
		_, err = w.Issue(t.Context(), other)
		wantError(t, err, simtrust.KindUnavailable, "")
		w.key("service-p256-2026").at(nil, nil)
		_, err = w.Issue(t.Context(), other)
		wantError(t, err, simtrust.KindConflict, ca.ReasonInProgress)
		w.sweepLater()
		_, err = w.Issue(t.Context(), other)
		wantError(t, err, simtrust.KindConflict, ca.ReasonAbandoned)
	})
}

// TestStatusKnownFromRecord asks OCSP's question while the signature is being made, and revokes then.
func TestStatusKnownFromRecord(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.key("bank-p256-2026").at(func() error {
			c := w.only()
			if st := w.status(c.ID); !st.Known || st.State != ca.StateSigning {
				t.Errorf("status %+v", st)
			}
			_, err := w.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: ca.Superseded, By: "officer"})
			return err
		}, nil)
		c := w.issue(w.bank())
		if st := w.status(c.ID); st.State != ca.StateIssued || st.Revoked.IsZero() || st.Reason != ca.Superseded {
			t.Errorf("status %+v", st)
		}
	})
}

func TestUnknownSerials(t *testing.T) {
	w := embedded(t)
	c := w.issue(w.bank())
	other := append([]byte{}, c.Serial...)
	other[15] ^= 1
	st, err := w.Statuses(t.Context(), c.Issuer, [][]byte{other, c.Serial, {}, make([]byte, 40)})
	if err != nil || st[0].Known || !st[1].Known || st[2].Known || st[3].Known || !bytes.Equal(st[0].Serial, other) {
		t.Errorf("%+v, %v", st, err)
	}
	if st, err := w.Statuses(t.Context(), "eid-p256-2026", [][]byte{c.Serial}); err != nil || st[0].Known {
		t.Errorf("the serial is known under another issuer: %+v, %v", st, err)
	}
	_ = w.db.Close()
	if _, err := w.Statuses(t.Context(), c.Issuer, [][]byte{c.Serial}); err == nil {
		t.Error("a status without a store")
	}
}

// TestAuditIsAChain cuts and edits the trail.
func TestAuditIsAChain(t *testing.T) {
	for name, edit := range map[string]string{
		"edited":    `update ca_audit set detail = '{}' where seq = 3`,
		"removed":   `delete from ca_audit where seq = 3`,
		"cut":       `delete from ca_audit where seq > 3`,
		"moved":     `update ca_audit set at = at + 1 where seq = 1`,
		"relabeled": `update ca_audit set subject = 'x' where seq = 4`,
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			w.issue(w.bank())
			w.issue(w.bank())
			w.wantAudit(t, ca.AuditSigning, ca.AuditIssued, ca.AuditSigning, ca.AuditIssued)
			err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(t.Context(), edit); return err })
			if err != nil {
				t.Fatal(err)
			}
			if err := w.VerifyAudit(t.Context(), nil); err == nil {
				t.Error("nothing noticed")
			}
		})
	}
}

// TestDiskFull fills the store: nothing is signed that is not recorded, and issuing goes on once there is room again.
func TestDiskFull(t *testing.T) {
	w := embedded(t)
	pages := func(n int) {
		t.Helper()
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			var set int
			return tx.QueryRow(t.Context(), fmt.Sprintf("pragma max_page_count = %d", n)).Scan(&set)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var signed atomic.Int64
	w.key("bank-p256-2026").at(func() error { signed.Add(1); return nil }, nil)
	handed := 0
	pages(1) // as many as there are
	var err error
	for err == nil && handed < 1000 {
		if _, err = w.Issue(t.Context(), w.bank()); err == nil {
			handed++
		}
	}
	if err == nil || simtrust.KindOf(err) == simtrust.KindInvalid {
		t.Fatalf("a full disk took %d certificates: %v", handed, err)
	}
	pages(1 << 30)
	w.issue(w.bank())
	w.sweepLater()
	found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{Limit: 1000})
	if err != nil || int64(len(found)) < signed.Load() {
		t.Errorf("%d rows for %d signatures, %v", len(found), signed.Load(), err)
	}
	issued := 0
	for _, c := range found {
		if c.State == ca.StateIssued {
			issued++
		}
	}
	if issued != handed+1 {
		t.Errorf("%d issued, %d handed out", issued, handed+1)
	}
	if err := w.VerifyAudit(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestKeyThatHangs has a key that never answers and many callers at once: it gets only so many to sign, the others are refused before
// anything is recorded of them, and the node still stops.
func TestKeyThatHangs(t *testing.T) {
	w := embedded(t)
	const places, callers = 3, 40
	w.config.Signatures, w.config.SigningTime = places, 50*time.Millisecond
	node := w.node()
	var hanging sync.WaitGroup
	asked, free, answers := make(chan struct{}, callers), make(chan struct{}), make(chan error, callers)
	defer func() { close(free); hanging.Wait() }()
	w.key("bank-p256-2026").at(func() error { asked <- struct{}{}; <-free; return nil }, nil)
	for range callers {
		req := w.bank()
		hanging.Go(func() {
			_, err := node.Issue(context.WithoutCancel(t.Context()), req)
			answers <- err
		})
	}
	for range callers - places {
		wantError(t, <-answers, simtrust.KindUnavailable, ca.ReasonKeyBusy)
	}
	for range places {
		<-asked
	}
	if found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{}); err != nil || len(found) != places {
		t.Errorf("%d recorded, %v", len(found), err)
	}
	node.Close()
}
