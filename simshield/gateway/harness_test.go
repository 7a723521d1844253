package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/internal/sms"
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

// clock is the time of a test.
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

// simCard is a card as the network sees it: it opens packets, keeps the counter and answers as told.
type simCard struct {
	personal gateway.Personalisation
	keys     *ota.Keys

	mu      sync.Mutex
	last    ota.Counter
	packets *ota.Collector[sms.Address]
	got     []ota.Command // what it accepted
}

func newCard(t testing.TB, n int) *simCard {
	t.Helper()
	p := gateway.Personalisation{
		ICCID: fmt.Sprintf("8986001234567890%04d", n), IMSI: fmt.Sprintf("46000123456%04d", n), KeySet: 1,
		KIc: bytes.Repeat([]byte{byte(n), 0x5A}, 8), KID: bytes.Repeat([]byte{byte(n), 0xA5}, 8),
	}
	keys, err := ota.NewKeys(p.KeySet, p.KIc, p.KID)
	if err != nil {
		t.Fatal(err)
	}
	return &simCard{personal: p, keys: keys, packets: ota.CollectCommands[sms.Address](sms.Limits{Messages: 4, PerSender: 4, Life: time.Minute})}
}

// take gives the card a message. Its answer is the delivery report; later is the proof of receipt with data, by SMS-SUBMIT.
func (c *simCard) take(tpdus [][]byte, data []byte) (report []byte, later [][]byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tpdu := range tpdus {
		from, u, err := ota.ReadDeliver(tpdu)
		if err != nil {
			return nil, nil, err
		}
		packet, complete, err := c.packets.Add(from, u, epoch)
		if err != nil {
			return nil, nil, err
		}
		if complete {
			return c.open(packet, from, data)
		}
	}
	return nil, nil, errors.New("the message is not complete")
}

func (c *simCard) open(packet []byte, from sms.Address, data []byte) (report []byte, later [][]byte, err error) {
	command, status := c.keys.OpenCommand(nil, packet, ota.Gate{Last: c.last})
	switch status {
	case ota.OK:
		c.last = command.Counter
		c.got = append(c.got, command)
		if later, err = c.proof(command, ota.OK, data, from); err != nil {
			return nil, nil, err
		}
		report, err = c.report(command, ota.ResponseBySubmit)
	case ota.CounterLow, ota.CounterHigh, ota.CounterBlocked:
		report, err = c.report(command, status)
	default:
		report, err = ota.DeliverReport(ota.AppendAnswer(nil, ota.AppendRefusal(nil, command.TAR, status)))
	}
	return report, later, err
}

func (c *simCard) report(command ota.Command, status ota.Status) ([]byte, error) {
	packet, err := c.keys.AppendResponse(nil, command, status, nil)
	if err != nil {
		return nil, err
	}
	return ota.DeliverReport(ota.AppendAnswer(nil, packet))
}

// proof is a proof of receipt of a command, in SMS-SUBMITs.
func (c *simCard) proof(command ota.Command, status ota.Status, data []byte, to sms.Address) ([][]byte, error) {
	packet, err := c.keys.AppendResponse(nil, command, status, data)
	if err != nil {
		return nil, err
	}
	return ota.Submits(packet, to, byte(command.Counter))
}

var centre = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}

// network is the bearer: it knows the cards, and does with a message what the test says.
type network struct {
	mu    sync.Mutex
	cards map[string]*simCard // by IMSI
	sent  []gateway.Message
	later map[string][][][]byte // by IMSI: proofs of receipt that the card has sent and the network holds
	does  func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error)
}

func (n *network) Deliver(ctx context.Context, m gateway.Message) (gateway.Delivery, error) {
	n.mu.Lock()
	n.sent = append(n.sent, m)
	does := n.does
	n.mu.Unlock()
	return does(ctx, n, m)
}

func (n *network) does1(f func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.does = f
}

// brings gives the message to the card and the card's first answer back; what the card sends later waits.
func brings(_ context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	report, later, err := n.cards[m.IMSI].take(m.TPDUs, []byte("done"))
	if later != nil {
		n.later[m.IMSI] = append(n.later[m.IMSI], later)
	}
	return gateway.Delivery{State: gateway.OnPhone, Report: report}, err
}

// says answers without bringing anything.
func says(d gateway.Delivered) func(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
	return func(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
		return gateway.Delivery{State: d}, nil
	}
}

func fails(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
	return gateway.Delivery{}, errors.New("no connection")
}

func (n *network) messages() []gateway.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.sent)
}

// answer takes the oldest proof of receipt of a card off the network.
func (n *network) answer(t testing.TB, c *simCard) [][]byte {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting := n.later[c.personal.IMSI]
	if len(waiting) == 0 {
		t.Fatal("the card has sent nothing")
	}
	n.later[c.personal.IMSI] = waiting[1:]
	return waiting[0]
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
	net := &network{cards: map[string]*simCard{}, later: map[string][][][]byte{}, does: brings}
	p := node(t, db, net, &clock{t: epoch})
	p.add(cards...)
	return p
}

// node is a further server over the same database and network.
func node(t testing.TB, db *sqldb.DB, net *network, c *clock) *platform {
	t.Helper()
	a := &asker{db: db}
	g, err := gateway.New(gateway.Deps{DB: db, Bearer: net, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: c.now},
		gateway.Config{CardKey: cardKey, Gap: gap, Retry: retry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	a.g = g
	g.Handle(a)
	return &platform{g, t, db, net, a, c}
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

// accepted are the data that a card has acted on, in order.
func (c *simCard) accepted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, command := range c.got {
		list = append(list, string(command.Data))
	}
	return list
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

// until waits for what happens in the background.
func (p *platform) until(done func() bool) {
	p.t.Helper()
	for limit := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			p.t.Fatal("it did not happen")
		}
	}
}
