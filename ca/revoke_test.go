package ca_test

import (
	"context"
	"crypto/elliptic"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

func (w *world) revoke(id string, reason int) (ca.Certificate, error) {
	return w.Revoke(w.t.Context(), ca.RevokeReq{ID: id, Reason: reason, By: "subscriber"})
}

func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.issue(w.bank())
		w.clock.advance(time.Hour)
		got, err := w.Revoke(t.Context(), ca.RevokeReq{Issuer: c.Issuer, Serial: c.Serial, Reason: ca.Superseded, By: "subscriber"})
		if err != nil || !got.Revoked.Equal(start.Add(time.Hour)) || got.Reason != ca.Superseded {
			t.Fatalf("%+v, %v", got, err)
		}
		if st := w.status(c.ID); !st.Revoked.Equal(got.Revoked) || st.Reason != ca.Superseded {
			t.Errorf("status %+v", st)
		}
		_, err = w.revoke(c.ID, ca.Superseded)
		wantError(t, err, simtrust.KindConflict, ca.ReasonAlreadyRevoked)
		_, err = w.revoke(c.ID, ca.KeyCompromise) // without proof
		wantError(t, err, simtrust.KindConflict, ca.ReasonAlreadyRevoked)
		list, change, err := w.Revocations(t.Context(), c.Issuer, c.Shard, start)
		if err != nil || change != 1 || len(list) != 1 || !slices.Equal(list[0].Serial, c.Serial) || list[0].Reason != ca.Superseded || !list[0].Expires.Equal(c.NotAfter) {
			t.Errorf("shard at %d: %+v, %v", change, list, err)
		}

		// Proven with the certificate's key, compromise replaces the reason, also in the shard; the date stays.
		w.clock.advance(time.Hour)
		got, err = w.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: ca.KeyCompromise, KeyProof: true, By: "holder"})
		if err != nil || got.Reason != ca.KeyCompromise || !got.Revoked.Equal(start.Add(time.Hour)) {
			t.Fatalf("%+v, %v", got, err)
		}
		list, change, err = w.Revocations(t.Context(), c.Issuer, c.Shard, start)
		if err != nil || change != 2 || len(list) != 1 || list[0].Reason != ca.KeyCompromise || list[0].Change != 2 {
			t.Errorf("shard at %d: %+v, %v", change, list, err)
		}
		_, err = w.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: ca.KeyCompromise, KeyProof: true})
		wantError(t, err, simtrust.KindConflict, ca.ReasonAlreadyRevoked)
		w.wantAudit(t, ca.AuditSigning, ca.AuditIssued, ca.AuditRevoked, ca.AuditKeyBlocked, ca.AuditRevoked)
	})
}

// TestChanges tells of revocations on this node at once, and of all in the order of their shard.
func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var told []string
		w.OnChange(func(issuer string, serial []byte) {
			told = append(told, ca.CertificateID(issuer, serial))
		})
		w.config.Shards = 1
		one := w.node()
		var want []string
		var last ca.Certificate
		for range 3 {
			c, err := one.Issue(t.Context(), w.bank())
			if err != nil {
				t.Fatal(err)
			}
			if last, err = w.revoke(c.ID, ca.CertificateHold); err != nil {
				t.Fatal(err)
			}
			want = append(want, c.ID)
		}
		if _, err := w.revoke(want[0], ca.RemoveFromCRL); err != nil {
			t.Fatal(err)
		}
		if want = append(want, want[0]); !slices.Equal(told, want) {
			t.Errorf("told of %q, want %q", told, want)
		}
		changes, err := w.Changes(t.Context(), last.Issuer, 0, 1)
		if err != nil || len(changes) != 3 || changes[2].Change != 4 || changes[2].Reason != ca.RemoveFromCRL || ca.CertificateID(last.Issuer, changes[2].Serial) != want[0] {
			t.Errorf("%+v, %v", changes, err)
		}
	})
}

func TestRefusedRevocations(t *testing.T) {
	w := embedded(t)
	c := w.issue(w.server("a.example"))
	for _, reason := range []int{-1, 2, ca.AffiliationChanged, ca.CertificateHold, 7, ca.RemoveFromCRL, ca.PrivilegeWithdrawn, 10, 99} {
		_, err := w.revoke(c.ID, reason)
		wantError(t, err, simtrust.KindInvalid, ca.ReasonRevocationReason)
	}
	for _, id := range []string{"", "x", c.Issuer + ".", c.ID + "00", "eid-p256-2026" + c.ID[len(c.Issuer):]} {
		_, err := w.revoke(id, ca.Superseded)
		wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)
	}
	w.clock.advance(91 * 24 * time.Hour)
	_, err := w.revoke(c.ID, ca.Superseded)
	wantError(t, err, simtrust.KindConflict, ca.ReasonExpired)
}

func TestHold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.issue(w.bank())
		_, err := w.revoke(c.ID, ca.RemoveFromCRL)
		wantError(t, err, simtrust.KindConflict, ca.ReasonNotOnHold)
		if _, err := w.revoke(c.ID, ca.CertificateHold); err != nil {
			t.Fatal(err)
		}
		_, err = w.revoke(c.ID, ca.CertificateHold)
		wantError(t, err, simtrust.KindConflict, ca.ReasonAlreadyRevoked)
		if got, err := w.revoke(c.ID, ca.RemoveFromCRL); err != nil || !got.Revoked.IsZero() || !w.status(c.ID).Revoked.IsZero() {
			t.Fatalf("released: %+v, %v", got, err)
		}
		_, err = w.revoke(c.ID, ca.RemoveFromCRL)
		wantError(t, err, simtrust.KindConflict, ca.ReasonNotOnHold)
		w.clock.advance(time.Hour)
		if got, err := w.revoke(c.ID, ca.CertificateHold); err != nil || !got.Revoked.Equal(start.Add(time.Hour)) {
			t.Fatalf("held again: %+v, %v", got, err)
		}
		w.clock.advance(time.Hour)
		if got, err := w.revoke(c.ID, ca.CessationOfOperation); err != nil || got.Reason != ca.CessationOfOperation || !got.Revoked.Equal(start.Add(time.Hour)) {
			t.Fatalf("revoked from hold: %+v, %v", got, err)
		}
		_, err = w.revoke(c.ID, ca.RemoveFromCRL)
		wantError(t, err, simtrust.KindConflict, ca.ReasonNotOnHold)
		if _, change, err := w.Revocations(t.Context(), c.Issuer, c.Shard, start); err != nil || change != 4 {
			t.Errorf("the shard counts %d changes, %v", change, err)
		}
	})
}

func TestCompromisedKeyIsBlockedForEver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		der, key := request(t, elliptic.P256(), nil)
		first, second := w.bank(), w.bank()
		first.CSR, second.CSR = der, der
		a, b := w.issue(first), w.issue(second)
		if _, err := w.revoke(b.ID, ca.Superseded); err != nil {
			t.Fatal(err)
		}
		if blocked, err := w.KeyBlocked(t.Context(), a.KeyHash); err != nil || blocked {
			t.Fatalf("blocked %v, %v", blocked, err)
		}
		if _, err := w.revoke(a.ID, ca.KeyCompromise); err != nil {
			t.Fatal(err)
		}
		if st := w.status(b.ID); st.Reason != ca.KeyCompromise {
			t.Errorf("the other certificate of the key: %+v", st)
		}
		if blocked, err := w.KeyBlocked(t.Context(), a.KeyHash); err != nil || !blocked {
			t.Errorf("blocked %v, %v", blocked, err)
		}
		again := w.server("a.example")
		again.CSR = requestFor(t, key, nil)
		w.clock.advance(10 * 365 * 24 * time.Hour)
		_, err := w.Issue(t.Context(), again)
		wantError(t, err, simtrust.KindDenied, ca.ReasonKeyBlocked)
		if err := w.BlockKey(t.Context(), a.KeyHash, "again"); err != nil {
			t.Error(err)
		}
	})
}

// TestCrashWhileAKeyIsStruck loses the caller between the revocation of one certificate and that of the others with its key, of which
// there are more than one transaction takes.
func TestCrashWhileAKeyIsStruck(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		der, _ := request(t, elliptic.P256(), nil)
		var all []ca.Certificate
		for range 130 {
			req := w.bank()
			req.CSR = der
			all = append(all, w.issue(req))
		}
		ctx, crash := context.WithCancel(t.Context())
		w.OnChange(func(string, []byte) { crash() })
		if _, err := w.Revoke(ctx, ca.RevokeReq{ID: all[0].ID, Reason: ca.KeyCompromise, Officer: true}); !errors.Is(err, context.Canceled) {
			t.Fatalf("not interrupted: %v", err)
		}
		if st := w.status(all[129].ID); !st.Revoked.IsZero() {
			t.Fatalf("not interrupted: %+v", st)
		}
		if err := w.node().Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if st := w.status(c.ID); st.Reason != ca.KeyCompromise {
				t.Fatalf("%s: %+v", c.ID, st)
			}
		}
	})
}

// TestKeyCompromisedWhileSigning blocks the key between record and outcome: the certificate is not handed out, and is revoked.
func TestKeyCompromisedWhileSigning(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.key("bank-p256-2026").at(nil, func(signature []byte) []byte {
			if err := w.BlockKey(t.Context(), w.only().KeyHash, "published on a forum"); err != nil {
				t.Error(err)
			}
			return signature
		})
		_, err := w.Issue(t.Context(), w.bank())
		wantError(t, err, simtrust.KindDenied, ca.ReasonKeyBlocked)
		if c := w.only(); c.Raw != nil || c.Reason != ca.KeyCompromise {
			t.Errorf("%+v", c)
		}
		w.sweepLater()
		if st := w.status(w.only().ID); st.State != ca.StateAbandoned || st.Reason != ca.KeyCompromise {
			t.Errorf("%+v", st)
		}
	})
}

func TestRevokedAtOnceByMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.issue(w.bank())
		var wait sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 8 {
			wait.Go(func() {
				_, err := w.revoke(c.ID, ca.Superseded)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if simtrust.ReasonOf(err) != ca.ReasonAlreadyRevoked {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if shards, err := w.Shards(t.Context(), c.Issuer); won != 1 || err != nil || shards[0].Change != 1 {
			t.Errorf("%d won, %+v, %v", won, shards, err)
		}
	})
}

func TestTenureEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.bank()
		eid := req
		eid.Profile, eid.Subject = "eid", ca.Subject{Country: "CN", CommonName: "笔名", Pseudonym: "笔名"}
		bank, identity, other := w.issue(req), w.issue(eid), w.issue(w.bank())

		changed := simtrust.SIMChanged{Tenure: req.Tenure, Seq: 2, Effective: start, Recorded: start.Add(time.Minute)}
		w.clock.advance(2 * time.Minute)
		renewed := w.issue(req) // to the new SIM, before the event arrives
		for range 2 {
			if err := w.SIMChanged(t.Context(), changed); err != nil {
				t.Fatal(err)
			}
		}
		for c, want := range map[*ca.Certificate]int{&bank: ca.Superseded, &identity: ca.CertificateHold} {
			if st := w.status(c.ID); st.Revoked.IsZero() || st.Reason != want {
				t.Errorf("%s after the SIM changed: %+v", c.Profile, st)
			}
		}
		if st := w.status(renewed.ID); !st.Revoked.IsZero() {
			t.Errorf("the certificate of the new SIM: %+v", st)
		}

		w.tenures.set(req.Tenure, false)
		ended := simtrust.TenureEnded{Tenure: req.Tenure, Seq: 3, Cause: "disconnected", Effective: start, Recorded: w.clock.now()}
		for range 2 {
			if err := w.TenureEnded(t.Context(), ended); err != nil {
				t.Fatal(err)
			}
		}
		for c, want := range map[*ca.Certificate]int{&bank: ca.Superseded, &identity: ca.CessationOfOperation, &renewed: ca.CessationOfOperation} {
			if st := w.status(c.ID); st.Revoked.IsZero() || st.Reason != want {
				t.Errorf("%s after the tenure ended: %+v", c.Profile, st)
			}
		}
		if st := w.status(other.ID); !st.Revoked.IsZero() {
			t.Errorf("another tenure's: %+v", st)
		}
		w.tenures.set(req.Tenure, true) // a late answer
		_, err := w.Issue(t.Context(), req)
		wantError(t, err, simtrust.KindDenied, ca.ReasonTenureNotCurrent)
	})
}

// TestTenureOfAProfileThatIsGone ends a tenure, and replaces a SIM, on which a certificate hangs of a profile that only another version
// of the program knows: it is revoked, whatever its profile would have said.
func TestTenureOfAProfileThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		moved, left := w.bank(), w.bank()
		superseded, ceased := w.issue(moved), w.issue(left)
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `update ca_certificate set profile = 'bank-watch'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.replaceSIM(moved.Tenure, start)
		if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: left.Tenure, Seq: 2, Cause: "disconnected"}); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]int{superseded.ID: ca.Superseded, ceased.ID: ca.CessationOfOperation} {
			if st := w.status(id); st.Revoked.IsZero() || st.Reason != want {
				t.Errorf("%+v, want reason %d", st, want)
			}
		}
	})
}

// TestTenureEndsWhileSigning ends the tenure between record and outcome.
func TestTenureEndsWhileSigning(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.bank()
		w.key("bank-p256-2026").at(nil, func(signature []byte) []byte {
			if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: req.Tenure, Seq: 2, Cause: "transferred"}); err != nil {
				t.Error(err)
			}
			return signature
		})
		_, err := w.Issue(t.Context(), req)
		wantError(t, err, simtrust.KindDenied, ca.ReasonTenureNotCurrent)
		if c := w.only(); c.Raw != nil || c.Revoked.IsZero() {
			t.Errorf("%+v", c)
		}
	})
}

// TestTenureEndsOnANodeThatIsBehind ends a tenure on a node whose clock is behind that of the node that issued.
func TestTenureEndsOnANodeThatIsBehind(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	c := w.issue(req)
	w.clock.advance(-time.Second)
	if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: req.Tenure, Seq: 2, Cause: "disconnected"}); err != nil {
		t.Fatal(err)
	}
	if st := w.status(c.ID); st.Revoked.IsZero() {
		t.Errorf("%+v", st)
	}
}

// TestSIMReplacedWhileSigning replaces the SIM between record and outcome.
func TestSIMReplacedWhileSigning(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.bank()
		w.key("bank-p256-2026").at(nil, func(signature []byte) []byte {
			w.replaceSIM(req.Tenure, start)
			return signature
		})
		_, err := w.Issue(t.Context(), req)
		wantError(t, err, simtrust.KindDenied, ca.ReasonSIMReplaced)
		if c := w.only(); c.Raw != nil || c.Reason != ca.Superseded {
			t.Errorf("%+v", c)
		}
	})
}

// TestAuthorisedForTheOldSIM redeems a token that was made before the SIM was replaced, before and after this module hears of it.
func TestAuthorisedForTheOldSIM(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tenure := w.hold()
		old := func(r *ca.AuthoriseReq) { r.Tenure = tenure }
		early, late := w.authorise("bank-sim", old), w.authorise("bank-sim", old)
		w.clock.advance(2 * time.Minute)
		der, _ := request(t, elliptic.P256(), nil)
		c, err := w.Redeem(t.Context(), ca.RedeemReq{Token: early.Text, CSR: der})
		if err != nil {
			t.Fatal(err)
		}
		w.replaceSIM(tenure, start.Add(time.Minute))
		if st := w.status(c.ID); st.Reason != ca.Superseded {
			t.Errorf("redeemed before the news: %+v", st)
		}
		_, err = w.Redeem(t.Context(), ca.RedeemReq{Token: late.Text, CSR: der})
		wantError(t, err, simtrust.KindDenied, ca.ReasonSIMReplaced)
		fresh := w.authorise("bank-sim", old)
		if _, err := w.Redeem(t.Context(), ca.RedeemReq{Token: fresh.Text, CSR: der}); err != nil {
			t.Errorf("authorised for the new SIM: %v", err)
		}
	})
}

// TestSIMReplacedAfterAClockWasAhead replaces the SIM that a certificate was issued to under a clock that was days ahead.
func TestSIMReplacedAfterAClockWasAhead(t *testing.T) {
	w := embedded(t)
	w.clock.advance(72 * time.Hour)
	req := w.bank()
	c := w.issue(req)
	w.clock.advance(-71 * time.Hour)
	w.replaceSIM(req.Tenure, w.clock.now())
	if st := w.status(c.ID); st.Revoked.IsZero() {
		t.Errorf("%+v", st)
	}
}

func (w *world) replaceSIM(tenure simtrust.TenureID, at time.Time) {
	w.t.Helper()
	if err := w.SIMChanged(w.t.Context(), simtrust.SIMChanged{Tenure: tenure, Seq: 2, Effective: at, Recorded: at}); err != nil {
		w.t.Error(err)
	}
}
