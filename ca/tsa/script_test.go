//go:build e2e

package tsa_test

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"simtrust/ca/peertest"
	"simtrust/internal/keys"
)

// TestPKIjsReadsStamps has PKI.js hold the imprint against the data, and verify the signature and its chain.
func TestPKIjsReadsStamps(t *testing.T) {
	type reading struct {
		Status   int       `json:"status"`
		Verified any       `json:"verified"`
		Policy   string    `json:"policy"`
		Serial   []byte    `json:"serial"`
		Time     time.Time `json:"time"`
		Seconds  int       `json:"seconds"`
		Nonce    []byte    `json:"nonce"`
	}
	another := map[keys.KeyAlgorithm]keys.KeyAlgorithm{keys.P256: keys.P384, keys.P384: keys.RSA3072, keys.RSA3072: keys.P256}
	for alg := range another {
		t.Run(string(alg), func(t *testing.T) {
			w := embedded(t, newHierarchy(t, alg, nil))
			q := newQuery()
			q.Nonce = big.NewInt(0x7001020304050607)
			data, root := []byte("message"), w.hierarchy.Roots[0]
			read := func(reply, data []byte, roots ...[]byte) reading {
				return peertest.Ask[reading](t, "timestamp.mjs", map[string]any{"response": reply, "data": data, "roots": roots, "at": start})
			}
			reply := w.Stamp(t.Context(), q.der(t))
			got := read(reply, data, root)
			if got.Status != 0 || got.Verified != true || got.Policy != policy.String() || len(got.Serial) < 16 || !got.Time.Equal(start) || got.Seconds != 1 ||
				!bytes.Equal(got.Nonce, q.Nonce.Bytes()) {
				t.Errorf("%+v", got)
			}
			if got := read(reply, []byte("other data"), root); got.Verified == true {
				t.Error("the stamp is good for other data")
			}
			if got := read(reply, data, newHierarchy(t, another[alg], nil).Roots[0]); got.Verified == true {
				t.Error("the stamp is good under another root")
			}
			q.Version = 2
			if got := read(w.Stamp(t.Context(), q.der(t)), data, root); got.Status != 2 {
				t.Errorf("a refusal: %+v", got)
			}
		})
	}
}
