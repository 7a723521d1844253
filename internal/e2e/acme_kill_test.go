//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// acmeClient is an ACME client with an account and a responder for http-01.
type acmeClient struct {
	*acme.Client
	t       *testing.T
	account acme.Account
	mu      sync.Mutex
	answers map[string]string
}

func newACMEClient(t *testing.T, w acmeWorld) *acmeClient {
	t.Helper()
	c := &acmeClient{Client: &acme.Client{Directory: w.URLs["acme_directory"], PollInterval: 20 * time.Millisecond}, t: t, answers: map[string]string{}}
	c.account = acme.Account{PrivateKey: newKey(t), TermsOfServiceAgreed: true}
	err := c.account.SetExternalAccountBinding(t.Context(), c.Client, acme.EAB{KeyID: w.EAB.KID, MACKey: w.EAB.Key})
	if err != nil {
		t.Fatal(err)
	}
	if c.account, err = c.NewAccount(t.Context(), c.account); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(w.HTTP01Port)))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return c
}

func (c *acmeClient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = w.Write([]byte(c.answers[r.URL.Path]))
}

// ready makes an order for localhost and proves it.
func (c *acmeClient) ready() acme.Order {
	c.t.Helper()
	order, err := c.NewOrder(c.t.Context(), c.account, acme.Order{Identifiers: []acme.Identifier{{Type: "dns", Value: "localhost"}}})
	if err != nil {
		c.t.Fatal(err)
	}
	authorization, err := c.GetAuthorization(c.t.Context(), c.account, order.Authorizations[0])
	if err != nil {
		c.t.Fatal(err)
	}
	for _, challenge := range authorization.Challenges {
		if challenge.Type != "http-01" {
			continue
		}
		c.mu.Lock()
		c.answers[challenge.HTTP01ResourcePath()] = challenge.KeyAuthorization
		c.mu.Unlock()
		if _, err := c.InitiateChallenge(c.t.Context(), c.account, challenge); err != nil {
			c.t.Fatal(err)
		}
	}
	if _, err := c.PollAuthorization(c.t.Context(), c.account, authorization); err != nil {
		c.t.Fatal(err)
	}
	return order
}

func (c *acmeClient) csr() []byte {
	c.t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"localhost"}}, newKey(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	return der
}

// A kill in the middle of many orders: each that was begun leaves processing within 5 s, those not begun can still be finalized,
// and what was handed out is served again with the same bytes.
func TestKillBetweenOrders(t *testing.T) {
	s := startSandbox(t)
	c := newACMEClient(t, s.acme(t))
	const many = 64
	orders := make([]acme.Order, many)
	for i := range orders {
		orders[i] = c.ready()
	}
	handed := c.finalizeUntil(orders, 2, s.kill)
	s.start(t)
	started := time.Now()
	issued, open := 0, 0
	for i := range orders {
		now := c.settled(orders[i], started.Add(time.Minute))
		if handed[i] != nil && now.Status != "valid" {
			t.Errorf("an order went back from valid to %s", now.Status)
		}
		switch now.Status {
		case "valid":
			issued++
			chains, err := c.GetCertificateChain(t.Context(), c.account, now.Certificate)
			if err != nil {
				t.Fatal(err)
			}
			if before := handed[i]; before != nil && !bytes.Equal(before, chains[0].ChainPEM) {
				t.Error("a certificate that was handed out changed")
			}
		case "ready":
			open++
			if _, err := c.FinalizeOrder(t.Context(), c.account, now, c.csr()); err != nil {
				t.Error(err)
			}
		case "invalid":
		default:
			t.Errorf("an order is %s", now.Status)
		}
	}
	t.Logf("%d handed out before the kill, %d issued, %d not begun", len(handed), issued, open)
}

// finalizeUntil finalizes orders side by side and calls stop once so many have their certificates; it returns those by the orders' places.
func (c *acmeClient) finalizeUntil(orders []acme.Order, enough int, stop func()) map[int][]byte {
	handed := map[int][]byte{}
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	got := make(chan struct{}, len(orders))
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, order := range orders {
		all.Go(func() {
			done, err := c.FinalizeOrder(ctx, c.account, order, c.csr())
			if err != nil {
				return
			}
			chains, err := c.GetCertificateChain(ctx, c.account, done.Certificate)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			handed[i] = chains[0].ChainPEM
			got <- struct{}{}
		})
	}
	for range enough {
		<-got
	}
	stop()
	cancel()
	all.Wait()
	return handed
}

// settled waits until an order is no longer processing.
func (c *acmeClient) settled(order acme.Order, deadline time.Time) acme.Order {
	c.t.Helper()
	for {
		now, err := c.GetOrder(c.t.Context(), c.account, order)
		if err != nil {
			c.t.Fatal(err)
		}
		if now.Status != "processing" {
			return now
		}
		if time.Now().After(deadline) {
			c.t.Error("an order stays processing")
			return now
		}
	}
}
