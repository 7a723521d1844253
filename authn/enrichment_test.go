package authn_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"simtrust"
	"simtrust/authn"
)

// through sends r through StripEnrichment and returns the headers that arrive.
func (w *world) through(r *http.Request) http.Header {
	var arrived http.Header
	w.StripEnrichment(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived = r.Header })).
		ServeHTTP(httptest.NewRecorder(), r)
	return arrived
}

func TestEnrichmentHeadersAreDropped(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		spoofed := []string{
			"X-Msisdn", "x-msisdn", "X-MSISDN", "X_MSISDN", "x_msisdn", "X-Msisdn_", "Msisdn", "X.Msisdn", "X--Msisdn",
			"X-Nokia-Msisdn", "X-Wap-Msisdn", "X-H3g-Msisdn", "X-Up-Calling-Line-Id", "X_Up-Calling_line-ID", "X-Up-Subno",
			"X-Imsi", "Imsi", "X-Imei", "X-Imeisv", "Radius-Calling-Station-Id", "X-Subscriber-Id", "X-Mdn", "X-Hts-Clid",
			"X-Wap-Network-Client-Msisdn", "X-Phone-Number", "X-Supi", "X-Gpsi",
			"subscriber-assertion", "Subscriber_Assertion", "Subscriber-Assertion",
		}
		r := from(phone)
		for _, name := range spoofed {
			r.Header[name] = []string{alice.number.E164(), bob.number.E164()}
		}
		kept := http.Header{
			"Accept": {"*/*"}, "X-Correlator": {"1"}, "X-Forwarded-For": {"10.0.0.9"}, "Authorization": {"Bearer x"},
			"X-Command": {"1"}, "X-Speed": {"1"},
		}
		for name, values := range kept {
			r.Header[name] = values
		}
		arrived := w.through(r)
		if len(arrived) != len(kept) {
			t.Errorf("arrived: %v", arrived)
		}
		if n := w.counted("simtrust_enrichment_headers_dropped_total", "", ""); n != float64(2*len(spoofed)) {
			t.Errorf("%v headers counted, want %d", n, 2*len(spoofed))
		}
		w.refused(r, simtrust.KindDenied, authn.ReasonNoSession)
	})
}

// The allow-listed proxy passes its assertion and nothing else of the sort.
func TestAssertionPassesFromItsProxy(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		r := e.token(epoch).request(t)
		r.Header["X-Msisdn"] = []string{bob.number.E164()}
		r.Header["Subscriber_Assertion"] = []string{"forged"}
		r.Header["subscriber-assertion"] = []string{"forged"}
		arrived := w.through(r)
		if len(arrived) != 2 || len(arrived[authn.AssertionHeader]) != 1 {
			t.Errorf("arrived: %v", arrived)
		}
		if l, err := w.Locate(t.Context(), r); err != nil || l.Tenure != alice.tenure {
			t.Errorf("located %+v, %v", l, err)
		}
		stolen := e.token(epoch).request(t)
		stolen.TLS = nil
		if arrived := w.through(stolen); len(arrived[authn.AssertionHeader]) != 0 {
			t.Error("the assertion passes without the proxy")
		}
	})
}
