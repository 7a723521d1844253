package gm_test

import (
	"bytes"
	"net/http/httptest"
	"slices"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/gm"
	"simtrust/internal/rpc"
)

// TestPairByClient gets a pair over HTTP and opens its envelope.
func TestPairByClient(t *testing.T) {
	w := embedded(t)
	router := rpc.NewRouter(rpc.Config{Auth: officer{}})
	w.pairs.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	client := gm.NewClient(rpc.NewClient(server.URL, server.Client(), ca.ScopeIssue))
	key := newKey(t)
	req := gm.PairReq{Token: w.authorise(bank()), Profile: "bank-sim", CSR: request(t, key)}
	pair, err := client.Issue(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, pair, key)
	if len(pair.Signing.Chain) == 0 || pair.Signing.ID == "" || pair.Encryption.ID == "" {
		t.Errorf("%+v", pair)
	}
	if second, err := pair.Open(key); err != nil || second.PublicKey.Equal(key.Public()) {
		t.Errorf("%v", err)
	}
	if _, err := client.Issue(t.Context(), req); simtrust.ReasonOf(err) != ca.ReasonTokenSpent {
		t.Errorf("the token was spent: %v", err)
	}
	if _, err := gm.NewClient(rpc.NewClient(server.URL, server.Client(), "")).Issue(t.Context(), req); err == nil {
		t.Error("issued to nobody")
	}
}

// What is not this pair's envelope and key is refused.
func TestEnvelopesThatDoNotOpen(t *testing.T) {
	w := embedded(t)
	key := newKey(t)
	good, err := w.issue(bank(), key)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.issue(bank(), key)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(p *gm.Pair){
		"of another pair":        func(p *gm.Pair) { p.Envelope = other.Envelope },
		"another certificate":    func(p *gm.Pair) { p.Encryption = other.Encryption },
		"the signing one":        func(p *gm.Pair) { p.Encryption = p.Signing },
		"no certificate":         func(p *gm.Pair) { p.Encryption.Raw = nil },
		"none":                   func(p *gm.Pair) { p.Envelope = nil },
		"cut":                    func(p *gm.Pair) { p.Envelope = p.Envelope[:len(p.Envelope)-1] },
		"more than the envelope": func(p *gm.Pair) { p.Envelope = append(bytes.Clone(p.Envelope), 0) },
		"damaged": func(p *gm.Pair) {
			p.Envelope = slices.Clone(p.Envelope)
			p.Envelope[len(p.Envelope)-5] ^= 1
		},
	} {
		pair := good
		spoil(&pair)
		if _, err := pair.Open(key); simtrust.ReasonOf(err) != gm.ReasonEnvelope {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := good.Open(newKey(t)); simtrust.ReasonOf(err) != gm.ReasonEnvelope {
		t.Errorf("another key: %v", err)
	}
	if _, err := good.Open(key); err != nil {
		t.Error(err)
	}
}
