package renumber_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/renumber"
)

func (o *operator) feed(events ...renumber.FeedEvent) []renumber.FeedResult {
	o.t.Helper()
	res, err := o.Feed(o.t.Context(), renumber.FeedReq{Source: "batch", Events: events})
	if err != nil {
		o.t.Fatal(err)
	}
	return res.Results
}

func statuses(results []renumber.FeedResult) string {
	var words []string
	for _, r := range results {
		words = append(words, strings.TrimSuffix(r.Status+":"+r.Reason, ":"))
	}
	return strings.Join(words, " ")
}

func TestFeedIsIdempotent(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		first, second := assign(one, "ann", day(1)), assign(two, "ben", day(1))
		first.Seq, second.Seq = 1, 2
		a := o.feed(first)
		o.outbox.take()
		b := o.feed(first, second, second)
		if statuses(b) != "duplicate applied duplicate" || b[0].Tenure != a[0].Tenure || b[2].Tenure != b[1].Tenure {
			t.Errorf("%+v after %+v", b, a)
		}
		o.wantNews("opened")
		other := second
		other.Holder = "eve"
		if c := o.feed(other); statuses(c) != "rejected:seq_conflict" {
			t.Errorf("%+v", c)
		}
		res, err := o.Feed(t.Context(), renumber.FeedReq{Source: "another", Events: []renumber.FeedEvent{first}})
		if err != nil || statuses(res.Results) != "rejected:held" {
			t.Errorf("sequences are the source's own: %+v, %v", res, err)
		}
	})
}

func TestABadEventDoesNotStopTheRest(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		events := []renumber.FeedEvent{
			assign(one, "ann", day(1)),
			assign(one, "ben", day(2)),
			{Type: "explode", Number: two},
			assign(two, "cid", day(1)),
			event(renumber.Release, one, day(2)),
		}
		for i := range events {
			events[i].Seq = int64(i + 1)
		}
		if got := statuses(o.feed(events...)); got != "applied rejected:held rejected:malformed applied applied" {
			t.Error(got)
		}
		// What was rejected left no trace: now that the release is in, the same event is applied.
		if got := statuses(o.feed(events...)); got != "duplicate applied rejected:malformed duplicate duplicate" {
			t.Error(got)
		}
	})
}

func TestMalformedEvents(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		ok := withCard(assign(one, "ann", day(1)), 1)
		for name, spoil := range map[string]func(*renumber.FeedEvent){
			"no type":           func(e *renumber.FeedEvent) { e.Type = "" },
			"type in capitals":  func(e *renumber.FeedEvent) { e.Type = "ASSIGN" },
			"no number":         func(e *renumber.FeedEvent) { e.Number = "" },
			"national number":   func(e *renumber.FeedEvent) { e.Number = "13800000001" },
			"no holder":         func(e *renumber.FeedEvent) { e.Holder = "" },
			"blank in holder":   func(e *renumber.FeedEvent) { e.Holder = "a b" },
			"invalid UTF-8":     func(e *renumber.FeedEvent) { e.Holder = "\xff" },
			"long holder":       func(e *renumber.FeedEvent) { e.Holder = strings.Repeat("a", 129) },
			"ICCID alone":       func(e *renumber.FeedEvent) { e.IMSI = "" },
			"IMSI alone":        func(e *renumber.FeedEvent) { e.ICCID = "" },
			"short ICCID":       func(e *renumber.FeedEvent) { e.ICCID = "89860" },
			"ICCID with G":      func(e *renumber.FeedEvent) { e.ICCID = "8986000000000000000G" },
			"long IMSI":         func(e *renumber.FeedEvent) { e.IMSI = "4600000000000001" },
			"IMSI with a sign":  func(e *renumber.FeedEvent) { e.IMSI = "-46000000000001" },
			"IMEI of letters":   func(e *renumber.FeedEvent) { e.IMEI = "abcdefghijklmn" },
			"to where none is":  func(e *renumber.FeedEvent) { e.To = "ben" },
			"user of a person":  func(e *renumber.FeedEvent) { e.User = "u1" },
			"new-device bare":   func(e *renumber.FeedEvent) { *e = event(renumber.NewDevice, one, day(1)) },
			"new-sim bare":      func(e *renumber.FeedEvent) { *e = event(renumber.NewSIM, one, day(1)) },
			"transfer to none":  func(e *renumber.FeedEvent) { *e = event(renumber.Transfer, one, day(1)) },
			"change-number bad": func(e *renumber.FeedEvent) { *e = to(event(renumber.ChangeNumber, one, day(1)), "ben") },
			"release with SIM":  func(e *renumber.FeedEvent) { *e = withCard(event(renumber.Release, one, day(1)), 1) },
			"release with user": func(e *renumber.FeedEvent) { *e = event(renumber.Release, one, day(1)); e.User = "u1" },
		} {
			e := ok
			spoil(&e)
			t.Run(name, func(t *testing.T) { o.refuse(renumber.ReasonMalformed, e) })
		}
		for _, seq := range []int64{0, -1} {
			e := ok
			e.Seq = seq
			if got := statuses(o.feed(e)); got != "rejected:malformed" {
				t.Errorf("seq %d: %s", seq, got)
			}
		}
		o.must(ok)
	})
}

func TestMalformedBatches(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		for source, reason := range map[string]string{
			"": renumber.ReasonSourceAbsent, "a b": renumber.ReasonSourceAbsent, strings.Repeat("s", 129): renumber.ReasonSourceAbsent,
		} {
			_, err := o.Feed(t.Context(), renumber.FeedReq{Source: source})
			if !isReason(err, simtrust.KindInvalid, reason) {
				t.Errorf("source %q: %v", source, err)
			}
		}
		_, err := o.Feed(t.Context(), renumber.FeedReq{Source: "s", Events: make([]renumber.FeedEvent, renumber.MaxBatch+1)})
		if !isReason(err, simtrust.KindInvalid, renumber.ReasonBatchTooBig) {
			t.Error(err)
		}
		if got := o.feed(); len(got) != 0 {
			t.Errorf("an empty batch has results: %v", got)
		}
	})
}

// TestWithoutTheEventNothingIsApplied has the outbox fail: a change that could not be told must not be.
func TestWithoutTheEventNothingIsApplied(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.outbox.fail = errors.New("outbox is full")
		e := assign(one, "ann", day(1))
		e.Seq = 1
		if _, err := o.Feed(t.Context(), renumber.FeedReq{Source: "batch", Events: []renumber.FeedEvent{e}}); !errors.Is(err, o.outbox.fail) {
			t.Errorf("feed: %v", err)
		}
		o.outbox.fail = nil
		if _, err := o.Current(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonNeverOurs) {
			t.Error(err)
		}
		if got := statuses(o.feed(e)); got != "applied" {
			t.Error(got)
		}
	})
}

func TestEventsAreNumberedPerTenure(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.must(withCard(assign(one, "ann", day(1)), 1))
		for i := range 4 {
			o.must(withCard(event(renumber.NewSIM, one, day(2+i)), 2+i))
		}
		o.must(to(event(renumber.Transfer, one, day(9)), "ben"))
		o.must(event(renumber.Release, one, day(10)))
		last := map[simtrust.TenureID]int64{}
		for _, e := range o.outbox.events {
			if e.seq <= last[e.tenure] {
				t.Errorf("event %d of a tenure after %d", e.seq, last[e.tenure])
			}
			last[e.tenure] = e.seq
		}
		if len(last) != 2 {
			t.Errorf("%d tenures", len(last))
		}
	})
}

// TestConcurrentAssignments lets many sources give one number away at once: it goes to one holder.
func TestConcurrentAssignments(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		const rivals = 8
		results := make([]renumber.FeedResult, rivals)
		var wg sync.WaitGroup
		for i := range rivals {
			wg.Go(func() {
				e := assign(one, fmt.Sprint("h", i), day(1))
				e.Seq = 1
				res, err := o.Feed(t.Context(), renumber.FeedReq{Source: fmt.Sprint("source", i), Events: []renumber.FeedEvent{e}})
				if err != nil {
					t.Error(err)
					return
				}
				results[i] = res.Results[0]
			})
		}
		wg.Wait()
		var winner simtrust.TenureID
		for _, r := range results {
			switch {
			case r.Status == renumber.StatusApplied && winner == "":
				winner = simtrust.TenureID(r.Tenure)
			case r.Status != renumber.StatusRejected || r.Reason != renumber.ReasonHeld:
				t.Errorf("%+v", r)
			}
		}
		if o.current(one).ID != winner {
			t.Error("the record names somebody else than the feed")
		}
	})
}

// TestObservationsBesideTheFeed has the network report phones while the operator changes cards: no fact takes the place of another.
func TestObservationsBesideTheFeed(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		const n = 20
		id := o.must(withCard(assign(one, "ann", day(1)), 0))
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range n {
				o.must(withCard(event(renumber.NewSIM, one, day(2).Add(time.Duration(i)*time.Minute)), i+1))
			}
		})
		wg.Go(func() {
			for i := range n {
				if err := o.ObserveDevice(t.Context(), id, fmt.Sprintf("356938035643%02d", i), day(2).Add(time.Duration(i)*time.Minute)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		records, err := o.History(t.Context(), number(t, one))
		if err != nil || len(records[0].SIMs) != n+1 || len(records[0].Facts) != n {
			t.Errorf("%d cards, %d facts, %v", len(records[0].SIMs), len(records[0].Facts), err)
		}
	})
}

func TestRequestsDoNotPrintNumbers(t *testing.T) {
	n := "+8613812348000"
	e := renumber.FeedEvent{Seq: 1, Type: renumber.ChangeNumber, Number: n, To: n, ICCID: "89860000000000001234", IMSI: "460001234"}
	batch := renumber.FeedReq{Source: "s", Events: []renumber.FeedEvent{e}}
	held := renumber.HoldersRes{Holders: []renumber.Holder{{Number: n, Tenure: "ten_x"}}}
	var out bytes.Buffer
	options := &slog.HandlerOptions{ReplaceAttr: untimed}
	for _, v := range []any{
		e, &e, batch, &batch, renumber.CheckReq{Number: &n}, renumber.ShowReq{Number: n}, &renumber.ShowReq{Number: n},
		renumber.HoldersReq{Numbers: []string{n}}, held, &held, held.Holders[0], &held.Holders[0],
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, options)).Info("request", "v", v)
		slog.New(slog.NewJSONHandler(&out, options)).Info("request", "v", v)
	}
	if strings.Contains(out.String(), "1234") {
		t.Errorf("a number shows:\n%s", out.String())
	}
}

// untimed drops a line's time, in whose digits any number may turn up.
func untimed(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
