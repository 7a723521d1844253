package status_test

import (
	"testing"
	"time"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"simtrust/ca"
)

// zlint's rules for CRLs hold for empty and other lists. SM2 it cannot read.
func TestLint(t *testing.T) {
	w := embedded(t)
	for n, reason := range []int{ca.Unspecified, ca.KeyCompromise, ca.Superseded, ca.CessationOfOperation} {
		s := w.register.hold(bank, []byte{0x51, byte(n)}, ca.StateIssued)
		w.register.revoke(bank, 0, s, start.Add(-time.Hour), reason)
	}
	w.publish()
	for _, id := range []string{bank, eid, service} {
		for n := range shards {
			list, err := x509.ParseRevocationList(w.crl(id, n).Raw)
			if err != nil {
				t.Fatal(err)
			}
			passed := 0
			for name, r := range zlint.LintRevocationList(list).Results {
				if r.Status >= lint.Warn {
					t.Errorf("%s %d: %s: %s", id, n, name, r.Details)
				}
				if r.Status == lint.Pass {
					passed++
				}
			}
			if passed == 0 {
				t.Errorf("%s %d: no rule was applied", id, n)
			}
		}
	}
}
