package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

var (
	bank  = ota.TAR{0x53, 0x42, 0x01}
	other = ota.TAR{0x53, 0x42, 0x02}
	epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// clock is the time of a test. It stands still, or goes on by a step whenever it is looked at.
type clock struct {
	mu   sync.Mutex
	t    time.Time
	step time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(c.step)
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// asker is the one who asks: it settles what it is told and notes what that was.
type asker struct {
	g  *gateway.Service
	db *sqldb.DB

	mu      sync.Mutex
	broken  error // what it answers instead
	replies []gateway.Reply
	ends    []gateway.Failure
	told    int
}

func (a *asker) Replied(ctx context.Context, r gateway.Reply) error {
	return a.settle(ctx, gateway.Answered, r.Packet, func() { a.replies = append(a.replies, r) })
}

func (a *asker) Failed(ctx context.Context, f gateway.Failure) error {
	return a.settle(ctx, f.Cause, f.Packet, func() { a.ends = append(a.ends, f) })
}

func (a *asker) settle(ctx context.Context, cause gateway.Cause, packet string, note func()) error {
	a.mu.Lock()
	a.told++
	broken := a.broken
	a.mu.Unlock()
	if broken != nil {
		return broken
	}
	var ended []string
	err := a.db.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
		ended, err = a.g.Settle(ctx, tx, cause, packet)
		return err
	})
	if err == nil && len(ended) == 1 {
		a.mu.Lock()
		defer a.mu.Unlock()
		note()
	}
	return err
}

func (a *asker) breaks(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken = err
}

// platform is a node with what is around it.
type platform struct {
	*gateway.Service
	t     testing.TB
	db    *sqldb.DB
	net   *network
	asker *asker
	clock *clock
}

var cardKey = bytes.Repeat([]byte{0x42}, 32)

const (
	gap   = 1000
	retry = 30 * time.Second
)

func newPlatform(t testing.TB, db *sqldb.DB, cards ...*simCard) *platform {
	t.Helper()
	p := node(t, db, newNetwork(), &clock{t: epoch})
	p.add(cards...)
	return p
}

// node is a further server over the same database and network.
func node(t testing.TB, db *sqldb.DB, net *network, c *clock) *platform {
	t.Helper()
	p := over(t, db, net, c, slog.New(slog.DiscardHandler))
	p.net = net
	return p
}

// over is a server over a bearer.
func over(t testing.TB, db *sqldb.DB, bearer gateway.Bearer, c *clock, log *slog.Logger) *platform {
	t.Helper()
	a := &asker{db: db}
	g, err := gateway.New(gateway.Deps{DB: db, Bearer: bearer, Log: log, Metrics: prometheus.NewRegistry(), Now: c.now},
		gateway.Config{CardKey: cardKey, Gap: gap, Retry: retry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	a.g = g
	g.Handle(a)
	return &platform{g, t, db, nil, a, c}
}

// add imports cards and puts them into telephones.
func (p *platform) add(cards ...*simCard) {
	p.t.Helper()
	personal := make([]gateway.Personalisation, len(cards))
	for i, c := range cards {
		personal[i] = c.personal
		p.net.cards[c.personal.IMSI] = c
	}
	done, err := p.Import(p.t.Context(), personal)
	if err != nil || done.Added != len(cards) {
		p.t.Fatalf("import: %+v, %v", done, err)
	}
}

// submit asks a card something for two minutes.
func (p *platform) submit(c *simCard, refs ...string) {
	p.t.Helper()
	list := make([]gateway.Submission, len(refs))
	for i, ref := range refs {
		list[i] = gateway.Submission{ICCID: c.personal.ICCID, TAR: bank, Data: []byte("ask " + ref), Expires: p.clock.now().Add(2 * time.Minute), Ref: ref}
	}
	p.tx(func(tx *sqldb.Tx) error { return p.Submit(p.t.Context(), tx, list...) })
}

func (p *platform) tx(f func(tx *sqldb.Tx) error) {
	p.t.Helper()
	if err := p.db.InDefaultTx(p.t.Context(), f); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) drain() {
	p.t.Helper()
	if err := p.Drain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) withdraw(refs ...string) (unsent []string) {
	p.t.Helper()
	p.tx(func(tx *sqldb.Tx) (err error) {
		unsent, err = p.Withdraw(p.t.Context(), tx, refs...)
		return err
	})
	return unsent
}

// receive brings a card's next answer to the server.
func (p *platform) receive(c *simCard) {
	p.t.Helper()
	if err := p.Receive(p.t.Context(), c.personal.IMSI, p.net.answer(p.t, c)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) counter(c *simCard) ota.Counter {
	p.t.Helper()
	card, err := p.Card(p.t.Context(), c.personal.ICCID)
	if err != nil {
		p.t.Fatal(err)
	}
	return card.Counter
}

// setCounter makes the store say that a counter was the last one used.
func (p *platform) setCounter(c *simCard, n ota.Counter) {
	p.t.Helper()
	p.tx(func(tx *sqldb.Tx) error {
		_, err := tx.Exec(p.t.Context(), `update ota_card set counter = $1 where iccid = $2`, int64(n), c.personal.ICCID)
		return err
	})
}

// refs are the references of what was answered, and of what ended otherwise with its cause, in order.
func (p *platform) refs() (answered, ended []string) {
	p.asker.mu.Lock()
	defer p.asker.mu.Unlock()
	for _, r := range p.asker.replies {
		answered = append(answered, r.Ref)
	}
	for _, f := range p.asker.ends {
		ended = append(ended, f.Ref+" "+string(f.Cause))
	}
	return answered, ended
}

// want compares what the asker was told.
func (p *platform) want(answered, ended []string) {
	p.t.Helper()
	a, e := p.refs()
	if !slices.Equal(a, answered) || !slices.Equal(e, ended) {
		p.t.Fatalf("answered %q and ended %q, want %q and %q", a, e, answered, ended)
	}
}

func each(t *testing.T, f func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{gateway.Migrations()}, f)
}

func only(t *testing.T) *sqldb.DB {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, gateway.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

// run has the node send by itself until the returned function is called.
func (p *platform) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}
