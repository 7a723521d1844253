//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
)

// TestRollOverOnTwoNodes replaces the issuing CA of services while two nodes issue from it: no request fails but by "try again", and the other node says
// good of every certificate at once, also of the first that the new CA issues.
func TestRollOverOnTwoNodes(t *testing.T) {
	t.Parallel() // most of it is waiting
	o := newOffice(t)
	o.ceremony()
	lines := []string{"database: " + fmt.Sprintf("%q", newDatabase(t)),
		"keys: {dir: " + filepath.Join(o.dir, "keys") + ", secret_file: " + o.file("keys.secret", random()+random()) + "}"}
	authority := func(node int) []string {
		return append(lines, "ca:", "  dir: "+filepath.Join(o.dir, "ca"), "  base_url: http://ca.example", fmt.Sprint("  node: ", node))
	}
	one := startServe(t, serveConfig{nas: "127.0.0.1/32", lines: authority(1)})
	two := startServe(t, serveConfig{nas: "127.0.0.1/32", lines: authority(2)})
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()

	var nodes sync.WaitGroup
	begun := make(chan struct{}, 2)
	for _, pair := range [][2]*sandbox{{one, two}, {two, one}} {
		nodes.Go(func() {
			if err := issueOver(ctx, pair[0], pair[1], begun); err != nil {
				t.Error(err)
			}
		})
	}
	for range 2 {
		select {
		case <-begun:
		case <-ctx.Done():
		}
	}
	text := o.must("cat", "ceremony.yaml")
	before, after, ok := strings.Cut(text, "timestamp:\n")
	if !ok {
		t.Fatal("the example has no time stamps")
	}
	o.file("ceremony.yaml", before+"  - {id: service-p256-2, line: service, root: root-p256, algorithm: P-256, subject: {common_name: Service CA 2}, "+
		"validity: 10y, replaces: service-p256}\n\ntimestamp:\n"+after)
	o.must(binary(t), "ca", "init", "-f", "ceremony.yaml", "--dir", "ca", "--keys", "ca-keys")
	nodes.Wait()
}

// enough is how many certificates of the new CA a node issues before it may stop.
const enough = 10

// issueOver issues from one node until the new CA has issued enough, and asks the other for the status of each.
func issueOver(ctx context.Context, at, other *sandbox, begun chan<- struct{}) error {
	client := ca.NewClient(rpc.NewClient(at.Issuer, nil, at.AdminToken))
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for old, fresh := 0, 0; fresh < enough; {
		var c ca.Certificate
		err := patiently(ctx, pace, func() (err error) { c, err = issueOne(ctx, client); return err })
		if err != nil {
			return fmt.Errorf("after %d and %d certificates: %w", old, fresh, err)
		}
		if err := patiently(ctx, pace, func() error { return good(ctx, other, c) }); err != nil {
			return fmt.Errorf("status of %s: %w", c.ID, err)
		}
		switch c.Issuer {
		case "service-p256-2":
			fresh++
		case "service-p256":
			if old++; fresh > 0 {
				return errors.New("a node went back to the CA before")
			}
			if old == 3 {
				begun <- struct{}{}
			}
		default:
			return fmt.Errorf("issued by %s", c.Issuer)
		}
		<-pace.C
	}
	return nil
}

// patiently does something again as long as a node says that it cannot now, since it or the database stood still.
func patiently(ctx context.Context, pace *time.Ticker, do func() error) error {
	for {
		err := do()
		again := simtrust.KindOf(err) == simtrust.KindUnavailable || errors.Is(err, tryLater)
		if !again || ctx.Err() != nil {
			return err
		}
		<-pace.C
	}
}

// tryLater is what a responder says that cannot answer now (RFC 6960, section 2.3).
var tryLater = ocsp.ResponseError{Status: ocsp.TryLater}

func issueOne(ctx context.Context, client *ca.Client) (ca.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return ca.Certificate{}, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return ca.Certificate{}, err
	}
	token, err := client.Authorise(ctx, ca.AuthoriseReq{Authorisation: ca.Authorisation{Profile: "tls-client", Subject: ca.Subject{CommonName: "reports"}}})
	if err != nil {
		return ca.Certificate{}, err
	}
	return client.Redeem(ctx, ca.RedeemReq{Token: token.Text, CSR: csr})
}

// good asks a node by OCSP, with the checks of golang.org/x/crypto.
func good(ctx context.Context, node *sandbox, c ca.Certificate) error {
	cert, err := x509.ParseCertificate(c.Raw)
	if err != nil {
		return err
	}
	issuer, err := x509.ParseCertificate(c.Chain[0])
	if err != nil {
		return err
	}
	question, err := ocsp.CreateRequest(cert, issuer, nil)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, node.Issuer+"/ocsp/"+c.Issuer, bytes.NewReader(question))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/ocsp-request")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var der bytes.Buffer
	if _, err := der.ReadFrom(res.Body); err != nil {
		return err
	}
	answer, err := ocsp.ParseResponseForCert(der.Bytes(), cert, issuer)
	if err != nil {
		return fmt.Errorf("%s: %w", res.Status, err)
	}
	if answer.Status != ocsp.Good {
		return fmt.Errorf("status %d", answer.Status)
	}
	return nil
}
