package gm_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/gm"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// world is the service on a real authority with SM2 and P-256 issuers.
type world struct {
	t         testing.TB
	authority *ca.Service
	pairs     *gm.Service
	centre    *centre
}

// centre is a key management side that can fail, and remembers for whom it made keys.
type centre struct {
	gm.Forgetful
	err  error
	key  *sm2.PrivateKey
	made []string
}

func (c *centre) MakeKey(ctx context.Context, signing ca.Certificate) (*sm2.PrivateKey, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.made = append(c.made, signing.ID)
	if c.key != nil {
		return c.key, nil
	}
	return c.Forgetful.MakeKey(ctx, signing)
}

// everybody holds every tenure.
type everybody struct{}

func (everybody) Current(_ context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return ids, nil
}

type tokens struct{ key *ecdsa.PrivateKey }

func (k tokens) SignJWT(typ string, claims jwt.Claims) (string, error) {
	token := jwt.NewWithClaims(keys.ES256, claims)
	token.Header["typ"], token.Header["kid"] = typ, "k1"
	return token.SignedString(k.key)
}

func (k tokens) PublicKey(kid string) (crypto.PublicKey, bool) { return k.key.Public(), kid == "k1" }

var schema = []sqldb.Migrations{ca.Migrations(), outbox.Migrations()}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	h, err := hierarchyOnce()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, centre: &centre{}}
	w.authority, err = ca.New(ca.Deps{DB: db, Outbox: outbox.New(db, time.Now, log), Tenures: everybody{}, Tokens: tokens{key}, Log: log, Now: time.Now},
		h, ca.Config{BaseURL: "http://ca.example", SubjectKey: []byte("0123456789abcdef0123456789abcdef"), SigningTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.authority.Close)
	if w.pairs, err = gm.New(gm.Deps{Authority: w.authority, Keys: w.centre, Log: log}); err != nil {
		t.Fatal(err)
	}
	return w
}

func embedded(t testing.TB) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

var hierarchyOnce = sync.OnceValues(func() (*ca.Hierarchy, error) {
	h := &ca.Hierarchy{}
	for _, spec := range []struct {
		alg   keys.KeyAlgorithm
		curve elliptic.Curve
	}{{keys.SM2, sm2.P256()}, {keys.P256, elliptic.P256()}} {
		for _, line := range []ca.Line{ca.LineBank, ca.LineEnterprise, ca.LineEID, ca.LineService} {
			key, cert, err := issuer("Issuing "+string(line)+" "+string(spec.alg), spec.curve)
			if err != nil {
				return nil, err
			}
			id := string(line) + map[keys.KeyAlgorithm]string{keys.SM2: "-sm2", keys.P256: "-p256"}[spec.alg]
			h.Issuers = append(h.Issuers, &ca.Issuer{ID: id, Line: line, Algorithm: spec.alg, Raw: cert.Raw,
				Subject: cert.RawSubject, KeyID: cert.SubjectKeyId, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, Signer: key,
				Chain: [][]byte{cert.Raw}, Active: true})
		}
	}
	return h, nil
})

func issuer(name string, curve elliptic.Curve) (crypto.Signer, *smx509.Certificate, error) {
	key, err := generate(curve)
	if err != nil {
		return nil, nil, err
	}
	id := sha256.Sum256([]byte(name))
	template := &smx509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign, SubjectKeyId: id[:20]}
	der, err := smx509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := smx509.ParseCertificate(der)
	return key, cert, err
}

func generate(curve elliptic.Curve) (crypto.Signer, error) {
	if curve == sm2.P256() {
		return sm2.GenerateKey(rand.Reader)
	}
	return ecdsa.GenerateKey(curve, rand.Reader)
}

func newKey(t testing.TB) *sm2.PrivateKey {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func request(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := smx509.CreateCertificateRequest(rand.Reader, &smx509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// bank is what a bank's customer may have.
func bank() ca.Authorisation {
	return ca.Authorisation{Profile: "bank-sim", Subject: ca.Subject{Country: "CN", CommonName: "王小明"},
		Tenure: simtrust.NewTenureID(), RelyingParty: "bank.example"}
}

// authorise makes a token.
func (w *world) authorise(a ca.Authorisation) string {
	w.t.Helper()
	token, err := w.authority.Authorise(w.t.Context(), ca.AuthoriseReq{Authorisation: a, By: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Text
}

// issue issues a pair.
func (w *world) issue(a ca.Authorisation, key crypto.Signer) (gm.Pair, error) {
	w.t.Helper()
	return w.pairs.Issue(w.t.Context(), gm.PairReq{Token: w.authorise(a), Profile: a.Profile, CSR: request(w.t, key), Requester: "test"})
}

// register is everything that was issued.
func (w *world) register() []ca.Certificate {
	w.t.Helper()
	found, _, err := w.authority.Search(w.t.Context(), ca.Query{}, ca.Page{})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}
