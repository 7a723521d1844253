package tlog_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"simtrust"
	"simtrust/ca/tlog"
)

func TestProof(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.issue(s, 3)
		if _, err := s.Proof(w.t.Context(), "bank.0001"); simtrust.ReasonOf(err) != "no_log" {
			w.t.Errorf("before the log: %v", err)
		}
		stop := w.run(s)
		w.checkpoint(r, 3)
		stop()
		res, err := http.Get(r.url + tlog.Path + "/proof?certificate=bank.0002")
		if err != nil {
			w.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var p tlog.Proof
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			w.t.Fatal(err)
		}
		if err := p.Verify(w.register.certificates[2].Raw, r.verifier); err != nil {
			w.t.Error(err)
		}
		if p.Verify(w.register.certificates[0].Raw, r.verifier) == nil {
			w.t.Error("it proves another certificate too")
		}
		if p.Verify(w.register.certificates[2].Raw, otherVerifier()) == nil {
			w.t.Error("it holds under another key")
		}
		w.issue(s, 1)
		for id, reason := range map[string]string{"bank.0003": "not_yet", "bank.0004": "not_logged", "": "not_logged"} {
			if _, err := s.Proof(w.t.Context(), id); simtrust.ReasonOf(err) != reason {
				w.t.Errorf("%q: %v", id, err)
			}
		}
	})
}
