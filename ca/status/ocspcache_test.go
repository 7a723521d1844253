package status_test

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"net/http"
	"testing"
	"time"

	"simtrust/ca"
	"simtrust/ca/status"
)

func TestCachingHeaders(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	request := question(w.issuer(bank), oidSHA1, nil, one)
	first := w.get(bank, request)
	body := w.body(first, http.StatusOK, "application/ocsp-response")
	read(t, w.issuer(bank), body)
	for name, want := range map[string]string{
		"Cache-Control": "max-age=60, public, no-transform, must-revalidate",
		"Expires":       start.Add(time.Minute).Format(http.TimeFormat),
		"Last-Modified": start.Format(http.TimeFormat),
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	tag := first.Header.Get("ETag")
	for _, match := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if res := w.get(bank, request, "If-None-Match", match); res.StatusCode != http.StatusNotModified || res.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d", match, res.StatusCode)
		}
	}
	if res := w.get(bank, request, "If-None-Match", `"other"`); res.StatusCode != http.StatusOK {
		t.Errorf("another tag: %d", res.StatusCode)
	}
	if again := w.body(w.get(bank, request), http.StatusOK, "application/ocsp-response"); !bytes.Equal(again, body) {
		t.Error("the same question is signed twice")
	}
	if res := w.get(bank, question(w.issuer(bank), oidSHA1, nil, two)); res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("ETag") != "" {
		t.Errorf("unknown is for caches: %v", res.Header)
	}
}

// A serial number that was unknown may be reserved the next moment.
func TestUnknownIsNotKept(t *testing.T) {
	w := embedded(t)
	w.watch()
	if got := w.ask(bank, one).says(); got != "unknown" {
		t.Fatal(got)
	}
	w.register.hold(bank, one, ca.StateSigning)
	if got := w.ask(bank, one).says(); got != "good" {
		t.Error(got)
	}
}

func TestRevocationOnThisNodeIsSeenAtOnce(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	for range 2 {
		if got := w.ask(bank, one).says(); got != "good" {
			t.Fatal(got)
		}
	}
	w.register.revoke(bank, 0, one, w.clock.now(), ca.KeyCompromise)
	w.Changed(bank, one)
	w.Changed("nobody", one)
	if got := w.ask(bank, one).says(); got != "revoked" {
		t.Error(got)
	}
}

func TestRevocationElsewhereIsSeenWithinASecond(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	w.ask(bank, one)
	w.register.revoke(bank, 0, one, w.clock.now(), ca.CertificateHold)

	t.Run("by the next look", func(t *testing.T) {
		w.watch()
		if got := w.ask(bank, one).says(); got != "revoked" {
			t.Error(got)
		}
	})
	t.Run("without one, by asking", func(t *testing.T) {
		w.register.revoke(bank, 0, one, w.clock.now(), ca.RemoveFromCRL)
		w.clock.advance(time.Second)
		if got := w.ask(bank, one).says(); got != "good" {
			t.Error(got)
		}
	})
	t.Run("and one that is re-revoked", func(t *testing.T) {
		w.watch()
		w.register.revoke(bank, 0, one, w.clock.now(), ca.Superseded)
		w.watch()
		w.ask(bank, one)
		w.register.revoke(bank, 0, one, w.clock.now(), ca.KeyCompromise)
		w.watch()
		if got := w.ask(bank, one); got.Revoked.Reason != ca.KeyCompromise {
			t.Errorf("%+v", got)
		}
	})
}

// An answer that was being made while its certificate was revoked may go out, as one asked for before; it is not kept.
func TestRevocationWhileAnswering(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	w.register.answered = func() {
		w.register.revoke(bank, 0, one, w.clock.now(), ca.KeyCompromise)
		w.Changed(bank, one)
		w.register.answered = nil
	}
	w.ask(bank, one)
	if got := w.ask(bank, one).says(); got != "revoked" {
		t.Error(got)
	}
}

func TestKeptAnswersSaveTheStore(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	for range 5 {
		w.ask(bank, one)
	}
	if n := w.register.questions(); n != 1 {
		t.Errorf("%d questions to the register", n)
	}
	w.clock.advance(5 * time.Minute)
	w.watch()
	if got := w.ask(bank, one); !got.This.Equal(start.Add(5 * time.Minute)) {
		t.Errorf("an answer of %v at %v", got.This, w.clock.now())
	}
}

func TestSignedAhead(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	w.ask(bank, one)
	w.ask(bank, one)
	w.clock.advance(5 * time.Minute)
	if err := w.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := w.register.questions()
	w.watch()
	if got := w.ask(bank, one); !got.This.Equal(w.clock.now()) || w.register.questions() != asked {
		t.Errorf("not signed ahead: %v, %d questions", got.This, w.register.questions()-asked)
	}
	w.register.fail(errStore)
	w.clock.advance(5 * time.Minute)
	if err := w.Renew(t.Context()); !errors.Is(err, errStore) {
		t.Errorf("renewed without the store: %v", err)
	}
}

// TestSignedAheadInEachForm asks for one certificate in two forms of the CertID: the answer in each is as old as itself.
func TestSignedAheadInEachForm(t *testing.T) {
	w := embedded(t)
	i := w.issuer(bank)
	w.register.hold(bank, one, ca.StateIssued)
	ask := func(form asn1.ObjectIdentifier) time.Time {
		w.watch()
		return read(t, i, w.post(bank, question(i, form, nil, one))).Responses[0].This
	}
	ask(oidSHA1)
	w.clock.advance(time.Minute)
	ask(oidSHA256)
	w.clock.advance(4 * time.Minute)
	ask(oidSHA1) // made again, since a client came before it was signed ahead
	w.clock.advance(time.Minute)
	asked := w.register.questions()
	if err := w.Renew(t.Context()); err != nil || w.register.questions() != asked+1 {
		t.Errorf("%d answers checked again, %v", w.register.questions()-asked, err)
	}
	for name, c := range map[string]struct {
		form asn1.ObjectIdentifier
		made time.Time
	}{"the young one": {oidSHA1, start.Add(5 * time.Minute)}, "the old one": {oidSHA256, w.clock.now()}} {
		if got := ask(c.form); !got.Equal(c.made) || w.register.questions() != asked+1 {
			t.Errorf("%s is of %v", name, got)
		}
	}
}

func TestStoreAway(t *testing.T) {
	w := embedded(t)
	i := w.issuer(bank)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.watch()
	w.ask(bank, one)
	w.register.fail(errStore)
	if err := w.Watch(t.Context()); !errors.Is(err, errStore) {
		t.Fatal(err)
	}
	w.clock.advance(10*time.Minute - time.Second)
	if got := w.ask(bank, one); got.says() != "good" || !got.Next.Equal(start.Add(10*time.Minute)) {
		t.Errorf("%+v", got)
	}
	if res := w.get(bank, question(i, oidSHA256, nil, one)); res.Header.Get("Cache-Control") != "max-age=1, public, no-transform, must-revalidate" {
		t.Errorf("kept beyond nextUpdate: %v", res.Header)
	}
	asked := w.register.questions()
	if data := read(t, i, w.post(bank, question(i, oidSHA256, []byte("nonce"), one))); data.Responses[0].says() != "good" {
		t.Error("no answer to a nonce")
	}
	if w.register.questions() != asked {
		t.Error("waited for the store with an answer at hand")
	}
	for name, request := range map[string][]byte{
		"never asked for": question(i, oidSHA256, nil, two), "other form": question(i, oidSHA1, nil, one), "one of two": question(i, oidSHA256, nil, one, two),
	} {
		if got := failed(t, w.post(bank, request)); got != 3 {
			t.Errorf("%s: %d", name, got)
		}
	}
	w.clock.advance(time.Second)
	if got := failed(t, w.post(bank, question(i, oidSHA256, nil, one))); got != 3 {
		t.Errorf("beyond nextUpdate: %d", got)
	}
	w.register.fail(nil)
	if got := w.ask(bank, one); got.says() != "good" || !got.This.Equal(w.clock.now()) {
		t.Errorf("the store is back: %+v", got)
	}
}

func TestKeyAway(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	key := w.issuer(bank).OCSP.Signer.(*seam)
	key.set(errors.New("session lost"), nil)
	if got := failed(t, w.post(bank, question(w.issuer(bank), oidSHA1, nil, one))); got != 3 {
		t.Errorf("%d", got)
	}
	key.set(nil, nil)
	if got := w.ask(bank, one).says(); got != "good" {
		t.Error(got)
	}
}

func TestClockGoesBack(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	w.ask(bank, one)
	w.clock.advance(-time.Hour)
	w.watch()
	if got := w.ask(bank, one); !got.This.Equal(w.clock.now()) {
		t.Errorf("answered with %v at %v", got.This, w.clock.now())
	}
}

func TestCacheIsBounded(t *testing.T) {
	w := embedded(t)
	s, err := status.New(status.Deps{DB: w.db, Register: w.register, Now: w.clock.now}, w.hierarchy, status.Config{CRL: address, Shards: 1, Answers: 8})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = s
	w.watch()
	w.handler = mounted(s)
	for n := range 100 {
		w.register.hold(bank, []byte{0x21, byte(n)}, ca.StateIssued)
		w.ask(bank, []byte{0x21, byte(n)})
	}
	asked := w.register.questions()
	for n := range 100 {
		w.ask(bank, []byte{0x21, byte(n)})
	}
	if saved := 100 - (w.register.questions() - asked); saved > 8 {
		t.Errorf("%d answers were kept", saved)
	}
}
