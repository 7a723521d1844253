package status_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"simtrust/ca"
)

// FuzzOCSP posts any octets. The answer is always one of the protocol, and a successful one can be read and verified.
func FuzzOCSP(f *testing.F) {
	w := embedded(f)
	w.register.hold(bank, one, ca.StateIssued)
	i := w.issuer(bank)
	f.Add(question(i, oidSHA1, nil, one))
	f.Add(question(i, oidSHA256, []byte("nonce"), one, two))
	f.Add(question(i, oidSM3, nil, three))
	for _, request := range spoilt(i) {
		f.Add(request)
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		if len(request) > 60<<10 {
			return
		}
		w.t = t
		switch der := w.post(bank, request); failed(t, der) {
		case 0:
			if data := read(t, i, der); len(data.Responses) == 0 {
				t.Error("an answer about nothing")
			}
		case 1, 6:
		default:
			t.Errorf("%x", der)
		}
	})
}

// FuzzPath asks with any text for a path. Whatever it is, the answer is one of the protocol, and the same as to the octets in it.
func FuzzPath(f *testing.F) {
	w := embedded(f)
	w.register.hold(bank, one, ca.StateIssued)
	good := base64.StdEncoding.EncodeToString(question(w.issuer(bank), oidSHA1, nil, one))
	for _, path := range []string{good, "/" + good, strings.TrimRight(good, "="), url.PathEscape(url.PathEscape(good)), "", "%", "//", "M A==", "MA==%25"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if len(path) > 20000 || strings.Contains(path, ".") { // dots are segments of their own to HTTP
			return
		}
		w.t = t
		res := w.do("GET", "/ocsp/"+bank+"/"+url.PathEscape(path), nil)
		switch got := failed(t, w.body(res, http.StatusOK, "application/ocsp-response")); got {
		case 0, 1, 6:
		default:
			t.Errorf("%d", got)
		}
	})
}
