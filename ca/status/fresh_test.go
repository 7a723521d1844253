package status_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/status"
)

// TestFresh: evidence is told what the register says now, also while answers are kept and nobody looked for changes.
func TestFresh(t *testing.T) {
	w := embedded(t)
	for _, issuer := range []string{bank, bankSM2} {
		id := w.register.hold(issuer, serial("0a11"), ca.StateIssued)
		w.watch()
		if s := w.ask(issuer, id); s.says() != "good" {
			t.Fatalf("%s: %s", issuer, s.says())
		}
		w.clock.advance(700 * time.Millisecond)
		nonce := []byte("digest of the evidence")
		request := question(w.issuer(issuer), oidSHA256, nonce, id)
		fresh := func() wireData {
			t.Helper()
			der, err := w.Fresh(t.Context(), issuer, request)
			if err != nil {
				t.Fatal(err)
			}
			return read(t, w.issuer(issuer), der)
		}
		now := w.clock.now().Truncate(time.Second)
		if d := fresh(); d.Responses[0].says() != "good" || !d.Responses[0].This.Equal(now) || !d.Produced.Equal(now) || len(d.Extensions) != 1 {
			t.Errorf("%s: %+v", issuer, d)
		}
		w.register.revoke(issuer, 1, id, w.clock.now(), ca.KeyCompromise) // by another node
		if d := fresh(); d.Responses[0].says() != "revoked" {
			t.Errorf("%s: %+v", issuer, d.Responses[0])
		}
	}
}

// TestFreshFailsClosed: what is kept does not stand in for a register that is away.
func TestFreshFailsClosed(t *testing.T) {
	w := embedded(t)
	id := w.register.hold(bank, serial("0a11"), ca.StateIssued)
	w.watch()
	w.ask(bank, id)
	good := question(w.issuer(bank), oidSHA256, []byte("n"), id)
	for name, c := range map[string]struct {
		issuer  string
		request []byte
		kind    simtrust.Kind
		reason  string
		down    error
	}{
		"register away":  {bank, good, simtrust.KindUnavailable, "", errStore},
		"another issuer": {bankSM2, good, simtrust.KindInvalid, "", nil},
		"no issuer":      {"nobody", good, simtrust.KindNotFound, status.ReasonUnknownIssuer, nil},
		"no request":     {bank, good[1:], simtrust.KindInvalid, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w.register.fail(c.down)
			defer w.register.fail(nil)
			der, err := w.Fresh(t.Context(), c.issuer, c.request)
			if der != nil || simtrust.KindOf(err) != c.kind || simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%x %v", der, err)
			}
		})
	}
}
