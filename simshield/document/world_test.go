package document_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/cms"
	"simtrust/ca/tsa"
	"simtrust/ca/tsp"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
	"simtrust/simshield/document/pdf/pdftest"
	"simtrust/simshield/shieldtest"
)

const (
	number     = "+8613800000001"
	numberSM2  = "+8613800000002"
	nationalID = "11010119900307123X"
)

// paper is a contract as PDF.
var paper = pdftest.Paper(pdftest.Objects(), "")

var contract = []byte("租赁合同 2026-11\n1. 租金每月 ¥4,800.00\n")

// world is the module with two persons, one with keys of P-256 and one with keys of SM2, and two parties.
type world struct {
	*shieldtest.World
	t        testing.TB
	docs     *document.Service
	deps     document.Deps
	stamps   *stamper
	tsaRoot  []byte
	phone    *shieldtest.Phone
	phoneSM2 *shieldtest.Phone
	router   *rpc.Router
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, shieldtest.Migrations(tsa.Migrations(), document.Migrations()), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	w := &world{World: shieldtest.New(t, db, 60), t: t}
	w.Parties["landlord"] = simshield.Party{ID: "landlord", Name: "云边房产"}
	w.Parties["library"] = simshield.Party{ID: "library", Name: "City Library"}
	w.authority(db)
	w.deps = document.Deps{DB: db, Shield: w.Service, Stamper: w.stamps, OrderKey: bytes.Repeat([]byte{4}, 32), Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now}
	w.docs = document.New(w.deps)
	w.router = rpc.NewRouter(rpc.Config{Now: w.Clock.Now, Auth: callers{}})
	w.docs.Mount(w.router)
	w.phone, w.phoneSM2 = w.Client(number, nationalID, applet.P256), w.Customer(numberSM2, "landlord", applet.SM2)
	return w
}

// callers takes the token for the name of the client.
type callers struct{}

func (callers) Authenticate(r *http.Request) (rpc.Caller, error) {
	client := r.Header.Get("Authorization")
	if client == "" {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Msg: "no token"}
	}
	return rpc.Caller{Client: client, Scopes: []string{r.Header.Get("X-Scope")}}, nil
}

// stamper is a time-stamping authority that can be down, or answer with another's token.
type stamper struct {
	*tsa.Service
	down  bool
	last  []byte
	stuck bool
}

func (s *stamper) Stamp(ctx context.Context, query []byte) []byte {
	switch {
	case s.down:
		return nil
	case s.stuck:
		return s.last
	}
	s.last = s.Service.Stamp(ctx, query)
	return s.last
}

// clock is the world's, as the authority reads it.
type clock struct {
	*shieldtest.Clock
	start time.Time
}

// Read looks once: the world's clock may be moved meanwhile.
func (c clock) Read() (time.Time, time.Duration) {
	now := c.Now()
	return now, now.Sub(c.start)
}

// authority makes a time-stamping authority under a root of its own.
func (w *world) authority(db *sqldb.DB) {
	w.t.Helper()
	now := w.Clock.Now()
	root := &smx509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Stamp root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: smx509.KeyUsageCertSign, NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0)}
	rootKey, rootDER := w.certify(root, root, nil)
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	w.must(err)
	leaf := &smx509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "时间戳"}, KeyUsage: smx509.KeyUsageDigitalSignature,
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}
	key, der := w.certify(leaf, root, rootKey)
	h := &ca.Hierarchy{TSA: &ca.Delegate{Raw: der, Signer: key, NotAfter: leaf.NotAfter}, TSAChain: [][]byte{der, rootDER}, Roots: [][]byte{rootDER}}
	service, err := tsa.New(w.t.Context(), tsa.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Clock: clock{w.Clock, now}}, h,
		tsa.Config{Policies: []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 32473, 9}}, Patience: time.Minute})
	w.must(err)
	w.stamps, w.tsaRoot = &stamper{Service: service}, rootDER
}

// certify makes a key with its certificate, by itself where there is no issuer's.
func (w *world) certify(template, issuer *smx509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	if by == nil {
		by = key
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, issuer, key.Public(), by)
	w.must(err)
	return key, der
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// order is a contract for the person with a key of P-256; a test changes some of it.
func order(f document.Format) document.Order {
	n, err := simtrust.ParseNumber(number)
	if err != nil {
		panic(err)
	}
	o := document.Order{Number: n, Order: "C-1", Title: "租赁合同 2026-11", Format: f, Application: applet.EID, Content: contract}
	if f == document.PAdES {
		o.Content = paper
	}
	return o
}

// orderSM2 is one for the person with a key of SM2.
func orderSM2(f document.Format) document.Order {
	o := order(f)
	o.Number, _ = simtrust.ParseNumber(numberSM2)
	o.Application = applet.Bank
	return o
}

func (w *world) start(o document.Order) document.Document {
	w.t.Helper()
	d, err := w.docs.Start(w.t.Context(), "landlord", o)
	w.must(err)
	return d
}

// sign has a document signed, and returns it.
func (w *world) sign(o document.Order) document.Document {
	w.t.Helper()
	d := w.start(o)
	w.Settle()
	return w.fetch(d.ID)
}

func (w *world) fetch(id string) document.Document {
	w.t.Helper()
	d, err := w.docs.Document(w.t.Context(), "landlord", id, 0)
	w.must(err)
	if len(d.Signed) == 0 {
		w.t.Fatalf("not signed: %s %s", d.Transaction.State, d.Transaction.Cause)
	}
	return d
}

// stamped checks a token over octets, and returns its time.
func (w *world) stamped(token []byte, a applet.Algorithm, octets []byte) error {
	w.t.Helper()
	v, err := cms.NewVerifier(cms.TimeStamping, [][]byte{w.tsaRoot})
	w.must(err)
	info, err := tsp.Verify(v, token)
	if err != nil {
		return err
	}
	if sum := a.Sum(octets); !bytes.Equal(info.Digest, sum[:]) {
		return errOther
	}
	return nil
}

// call is a request to the API by a client with a scope.
func (w *world) call(method, path, client, scope string, body any) (int, map[string]any) {
	w.t.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		w.must(err)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", client)
	r.Header.Set("X-Scope", scope)
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, r)
	out := map[string]any{}
	_ = json.Unmarshal(rec.Body.Bytes(), &out) // a body that is no JSON has no members
	return rec.Code, out
}
