package ca_test

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
)

// register is what operators do with certificates, in process or remotely.
type register interface {
	Authorise(context.Context, ca.AuthoriseReq) (ca.Token, error)
	Redeem(context.Context, ca.RedeemReq) (ca.Certificate, error)
	Certificate(context.Context, string) (ca.Certificate, error)
	Search(context.Context, ca.Query, ca.Page) ([]ca.Certificate, string, error)
	Revoke(context.Context, ca.RevokeReq) (ca.Certificate, error)
	RevokeAll(context.Context, ca.BulkReq) (ca.Job, error)
	BulkJob(context.Context, string) (ca.Job, error)
	BlockKey(context.Context, [32]byte, string) error
}

var (
	_ register = (*ca.Service)(nil)
	_ register = (*ca.Client)(nil)
)

// gate authenticates tokens that are a list of scopes.
type gate struct{}

func (gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	scopes, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: rpc.ReasonNoCredential}
	}
	return rpc.Caller{Client: "ra", Scopes: strings.Fields(scopes)}, nil
}

func (w *world) router() *rpc.Router {
	r := rpc.NewRouter(rpc.Config{Auth: gate{}})
	w.Mount(r)
	return r
}

const everything = "ca:authorise ca:issue ca:read ca:revoke"

// faces runs fn in process and over HTTP.
func faces(t *testing.T, fn func(t *testing.T, w *world, r register)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		w := embedded(t)
		fn(t, w, w.Service)
	})
	t.Run("http", func(t *testing.T) {
		w := embedded(t)
		server := httptest.NewServer(w.router())
		t.Cleanup(server.Close)
		fn(t, w, ca.NewClient(rpc.NewClient(server.URL, server.Client(), everything)))
	})
}

func TestContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, r register) {
		subject := ca.Subject{Country: "CN", Organization: "示例银行", CommonName: "王小明"}
		tenure := w.hold()
		token, err := r.Authorise(t.Context(), ca.AuthoriseReq{
			Authorisation: ca.Authorisation{Profile: "bank-sim", Subject: subject, Tenure: tenure, RelyingParty: "bank.example", NotAfter: start.AddDate(1, 0, 0)},
			Life:          time.Hour, By: "ra",
		})
		if err != nil || !token.Expires.Equal(start.Add(time.Hour)) {
			t.Fatalf("%v, %v", token.Expires, err)
		}
		der, key := request(t, elliptic.P256(), nil)
		c, err := r.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, Profile: "bank-sim", CSR: der, Requester: "ra"})
		if err != nil {
			t.Fatal(err)
		}
		spki, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		issuer, _ := w.hierarchy.Issuer("bank-p256-2026")
		want := ca.Certificate{
			ID: ca.CertificateID(issuer.ID, c.Serial), Issuer: issuer.ID, Profile: "bank-sim", Subject: subject, Serial: c.Serial, Raw: c.Raw, Chain: issuer.Chain,
			NotBefore: start.Add(-time.Minute), NotAfter: start.AddDate(1, 0, 0), Tenure: tenure, RelyingParty: "bank.example", Requester: "ra",
			State: ca.StateIssued, Shard: c.Shard, KeyHash: sha256.Sum256(spki), Created: start,
		}
		same := cmpopts.EquateComparable()
		if diff := cmp.Diff(want, c, same); diff != "" || len(c.Raw) == 0 {
			t.Errorf("issued (-want +got):\n%s", diff)
		}
		if got, err := r.Certificate(t.Context(), c.ID); err != nil || !cmp.Equal(got, want, same) {
			t.Errorf("shown %s, %v", cmp.Diff(want, got, same), err)
		}
		listed := want
		listed.Chain = nil
		if got, next, err := r.Search(t.Context(), ca.Query{Tenure: tenure}, ca.Page{}); err != nil || next != "" || !cmp.Equal(got, []ca.Certificate{listed}, same) {
			t.Errorf("found %s, %v", cmp.Diff([]ca.Certificate{listed}, got, same), err)
		}

		_, err = r.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, CSR: der})
		wantError(t, err, simtrust.KindConflict, ca.ReasonTokenSpent)
		_, err = r.Redeem(t.Context(), ca.RedeemReq{Token: "x.y.z", CSR: der})
		wantError(t, err, simtrust.KindDenied, ca.ReasonTokenInvalid)
		_, err = r.Certificate(t.Context(), "bank-p256-2026.00")
		wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)
		_, err = r.Authorise(t.Context(), ca.AuthoriseReq{Authorisation: ca.Authorisation{Profile: "bank-sim"}})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonSubject)

		held, err := r.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: ca.CertificateHold, By: "ra"})
		want.Revoked, want.Reason = start, ca.CertificateHold
		if err != nil || !cmp.Equal(held, want, same) {
			t.Errorf("held %s, %v", cmp.Diff(want, held, same), err)
		}
		_, err = r.Revoke(t.Context(), ca.RevokeReq{Issuer: c.Issuer, Serial: c.Serial, Reason: ca.CertificateHold})
		wantError(t, err, simtrust.KindConflict, ca.ReasonAlreadyRevoked)
		_, err = r.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: 99})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonRevocationReason)
		if err := r.BlockKey(t.Context(), c.KeyHash, "found on a forum"); err != nil {
			t.Error(err)
		}
		if got, err := r.Certificate(t.Context(), c.ID); err != nil || got.Reason != ca.KeyCompromise {
			t.Errorf("after the key was blocked: %+v, %v", got, err)
		}

		w.issue(w.server("a.example"))
		job, err := r.RevokeAll(t.Context(), ca.BulkReq{Query: ca.Query{Profile: "tls-server"}, Reason: ca.Superseded, By: "ra"})
		if err != nil || job.Total != 1 || job.By != "ra" {
			t.Fatalf("%+v, %v", job, err)
		}
		if err := w.WorkBulk(t.Context()); err != nil {
			t.Fatal(err)
		}
		if job, err = r.BulkJob(t.Context(), job.ID); err != nil || job.Done != 1 || !job.Finished.Equal(start) {
			t.Errorf("%+v, %v", job, err)
		}
		_, err = r.BulkJob(t.Context(), "blk_none")
		wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownJob)
		_, err = r.RevokeAll(t.Context(), ca.BulkReq{Reason: ca.Superseded})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonSearch)
	})
}

// TestRefusedRequestKeys names requests by what no index takes.
func TestRefusedRequestKeys(t *testing.T) {
	w := embedded(t)
	server := httptest.NewServer(w.router())
	defer server.Close()
	client := ca.NewClient(rpc.NewClient(server.URL, server.Client(), everything))
	der, _ := request(t, elliptic.P256(), nil)
	token := w.authorise("bank-sim", nil)
	for _, key := range []string{strings.Repeat("k", 129), "a\x00b", "a\nb", "钥"} {
		_, err := client.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, CSR: der, RequestKey: key})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonRequestKey)
	}
	if _, err := client.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, CSR: der, RequestKey: strings.Repeat("k", 128)}); err != nil {
		t.Error(err)
	}
}

// TestScopes calls every operation without its scope.
func TestScopes(t *testing.T) {
	w := embedded(t)
	server := httptest.NewServer(w.router())
	defer server.Close()
	calls := map[string]func(register) error{
		"ca:authorise": func(r register) error { _, err := r.Authorise(t.Context(), ca.AuthoriseReq{}); return err },
		"ca:issue":     func(r register) error { _, err := r.Redeem(t.Context(), ca.RedeemReq{}); return err },
		"ca:read":      func(r register) error { _, _, err := r.Search(t.Context(), ca.Query{}, ca.Page{}); return err },
		"ca:revoke":    func(r register) error { _, err := r.Revoke(t.Context(), ca.RevokeReq{ID: "a.00"}); return err },
	}
	for scope, call := range calls {
		others := strings.Join(strings.Fields(strings.ReplaceAll(everything, scope, "")), " ")
		err := call(ca.NewClient(rpc.NewClient(server.URL, server.Client(), others)))
		if simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != rpc.ReasonScope {
			t.Errorf("without %s: %v", scope, err)
		}
		if err := call(ca.NewClient(rpc.NewClient(server.URL, server.Client(), scope))); simtrust.ReasonOf(err) == rpc.ReasonScope {
			t.Errorf("with %s: %v", scope, err)
		}
	}
}

// TestRenewOverMutualTLS presents a certificate of this authority, and what is none.
func TestRenewOverMutualTLS(t *testing.T) {
	w := embedded(t)
	server := httptest.NewUnstartedServer(w.router())
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()

	der, key := request(t, elliptic.P256(), nil)
	old := w.issue(ca.IssueReq{Profile: "tls-client", CSR: der, Subject: ca.Subject{CommonName: "reports"}})
	post := func(media string, certs []tls.Certificate) (int, string) {
		client := server.Client()
		transport := client.Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certs
		fresh, _ := request(t, elliptic.P256(), nil)
		res, err := (&http.Client{Transport: transport}).Post(server.URL+"/ca/v1/renewals", media, bytes.NewReader(fresh))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	const media = "application/pkcs10"
	mine := []tls.Certificate{{Certificate: [][]byte{old.Raw}, PrivateKey: key}}
	for _, simple := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"} { // what a browser sends for any page
		if code, body := post(simple, mine); code != http.StatusUnsupportedMediaType || !strings.Contains(body, rpc.ReasonMediaType) {
			t.Errorf("another site's %q: %d %s", simple, code, body)
		}
	}
	if found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{}); err != nil || len(found) != 1 {
		t.Errorf("%d certificates, %v", len(found), err)
	}
	code, body := post(media, mine)
	var answer struct{ ID, Certificate string }
	if code != http.StatusCreated || json.Unmarshal([]byte(body), &answer) != nil {
		t.Fatalf("%d %s", code, body)
	}
	if block, _ := pem.Decode([]byte(answer.Certificate)); block == nil || parse(t, block.Bytes).Subject.CommonName != "reports" || answer.ID == old.ID {
		t.Errorf("renewed %s", body)
	}
	if code, body := post(media, nil); code != http.StatusUnauthorized || !strings.Contains(body, ca.ReasonClientCertificate) {
		t.Errorf("without a certificate: %d %s", code, body)
	}
	template := parse(t, old.Raw)
	forged, err := smx509.CreateCertificate(rand.Reader, &smx509.Certificate{
		SerialNumber: template.SerialNumber, Subject: template.Subject, NotBefore: template.NotBefore, NotAfter: template.NotAfter,
	}, &smx509.Certificate{RawSubject: template.RawIssuer, SubjectKeyId: template.AuthorityKeyId}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if code, body := post(media, []tls.Certificate{{Certificate: [][]byte{forged}, PrivateKey: key}}); code != http.StatusUnauthorized {
		t.Errorf("with a forged certificate: %d %s", code, body)
	}
}
