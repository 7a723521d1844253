package mss_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"simtrust/simshield/mss"
)

// TestPrune: a transaction is answered for thirty days and then unknown; its AP_TransID stays used, and brings no old signature back.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		order := w.shop.order(signature, "asynchClientServer")
		asked, signed := w.sign(order)
		w.is("502", signed)
		w.Clock.Advance(mss.Known - time.Minute)
		w.must(w.face.Prune(t.Context()))
		w.is("502", w.status(w.shop, asked.TransID))
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", order))
		w.Clock.Advance(2 * time.Minute)
		w.must(w.face.Prune(t.Context()))
		w.fails("101", http.StatusNotFound, w.status(w.shop, asked.TransID))
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", order))
		if _, again := w.sign(w.shop.order(signature, "asynchClientServer")); again.Status.StatusCode.Value != "502" {
			t.Errorf("a new one: %+v", again)
		}
	})
}

// TestPruneUntold: what an application is yet to be told stays, however old.
func TestPruneUntold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ap := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) }))
		defer ap.Close()
		order := w.shop.order(signature, "asynchServerServer")
		order["AP_Info"].(members)["AP_URL"] = ap.URL
		asked, signed := w.sign(order)
		w.is("502", signed)
		w.must(w.face.Notify(t.Context()))
		w.Clock.Advance(mss.Known + time.Hour)
		w.must(w.face.Prune(t.Context()))
		w.is("502", w.status(w.shop, asked.TransID))
		for range 10 { // tries
			w.must(w.face.Notify(t.Context()))
			w.Clock.Advance(time.Hour)
		}
		w.must(w.face.Prune(t.Context()))
		w.fails("101", http.StatusNotFound, w.status(w.shop, asked.TransID))
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
