package status_test

import (
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
