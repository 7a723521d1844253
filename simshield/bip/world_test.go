package bip_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/bip"
	"simtrust/simshield/bip/session"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

var (
	bank  = ota.TAR{0x53, 0x42, 0x01}
	epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

const retry = 30 * time.Second

// clock is the time of a test; it stands still.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// node is a server with its platform; asker, clock and store are those of all nodes.
type node struct {
	*bip.Server
	t       *testing.T
	db      *sqldb.DB
	clock   *clock
	asker   *asker
	gateway *gateway.Service
	http    *httptest.Server
}

// waker is the bearer as app has it.
type waker struct{ n *node }

func (w waker) Deliver(_ context.Context, m gateway.Message) (gateway.Delivery, error) {
	w.n.Wake(m.ICCID)
	return gateway.Delivery{State: gateway.Accepted}, nil
}

// nobody is a short message gateway that brings nothing anywhere.
type nobody struct{}

func (nobody) Deliver(context.Context, gateway.Message) (gateway.Delivery, error) {
	return gateway.Delivery{State: gateway.Accepted}, nil
}

func newNode(t *testing.T, db *sqldb.DB, c *clock, perMinute int64) *node {
	t.Helper()
	n := &node{t: t, db: db, clock: c, asker: &asker{db: db}}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	n.gateway, err = gateway.New(gateway.Deps{DB: db, Bearer: gateway.Bearers{SMS: nobody{}, Polling: waker{n}}, Log: quiet,
		Metrics: prometheus.NewRegistry(), Now: c.now}, gateway.Config{CardKey: bytes.Repeat([]byte{1}, 32), Retry: retry})
	must(t, err)
	t.Cleanup(n.gateway.Close)
	n.asker.g = n.gateway
	n.gateway.Handle(n.asker)
	n.Server, err = bip.New(bip.Deps{Platform: n.gateway, Client: peer, Log: quiet, Metrics: prometheus.NewRegistry(), Now: c.now},
		bip.Config{PerMinute: perMinute})
	must(t, err)
	r := rpc.NewRouter(rpc.Config{})
	n.Mount(r)
	n.http = httptest.NewServer(r)
	t.Cleanup(n.http.Close)
	t.Cleanup(n.Close)
	return n
}

// peer is the address of a request; a test may claim another.
func peer(r *http.Request) (netip.AddrPort, error) {
	if claimed := r.Header.Get("Test-Address"); claimed != "" {
		return netip.ParseAddrPort(claimed)
	}
	return netip.ParseAddrPort(r.RemoteAddr)
}

func each(t *testing.T, f func(t *testing.T, n *node)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{gateway.Migrations()}, func(t *testing.T, db *sqldb.DB) { f(t, newNode(t, db, &clock{t: epoch}, 6000)) })
}

func only(t *testing.T) *node {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	must(t, sqldb.Migrate(t.Context(), db, gateway.Migrations()))
	return newNode(t, db, &clock{t: epoch}, 6000)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asker is the one who asks; it notes what was answered.
type asker struct {
	g  *gateway.Service
	db *sqldb.DB

	mu      sync.Mutex
	broken  error
	answers []string
}

func (a *asker) Replied(ctx context.Context, r gateway.Reply) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return a.broken
	}
	return a.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		ended, err := a.g.Settle(ctx, tx, gateway.Answered, r.Packet)
		if len(ended) > 0 && err == nil {
			a.answers = append(a.answers, fmt.Sprintf("%s=%s", r.Ref, r.Data))
		}
		return err
	})
}

func (a *asker) Failed(context.Context, gateway.Failure) error {
	return errors.New("nothing fails here")
}

func (a *asker) breaks(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken = err
}

// want compares what was answered.
func (n *node) want(answers ...string) {
	n.t.Helper()
	n.asker.mu.Lock()
	defer n.asker.mu.Unlock()
	if fmt.Sprint(n.asker.answers) != fmt.Sprint(answers) {
		n.t.Errorf("answered: %q, want %q", n.asker.answers, answers)
	}
}

// ask submits to a card and has it sent.
func (n *node) ask(c *card, refs ...string) {
	n.t.Helper()
	must(n.t, n.db.InDefaultTx(n.t.Context(), func(tx *sqldb.Tx) error {
		for _, ref := range refs {
			err := n.gateway.Submit(n.t.Context(), tx, gateway.Submission{ICCID: c.iccid, TAR: bank, Data: []byte("ask " + ref),
				Expires: n.clock.now().Add(2 * time.Minute), Ref: ref})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	must(n.t, n.gateway.Drain(n.t.Context()))
}

// card opens packets and answers them.
type card struct {
	iccid string
	keys  *ota.Keys
	last  ota.Counter
}

func (n *node) card(place int, way gateway.Way) *card {
	n.t.Helper()
	p := gateway.Personalisation{ICCID: fmt.Sprintf("8986001234567890%04d", place), IMSI: fmt.Sprintf("46000123456%04d", place), KeySet: 1,
		KIc: bytes.Repeat([]byte{byte(place)}, 16), KID: bytes.Repeat([]byte{byte(place + 100)}, 16), Way: way}
	keys, err := ota.NewKeys(1, p.KIc, p.KID)
	must(n.t, err)
	done, err := n.gateway.Import(n.t.Context(), []gateway.Personalisation{p})
	if err != nil || done.Added != 1 {
		n.t.Fatalf("%+v, %v", done, err)
	}
	return &card{iccid: p.ICCID, keys: keys}
}

// open opens a packet that the card has not had yet.
func (c *card) open(t *testing.T, packet []byte) ota.Command {
	t.Helper()
	command, status := c.keys.OpenCommand(nil, packet, ota.Gate{Last: c.last})
	if status != ota.OK {
		t.Fatalf("the card says %v", status)
	}
	c.last = command.Counter
	return command
}

func (c *card) response(t *testing.T, command ota.Command, status ota.Status, data string) []byte {
	t.Helper()
	packet, err := c.keys.AppendResponse(nil, command, status, []byte(data))
	must(t, err)
	return packet
}

// first is a request without a response.
func (c *card) first() session.Request { return session.Request{ICCID: c.iccid} }

func (c *card) brings(packet []byte) session.Request {
	return session.Request{ICCID: c.iccid, Status: session.OK, Response: packet}
}

// answer is what a server said to a card.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends a request, with its header changed as told.
func (n *node) post(ctx context.Context, query string, req session.Request, changes ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.http.URL+bip.Path+query, bytes.NewReader(req.Response))
	if err != nil {
		return answer{}, err
	}
	req.Put(r.Header)
	for i := 0; i < len(changes); i += 2 {
		r.Header.Set(changes[i], changes[i+1])
	}
	res, err := n.http.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}

func (n *node) said(query string, req session.Request, changes ...string) answer {
	n.t.Helper()
	a, err := n.post(n.t.Context(), query, req, changes...)
	must(n.t, err)
	return a
}

// packet is the packet that a card is handed; nil: none.
func (n *node) packet(req session.Request) []byte {
	n.t.Helper()
	switch a := n.said("", req); a.status {
	case http.StatusOK:
		return a.body
	case http.StatusNoContent:
		return nil
	default:
		n.t.Fatalf("%d %s", a.status, a.body)
		return nil
	}
}
