package dispatch_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
)

var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	rcs  dispatch.Channel = "rcs"
	text dispatch.Channel = "sms"
)

// clock is the time of a test. It stands still, or is the time of the bubble.
type clock struct {
	ticking bool
	mu      sync.Mutex
	t       time.Time
}

func (c *clock) now() time.Time {
	if c.ticking {
		return time.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// network is the bearer of all channels in a test. What it does is set by functions; without one it takes, reaches, knows and cancels
// everything.
type network struct {
	mu     sync.Mutex
	copies []dispatch.Submission // it was given
	calls  int

	submit func(dispatch.Submission) dispatch.Outcome
	reach  func(dispatch.Channel, dispatch.Recipient) (bool, error)
	query  func(dispatch.Copy) dispatch.Finding
	cancel func(dispatch.Copy) dispatch.Recall
}

// ref is the reference the network gives a copy.
func ref(c dispatch.Copy) string { return "ref/" + c.ID() }

func (n *network) Reach(_ context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	reached := make([]bool, len(to))
	for i, r := range to {
		reached[i] = true
		if n.reach != nil {
			ok, err := n.reach(c, r)
			if err != nil {
				return nil, err
			}
			reached[i] = ok
		}
	}
	return reached, nil
}

func (n *network) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	n.mu.Lock()
	n.calls++
	n.mu.Unlock()
	outcomes := make([]dispatch.Outcome, len(list))
	for i, s := range list {
		n.mu.Lock()
		n.copies = append(n.copies, s)
		n.mu.Unlock()
		outcomes[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		if n.submit != nil {
			outcomes[i] = n.submit(s)
		}
	}
	return outcomes
}

func (n *network) Query(_ context.Context, list []dispatch.Copy) []dispatch.Finding {
	findings := make([]dispatch.Finding, len(list))
	for i, c := range list {
		if n.query != nil {
			findings[i] = n.query(c)
		}
	}
	return findings
}

func (n *network) Cancel(_ context.Context, list []dispatch.Copy) []dispatch.Recall {
	recalls := make([]dispatch.Recall, len(list))
	for i, c := range list {
		recalls[i] = dispatch.Recalled
		if n.cancel != nil {
			recalls[i] = n.cancel(c)
		}
	}
	return recalls
}

// given are the ids of the copies the network was given, in order.
func (n *network) given() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	ids := make([]string, len(n.copies))
	for i, c := range n.copies {
		ids[i] = c.ID() + " " + string(c.Channel)
	}
	return ids
}

// people says who may be written to: everybody who is not named.
type people struct {
	mu      sync.Mutex
	refused map[simtrust.TenureID]error
	away    error
	missing map[simtrust.TenureID]bool
	asked   []dispatch.Question
}

func (p *people) Still(_ context.Context, q dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if p.away != nil {
		return nil, p.away
	}
	standings := make(map[simtrust.TenureID]dispatch.Standing, len(ids))
	for _, id := range ids {
		switch {
		case p.missing[id]:
		case p.refused[id] != nil:
			standings[id] = dispatch.Standing{Err: p.refused[id]}
		default:
			standings[id] = dispatch.Standing{Number: number}
		}
	}
	return standings, nil
}

var number = func() simtrust.Number {
	n, err := simtrust.ParseNumber("+8613800138000")
	if err != nil {
		panic(err)
	}
	return n
}()

// heard keeps what the listener was told in the transaction it was told in.
var heard = sqldb.Migrations{Module: "heard", FS: fstest.MapFS{"migrations/00001_heard.sql": &fstest.MapFile{Data: []byte(`-- +goose Up
create table heard (id text primary key, delivery text not null, state text not null, reason text not null, duplicate boolean not null, at bigint not null);
create table begun (id text primary key, delivery text not null, channel text not null);`)}}}

type listener struct{ fails func() error }

// Begun notes copies that may leave once the transaction commits.
func (l *listener) Begun(ctx context.Context, tx *sqldb.Tx, copies []dispatch.Update) error {
	rows := make([][]any, len(copies))
	for i, u := range copies {
		rows[i] = []any{fmt.Sprintf("%020d.%04d.%s", time.Now().UnixNano(), i, simtrust.NewID("b")), u.Delivery, string(u.Channel)}
	}
	err := sqldb.InsertRows(ctx, tx, "insert into begun (id, delivery, channel)", rows, "")
	if err == nil && l.fails != nil {
		err = l.fails()
	}
	return err
}

func (l *listener) Changed(ctx context.Context, tx *sqldb.Tx, changes []dispatch.Update) error {
	rows := make([][]any, len(changes))
	for i, u := range changes {
		rows[i] = []any{fmt.Sprintf("%020d.%04d.%s", time.Now().UnixNano(), i, simtrust.NewID("h")), u.Delivery, string(u.State), u.Reason, u.PossibleDuplicate, u.At.UnixMilli()}
	}
	err := sqldb.InsertRows(ctx, tx, "insert into heard (id, delivery, state, reason, duplicate, at)", rows, "")
	if err == nil && l.fails != nil {
		err = l.fails()
	}
	return err
}

var schema = []sqldb.Migrations{dispatch.Migrations(), heard}

var quiet = slog.New(slog.DiscardHandler)

// world is a node with what is around it.
type world struct {
	*dispatch.Service
	t        testing.TB
	db       *sqldb.DB
	net      *network
	people   *people
	listener *listener
	clock    *clock
}

const (
	lease = 30 * time.Second
	grace = 5 * time.Minute
)

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// embedded is a world on an SQLite store of its own.
func embedded(t *testing.T) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

// alone is each on the embedded store.
func alone(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	fn(t, embedded(t))
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	w := &world{t: t, db: db, net: &network{}, people: &people{refused: map[simtrust.TenureID]error{}, missing: map[simtrust.TenureID]bool{}},
		listener: &listener{}, clock: &clock{t: epoch}}
	return w.node(db, w.net)
}

// node is a further server in the same world, over the store, with a bearer for all channels.
func (w *world) node(db *sqldb.DB, b dispatch.Bearer) *world {
	n := *w
	n.db = db
	cfg := dispatch.Config{Lease: lease, Grace: grace, Batch: 64, Parallel: 2}
	n.Service = dispatch.New(dispatch.Deps{DB: db, Recipients: w.people, Listener: w.listener, Log: quiet, Now: w.clock.now}, cfg)
	n.Carry("net", b, rcs, text)
	w.t.Cleanup(n.Close)
	return &n
}

// plan is a message of a class, by rcs and after a minute by text message.
func plan(class dispatch.Class) dispatch.Plan {
	return dispatch.Plan{
		Message: "msg_1", Chatbot: "bot_1", Class: class, Expires: epoch.Add(time.Hour),
		Steps: []dispatch.Step{
			{Channel: rcs, After: time.Minute, ContentType: "application/json", Payload: []byte(`{"card":1}`)},
			{Channel: text, ContentType: "text/plain", Payload: []byte("card")},
		},
	}
}

func targets(n int) []dispatch.Target {
	to := make([]dispatch.Target, n)
	for i := range to {
		to[i] = dispatch.Target{Delivery: fmt.Sprintf("dlv_%04d", i), Tenure: simtrust.TenureID(fmt.Sprintf("ten_%04d", i)), Key: fmt.Sprint(i)}
	}
	return to
}

func (w *world) tx(f func(tx *sqldb.Tx) error) error { return w.db.InTx(w.t.Context(), f) }

func (w *world) accept(p dispatch.Plan, n int) {
	w.t.Helper()
	if err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(w.t.Context(), tx, p, targets(n)) }); err != nil {
		w.t.Fatal(err)
	}
}

// send accepts a message to one recipient and does all that is due.
func (w *world) send(p dispatch.Plan) {
	w.t.Helper()
	w.accept(p, 1)
	w.drain()
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// later lets time pass and does what is due then.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.clock.pass(d)
	w.drain()
}

func (w *world) revoke(deliveries ...string) (n int) {
	w.t.Helper()
	err := w.tx(func(tx *sqldb.Tx) (err error) {
		n, err = w.Revoke(w.t.Context(), tx, "msg_1", deliveries...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// report has the network say something of the n-th copy of the first delivery.
func (w *world) report(attempt int, fate dispatch.Fate) {
	w.t.Helper()
	c := dispatch.Copy{Delivery: "dlv_0000", Attempt: attempt}
	if err := w.Report(w.t.Context(), rcs, []dispatch.Report{{Ref: ref(c), Fate: fate, At: w.clock.now()}}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) status(id string) dispatch.Status {
	w.t.Helper()
	list, err := w.Status(w.t.Context(), id)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("%d deliveries, %v", len(list), err)
	}
	return list[0]
}

// want holds the first delivery and the copies made of it against what is expected: the state, then the copies as attempt and channel.
func (w *world) want(state dispatch.State, copies ...string) {
	w.t.Helper()
	if s := w.status("dlv_0000"); s.State != state {
		w.t.Errorf("state %s (%s), not %s", s.State, s.Reason, state)
	}
	for i := range copies {
		copies[i] = "dlv_0000." + copies[i]
	}
	if got := w.net.given(); !slices.Equal(got, copies) {
		w.t.Errorf("copies %q, not %q", got, copies)
	}
}

// told are the states the listener heard of a delivery, in the order it was told.
func (w *world) told(delivery string) []string {
	w.t.Helper()
	return w.column(`select state from heard where delivery = $1 order by id`, delivery)
}

// begun are the channels of a delivery's copies that the listener was told of, in order.
func (w *world) begun(delivery string) []string {
	w.t.Helper()
	return w.column(`select channel from begun where delivery = $1 order by id`, delivery)
}

func (w *world) column(text, delivery string) []string {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), text, delivery)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (s string, err error) {
		err = rows.Scan(&s)
		return s, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// ends counts deliveries by state.
func (w *world) ends() map[dispatch.State]int {
	w.t.Helper()
	counts, err := w.Counts(w.t.Context(), "msg_1")
	if err != nil {
		w.t.Fatal(err)
	}
	ends := map[dispatch.State]int{}
	for state, n := range counts {
		ends[state] = int(n)
	}
	return ends
}

func (w *world) wantEnds(want map[dispatch.State]int) {
	w.t.Helper()
	if got := w.ends(); !maps.Equal(got, want) {
		w.t.Errorf("ended %v, not %v", got, want)
	}
}
