package authn_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/internal/sqldb"
)

// eachListening runs fn in a world whose first gateway repeats packets for the default 30 s, and the second for five minutes.
func eachListening(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	eachWith(t, func(c *authn.Config) {
		c.NASes = []authn.NAS{{Name: gatewayA, Interim: interim}, {Name: gatewayB, Interim: interim, Retransmit: 5 * time.Minute}}
	}, fn)
}

func TestListenerGap(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", "10.0.0.2", nas(gatewayB)))
		w.pass(30 * time.Second)
		w.is(phone, alice) // the gateway would have repeated what we missed
		w.pass(31 * time.Second)
		w.isNot(phone, authn.ReasonListenerGap)
		w.is("10.0.0.2", bob)

		t.Log("what happened during the gap does not end it")
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate), at(w.clock.now().Add(-10*time.Second))))
		w.isNot(phone, authn.ReasonListenerGap)
		w.pass(10 * time.Second)
		w.isNot(phone, authn.ReasonListenerGap)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		w.is(phone, alice)
	})
}

func TestListenerGapSurvivesARestart(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		w.clock.advance(20 * time.Second)
		w.restart()
		w.is(phone, alice) // known sessions are back
		w.clock.advance(time.Minute)
		w.restart()
		w.isNot(phone, authn.ReasonListenerGap)
		w.restart()
		w.isNot(phone, authn.ReasonListenerGap)
		w.clock.advance(time.Second)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		w.restart()
		w.is(phone, alice)
	})
}

// The first record after an absence notes the absence, even before the first heartbeat.
func TestListenerGapIsNotedBeforeTheFirstRecord(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", "10.0.0.2"))
		w.clock.advance(time.Minute)
		w.send(w.record(bob, "b", "10.0.0.2", status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonListenerGap)
		w.is("10.0.0.2", bob)
	})
}

// A record that arrived in one second and waited for the heartbeat of the next counts as heard after the absence.
func TestRecordThatWaitsForTheFirstHeartbeat(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.clock.advance(time.Minute - time.Millisecond)
		r := w.record(alice, "a", phone)
		w.clock.advance(time.Second)
		w.send(r)
		w.is(phone, alice)
	})
}

func TestGatewayThatWasNotServedForAWhile(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", "10.0.0.2", nas(gatewayB)))
		all := w.config.NASes
		w.config.NASes = all[:1]
		w.restart()
		w.isNot("10.0.0.2", authn.ReasonStaleSession)
		for range 12 {
			w.pass(30 * time.Second)
		}
		w.config.NASes = all
		w.restart()
		w.is(phone, alice)
		w.isNot("10.0.0.2", authn.ReasonListenerGap)
	})
}

func TestClockSetBackCountsAsAGap(t *testing.T) {
	eachListening(t, func(t *testing.T, w *world) {
		w.pass(20 * time.Second)
		w.clock.advance(-10 * time.Minute)
		w.send(w.record(alice, "a", phone, at(w.clock.now().Add(-5*time.Second))))
		w.isNot(phone, authn.ReasonListenerGap)
	})
}

func TestNobodyIsLocatedWhileTheStoreIsNotKnownToTakeWrites(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		w.is(phone, alice)
		w.clock.advance(6 * time.Second)
		w.refused(from(phone), simtrust.KindUnavailable, authn.ReasonStoreUnwritable)
		if err := w.Check(t.Context()); simtrust.ReasonOf(err) != authn.ReasonStoreUnwritable {
			t.Errorf("Check: %v", err)
		}
		if _, err := w.Doubted(t.Context(), alice.number, epoch); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Errorf("Doubted: %v", err)
		}
		w.beat()
		w.is(phone, alice)
	})
}

func TestRefusedWriteStopsLocatingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		if err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "alter table authn_nas rename to authn_nas_away")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.Beat(t.Context()); err == nil {
			t.Fatal("the heartbeat was stored nowhere")
		}
		w.refused(from(phone), simtrust.KindUnavailable, authn.ReasonStoreUnwritable)
		w.clock.advance(time.Minute)
		if err := w.Account(t.Context(), w.record(bob, "b", "10.0.0.2")); err == nil {
			t.Error("acknowledged without a heartbeat")
		}
	})
}

func TestServiceThatNeverWroteLocatesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		s, err := authn.New(w.deps(), w.config)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Locate(t.Context(), from(phone)); simtrust.ReasonOf(err) != authn.ReasonStoreUnwritable {
			t.Errorf("Locate: %v", err)
		}
	})
}

func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "old", phone), w.record(alice, "x", "10.0.0.8", imsi("")),
			w.record(bob, "nat", "", ports("198.51.100.7", 1024, 2047)))
		for range 5 {
			w.pass(interim)
			w.send(w.record(bob, "new", "10.0.0.2", status(radius.InterimUpdate)),
				w.record(bob, "nat", "10.0.0.3", status(radius.InterimUpdate)))
		}
		w.prune()
		w.is("10.0.0.2", bob)
		w.is("198.51.100.7:1024", bob)
		w.isNot(phone, authn.ReasonNoSession)
		if n := w.rows("authn_session"); n != 2 {
			t.Errorf("%d sessions left, want 2", n)
		}
		if w.rows("authn_quarantine") != 1 {
			t.Error("the quarantine is kept for longer")
		}
		w.doubted(alice.number, epoch, true)
		w.pass(91 * 24 * time.Hour)
		w.prune()
		for _, table := range []string{"authn_session", "authn_claim", "authn_quarantine", "authn_doubt"} {
			if n := w.rows(table); n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
	})
}

// More than one transaction deletes.
func TestPruneMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
				insert into authn_doubt (number, at) select 'n' || cast(i as text), 0 from n`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.prune()
		if n := w.rows("authn_doubt"); n != 0 {
			t.Errorf("%d rows left", n)
		}
	})
}

func TestRunBeatsUntilItsContextEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.clock.advance(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		for w.Check(t.Context()) != nil {
			runtime.Gosched()
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestConfigErrors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*authn.Config){
			"no name":       func(c *authn.Config) { c.NASes = []authn.NAS{{Interim: interim}} },
			"same name":     func(c *authn.Config) { c.NASes = append(c.NASes, c.NASes[0]) },
			"no interim":    func(c *authn.Config) { c.NASes = []authn.NAS{{Name: gatewayA}} },
			"short horizon": func(c *authn.Config) { c.NASes[0].Retransmit = time.Second },
			"no URL":        func(c *authn.Config) { c.URL = "" },
			"relative URL":  func(c *authn.Config) { c.URL = "/authn" },
			"bare enricher": func(c *authn.Config) { c.Enrichers = []authn.Enricher{{Issuer: "proxy"}} },
		} {
			c := w.config
			c.NASes = append([]authn.NAS{}, w.config.NASes...)
			change(&c)
			if s, err := authn.New(w.deps(), c); err == nil {
				s.Close()
				t.Errorf("%s: accepted", name)
			}
		}
	})
}
