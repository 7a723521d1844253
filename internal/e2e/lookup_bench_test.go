//go:build bench

package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

const lookupSessions = 10_000

// BenchmarkLookup measures who is on a connection, in process: the session of an address, and that its holder still has the number.
func BenchmarkLookup(b *testing.B) {
	machine(b)
	stores := []struct {
		name, url string
		opts      []sqldb.Option
	}{
		{"SQLite", sqldbtest.SQLiteURL(b), nil},
		{"PostgreSQL", postgresURL(b), nil},
		{"PostgreSQL, not coalesced", postgresURL(b), []sqldb.Option{sqldb.WithoutCoalescing(), sqldb.WithMaxConns(aloneConns)}},
	}
	var sites []*site
	for _, store := range stores {
		progress("opening %d sessions on %s", lookupSessions, store.name)
		sites = append(sites, newSite(b, sqldbtest.Open(b, store.url, store.opts...)))
	}
	var rows [][]string
	for _, callers := range []int{1, 64, 256} {
		var contenders []contender
		for i, s := range sites {
			contenders = append(contenders, contender{name: fmt.Sprintf("%s, %d callers", stores[i].name, callers),
				process: &process{pid: os.Getpid()}, clients: callers, step: s.lookups(callers)})
		}
		all := contest(b, "lookup", 3, 500*time.Millisecond, time.Second, contenders)
		for i, c := range contenders {
			s := all[c.name]
			rows = append(rows, []string{stores[i].name, fmt.Sprint(callers), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)),
				milliseconds(median(s, p99)), microseconds(median(s, cpu)), storeTime(stores[i].name, s)})
		}
	}
	results.add(fmt.Sprintf("Session lookups among %d sessions, in process", lookupSessions),
		[]string{"store", "callers", "lookups/s", "p50", "p99", "CPU a lookup", "PostgreSQL CPU"}, rows...)
}

// site is the modules below the login, over a store with sessions.
type site struct {
	holders  *renumber.Service
	network  *authn.Service
	requests []*http.Request // one from each session
}

func newSite(b *testing.B, db *sqldb.DB) *site {
	b.Helper()
	if err := sqldb.Migrate(b.Context(), db, outbox.Migrations(), renumber.Migrations(), authn.Migrations()); err != nil {
		b.Fatal(err)
	}
	s := &site{holders: renumber.New(renumber.Deps{DB: db, Outbox: outbox.New(db, time.Now, slog.New(slog.DiscardHandler)), Now: time.Now},
		renumber.Config{})}
	b.Cleanup(s.holders.Close)
	var err error
	s.network, err = authn.New(authn.Deps{DB: db, Tenures: s.holders, Devices: s.holders, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry()},
		authn.Config{URL: "https://id.example.com", NASes: []authn.NAS{{Name: "gateway", Interim: interim, Retransmit: time.Minute}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.network.Close)
	s.fill(b)
	ctx, stop := context.WithCancel(context.Background())
	var beating sync.WaitGroup
	beating.Go(func() { _ = s.network.Run(ctx) })
	b.Cleanup(func() { stop(); beating.Wait() })
	return s
}

// fill assigns the numbers and opens a session for each.
func (s *site) fill(b *testing.B) {
	records := make([]radius.Record, lookupSessions)
	for first := 0; first < lookupSessions; first += renumber.MaxBatch {
		req := renumber.FeedReq{Source: "benchmark"}
		for i := first; i < min(first+renumber.MaxBatch, lookupSessions); i++ {
			records[i] = record(i)
			req.Events = append(req.Events, renumber.FeedEvent{Seq: int64(i + 1), Type: renumber.Assign, Number: records[i].Number.E164(),
				Holder: fmt.Sprint("holder-", i), Effective: records[i].At.Add(-time.Hour), ICCID: fmt.Sprintf("898600%014d", i), IMSI: records[i].IMSI})
		}
		res, err := s.holders.Feed(b.Context(), req)
		if err != nil || res.Results[0].Status != renumber.StatusApplied {
			b.Fatal(res, err)
		}
	}
	if err := each(len(records), func(i int) error { return s.network.Account(b.Context(), records[i]) }); err != nil {
		b.Fatal(err)
	}
	for _, r := range records {
		s.requests = append(s.requests, &http.Request{RemoteAddr: netip.AddrPortFrom(r.IPv4, 40000).String(), Header: http.Header{}})
	}
}

// record is the Start of the i-th subscriber's session.
func record(i int) radius.Record {
	now := time.Now()
	number, err := simtrust.ParseNumber(fmt.Sprintf("+86139%08d", i))
	if err != nil {
		panic(err)
	}
	return radius.Record{NAS: "gateway", Status: radius.Start, SessionID: fmt.Sprint("session-", i), Number: number,
		IMSI: fmt.Sprintf("46000%010d", i), IPv4: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), At: now, Received: now}
}

// lookups is the step of so many callers, who each go through their share of the sessions.
func (s *site) lookups(callers int) func(c int) error {
	turns := make([]int, callers)
	return func(c int) error {
		turns[c]++
		_, err := s.network.Locate(context.Background(), s.requests[(turns[c]*callers+c)%len(s.requests)])
		return err
	}
}
