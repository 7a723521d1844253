package acme_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"strconv"
	"testing"

	"github.com/mholt/acmez/v3"
	peer "github.com/mholt/acmez/v3/acme"

	"simtrust/ca/acme"
)

// acmez is an independent client with an account.
type acmezClient struct {
	acmez.Client
	w       *world
	account peer.Account
}

func (w *world) acmez(e acme.External) *acmezClient {
	w.t.Helper()
	c := &acmezClient{w: w, account: peer.Account{PrivateKey: newKey(w.t), Contact: []string{"mailto:ops@example.com"}, TermsOfServiceAgreed: true}}
	c.Client.Client = &peer.Client{Directory: w.base + "/acme/directory"}
	if err := c.account.SetExternalAccountBinding(w.t.Context(), c.Client.Client, peer.EAB{KeyID: e.KID, MACKey: base64.RawURLEncoding.EncodeToString(e.Key)}); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if c.account, err = c.NewAccount(w.t.Context(), c.account); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// solver puts proofs where they are looked for.
type solver struct {
	present func(peer.Challenge) error
}

func (s solver) Present(_ context.Context, c peer.Challenge) error { return s.present(c) }
func (s solver) CleanUp(context.Context, peer.Challenge) error     { return nil }

func (w *world) solvers(kind string) map[string]acmez.Solver {
	return map[string]acmez.Solver{kind: map[string]solver{
		"http-01": {func(c peer.Challenge) error {
			w.challenge.answer(c.HTTP01ResourcePath(), c.KeyAuthorization)
			return nil
		}},
		"dns-01": {func(c peer.Challenge) error {
			w.dns.addText(c.DNS01TXTRecordName(), "another record", c.DNS01KeyAuthorization())
			return nil
		}},
		"tls-alpn-01": {w.presentTLS},
	}[kind]}
}

func (w *world) presentTLS(c peer.Challenge) error {
	cert, err := acmez.TLSALPN01ChallengeCert(c)
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(w.config.TLSALPN01Port)), &tls.Config{Certificates: []tls.Certificate{*cert}, NextProtos: []string{"acme-tls/1"}})
	if err != nil {
		return err
	}
	w.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).HandshakeContext(context.Background())
			_ = conn.Close()
		}
	}()
	return nil
}

func (c *acmezClient) obtain(kind string, names ...string) ([]peer.Certificate, error) {
	c.ChallengeSolvers = c.w.solvers(kind)
	return c.ObtainCertificateForSANs(c.w.t.Context(), c.account, newKey(c.w.t), names)
}

func (c *acmezClient) mustObtain(kind string, names ...string) (leaf *x509.Certificate, chains []peer.Certificate) {
	c.w.t.Helper()
	chains, err := c.obtain(kind, names...)
	if err != nil {
		c.w.t.Fatal(err)
	}
	list := certificates(c.w.t, chains[0].ChainPEM)
	return list[0], chains
}

func TestAcmezObtains(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		client := w.acmez(w.external())
		for kind, names := range map[string][]string{
			"http-01": {"localhost", "www.example.com"}, "dns-01": {"*.example.com", "example.com"}, "tls-alpn-01": {"tls.example.com"},
		} {
			leaf, chains := client.mustObtain(kind, names...)
			roots, between := x509.NewCertPool(), x509.NewCertPool()
			root, _ := x509.ParseCertificate(w.hierarchy.Roots[0])
			roots.AddCert(root)
			for _, c := range certificates(t, chains[0].ChainPEM)[1:] {
				between.AddCert(c)
			}
			for _, name := range names {
				if name[0] == '*' {
					name = "any" + name[1:]
				}
				if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: w.clock.now()}); err != nil {
					t.Errorf("%s %s: %v", kind, name, err)
				}
			}
			if len(leaf.DNSNames) != len(names) {
				t.Errorf("%v", leaf.DNSNames)
			}
			if len(chains) != 2 || len(certificates(t, chains[0].ChainPEM)) != 2 || len(certificates(t, chains[1].ChainPEM)) != 3 {
				t.Errorf("%d chains", len(chains))
			}
		}
	})
}

func TestAcmezServesTheSameBytes(t *testing.T) {
	w := embedded(t)
	client := w.acmez(w.external())
	_, chains := client.mustObtain("http-01", "a.example.com")
	w.restart()
	again, err := client.GetCertificateChain(t.Context(), client.account, chains[0].URL)
	if err != nil || !bytes.Equal(again[0].ChainPEM, chains[0].ChainPEM) {
		t.Errorf("%v", err)
	}
}

func TestAcmezRevokes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		client := w.acmez(w.external())
		for _, reason := range []int{0, 1, 4, 5} {
			leaf, _ := client.mustObtain("http-01", "a.example.com")
			if err := client.RevokeCertificate(t.Context(), client.account, leaf, nil, reason); err != nil {
				t.Fatal(err)
			}
			wantProblem(t, client.RevokeCertificate(t.Context(), client.account, leaf, nil, reason), "alreadyRevoked")
		}
		leaf, _ := client.mustObtain("http-01", "a.example.com")
		for _, reason := range []int{2, 3, 6, 8, 9, 10, 11, -1} {
			wantProblem(t, client.RevokeCertificate(t.Context(), client.account, leaf, nil, reason), "badRevocationReason")
		}
	})
}

func TestAcmezRollsItsKeyOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		client := w.acmez(w.external())
		other := w.acmez(w.external())
		old := client.account
		_, err := client.AccountKeyRollover(t.Context(), old, other.account.PrivateKey)
		wantProblem(t, err, "malformed")
		if client.account, err = client.AccountKeyRollover(t.Context(), old, newKey(t)); err != nil {
			t.Fatal(err)
		}
		client.mustObtain("http-01", "a.example.com")
		_, err = client.GetAccount(t.Context(), old)
		if err == nil {
			t.Error("the old key still finds the account")
		}
	})
}

func TestAcmezAsksWhenToRenew(t *testing.T) {
	w := embedded(t)
	client := w.acmez(w.external())
	leaf, _ := client.mustObtain("http-01", "a.example.com")
	info, err := client.GetRenewalInfo(t.Context(), leaf)
	if err != nil {
		t.Fatal(err)
	}
	if !info.SuggestedWindow.Start.After(w.clock.now()) || !info.SuggestedWindow.End.After(info.SuggestedWindow.Start) || !info.SuggestedWindow.End.Before(leaf.NotAfter) {
		t.Errorf("%+v", info)
	}
	if err := client.RevokeCertificate(t.Context(), client.account, leaf, nil, 4); err != nil {
		t.Fatal(err)
	}
	if info, err = client.GetRenewalInfo(t.Context(), leaf); err != nil || info.SuggestedWindow.End.After(w.clock.now()) {
		t.Errorf("%+v %v", info, err)
	}
}

func TestAcmezDeactivates(t *testing.T) {
	w := embedded(t)
	client := w.acmez(w.external())
	account := client.account
	account.Status = "deactivated"
	if _, err := client.UpdateAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	_, err := client.obtain("http-01", "a.example.com")
	wantProblem(t, err, "unauthorized")
	account.Location = ""
	_, err = client.NewAccount(t.Context(), account)
	wantProblem(t, err, "unauthorized")
}

// A certificate's own key may revoke it, and say that it was compromised when it was revoked for another reason before.
func TestRevokedByItsKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		client := w.acmez(w.external())
		client.ChallengeSolvers = w.solvers("http-01")
		key := newKey(t)
		chains, err := client.ObtainCertificateForSANs(t.Context(), client.account, key, []string{"a.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		leaf := certificates(t, chains[0].ChainPEM)[0]
		if err := client.RevokeCertificate(t.Context(), client.account, leaf, nil, 4); err != nil {
			t.Fatal(err)
		}
		stranger := peer.Account{PrivateKey: newKey(t)}
		wantProblem(t, client.RevokeCertificate(t.Context(), stranger, leaf, stranger.PrivateKey, 1), "unauthorized")
		wantProblem(t, client.RevokeCertificate(t.Context(), client.account, leaf, nil, 1), "alreadyRevoked")
		wantProblem(t, client.RevokeCertificate(t.Context(), peer.Account{}, leaf, key, 4), "alreadyRevoked")
		if err := client.RevokeCertificate(t.Context(), peer.Account{}, leaf, key, 1); err != nil {
			t.Errorf("key compromise with the certificate's key: %v", err)
		}
		wantProblem(t, client.RevokeCertificate(t.Context(), peer.Account{}, leaf, key, 1), "alreadyRevoked")

		// The key is blocked for ever.
		_, err = client.ObtainCertificateForSANs(t.Context(), client.account, key, []string{"b.example.com"})
		if err == nil {
			t.Error("a compromised key was certified")
		}
	})
}

// Another account may revoke only what it has proven, and cannot speak about the key.
func TestRevokedByAnotherAccount(t *testing.T) {
	w := embedded(t)
	owner, other := w.acmez(w.external()), w.acmez(w.external())
	leaf, _ := owner.mustObtain("http-01", "a.example.com")
	wantProblem(t, other.RevokeCertificate(t.Context(), other.account, leaf, nil, 0), "unauthorized")
	other.mustObtain("http-01", "a.example.com")
	wantProblem(t, other.RevokeCertificate(t.Context(), other.account, leaf, nil, 1), "badRevocationReason")
	if err := other.RevokeCertificate(t.Context(), other.account, leaf, nil, 0); err != nil {
		t.Error(err)
	}
	foreignKey, foreign := newAuthority(t, "Foreign", nil, nil)
	wantProblem(t, owner.RevokeCertificate(t.Context(), owner.account, foreign, foreignKey, 0), "malformed")
}

// A new order is always new, and what failed blocks nothing.
func TestFailedChallengeBlocksNothing(t *testing.T) {
	w := embedded(t)
	client := w.acmez(w.external())
	silent := map[string]acmez.Solver{"http-01": solver{func(peer.Challenge) error { return nil }}}
	seen := map[string]bool{}
	for range 3 {
		client.ChallengeSolvers = silent
		if _, err := client.ObtainCertificateForSANs(t.Context(), client.account, newKey(t), []string{"a.example.com"}); err == nil {
			t.Fatal("without a proof")
		}
		order, err := client.NewOrder(t.Context(), client.account, peer.Order{Identifiers: []peer.Identifier{{Type: "dns", Value: "a.example.com"}}})
		if err != nil || order.Status != "pending" || seen[order.Location] || seen[order.Authorizations[0]] {
			t.Errorf("%+v %v", order, err)
		}
		seen[order.Location], seen[order.Authorizations[0]] = true, true
	}
	client.mustObtain("http-01", "a.example.com")
}

func newCSR(t testing.TB, change func(*x509.CertificateRequest), key any) []byte {
	t.Helper()
	template := &x509.CertificateRequest{}
	change(template)
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
