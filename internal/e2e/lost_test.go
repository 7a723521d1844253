//go:build e2e

package e2e

import (
	"database/sql"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/sqldb/sqldbtest"
)

// TestLostConnections cuts connections between the server and PostgreSQL, again and again, under load. The server says 503
// where it does not know, recovers by itself, and accepts nothing twice.
func TestLostConnections(t *testing.T) {
	database := newDatabase(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("postgres", os.Getenv(sqldbtest.PostgreSQLEnv))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	s := startSandbox(t, "--database", database, "--subscribers", "500", "--log", "error")
	h, from, camara := &history{}, &phones{}, s.app("camara")
	var over atomic.Bool
	var load sync.WaitGroup
	for w := range 32 {
		load.Go(func() {
			for turn := 0; !over.Load(); turn++ {
				who := s.Subscribers[(w+turn*32)%len(s.Subscribers)]
				h.login(camara, from.of(who.IP), who.Number, turn, true)
			}
		})
	}
	cuts := 0
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for i := range 20 {
		<-tick.C
		var n int
		if err := admin.QueryRow(`select count(pg_terminate_backend(pid)) from
			(select pid from pg_stat_activity where datname = $1 order by random() limit $2) picked`, strings.TrimPrefix(u.Path, "/"), 1+i%4*10).Scan(&n); err != nil {
			t.Fatal(err)
		}
		cuts += n
	}
	over.Store(true)
	load.Wait()
	who := s.Subscribers[0]
	await(t, "the server recovers", func() bool {
		_, v, _ := camara.tryAuthorize(from.of(who.IP), newFlow(callback))
		return v == accepted
	})
	var lost atomic.Int32
	for _, name := range []string{"token", "code"} {
		parallel(h.since(0), func(t *ticket) {
			if t.name == name {
				if h.settle(t, nil) == unknown {
					lost.Add(1)
				}
			}
		})
	}
	h.report(t)
	if n := lost.Load(); n > 0 {
		t.Errorf("%d outcomes are unknown although the store is there", n)
	}
	t.Logf("%d connections cut; %v", cuts, h.counts)
}
