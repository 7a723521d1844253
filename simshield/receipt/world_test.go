package receipt_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"log/slog"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/ca/tsa"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 250_000_000, time.UTC)

var algorithms = []applet.Algorithm{applet.P256, applet.SM2}

// authority is an issuing one with its OCSP delegate, under a root of its own.
type authority struct {
	root, issuer, delegate holder
	id                     string
}

// holder is a key with its certificate.
type holder struct {
	key  crypto.Signer
	cert *smx509.Certificate
}

// hierarchy is what a key ceremony makes, with cards of a customer.
type hierarchy struct {
	authorities map[applet.Algorithm]authority
	tsa         holder
	cards       map[card]holder
	bank        *ecdsa.PrivateKey
}

// card is a key in a card.
type card struct {
	algorithm applet.Algorithm
	kind      applet.Kind
}

var shared = sync.OnceValue(func() *hierarchy {
	h := &hierarchy{authorities: map[applet.Algorithm]authority{}, cards: map[card]holder{}, bank: newKey(applet.P256).(*ecdsa.PrivateKey)}
	for _, a := range algorithms {
		h.authorities[a] = newAuthority(a)
		for kind, policy := range map[applet.Kind]int{applet.KindLogin: 10, applet.KindDocument: 11, applet.KindTransaction: 1} {
			h.cards[card{a, kind}] = h.authorities[a].certify(a, policy, nil)
		}
	}
	h.tsa = certify(&smx509.Certificate{Subject: pkix.Name{CommonName: "时间戳"}, KeyUsage: smx509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{usage(true, 8)}}, h.authorities[applet.P256].root, applet.P256)
	return h
})

func newAuthority(a applet.Algorithm) authority {
	ca := func(name string) *smx509.Certificate {
		return &smx509.Certificate{Subject: pkix.Name{CommonName: name + " " + a.String()}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage: smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign}
	}
	n := authority{id: "bank-" + a.String()}
	n.root = certify(ca("Root"), holder{}, a)
	n.issuer = certify(ca("Bank CA"), n.root, a)
	n.delegate = certify(delegate(), n.issuer, a)
	return n
}

func delegate() *smx509.Certificate {
	return &smx509.Certificate{Subject: pkix.Name{CommonName: "OCSP"}, KeyUsage: smx509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{usage(false, 9), {Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}}}
}

// certify makes a key in a card with its certificate; change may spoil it.
func (n authority) certify(a applet.Algorithm, policy int, change func(*smx509.Certificate)) holder {
	der, err := asn1.Marshal([]struct{ ID asn1.ObjectIdentifier }{{append(receipt.DefaultArc[:len(receipt.DefaultArc):len(receipt.DefaultArc)], policy)}})
	if err != nil {
		panic(err)
	}
	template := &smx509.Certificate{Subject: pkix.Name{CommonName: "王小明"}, KeyUsage: smx509.KeyUsageDigitalSignature | smx509.KeyUsageContentCommitment,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 32}, Value: der}}}
	if change != nil {
		change(template)
	}
	return certify(template, n.issuer, a)
}

var serials = struct {
	sync.Mutex
	last int64
}{last: 0x7fff00}

// certify makes a key and a certificate, by itself where there is no issuer.
func certify(template *smx509.Certificate, issuer holder, a applet.Algorithm) holder {
	serials.Lock()
	serials.last++
	template.SerialNumber = big.NewInt(serials.last)
	serials.Unlock()
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = start.AddDate(-1, 0, 0), start.AddDate(10, 0, 0)
	}
	h := holder{key: newKey(a)}
	if issuer.cert == nil {
		issuer = holder{h.key, template}
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, issuer.cert, h.key.Public(), issuer.key)
	if err != nil {
		panic(err)
	}
	if h.cert, err = smx509.ParseCertificate(der); err != nil {
		panic(err)
	}
	return h
}

func newKey(a applet.Algorithm) crypto.Signer {
	var key crypto.Signer
	var err error
	if a == applet.SM2 {
		key, err = sm2.GenerateKey(rand.Reader)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		panic(err)
	}
	return key
}

// usage is an extended key usage of id-kp.
func usage(critical bool, purpose int) pkix.Extension {
	der, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, purpose}})
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: der}
}

// world is a notary with its time-stamping authority and responder, all of whose clocks a test turns.
type world struct {
	*hierarchy
	*receipt.Notary
	t        testing.TB
	clock    *clock
	register *register
	status   *status.Service
	stamps   *tsa.Service
	deps     receipt.Deps
	roots    [][]byte
}

type clock struct {
	mu   sync.Mutex
	wall time.Time
	mono time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

// Read implements tsa.Clock.
func (c *clock) Read() (time.Time, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall, c.mono
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall, c.mono = c.wall.Add(d), c.mono+d
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{hierarchy: shared(), t: t, clock: &clock{wall: start}, register: &register{revoked: map[string]time.Time{}}}
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, tsa.Migrations(), status.Migrations()); err != nil {
		t.Fatal(err)
	}
	h := &ca.Hierarchy{TSA: &ca.Delegate{Raw: w.tsa.cert.Raw, Signer: w.tsa.key, NotAfter: w.tsa.cert.NotAfter}}
	for _, a := range algorithms {
		n := w.authorities[a]
		w.roots = append(w.roots, n.root.cert.Raw)
		h.Issuers = append(h.Issuers, &ca.Issuer{ID: n.id, Line: ca.LineBank, Algorithm: map[applet.Algorithm]keys.KeyAlgorithm{
			applet.P256: keys.P256, applet.SM2: keys.SM2}[a], Raw: n.issuer.cert.Raw, Signer: n.issuer.key, Active: true,
			OCSP: &ca.Delegate{Raw: n.delegate.cert.Raw, Signer: n.delegate.key, NotAfter: n.delegate.cert.NotAfter}})
	}
	h.Roots, h.TSAChain = w.roots, [][]byte{w.tsa.cert.Raw, w.authorities[applet.P256].root.cert.Raw}
	log := slog.New(slog.DiscardHandler)
	var err error
	w.stamps, err = tsa.New(t.Context(), tsa.Deps{DB: db, Log: log, Clock: w.clock}, h,
		tsa.Config{Policies: []asn1.ObjectIdentifier{append(receipt.DefaultArc[:len(receipt.DefaultArc):len(receipt.DefaultArc)], 7)}, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	w.status, err = status.New(status.Deps{DB: db, Register: w.register, Log: log, Now: w.clock.now}, h, status.Config{CRL: func(string, int) string { return "http://ca.example/crl" }, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.deps = receipt.Deps{Stamper: w.stamps, Statuses: w.status, CardKey: []byte("secret of the operator")}
	w.Notary = receipt.New(w.deps)
	return w
}

// with is the world with another notary.
func (w *world) with(change func(*receipt.Deps)) *world {
	n := *w
	change(&n.deps)
	n.Notary = receipt.New(n.deps)
	return &n
}

// register knows every certificate, as good but for those in revoked.
type register struct {
	mu      sync.Mutex
	revoked map[string]time.Time // by serial number, hexadecimal
	unknown bool
	down    error
}

func (r *register) Statuses(_ context.Context, _ string, serials [][]byte) ([]ca.Status, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]ca.Status, len(serials))
	for i, s := range serials {
		out[i] = ca.Status{Serial: s, Known: !r.unknown, State: ca.StateIssued, Revoked: r.revoked[hex.EncodeToString(s)], Expires: start.AddDate(10, 0, 0)}
	}
	return out, r.down
}

func (r *register) Shards(context.Context, string) ([]ca.Shard, error) { return nil, nil }

func (r *register) Revocations(context.Context, string, int, time.Time) ([]ca.Revocation, int64, error) {
	return nil, 0, nil
}

func (r *register) Changes(context.Context, string, int, int64) ([]ca.Revocation, error) {
	return nil, nil
}

func (r *register) change(fn func(*register)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(r)
}

const transaction = "txn_4x2m9k6c0a7f3q8w1z5t8v2n4e"

func transfer() applet.Transfer {
	return applet.Transfer{Order: "T20261122-0001", PayeeName: "王小明", PayeeAccount: "6222021234567890123",
		Amount: applet.Amount{Minor: 4_800_000, Currency: "CNY"}, Memo: "货款 11月", Time: start.Truncate(time.Second)}
}

func statement(s applet.Subject) applet.Statement {
	id := sha256.Sum256([]byte(transaction))
	return applet.Statement{Party: "某某银行", ID: applet.ID(id[:16]), Nonce: [16]byte{1, 2, 3}, NotAfter: start.Truncate(time.Second).Add(2 * time.Minute),
		Subject: s}
}

// facts are those of a statement that a card's key signed, for a request that the bank signed.
func (w *world) facts(a applet.Algorithm, s applet.Statement, claims map[string]any) receipt.Facts {
	w.t.Helper()
	prompt, err := s.Compose()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.factsBy(w.cards[card{a, s.Subject.Kind()}], a, s.Subject.Kind(), prompt.DER, claims)
}

// factsBy are those of what a given key signed.
func (w *world) factsBy(by holder, a applet.Algorithm, kind applet.Kind, statement []byte, claims map[string]any) receipt.Facts {
	w.t.Helper()
	set, err := applet.SignedAttributes(a, statement, a.Sum(by.cert.Raw))
	if err != nil {
		w.t.Fatal(err)
	}
	f := w.signed(by, a, kind, set)
	f.Statement, f.Request, f.JWKS = statement, w.request(claims), w.jwks()
	return f
}

func (w *world) signed(by holder, a applet.Algorithm, kind applet.Kind, message []byte) receipt.Facts {
	w.t.Helper()
	n := w.authorities[a]
	f := receipt.Facts{
		ID: transaction, Party: "bank-app", Name: "某某银行", Kind: kind, Algorithm: a, Issuer: n.id,
		Certificate: ca.CertificateID(n.id, by.cert.SerialNumber.Bytes()), Raw: by.cert.Raw, Chain: [][]byte{n.issuer.cert.Raw, n.root.cert.Raw},
		ICCID: "8986001234567890123", Counter: 17, Command: []byte("command packet"), Response: []byte("response packet"),
		Decision: []byte(`{"day": "2026-11-22", "customer_sum": 4800000}`), Created: start.Add(-20 * time.Second), Received: start,
	}
	var err error
	if f.Signature, err = applet.Sign(by.key, a, message); err != nil {
		w.t.Fatal(err)
	}
	return f
}

// hashed are the facts of a hash that a card's key signed.
func (w *world) hashed(a applet.Algorithm) receipt.Facts {
	w.t.Helper()
	by, h := w.cards[card{a, applet.KindLogin}], applet.SHA256
	if a == applet.SM2 {
		h = applet.SM3
	}
	f := w.signed(by, a, applet.KindLogin, []byte("replaced below"))
	f.Hash, f.HashAlgorithm, f.Decision = bytes.Repeat([]byte{0xAB, 0x12}, 16), h, nil
	var err error
	if f.Signature, err = applet.SignDigest(by.key, a, h, f.Hash); err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) seal(f receipt.Facts) []byte {
	w.t.Helper()
	evidence, err := w.Seal(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return evidence
}
