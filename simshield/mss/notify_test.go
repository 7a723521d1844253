package mss_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/mss"
)

// provider is an application's end of the callbacks.
type provider struct {
	*httptest.Server
	calls atomic.Int64
	told  chan string // MSSP_TransID
	// during happens while it is called.
	during func()
}

func (w *world) provider() *provider {
	p := &provider{told: make(chan string, 100), during: func() {}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p.calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		p.during()
		p.told <- w.read(http.StatusOK, body).TransID
	}))
	w.t.Cleanup(p.Close)
	return p
}

// signedFor has a person sign for an application that is to be told, and returns the MSSP_TransID.
func (w *world) signedFor(a ap, p *provider) string {
	w.t.Helper()
	m := a.order(signature, "asynchServerServer")
	m["AP_Info"].(members)["AP_URL"] = p.URL
	asked := w.call("MSS_SignatureReq", m)
	w.is("100", asked)
	w.Settle()
	return asked.TransID
}

// node is another node on the same store.
func (w *world) node() *mss.Service {
	mine, router := w.face, w.router
	w.serve(http.DefaultClient)
	other := w.face
	w.face, w.router = mine, router
	return other
}

func (p *provider) wait(t *testing.T) string {
	t.Helper()
	select {
	case id := <-p.told:
		return id
	case <-time.After(time.Minute):
		t.Fatal("nobody was told")
		return ""
	}
}

// TestSlowApplication: an application that does not answer keeps no other waiting, on its node or another, and is called once for one end.
func TestSlowApplication(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		slow, quick := w.provider(), w.provider()
		called, answer := make(chan struct{}), make(chan struct{})
		var hung atomic.Bool
		slow.during = func() {
			if !hung.Swap(true) {
				close(called)
				<-answer
			}
		}
		answered := sync.OnceFunc(func() { close(answer) })
		defer answered() // or the provider does not stop
		ends := map[string]bool{w.signedFor(w.shop, slow): true, w.signedFor(w.shop, slow): true}
		first := w.signedFor(w.other, quick)
		other := w.node()
		var telling sync.WaitGroup
		telling.Go(func() {
			if err := w.face.Notify(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if got := quick.wait(t); got != first {
			t.Errorf("told %s, want %s", got, first)
		}
		<-called
		second := w.signedFor(w.other, quick)
		third := w.signedFor(w.shop, slow)
		for patience := time.Now().Add(time.Minute); quick.calls.Load() < 2 && time.Now().Before(patience); {
			w.must(w.face.Notify(t.Context())) // it is at the slow one, and goes on with others as soon as it is through with them
		}
		if got := quick.wait(t); got != second {
			t.Errorf("told %s, want %s", got, second)
		}
		if slow.calls.Load() != 1 {
			t.Errorf("%d calls side by side", slow.calls.Load())
		}
		w.must(other.Notify(t.Context())) // takes up what the first has not, and nothing else
		if got := slow.wait(t); got != third {
			t.Errorf("told %s, want %s", got, third)
		}
		answered()
		telling.Wait()
		for range 2 {
			if id := slow.wait(t); !ends[id] {
				t.Errorf("told of %s", id)
			} else {
				delete(ends, id)
			}
		}
		w.Clock.Advance(time.Hour)
		w.must(w.face.Notify(t.Context()))
		if slow.calls.Load() != 3 || quick.calls.Load() != 2 {
			t.Errorf("%d and %d calls", slow.calls.Load(), quick.calls.Load())
		}
	})
}

// TestHalfALease: what there is no time for before another node may take it up is given back, and told once.
func TestHalfALease(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		slow := w.provider()
		slow.during = func() { w.Clock.Advance(31 * time.Second) }
		ends := map[string]bool{}
		for range 3 {
			ends[w.signedFor(w.shop, slow)] = true
		}
		other := w.node()
		for _, node := range []*mss.Service{w.face, other, w.face, other} {
			w.must(node.Notify(t.Context()))
		}
		for range 3 {
			delete(ends, slow.wait(t))
		}
		if len(ends) != 0 || slow.calls.Load() != 3 {
			t.Errorf("%d calls, not told: %v", slow.calls.Load(), ends)
		}
	})
}

// TestOneBrokenRow: a transaction that cannot be told of keeps no other of its application untold.
func TestOneBrokenRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.provider()
		broken := w.signedFor(w.shop, p)
		w.signedFor(w.shop, p)
		w.signedFor(w.shop, p)
		w.must(w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `update mss_transaction set id = 'txn_none', due = 1 where id = $1`, broken)
			return err
		}))
		w.must(w.face.Notify(t.Context()))
		if p.calls.Load() != 2 {
			t.Errorf("%d calls", p.calls.Load())
		}
	})
}
