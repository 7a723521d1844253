package ca_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/ca"
)

// TestMetrics goes through what is counted: issued, refused and why, revoked; a profile nobody knows is no label.
func TestMetrics(t *testing.T) {
	w := embedded(t)
	first := w.issue(w.server("a.example"))
	w.issue(w.server("b.example"))
	for _, req := range []ca.IssueReq{
		w.server("not a name"),
		{Profile: "made up by the client", CSR: w.server("a.example").CSR},
		{Profile: "tls-server", CSR: []byte("no request")},
	} {
		if _, err := w.Issue(t.Context(), req); err == nil {
			t.Fatalf("%+v was issued", req)
		}
	}
	if _, err := w.Redeem(t.Context(), ca.RedeemReq{Token: "forged", Profile: "tls-server"}); simtrust.ReasonOf(err) != ca.ReasonTokenInvalid {
		t.Fatal(err)
	}
	w.key("service-p256-2026").at(func() error { return errors.New("no session") }, nil)
	if _, err := w.Issue(t.Context(), w.server("c.example")); err == nil {
		t.Fatal("issued without a key")
	}
	for _, reason := range []int{ca.Superseded, ca.KeyCompromise} {
		if _, err := w.Revoke(t.Context(), ca.RevokeReq{ID: first.ID, Reason: reason, Officer: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.wantMetrics(map[string]float64{
		"simtrust_ca_issued_total profile=tls-server":                            2,
		"simtrust_ca_refused_total profile=tls-server reason=csr_not_der":        1,
		"simtrust_ca_refused_total profile=tls-server reason=csr_forbidden_name": 1,
		"simtrust_ca_refused_total profile=tls-server reason=token_invalid":      1,
		"simtrust_ca_refused_total profile=tls-server reason=unavailable":        1,
		"simtrust_ca_refused_total profile=unknown reason=unknown_profile":       1,
		"simtrust_ca_revocations_total reason=keyCompromise":                     1,
		"simtrust_ca_revocations_total reason=superseded":                        1,
	})
}

// A lint that stops a certificate is counted by its name.
func TestLintsAreCounted(t *testing.T) {
	w := embedded(t)
	w.config.BaseURL = "http://ca.example/a%20b"
	w.Service = w.node()
	if _, err := w.Issue(t.Context(), w.bank()); simtrust.ReasonOf(err) != ca.ReasonLint {
		t.Fatal(err)
	}
	found := false
	for series, n := range w.metrics() {
		found = found || strings.HasPrefix(series, "simtrust_ca_lint_findings_total lint=st_") && strings.HasSuffix(series, "profile=bank-sim") && n > 0
	}
	if !found {
		t.Errorf("%v", w.metrics())
	}
}

// metrics are the series of the node and their values, as: name label=value label=value.
func (w *world) metrics() map[string]float64 {
	w.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.Metrics()...)
	families, err := registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			series := f.GetName()
			for _, l := range m.GetLabel() {
				series += " " + l.GetName() + "=" + l.GetValue()
			}
			all[series] = m.GetCounter().GetValue()
		}
	}
	return all
}

func (w *world) wantMetrics(want map[string]float64) {
	w.t.Helper()
	if got := w.metrics(); !maps.Equal(got, want) {
		w.t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestRevocationWord(t *testing.T) {
	for code, want := range map[int]string{ca.Unspecified: "unspecified", ca.KeyCompromise: "keyCompromise", ca.RemoveFromCRL: "removeFromCRL", 7: "7", -1: "-1", 11: "11"} {
		if got := ca.RevocationWord(code); got != want {
			t.Errorf("%d: %s", code, got)
		}
	}
}
