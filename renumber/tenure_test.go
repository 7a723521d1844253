package renumber_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/renumber"
)

func (o *operator) wantNews(kinds ...string) {
	o.t.Helper()
	if got := o.outbox.take(); !slices.Equal(got, kinds) {
		o.t.Errorf("told %v, want %v", got, kinds)
	}
}

func TestAssignReleaseAssign(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		first := o.must(withCard(assign(one, "ann", day(1)), 1))
		o.wantNews("opened")
		h := o.current(one)
		want := renumber.Holding{
			Tenure:     simtrust.Tenure{ID: first, Number: number(t, one), Holder: "ann", Opened: day(1)},
			SIMs:       []renumber.SIM{{ICCID: "89860000000000000001", IMSI: "460000000000001", Primary: true, Since: day(1)}},
			SIMChanged: day(1), SIMChangedRecorded: now,
		}
		if d := cmp.Diff(want, h, cmp.Comparer(func(a, b simtrust.Number) bool { return a == b })); d != "" {
			t.Error(d)
		}
		if closed := o.must(event(renumber.Release, one, day(2))); closed != first {
			t.Errorf("released %s, want %s", closed, first)
		}
		o.wantNews("ended:disconnected")
		if _, err := o.Current(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonUnassigned) {
			t.Errorf("after the release: %v", err)
		}
		second := o.must(assign(one, "ann", day(2)))
		if second == first || o.current(one).ID != second {
			t.Error("a new assignment to the same holder is a new tenure")
		}
		live, err := o.Live(t.Context(), []simtrust.TenureID{first, second, "ten_unknown"})
		if err != nil || len(live) != 1 || live[second].ID != second {
			t.Errorf("live: %v, %v", live, err)
		}
	})
}

func isReason(err error, kind simtrust.Kind, reason string) bool {
	return errors.Is(err, &simtrust.Error{Kind: kind, Reason: reason})
}

func TestNeverOurs(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		if _, err := o.Current(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonNeverOurs) {
			t.Error(err)
		}
		if _, err := o.History(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonNeverOurs) {
			t.Error(err)
		}
		for _, kind := range []string{renumber.Release, renumber.PortOut, renumber.Suspend, renumber.Resume, renumber.ChangeUser} {
			o.refuse(renumber.ReasonNeverOurs, event(kind, one, day(1)))
		}
	})
}

func TestTransferWithinAFamilyOpensANewTenure(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		first := o.must(withCard(assign(one, "father", day(1)), 1))
		o.must(withCard(event(renumber.AddSIM, one, day(2)), 2))
		o.refuse(renumber.ReasonUnchanged, to(event(renumber.Transfer, one, day(3)), "father"))
		o.outbox.take()
		second := o.must(to(event(renumber.Transfer, one, day(3)), "daughter"))
		o.wantNews("ended:transferred", "opened")
		h := o.current(one)
		if second == first || h.ID != second || h.Holder != "daughter" || !h.Opened.Equal(day(3)) {
			t.Errorf("%+v", h.Tenure)
		}
		if len(h.SIMs) != 1 || !h.SIMs[0].Primary || !h.SIMs[0].Since.Equal(day(3)) {
			t.Errorf("the primary SIM alone is handed on: %v", h.SIMs)
		}
	})
}

func TestChangeNumber(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		old := o.must(withCard(assign(one, "ann", day(1)), 1))
		o.must(withCard(event(renumber.AddSIM, one, day(1)), 2))
		o.must(event(renumber.Suspend, one, day(2)))
		o.must(assign(two, "ben", day(1)))
		o.refuse(renumber.ReasonHeld, to(event(renumber.ChangeNumber, one, day(3)), two))
		o.refuse(renumber.ReasonUnchanged, to(event(renumber.ChangeNumber, one, day(3)), one))
		o.must(event(renumber.Release, two, day(3)))
		o.refuse(renumber.ReasonContradicts, to(event(renumber.ChangeNumber, one, day(2)), two))
		id := o.must(to(event(renumber.ChangeNumber, one, day(4)), two))
		h := o.current(two)
		if h.ID != id || id == old || h.Holder != "ann" || len(h.SIMs) != 2 {
			t.Errorf("%+v", h)
		}
		if !h.Suspended {
			t.Error("a new number freed a suspended holder")
		}
		if _, err := o.Current(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonUnassigned) {
			t.Error(err)
		}
	})
}

func TestOrganisationLine(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.must(assign(two, "ann", day(1)))
		o.refuse(renumber.ReasonNotOrganisation, renumber.FeedEvent{Type: renumber.ChangeUser, Number: two, User: "u1", Effective: day(2)})
		line := assign(one, "acme", day(1))
		line.Organisation = true
		first := o.must(line)
		if h := o.current(one); !h.Anonymous || h.Usable() || !h.Current() {
			t.Error("an organisation's line without a named user is current and not usable")
		}
		o.outbox.take()
		second := o.must(renumber.FeedEvent{Type: renumber.ChangeUser, Number: one, User: "u1", Effective: day(2)})
		o.wantNews("ended:user-changed", "opened")
		if h := o.current(one); first == second || h.ID != second || h.Anonymous || h.Holder != "acme" {
			t.Errorf("%+v", h)
		}
		o.refuse(renumber.ReasonUnchanged, renumber.FeedEvent{Type: renumber.ChangeUser, Number: one, User: "u1", Effective: day(3)})
		o.must(renumber.FeedEvent{Type: renumber.ChangeUser, Number: one, Effective: day(3)})
		if !o.current(one).Anonymous {
			t.Error("the user left and the line still has one")
		}
	})
}

func TestPortOutRestsAndPortInResumes(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		id := o.must(withCard(assign(one, "ann", day(1)), 1))
		o.must(withCard(event(renumber.AddSIM, one, day(1)), 2))
		o.must(event(renumber.PortOut, one, day(5)))
		if live, err := o.Live(t.Context(), []simtrust.TenureID{id}); err != nil || len(live) != 0 {
			t.Errorf("ported out and live: %v, %v", live, err)
		}
		if _, err := o.Current(t.Context(), number(t, one)); !isReason(err, simtrust.KindNotFound, renumber.ReasonOutOfSight) {
			t.Error(err)
		}
		o.refuse(renumber.ReasonOutOfSight, assign(one, "ben", day(6)))
		o.refuse(renumber.ReasonUnchanged, event(renumber.PortOut, one, day(6)))
		o.refuse(renumber.ReasonOutOfSight, withCard(event(renumber.NewSIM, one, day(6)), 4))
		o.refuse(renumber.ReasonOutOfSight, event(renumber.Suspend, one, day(6)))
		o.refuse(renumber.ReasonOutOfSight, to(event(renumber.Transfer, one, day(6)), "ben"))
		in := assign(one, "ann", day(7))
		in.Type = renumber.PortIn
		o.outbox.take()
		if back := o.must(withCard(in, 3)); back != id {
			t.Errorf("port-in opened %s", back)
		}
		o.wantNews("sim")
		h := o.current(one)
		if len(h.SIMs) != 1 || h.SIMs[0].IMSI != "460000000000003" || !h.SIMChanged.Equal(day(7)) {
			t.Errorf("the old cards came back: %v", h.SIMs)
		}
		if recycled, err := o.Recycled(t.Context(), number(t, one), day(2)); err != nil || recycled {
			t.Errorf("a holder who came back is no new one: %v, %v", recycled, err)
		}
		o.refuse(renumber.ReasonHeld, in)
	})
}

func TestPortInThatOpensANewTenure(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		for i, c := range []struct {
			name   string
			before []renumber.FeedEvent
			user   string
			holder string
		}{
			{"never ours", nil, "", "ann"},
			{"released", []renumber.FeedEvent{assign("", "ann", day(1)), event(renumber.Release, "", day(3))}, "", "ann"},
			{"released at that instant", []renumber.FeedEvent{assign("", "ann", day(1)), event(renumber.Release, "", day(5))}, "", "ann"},
			{"disconnected elsewhere", []renumber.FeedEvent{
				assign("", "ann", day(1)), event(renumber.PortOut, "", day(3)), event(renumber.Release, "", day(4)),
			}, "", "ann"},
			{"another person", []renumber.FeedEvent{assign("", "ann", day(1)), event(renumber.PortOut, "", day(3))}, "", "ben"},
			{"a user of that name", []renumber.FeedEvent{assign("", "ann", day(1)), event(renumber.PortOut, "", day(3))}, "u1", "ann"},
		} {
			n := fmt.Sprintf("+861390000000%d", i)
			var old simtrust.TenureID
			for _, e := range c.before {
				e.Number = n
				old = o.must(e)
			}
			in := assign(n, c.holder, day(5))
			in.Type, in.User, in.Organisation = renumber.PortIn, c.user, c.user != ""
			if id := o.must(in); id == old || o.current(n).ID != id {
				t.Errorf("%s: resumed %s", c.name, old)
			}
		}
	})
}

func TestSIMs(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.must(assign(one, "ann", day(1)))
		o.outbox.take()
		o.must(withCard(event(renumber.AddSIM, one, day(2)), 1))
		if h := o.current(one); len(h.SIMs) != 1 || !h.SIMs[0].Primary {
			t.Errorf("the first SIM is the primary: %v", h.SIMs)
		}
		o.wantNews()
		o.must(withCard(event(renumber.AddSIM, one, day(3)), 2))
		o.wantNews()
		o.refuse(renumber.ReasonUnchanged, withCard(event(renumber.AddSIM, one, day(3)), 2))
		o.refuse(renumber.ReasonUnchanged, withCard(event(renumber.NewSIM, one, day(3)), 1))
		o.refuse(renumber.ReasonOutOfOrder, withCard(event(renumber.NewSIM, one, day(2)), 3))
		o.must(withCard(event(renumber.NewSIM, one, day(4)), 3))
		o.wantNews("sim")
		h := o.current(one)
		if len(h.SIMs) != 2 || !h.SIMChanged.Equal(day(4)) || !h.SIMChangedRecorded.Equal(now) {
			t.Errorf("%+v", h)
		}
		o.must(withCard(event(renumber.NewSIM, one, day(5)), 2))
		if h := o.current(one); len(h.SIMs) != 1 || !h.SIMs[0].Primary || h.SIMs[0].IMSI != "460000000000002" {
			t.Errorf("a second card that became the primary: %v", h.SIMs)
		}
		// The same card with a new subscription is a change too.
		e := withCard(event(renumber.NewSIM, one, day(6)), 2)
		e.IMSI = "460000000009999"
		o.must(e)
		o.wantNews("sim", "sim")
	})
}

func TestLateEvents(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		id := o.must(withCard(assign(one, "ann", day(1)), 1))
		o.must(event(renumber.Suspend, one, day(5)))
		o.must(withCard(event(renumber.NewSIM, one, day(4)), 2)) // late, and independent of the suspension
		o.refuse(renumber.ReasonOutOfOrder, event(renumber.Resume, one, day(3)))
		o.refuse(renumber.ReasonContradicts, event(renumber.Release, one, day(3)))
		o.refuse(renumber.ReasonContradicts, to(event(renumber.Transfer, one, day(3)), "ben"))
		o.refuse(renumber.ReasonContradicts, event(renumber.PortOut, one, day(3)))
		o.refuse(renumber.ReasonUnassigned, event(renumber.Release, one, day(1).Add(-time.Hour)))
		o.must(event(renumber.Release, one, day(6))) // recorded months later
		o.refuse(renumber.ReasonEnded, withCard(event(renumber.NewSIM, one, day(5)), 3))
		o.refuse(renumber.ReasonEnded, event(renumber.Release, one, day(5)))
		o.refuse(renumber.ReasonUnassigned, event(renumber.Release, one, day(6)))
		o.refuse(renumber.ReasonContradicts, assign(one, "ben", day(5)))
		records, err := o.History(t.Context(), number(t, one))
		if err != nil || len(records) != 1 || records[0].ID != id {
			t.Fatalf("%v, %v", records, err)
		}
		r := records[0]
		if !r.Closed.Equal(day(6)) || !r.ClosedRecorded.Equal(now) || r.ClosedBy != renumber.Disconnected || len(r.SIMs) != 2 || len(r.Facts) != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheFutureIsRefused(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.refuse(renumber.ReasonFuture, assign(one, "ann", now.Add(time.Millisecond)))
		o.must(assign(one, "ann", now))
		o.must(event(renumber.Release, one, time.Time{})) // no instant: now; and held for no time at all
		o.must(assign(one, "ben", now))
		if o.current(one).Holder != "ben" {
			t.Error("the empty tenure is in the way")
		}
	})
}

func TestAnotherHolderThanRecorded(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		o.must(withCard(assign(one, "ann", day(1)), 1))
		for _, e := range []renumber.FeedEvent{
			event(renumber.Release, one, day(2)), event(renumber.PortOut, one, day(2)), event(renumber.Suspend, one, day(2)),
			withCard(event(renumber.NewSIM, one, day(2)), 2), to(event(renumber.Transfer, one, day(2)), "eve"),
		} {
			e.Holder = "ben"
			o.refuse(renumber.ReasonOtherHolder, e)
		}
		o.refuse(renumber.ReasonHeld, assign(one, "ann", day(2)))
	})
}

func TestSuspension(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		id := o.must(assign(one, "ann", day(1)))
		o.refuse(renumber.ReasonUnchanged, event(renumber.Resume, one, day(2)))
		o.must(event(renumber.Suspend, one, day(2)))
		if h := o.current(one); !h.Suspended || h.Usable() || h.ID != id {
			t.Errorf("%+v", h)
		}
		o.refuse(renumber.ReasonUnchanged, event(renumber.Suspend, one, day(3)))
		o.must(event(renumber.Resume, one, day(3)))
		if !o.current(one).Usable() {
			t.Error("not usable after the resumption")
		}
	})
}

func TestDevices(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		const phone, another = "35693803564380", "86012304567890"
		id := o.must(assign(one, "ann", day(1)))
		o.outbox.take()
		observe := func(imei string, at time.Time) {
			t.Helper()
			if err := o.ObserveDevice(t.Context(), id, imei, at); err != nil {
				t.Fatal(err)
			}
		}
		observe(phone+"9", day(2))
		observe(phone+"07", day(3)) // the software version is not the phone
		observe(phone, day(4))
		o.wantNews()
		observe(another+"01", day(5))
		observe(another+"02", day(6))
		observe(phone+"07", day(4)) // late
		o.wantNews("device")
		if h := o.current(one); h.Device != another || !h.DeviceSince.Equal(day(5)) {
			t.Errorf("%+v", h)
		}
		e := event(renumber.NewDevice, one, day(7))
		e.IMEI = phone
		o.must(e)
		o.wantNews("device")
		o.refuse(renumber.ReasonUnchanged, e)
		e.Effective, e.IMEI = day(6), another
		o.refuse(renumber.ReasonOutOfOrder, e)
		for _, bad := range []string{"", "1234567890123", "12345678901234567", "3569380356438x"} {
			if err := o.ObserveDevice(t.Context(), id, bad, day(8)); !isReason(err, simtrust.KindInvalid, renumber.ReasonMalformed) {
				t.Errorf("IMEI %q: %v", bad, err)
			}
		}
		observe(another, now.Add(time.Hour)) // a gateway's clock that is ahead
		if h := o.current(one); !h.DeviceSince.Equal(now) {
			t.Errorf("a phone of the future: %v", h.DeviceSince)
		}
		o.outbox.take()
		o.must(event(renumber.Release, one, day(3))) // an observation does not keep the operator from saying so
		o.wantNews("ended:disconnected")
		observe(phone, now)
		o.wantNews()
	})
}
