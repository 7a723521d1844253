package tlog_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"

	"simtrust/ca"
	"simtrust/ca/tlog"
)

func TestInclusionAndConsistency(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.issue(s, 3)
		w.run(s)
		first := w.checkpoint(r, 3)
		w.issue(s, 300)
		last := w.checkpoint(r, 303)
		builder, err := client.NewProofBuilder(w.t.Context(), last.Size, r.ReadTile)
		if err != nil {
			w.t.Fatal(err)
		}
		path, err := builder.ConsistencyProof(w.t.Context(), first.Size, last.Size)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, first.Size, last.Size, path, first.Hash, last.Hash); err != nil {
			w.t.Error(err)
		}
		path, err = builder.InclusionProof(w.t.Context(), 2)
		if err != nil {
			w.t.Fatal(err)
		}
		leaf := rfc6962.DefaultHasher.HashLeaf(w.register.certificates[2].Raw)
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, 2, last.Size, leaf, path, last.Hash); err != nil {
			w.t.Error(err)
		}
		w.agrees(r, 303)
	})
}

func TestNothingPersonalIsPublished(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.issue(s, 2)
		w.run(s)
		w.checkpoint(r, 2)
		b, err := client.GetEntryBundle(w.t.Context(), r.ReadEntryBundle, 0, 2)
		if err != nil {
			w.t.Fatal(err)
		}
		if string(b.Entries[0]) != "certificate 0" || len(b.Entries[1]) != 32 {
			w.t.Errorf("%q", b.Entries)
		}
	})
}

func TestAnEventTwiceIsOneEntry(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.run(s)
		e := w.register.issue(2)
		more := w.register.issue(1)
		more.Certificates = append(e.Certificates[1:], more.Certificates[0], more.Certificates[0])
		for _, e := range []ca.Issued{e, e, more} {
			if err := s.Issued(w.t.Context(), e); err != nil {
				w.t.Fatal(err)
			}
		}
		w.checkpoint(r, 3)
		w.agrees(r, 3)
	})
}

func TestEventsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const events, repeats = 24, 3
		s := w.service(w.dir)
		r := w.serve(s)
		w.run(s)
		var handlers sync.WaitGroup
		for range events {
			e := w.register.issue(2)
			for range repeats {
				handlers.Go(func() {
					if err := s.Issued(w.t.Context(), e); err != nil {
						w.t.Error(err)
					}
				})
			}
		}
		handlers.Wait()
		w.checkpoint(r, 2*events)
		w.agrees(r, 2*events)
	})
}

func TestEventsThatAreNotForTheLog(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		for name, spoil := range map[string]func(*ca.IssuedCertificate){
			"no id":          func(c *ca.IssuedCertificate) { c.ID = "" },
			"no hash":        func(c *ca.IssuedCertificate) { c.SHA256 = nil },
			"another's hash": func(c *ca.IssuedCertificate) { c.SHA256 = make([]byte, 32) },
			"too large":      func(c *ca.IssuedCertificate) { c.Raw = make([]byte, 1<<16) },
		} {
			e := (&register{}).issue(1)
			spoil(&e.Certificates[0])
			if s.Issued(w.t.Context(), e) == nil {
				w.t.Errorf("%s: taken", name)
			}
		}
	})
}

// A process can die after the folder was written and before anything says so in the database.
func TestKilledBetweenAppendAndMark(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		stop := w.run(s)
		r := w.serve(s)
		w.issue(s, 5)
		w.checkpoint(r, 5)
		stop()
		w.exec(`update tlog_head set signed_size = 0, signed_root = ''`)
		if err := os.Remove(w.dir + "/checkpoint"); err != nil {
			w.t.Fatal(err)
		}
		again := w.service(w.dir)
		w.run(again)
		w.issue(again, 1)
		w.checkpoint(r, 6)
		w.agrees(r, 6)
	})
}

func TestTwoWriters(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first, second := w.service(w.dir), w.service(w.dir)
		r := w.serve(second)
		stop := w.run(first)
		w.issue(first, 2)
		w.checkpoint(r, 2)
		w.run(second)
		for range 5 {
			w.issue(first, 1)
			w.issue(second, 1)
		}
		w.checkpoint(r, 12)
		stop() // gives the lease back
		w.issue(second, 1)
		w.checkpoint(r, 13)
		w.agrees(r, 13)
	})
}

// Nothing is signed without the lease, even by a writer that believes to hold it.
func TestALostLeaseSignsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.run(s)
		w.issue(s, 1)
		w.checkpoint(r, 1)
		w.exec(`update tlog_lease set holder = 'another', until = $1`, w.clock.now().Add(time.Hour).UnixMilli())
		w.issue(s, 1)
		w.stays(r, 1)
		w.clock.advance(2 * time.Hour)
		w.checkpoint(r, 2)
		w.agrees(r, 2)
	})
}

// stays sees that the checkpoint does not grow while one could have been made and published twice over.
func (w *world) stays(r reader, size uint64) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); <-tick.C {
		if c := w.checkpoint(r, 0); c.Size != size {
			w.t.Fatalf("size %d instead of %d", c.Size, size)
		}
	}
}

func TestAFolderIsMadeAgain(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		stop := w.run(s)
		r := w.serve(s)
		w.issue(s, 700)
		before := w.checkpoint(r, 700)
		stop()
		if err := os.RemoveAll(w.dir); err != nil {
			w.t.Fatal(err)
		}
		w.run(w.service(w.dir))
		if after := w.checkpoint(r, 1); after.Size != before.Size || string(after.Hash) != string(before.Hash) {
			w.t.Errorf("%+v after %+v", after, before)
		}
		w.agrees(r, 700)
	})
}

func TestARestoreSignsNothingSmaller(t *testing.T) {
	t.Parallel()
	for name, restore := range map[string]func(w *world){
		"smaller":      func(w *world) { w.exec(`update tlog_head set signed_size = 9, signed_root = 'root'`) },
		"another tree": func(w *world) { w.exec(`update tlog_head set signed_root = 'root'`) },
		"no extension": func(w *world) { w.exec(`update tlog_head set signed_size = 3, signed_root = 'root'`) },
		"the database knows less": func(w *world) {
			w.exec(`delete from tlog_entry where idx > 2`)
			w.exec(`update tlog_head set size = 3, signed_size = 3`)
		},
		"another order": func(w *world) { w.exec(`update tlog_entry set data = 'x' where idx = 1`) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				s := w.service(w.dir)
				stop := w.run(s)
				r := w.serve(s)
				w.issue(s, 5)
				w.checkpoint(r, 5)
				stop()
				restore(w)
				if err := os.Remove(w.dir + "/checkpoint"); err != nil {
					w.t.Fatal(err)
				}
				w.run(w.service(w.dir))
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); <-tick.C {
					if text, err := os.ReadFile(w.dir + "/checkpoint"); !errors.Is(err, os.ErrNotExist) {
						w.t.Fatalf("signed: %s %v", text, err)
					}
				}
			})
		})
	}
}

func TestTilesUnderOtherNames(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		r := w.serve(s)
		w.run(s)
		w.issue(s, 1)
		w.checkpoint(r, 1)
		for path, want := range map[string]int{
			"/tile/0/000.p/1": 200, "/tile/entries/000.p/1": 200, "/checkpoint": 200, "/key": 200,
			"/tile/0/000": 404, "/tile/0/0.p/1": 404, "/tile/00/000.p/1": 404, "/tile/64/000.p/1": 404, "/tile/x/000": 404,
			"/tile/entries/..%2f..%2f.state%2ftreeState": 404, "/tile/0/..%2f..%2fcheckpoint": 404, "/tile/entries/": 404, "/tile/0/000.p/0": 404, "/.state/treeState": 404,
		} {
			res, err := http.Get(r.url + tlog.Path + path)
			if err != nil {
				w.t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != want || res.Body.Close() != nil {
				w.t.Errorf("%s: %s %q %v", path, res.Status, body, err)
			}
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]tlog.Config{
		"short seed": {Origin: origin, Seed: seed[1:]}, "no origin": {Seed: seed}, "a space": {Origin: "a b", Seed: seed}, "a plus": {Origin: "a+b", Seed: seed},
	} {
		if _, err := tlog.New(tlog.Deps{}, c); err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
