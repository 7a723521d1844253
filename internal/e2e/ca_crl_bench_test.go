//go:build bench

package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/ca"
)

const (
	loadedRevocations = 1_000_000
	shards            = 16
	listPatience      = time.Minute
)

// load writes revocations into the register, as many as that, as if they had been made one after the other.
func (s *server) load(b *testing.B, issuer string, n int) {
	b.Helper()
	db, err := sql.Open("postgres", s.database)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	now := time.Now()
	// A serial number is one octet of the node and 15 of MD5, whose last four choose the shard. The statement is one transaction.
	_, err = db.ExecContext(b.Context(), `
		with drawn as (select '\x01'::bytea || substr(decode(md5(n::text), 'hex'), 2) as serial from generate_series(1, $1::bigint) n),
		placed as (select serial, ('x' || right(encode(serial, 'hex'), 8))::bit(32)::bigint % $2 as shard from drawn),
		numbered as (select *, row_number() over (partition by shard) + coalesce((select change from ca_shard where issuer = $3 and ca_shard.shard = placed.shard), 0)
			as change from placed),
		revoked as (insert into ca_revocation (id, issuer, shard, serial, at, reason, revoked_by, expires, change)
			select $3 || '.' || encode(serial, 'hex'), $3, shard, serial, $4, $5, 'benchmark', $6, change from numbered returning shard, change)
		insert into ca_shard (issuer, shard, change) select $3, shard, max(change) from revoked group by shard
			on conflict (issuer, shard) do update set change = excluded.change`,
		n, shards, issuer, now.UnixMilli(), ca.CessationOfOperation, now.AddDate(1, 0, 0).UnixMilli())
	if err != nil {
		b.Fatal(err)
	}
}

// list is a shard of a CRL as the server publishes it.
type list struct {
	address string
	line    *wire
	host    string
	etag    string
	der     []byte
}

// fetch takes the list again if it changed.
func (l *list) fetch() error {
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nIf-None-Match: %s\r\n\r\n", l.address, l.host, l.etag)
	got, err := l.line.do(request)
	switch {
	case err != nil:
		return err
	case got.status == http.StatusOK:
		l.etag, l.der = got.header.Get("ETag"), got.body
	case got.status != http.StatusNotModified:
		return fmt.Errorf("%s: %d", l.address, got.status)
	}
	return nil
}

// until fetches the list again and again until it is as it should be.
func (l *list) until(b *testing.B, done func(*list) bool) {
	b.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(listPatience)
	for {
		if err := l.fetch(); err != nil {
			b.Fatal(err)
		}
		if done(l) {
			return
		}
		select {
		case <-deadline:
			b.Fatalf("%s is not published", l.address)
		case <-poll.C:
		}
	}
}

// benchLists measures how long a revocation takes into the CRL where a million are listed already.
func benchLists(b *testing.B, s *server, certificates []held) {
	const revocations = 15
	issuer, _, _ := strings.Cut(certificates[0].id, ".")
	line := s.wire()
	b.Cleanup(line.close)
	lists := make([]*list, shards)
	for i := range lists {
		lists[i] = &list{address: fmt.Sprintf("/crl/%s/%d.crl", issuer, i), line: &line, host: s.host()}
	}
	progress("loading %d revocations", loadedRevocations)
	s.load(b, issuer, loadedRevocations)
	progress("waiting for their lists")
	loaded, size := time.Now(), 0
	before := s.cpu(b)
	for _, l := range lists {
		l.until(b, func(l *list) bool { return len(l.der) > 30*loadedRevocations/shards })
		size += len(l.der)
	}
	published, spent := time.Since(loaded), s.cpu(b)-before

	before = s.cpu(b)
	var took []time.Duration
	for i, h := range certificates[:revocations] {
		l := lists[slices.IndexFunc(lists, func(l *list) bool { return l.address == path(h.CRLDistributionPoints[0]) })]
		time.Sleep(time.Duration(i) * time.Second / revocations) // the publisher looks once a second: meet it at every moment of that
		start := time.Now()
		got, err := line.do(s.post("/ca/v1/certificates/"+h.id+"/revocation", `{"reason": 4}`))
		if err != nil || got.status != http.StatusOK {
			b.Fatalf("revocation: %d %s %v", got.status, got.body, err)
		}
		serial := h.SerialNumber.Bytes()
		l.until(b, func(l *list) bool { return bytes.Contains(l.der, serial) })
		took = append(took, time.Since(start))
		progress("revocation %d of %d is published after %s", i+1, revocations, milliseconds(took[i]))
	}
	slices.Sort(took)
	each := (s.cpu(b) - before) / revocations
	b.ReportMetric(took[len(took)/2].Seconds(), "s/publication")
	results.add(fmt.Sprintf("CRLs: %d revocations in %d shards, on PostgreSQL", loadedRevocations, shards), []string{"", ""},
		[]string{"one revocation: from the request until the list with it is published, median and longest of 15",
			fmt.Sprintf("%s, %s", milliseconds(took[len(took)/2]), milliseconds(took[len(took)-1]))},
		[]string{"server CPU for that, the polling of the list included", milliseconds(each)},
		[]string{"a list", fmt.Sprintf("%.2f MB", float64(size)/shards/1e6)},
		[]string{"all lists", fmt.Sprintf("%.1f MB", float64(size)/1e6)},
		[]string{"all revocations at once: until all lists are published", fmt.Sprintf("%.1f s", published.Seconds())},
		[]string{"server CPU for that", fmt.Sprintf("%.1f s", spent.Seconds())})
}
