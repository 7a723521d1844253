package jetstream_test

import (
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/dispatch/jetstream"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// cluster is dialled where a server may be, or none.
type cluster struct{ server atomic.Pointer[server.Server] }

func (c *cluster) Dial(string, string) (net.Conn, error) {
	if s := c.server.Load(); s != nil {
		return s.InProcessConn()
	}
	return nil, errors.New("nobody is there")
}

// comes starts a server with an empty store.
func (c *cluster) comes(t *testing.T) {
	t.Helper()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: t.TempDir(), DontListen: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	c.server.Store(s)
}

func (c *cluster) goes() {
	s := c.server.Swap(nil)
	s.Shutdown()
	s.WaitForShutdown()
}

// passes holds that a hint goes in and comes out, in time.
func passes(t *testing.T, q *jetstream.Queue, delivery string) {
	t.Helper()
	hint := []dispatch.Hint{{Channel: "sms", Deliveries: []string{delivery}}}
	end := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for err := q.Put(t.Context(), hint); err != nil; err = q.Put(t.Context(), hint) {
		if time.Now().After(end) {
			t.Fatal(err)
		}
		<-tick.C
	}
	for time.Now().Before(end) {
		got, done, err := q.Take(t.Context(), "sms", false)
		if err == nil && slices.Contains(got, delivery) {
			done()
			return
		}
	}
	t.Fatal("the hint does not come out")
}

// TestClusterAway: a cluster that is away keeps nobody from starting, is joined when it comes, and again when it comes back without what it
// knew.
func TestClusterAway(t *testing.T) {
	c := &cluster{}
	q, err := jetstream.Open("nats://127.0.0.1:4222", 1, slog.New(slog.DiscardHandler), nats.SetCustomDialer(c),
		nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Put(t.Context(), []dispatch.Hint{{Channel: "sms", Deliveries: []string{"dlv_0"}}}); err == nil {
		t.Error("a hint was put where nobody is")
	}
	if got, _, err := q.Take(t.Context(), "sms", false); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	c.comes(t)
	passes(t, q, "dlv_1")
	c.goes()
	c.comes(t)
	passes(t, q, "dlv_2")
	q.Close()
	if _, _, err := q.Take(t.Context(), "sms", false); err == nil {
		t.Error("taken from a queue that is closed")
	}
}
