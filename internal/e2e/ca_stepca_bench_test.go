//go:build bench

package e2e

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// stepCA is the rival: step-ca on PostgreSQL as its own set-up leaves it, with a P-256 root and intermediate, one JWK provisioner
// and CRLs.
type stepCA struct {
	*process
	host        string // of its address, with port
	tls         *tls.Config
	provisioner *ecdsa.PrivateKey
	keyID       string
}

const provisionerName = "bench"

func startStepCA(b *testing.B) *stepCA {
	b.Helper()
	program, err := filepath.Abs("../../bin/step-ca")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		b.Fatalf("%v; scripts/setup-bench builds it", err)
	}
	progress("starting step-ca")
	root := newAuthority(b)
	s := &stepCA{process: &process{dir: b.TempDir(), cmd: exec.Command(program, "ca.json")}, host: freeAddress(b),
		tls: &tls.Config{RootCAs: root.pool(), ServerName: "127.0.0.1"}, provisioner: newKey(b)}
	if err := s.configure(b, root); err != nil {
		b.Fatal(err)
	}
	s.start(b)
	s.await(b, func() bool {
		conn, err := tls.Dial("tcp", s.host, s.tls)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return s
}

// configure writes the hierarchy and the configuration into the server's folder.
func (s *stepCA) configure(b *testing.B, root authority) error {
	b.Helper()
	crt, key := pemOf(b, root.intermediate(b))
	public := jose.JSONWebKey{Key: s.provisioner.Public(), Algorithm: "ES256", Use: "sig"}
	thumbprint, err := jose.Thumbprint(&public)
	if err != nil {
		return err
	}
	s.keyID, public.KeyID = thumbprint, thumbprint
	database := postgresURL(b)
	u, err := url.Parse(database)
	if err != nil {
		return err
	}
	type object map[string]any
	config, err := json.Marshal(object{
		"root": "root.pem", "crt": "ca.pem", "key": "ca.key", "address": s.host, "dnsNames": []string{"127.0.0.1"},
		"logger": object{"format": "text"}, "crl": object{"enabled": true},
		"db":        object{"type": "postgresql", "dataSource": database, "database": strings.TrimPrefix(u.Path, "/")},
		"authority": object{"provisioners": []object{{"type": "JWK", "name": provisionerName, "key": public}}},
	})
	for name, text := range map[string]string{"root.pem": root.pem(), "ca.pem": crt, "ca.key": key, "ca.json": string(config)} {
		err = errors.Join(err, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
	}
	return err
}

// intermediate is an authority's first issuing CA.
func (a authority) intermediate(b *testing.B) tls.Certificate {
	b.Helper()
	key := newKey(b)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test Intermediate CA"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(48 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		b.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// request is POST /1.0/sign with a fresh key and a one-time token.
func (s *stepCA) request(i int) ([]byte, error) {
	name := fmt.Sprintf("service-%d.internal.example", i)
	csr, err := requestP256(&x509.CertificateRequest{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": provisionerName, "aud": "https://" + s.host + "/1.0/sign",
		"sub": name, "sans": []string{name}, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": random()})
	token.Header["kid"] = s.keyID
	signed, err := token.SignedString(s.provisioner)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"csr": csr, "ott": signed})
	return postRequest("/1.0/sign", s.host, "", "application/json", string(body)), err
}

// contender issues leaf certificates by that.
func (s *stepCA) contender(b *testing.B, clients int) contender {
	return issuing(b, "step-ca", s.process, clients, wire{to: s.host, tls: s.tls}, s.request)
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
