package renumber_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// now is when the tests take place; day and minute count from the beginning of that year.
var now = time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)

func day(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }

var shanghai = time.FixedZone("UTC+8", 8*3600)

// outbox keeps what is appended, by transaction attempts: a test that needs only committed events uses one writer.
type outbox struct {
	mu     sync.Mutex
	events []told
	fail   error
}

type told struct {
	tenure simtrust.TenureID
	seq    int64
	event  any
}

func (o *outbox) Append(_ context.Context, _ *sqldb.Tx, tenure simtrust.TenureID, seq int64, event any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.events = append(o.events, told{tenure, seq, event})
	return nil
}

// take returns the kinds of event told since the last call.
func (o *outbox) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	kinds := []string{}
	for _, e := range o.events {
		switch v := e.event.(type) {
		case simtrust.TenureEnded:
			kinds = append(kinds, "ended:"+v.Cause)
		case simtrust.TenureOpened:
			kinds = append(kinds, "opened")
		case simtrust.SIMChanged:
			kinds = append(kinds, "sim")
		case simtrust.DeviceChanged:
			kinds = append(kinds, "device")
		}
	}
	o.events = nil
	return kinds
}

// operator feeds a service, numbering the events.
type operator struct {
	*renumber.Service
	t      *testing.T
	outbox *outbox
	now    time.Time
	seq    int64
}

func newOperator(t *testing.T, db *sqldb.DB, c renumber.Config) *operator {
	t.Helper()
	o := &operator{t: t, outbox: &outbox{}, now: now}
	o.Service = renumber.New(renumber.Deps{DB: db, Outbox: o.outbox, Now: func() time.Time { return o.now }}, c)
	t.Cleanup(o.Close)
	return o
}

func (o *operator) send(e renumber.FeedEvent) renumber.FeedResult {
	o.t.Helper()
	o.seq++
	e.Seq = o.seq
	res, err := o.Feed(o.t.Context(), renumber.FeedReq{Source: "test", Events: []renumber.FeedEvent{e}})
	if err != nil {
		o.t.Fatal(err)
	}
	return res.Results[0]
}

// must sends an event that has to be applied and returns the tenure.
func (o *operator) must(e renumber.FeedEvent) simtrust.TenureID {
	o.t.Helper()
	r := o.send(e)
	if r.Status != renumber.StatusApplied {
		o.t.Fatalf("%v: %s, %s: %s", e, r.Status, r.Reason, r.Message)
	}
	return simtrust.TenureID(r.Tenure)
}

// refuse sends an event that has to be rejected for a reason.
func (o *operator) refuse(reason string, e renumber.FeedEvent) {
	o.t.Helper()
	if r := o.send(e); r.Status != renumber.StatusRejected || r.Reason != reason || r.Tenure != "" {
		o.t.Errorf("%v: %s %s (%s) %s, want rejected %s", e, r.Status, r.Reason, r.Message, r.Tenure, reason)
	}
}

func (o *operator) current(n string) renumber.Holding {
	o.t.Helper()
	h, err := o.Current(o.t.Context(), number(o.t, n))
	if err != nil {
		o.t.Fatal(err)
	}
	return h
}

func number(t testing.TB, s string) simtrust.Number {
	t.Helper()
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// card returns the ICCID and IMSI of the i-th SIM.
func card(i int) (iccid, imsi string) {
	return fmt.Sprintf("8986000000000000%04d", i), "46000000000" + fmt.Sprintf("%04d", i)
}

func withCard(e renumber.FeedEvent, i int) renumber.FeedEvent {
	e.ICCID, e.IMSI = card(i)
	return e
}

const (
	one = "+8613800000001"
	two = "+8613800000002"
)

func assign(n, holder string, at time.Time) renumber.FeedEvent {
	return renumber.FeedEvent{Type: renumber.Assign, Number: n, Holder: holder, Effective: at}
}

func event(kind, n string, at time.Time) renumber.FeedEvent {
	return renumber.FeedEvent{Type: kind, Number: n, Effective: at}
}

func to(e renumber.FeedEvent, to string) renumber.FeedEvent {
	e.To = to
	return e
}

func each(t *testing.T, fn func(t *testing.T, o *operator)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{renumber.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		fn(t, newOperator(t, db, renumber.Config{Zone: shanghai}))
	})
}
