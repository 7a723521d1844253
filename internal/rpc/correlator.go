package rpc

import (
	"context"
	"net/http"

	"simtrust"
)

// CorrelatorHeader carries the caller's name for a request; it is echoed on every response (CAMARA Commonalities, x-correlator).
const CorrelatorHeader = "X-Correlator"

// ValidCorrelator reports whether s matches ^[a-zA-Z0-9-_:;.\/<>{}]{0,256}$.
func ValidCorrelator(s string) bool {
	if len(s) > 256 {
		return false
	}
	for i := range len(s) {
		if !correlatorByte(s[i]) {
			return false
		}
	}
	return true
}

func correlatorByte(c byte) bool {
	switch c {
	case '-', '_', ':', ';', '.', '/', '<', '>', '{', '}':
		return true
	}
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// Correlator returns the correlator of the request being served, for a notification or a call that it causes; "" outside one.
func Correlator(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.correlator
	}
	return ""
}

// correlate names the request and echoes the name. A correlator that the face refuses is replaced, so that even the refusal can be
// found in the log.
func correlate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeFrom(r.Context())
		x.correlator, x.refusal = x.op.face.Correlator(r.Header)
		if x.correlator == "" || x.refusal != nil {
			x.correlator = simtrust.NewID("cor")
		}
		w.Header().Set(CorrelatorHeader, x.correlator)
		next.ServeHTTP(w, r)
	})
}

// refuse answers a request whose correlator the face refused; it stands within the log and the metrics.
func refuse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := exchangeFrom(r.Context()).refusal; err != nil {
			Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
