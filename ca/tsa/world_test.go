package tsa_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"log/slog"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/tsa"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

var (
	start  = time.Date(2026, 11, 22, 9, 0, 0, 123_000_000, time.UTC)
	policy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1, 7}
	second = asn1.ObjectIdentifier{0, 4, 0, 2023, 1, 1}
)

// clock is a machine's clock that tests turn.
type clock struct {
	mu   sync.Mutex
	wall time.Time
	mono time.Duration
}

// Read implements tsa.Clock.
func (c *clock) Read() (time.Time, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall, c.mono
}

// pass lets time pass.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall, c.mono = c.wall.Add(d), c.mono+d
}

// set moves the wall clock alone.
func (c *clock) set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
}

// world is a node on a store.
type world struct {
	*tsa.Service
	t         testing.TB
	db        *sqldb.DB
	clock     *clock
	hierarchy *ca.Hierarchy
	handler   http.Handler
}

// each runs fn on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{tsa.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, db: db, clock: &clock{wall: start}, hierarchy: newHierarchy(t, keys.P256, nil)}
		fn(t, w.node(w.clock))
	})
}

// embedded is a world on the embedded store, for rules that no store has a say in.
func embedded(t testing.TB, h *ca.Hierarchy) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, tsa.Migrations()); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: &clock{wall: start}, hierarchy: h}
	return w.node(w.clock)
}

// node is another node, or the same after a restart: on the same store, with a clock of its own or the same.
func (w *world) node(c *clock) *world {
	w.t.Helper()
	n := *w
	n.clock = c
	var err error
	if n.Service, err = tsa.New(w.t.Context(), n.deps(), n.hierarchy, config()); err != nil {
		w.t.Fatal(err)
	}
	r := rpc.NewRouter(rpc.Config{})
	n.Mount(r)
	n.handler = r
	return &n
}

func (w *world) deps() tsa.Deps {
	return tsa.Deps{DB: w.db, Log: slog.New(slog.DiscardHandler), Clock: w.clock}
}

// config has the patience of a machine that stalls.
func config() tsa.Config {
	return tsa.Config{Policies: []asn1.ObjectIdentifier{policy, second}, Patience: time.Minute}
}

var keysOf = sync.OnceValue(func() map[keys.KeyAlgorithm][2]crypto.Signer {
	all := map[keys.KeyAlgorithm][2]crypto.Signer{}
	for _, alg := range []keys.KeyAlgorithm{keys.P256, keys.P384, keys.RSA3072, keys.SM2} {
		all[alg] = [2]crypto.Signer{newKey(alg), newKey(alg)}
	}
	return all
})

func newKey(alg keys.KeyAlgorithm) crypto.Signer {
	var key crypto.Signer
	var err error
	switch alg {
	case keys.SM2:
		key, err = sm2.GenerateKey(rand.Reader)
	case keys.RSA3072:
		key, err = rsa.GenerateKey(rand.Reader, 3072)
	case keys.P384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		panic(err)
	}
	return key
}

// newHierarchy is a root with a time-stamping delegate; change may spoil the delegate's certificate.
func newHierarchy(t testing.TB, alg keys.KeyAlgorithm, change func(*smx509.Certificate)) *ca.Hierarchy {
	t.Helper()
	own := keysOf()[alg]
	root := &smx509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: start.AddDate(-1, 0, 0),
		NotAfter: start.AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign}
	rootDER, err := smx509.CreateCertificate(rand.Reader, root, root, own[0].Public(), own[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf := &smx509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "时间戳"}, NotBefore: start.AddDate(0, -1, 0),
		NotAfter: start.AddDate(1, 0, 0), KeyUsage: smx509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage(true, timeStamping)}}
	if change != nil {
		change(leaf)
	}
	leafDER, err := smx509.CreateCertificate(rand.Reader, leaf, root, own[1].Public(), own[0])
	if err != nil {
		t.Fatal(err)
	}
	return &ca.Hierarchy{Roots: [][]byte{rootDER}, TSA: &ca.Delegate{Raw: leafDER, Signer: own[1], NotAfter: leaf.NotAfter},
		TSAChain: [][]byte{leafDER, rootDER}}
}

var timeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}

func usage(critical bool, purposes ...asn1.ObjectIdentifier) pkix.Extension {
	der, err := asn1.Marshal(purposes)
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: der}
}
