package authn_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// The world of the tests: two gateways, two people with one SIM each, and a clock that stands still.
const (
	gatewayA = "gw-a"
	gatewayB = "gw-b"
	realm    = "mobile"
	interim  = time.Hour
	skewed   = authn.Skew + time.Second
	imeisv   = "3569380356438012"
)

var (
	epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	alice = subscriber{number: number("+8613800000001"), imsi: "460000000000001", tenure: "ten_alice"}
	bob   = subscriber{number: number("+8613800000002"), imsi: "460000000000002", tenure: "ten_bob"}
)

type subscriber struct {
	number simtrust.Number
	imsi   string
	tenure simtrust.TenureID
}

func number(s string) simtrust.Number {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}

// holding is the subscriber's record, a year old.
func (s subscriber) holding() renumber.Holding {
	since := epoch.AddDate(-1, 0, 0)
	return renumber.Holding{
		Tenure: simtrust.Tenure{ID: s.tenure, Number: s.number, Opened: since},
		SIMs:   []renumber.SIM{{ICCID: "8986", IMSI: s.imsi, Primary: true, Since: since}},
	}
}

type world struct {
	testing.TB
	*authn.Service
	tenures *tenures
	devices *devices
	metrics *prometheus.Registry
	clock   *clock
	db      *sqldb.DB
	config  authn.Config
}

// each runs fn in a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	eachWith(t, func(*authn.Config) {}, fn)
}

func eachWith(t *testing.T, adjust func(*authn.Config), fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{authn.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db, adjust)) })
}

func newWorld(t testing.TB, db *sqldb.DB, adjust func(*authn.Config)) *world {
	t.Helper()
	w := &world{
		TB: t, db: db, clock: &clock{at: epoch}, devices: &devices{},
		tenures: &tenures{byNumber: map[simtrust.Number]renumber.Holding{}},
		config: authn.Config{
			Realm: realm, URL: "https://id.example.com",
			// A horizon as long as this keeps the heartbeat out of tests that are not about it.
			NASes: []authn.NAS{
				{Name: gatewayA, Interim: interim, Retransmit: 1000 * time.Hour},
				{Name: gatewayB, Interim: interim, Retransmit: 1000 * time.Hour},
			},
		},
	}
	adjust(&w.config)
	w.tenures.set(alice.holding())
	w.tenures.set(bob.holding())
	w.restart()
	return w
}

// restart starts a new service on the same store, as a new process would.
func (w *world) restart() {
	w.Helper()
	w.metrics = prometheus.NewRegistry()
	deps := w.deps()
	deps.Metrics = w.metrics
	s, err := authn.New(deps, w.config)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(s.Close)
	w.Service = s
	w.beat()
}

func (w *world) deps() authn.Deps {
	return authn.Deps{
		DB: w.db, Tenures: w.tenures, Devices: w.devices, Now: w.clock.now,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: prometheus.NewRegistry(),
	}
}

func (w *world) prune() {
	w.Helper()
	if err := w.Prune(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) rows(table string) (n int) {
	w.Helper()
	if err := w.db.QueryRow(w.Context(), "select count(*) from "+table).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *world) beat() {
	w.Helper()
	if err := w.Beat(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// pass lets time pass while the listener listens.
func (w *world) pass(d time.Duration) {
	w.Helper()
	w.clock.advance(d)
	w.beat()
}

// send has records acknowledged.
func (w *world) send(records ...radius.Record) {
	w.Helper()
	for _, r := range records {
		if err := w.Account(w.Context(), r); err != nil {
			w.Fatalf("record not acknowledged: %v", err)
		}
	}
}

// record is a Start of s on address; edit changes it.
func (w *world) record(s subscriber, sid, address string, edit ...func(*radius.Record)) radius.Record {
	r := radius.Record{
		NAS: gatewayA, Realm: realm, Status: radius.Start, SessionID: sid, Number: s.number, IMSI: s.imsi,
		At: w.clock.now(), Received: w.clock.now(),
	}
	if address != "" {
		if a := netip.MustParseAddr(address); a.Is4() {
			r.IPv4 = a
		} else {
			r.IPv6 = netip.PrefixFrom(a, 64).Masked()
		}
	}
	for _, e := range edit {
		e(&r)
	}
	return r
}

func status(s radius.Status) func(*radius.Record) { return func(r *radius.Record) { r.Status = s } }
func at(t time.Time) func(*radius.Record)         { return func(r *radius.Record) { r.At = t } }
func imsi(s string) func(*radius.Record)          { return func(r *radius.Record) { r.IMSI = s } }
func nas(name string) func(*radius.Record)        { return func(r *radius.Record) { r.NAS = name } }

func ports(address string, low, high uint16) func(*radius.Record) {
	return func(r *radius.Record) {
		r.Ports = radius.PortRange{Addr: netip.MustParseAddr(address), Low: low, High: high}
	}
}

// from is a request whose connection comes from peer, an address with or without a port.
func from(peer string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://id.example.com/authorize?client_id=shop", nil)
	r.RemoteAddr = peer
	if _, err := netip.ParseAddrPort(peer); err != nil {
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(peer), 40000).String()
	}
	return r
}

// is checks that peer is located as s, and returns what was located.
func (w *world) is(peer string, s subscriber) authn.Located {
	w.Helper()
	l, err := w.Locate(w.Context(), from(peer))
	if err != nil {
		w.Fatalf("%s: %v, want %s", peer, err, s.tenure)
	}
	if l.Tenure != s.tenure || l.Number != s.number || l.IMSI != s.imsi {
		w.Fatalf("%s: located as %s with IMSI %s, want %s", peer, l.Tenure, l.IMSI, s.tenure)
	}
	return l
}

// isNot checks that peer is denied for a reason.
func (w *world) isNot(peer, reason string) {
	w.Helper()
	w.refused(from(peer), simtrust.KindDenied, reason)
}

func (w *world) refused(r *http.Request, kind simtrust.Kind, reason string) {
	w.Helper()
	l, err := w.Locate(w.Context(), r)
	if simtrust.KindOf(err) != kind || simtrust.ReasonOf(err) != reason {
		w.Fatalf("%s: located %q with error %v, want %s %s", r.RemoteAddr, l.Tenure, err, kind, reason)
	}
	if l != (authn.Located{}) {
		w.Fatalf("an error comes with %+v", l)
	}
}

func (w *world) doubted(n simtrust.Number, since time.Time, want bool) {
	w.Helper()
	got, err := w.Doubted(w.Context(), n, since)
	if err != nil || got != want {
		w.Fatalf("doubted: %v, %v, want %v", got, err, want)
	}
}

// quarantined returns how many records are in quarantine for a reason.
func (w *world) quarantined(reason string) (n int) {
	w.Helper()
	err := w.db.QueryRow(w.Context(), "select count(*) from authn_quarantine where reason = $1", reason).Scan(&n)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// counted returns a counter of one label, "" for none.
func (w *world) counted(name, label, value string) float64 {
	w.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetName() == label && l.GetValue() == value {
					sum += m.GetCounter().GetValue()
				}
			}
			if f.GetName() == name && label == "" {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// tenures plays renumber.
type tenures struct {
	mu       sync.Mutex
	byNumber map[simtrust.Number]renumber.Holding
	away     error
}

func (f *tenures) set(h renumber.Holding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.byNumber[h.Number] = h
}

func (f *tenures) release(n simtrust.Number) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byNumber, n)
}

func (f *tenures) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = err
}

func (f *tenures) Current(_ context.Context, n simtrust.Number) (renumber.Holding, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h, ok := f.byNumber[n]
	switch {
	case f.away != nil:
		return renumber.Holding{}, f.away
	case !ok:
		return renumber.Holding{}, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: renumber.ReasonUnassigned}
	}
	return h, nil
}

func (f *tenures) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	live := map[simtrust.TenureID]renumber.Holding{}
	for _, id := range ids {
		for _, h := range f.byNumber {
			if h.ID == id {
				live[id] = h
			}
		}
	}
	return live, f.away
}

// devices remembers what it was told.
type devices struct {
	mu   sync.Mutex
	seen []string
	away error
}

func (f *devices) ObserveDevice(_ context.Context, id simtrust.TenureID, imei string, at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away != nil {
		return f.away
	}
	f.seen = append(f.seen, string(id)+" "+imei+" "+at.UTC().Format(time.RFC3339))
	return nil
}

var errAway = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}
