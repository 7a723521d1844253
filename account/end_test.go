package account_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
)

// disputedRows counts what is disputed on any table.
func (w *world) disputedRows(tenure simtrust.TenureID) (accounts, links, consents int) {
	return w.count(`select count(*) from account where tenure = $1 and disputed`, tenure),
		w.count(`select count(*) from account_link where tenure = $1 and disputed`, tenure),
		w.count(`select count(*) from account_consent where tenure = $1 and disputed`, tenure)
}

func TestRowsMadeAfterTheEndAreDisputed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		early, late, tenure := w.app("early.example"), w.app("late.example"), w.hold()
		w.login(tenure, early)
		w.clock.advance(time.Hour)
		effective := w.clock.now()
		w.login(tenure, late) // the feed lags: the holder had gone already
		w.clock.advance(time.Hour)
		w.end(tenure, effective)

		if a, l, c := w.disputedRows(tenure); a != 0 || l != 1 || c != 2 {
			t.Errorf("disputed: %d accounts, %d links, %d consents; want 0, 1, 2", a, l, c)
		}
		if n := w.count(`select count(*) from account_link where closed is null`); n != 0 {
			t.Errorf("%d links are open", n)
		}
	})
}

func TestAnAccountOpenedAfterTheEndIsDisputed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		effective := w.clock.now() // the very instant belongs to the time after
		w.login(tenure, app)
		w.end(tenure, effective)
		if a, l, c := w.disputedRows(tenure); a != 1 || l != 1 || c != 2 {
			t.Errorf("disputed: %d accounts, %d links, %d consents; want 1, 1, 2", a, l, c)
		}
	})
}

func TestTenureEndedIsIdempotent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure, other := w.app("shop.example"), w.hold(), w.hold()
		w.login(tenure, app)
		w.login(other, app)
		w.clock.advance(time.Hour)
		ended := w.clock.now()
		w.end(tenure, ended)
		w.clock.advance(time.Hour)
		w.end(tenure, ended)
		if n := w.count(`select count(*) from account where tenure = $1 and closed = $2 and cause = 'disconnected' and not disputed`, tenure, ended.UnixMilli()); n != 1 {
			t.Error("the second delivery changed the first")
		}
		w.end(tenure, ended.Add(-3*time.Hour)) // corrected
		if a, _, _ := w.disputedRows(tenure); a != 1 {
			t.Error("the correction found nothing disputed")
		}
		w.enter(other, app)
	})
}

// The cache of a node that has not heard yet says the tenure is current; the event has been handled here.
func TestNothingIsMadeOnATenureThatEnded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		w.login(tenure, app)
		live := w.tenures.live[tenure]
		w.end(tenure, w.clock.now().Add(time.Second))
		w.tenures.live[tenure] = live

		consent := account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid"}}
		wantError(t, w.Consent(t.Context(), consent), simtrust.KindDenied, account.ReasonTenureNotCurrent)
		_, err := w.StartMove(t.Context(), account.Proven{Tenure: tenure, At: w.clock.now()})
		wantError(t, err, simtrust.KindDenied, account.ReasonTenureNotCurrent)

		e, err := w.Enter(t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid"}})
		if err != nil || e.Consented {
			t.Fatalf("consent outlived the tenure: %+v, %v", e, err)
		}
	})
}

func TestEndWithoutAnythingOnTheTenure(t *testing.T) {
	each(t, func(t *testing.T, w *world) { w.end(w.hold(), w.clock.now()) })
}
