package tlog_test

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"simtrust"
	"simtrust/ca/tlog"
)

func receiptOf(id string) tlog.Receipt {
	sum := sha256.Sum256([]byte("evidence of " + id))
	return tlog.Receipt{ID: id, SHA256: sum[:]}
}

func (w *world) record(s *tlog.Service, ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		if err := s.Record(w.t.Context(), receiptOf(id)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestReceipts: receipts are in the log beside certificates, each once, and the audit agrees.
func TestReceipts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.issue(s, 2)
		w.record(s, "txn_a", "txn_b", "txn_a")
		w.issue(s, 1)
		w.record(s, "txn_b")
		stop := w.run(s)
		w.checkpoint(r, 5)
		stop()
		w.agrees(r, 5)
		if f, err := w.audit(r); err != nil || f.Receipts != 2 || f.Certificates != 3 {
			w.t.Errorf("%+v %v", f, err)
		}
		p, err := s.Proof(w.t.Context(), "txn_b")
		if err != nil {
			w.t.Fatal(err)
		}
		entry := tlog.ReceiptEntry(receiptOf("txn_b").SHA256)
		if err := p.Verify(entry, r.verifier); err != nil || !p.Covers(entry) {
			w.t.Errorf("%v", err)
		}
		for name, other := range map[string][]byte{
			"another receipt": tlog.ReceiptEntry(receiptOf("txn_a").SHA256), "a certificate's hash": receiptOf("txn_b").SHA256, "nothing": nil,
		} {
			if p.Verify(other, r.verifier) == nil || p.Covers(other) {
				w.t.Errorf("it proves %s", name)
			}
		}
		if _, err := s.Proof(w.t.Context(), "txn_c"); simtrust.ReasonOf(err) != "not_logged" {
			w.t.Errorf("a receipt that was never made: %v", err)
		}
	})
}

// TestReceiptProofOverHTTP: whoever holds a receipt finds its proof by the transaction's id.
func TestReceiptProofOverHTTP(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.record(s, "txn_a")
		stop := w.run(s)
		w.checkpoint(r, 1)
		stop()
		res, err := http.Get(r.url + tlog.Path + "/proof?receipt=txn_a")
		if err != nil {
			w.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var p tlog.Proof
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			w.t.Fatal(err)
		}
		if err := p.Verify(tlog.ReceiptEntry(receiptOf("txn_a").SHA256), r.verifier); err != nil {
			w.t.Error(err)
		}
	})
}

// TestReceiptsAreNoCertificates: a certificate whose hash stands in the log as that of a receipt was not logged.
func TestReceiptsAreNoCertificates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		hidden := w.register.issue(1).Certificates[0]
		if err := s.Record(w.t.Context(), tlog.Receipt{ID: "txn_a", SHA256: hidden.SHA256}); err != nil {
			w.t.Fatal(err)
		}
		stop := w.run(s)
		w.checkpoint(r, 1)
		stop()
		f, err := w.audit(r)
		if err != nil || !strings.Contains(strings.Join(f.Problems, "\n"), "bank.0000 was issued, but the log does not have it") {
			w.t.Errorf("%+v %v", f, err)
		}
	})
}

func TestReceiptsThatAreNone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		for name, r := range map[string]tlog.Receipt{
			"no id": {SHA256: receiptOf("").SHA256}, "the id of a certificate": {ID: "bank.0001", SHA256: receiptOf("").SHA256}, "no hash": {ID: "txn_a"},
			"another hash": {ID: "txn_a", SHA256: make([]byte, 20)},
		} {
			if s.Record(w.t.Context(), r) == nil {
				w.t.Errorf("%s: recorded", name)
			}
		}
	})
}
