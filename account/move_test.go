package account_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/renumber"
)

func (w *world) proven(tenure simtrust.TenureID) account.Proven {
	return account.Proven{Tenure: tenure, At: w.clock.now()}
}

func (w *world) ticket(tenure simtrust.TenureID) string {
	w.t.Helper()
	ticket, err := w.StartMove(w.t.Context(), w.proven(tenure))
	if err != nil {
		w.t.Fatal(err)
	}
	return ticket.Secret
}

func (w *world) finish(to simtrust.TenureID, ticket string) error {
	return w.FinishMove(w.t.Context(), account.FinishMoveReq{To: w.proven(to), Ticket: ticket})
}

func TestMoveKeepsSubject(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		before := w.login(from, app)
		ticket := w.ticket(from)
		w.clock.advance(9 * time.Minute)
		if err := w.finish(to, ticket); err != nil {
			t.Fatal(err)
		}

		e, err := w.Enter(t.Context(), account.EnterReq{Tenure: to, App: app, Scopes: []string{"openid", "phone"}})
		if err != nil || e.Consented {
			t.Fatalf("consent to the other number moved along: %+v, %v", e, err)
		}
		if after := w.login(to, app); after.Subject != before.Subject || after.Account != before.Account {
			t.Fatal("the account did not come along")
		}
		if n := w.count(`select count(*) from account_link where tenure = $1 and closed is null`, to); n != 1 {
			t.Errorf("%d links on the new tenure", n)
		}
		if n := w.count(`select count(*) from account_link where tenure = $1 and closed is null`, from); n != 0 {
			t.Errorf("%d links on the old tenure", n)
		}

		w.end(from, w.clock.now().Add(time.Minute)) // no longer of any matter
		w.enter(to, app)
	})
}

func TestTheOldTenureStartsAnewAfterAMove(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		before := w.login(from, app)
		if err := w.finish(to, w.ticket(from)); err != nil {
			t.Fatal(err)
		}
		if after := w.enter(from, app); after.Subject == before.Subject {
			t.Fatal("one account on two tenures")
		}
	})
}

func TestReplaceClosesTheAccountInTheWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		moved, displaced := w.login(from, app), w.login(to, app)
		ticket := w.ticket(from)
		wantError(t, w.finish(to, ticket), simtrust.KindConflict, account.ReasonAccountExists)
		if e := w.enter(to, app); e.Subject != displaced.Subject {
			t.Fatal("the refused move changed something")
		}
		if err := w.FinishMove(t.Context(), account.FinishMoveReq{To: w.proven(to), Ticket: ticket, Replace: true}); err != nil {
			t.Fatal(err)
		}
		if e := w.enter(to, app); e.Subject != moved.Subject {
			t.Fatal("the account did not come along")
		}
		if n := w.count(`select count(*) from account where id = $1 and cause = 'replaced'`, displaced.Account); n != 1 {
			t.Error("the displaced account is not closed")
		}
	})
}

// What an app was let have stands on the account: it ends where the account was closed or has left, whatever consent says.
func TestUseEndsWithTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		moved, displaced := w.login(from, app), w.login(to, app)
		use := func(tenure simtrust.TenureID, id string) error {
			missing, err := w.Missing(t.Context(), account.UseReq{Tenure: tenure, Account: id, App: app, Scopes: []string{"openid"}})
			if len(missing) > 0 {
				t.Errorf("missing %q", missing)
			}
			return err
		}
		if err := errors.Join(use(from, moved.Account), use(to, displaced.Account)); err != nil {
			t.Fatal(err)
		}
		if err := w.FinishMove(t.Context(), account.FinishMoveReq{To: w.proven(to), Ticket: w.ticket(from), Replace: true}); err != nil {
			t.Fatal(err)
		}
		wantError(t, use(from, moved.Account), simtrust.KindDenied, account.ReasonAccountGone)
		wantError(t, use(to, displaced.Account), simtrust.KindDenied, account.ReasonAccountGone)
		if err := use(to, moved.Account); err != nil {
			t.Error(err)
		}
	})
}

// TestMoveLosesAgainstAnEndThatCameFirst: Live said that the tenure is current, and by the time of the transaction it is not.
func TestMoveLosesAgainstAnEndThatCameFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		w.login(from, app)
		ticket := w.ticket(from)
		if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: to, Seq: 2, Effective: w.clock.now()}); err != nil {
			t.Fatal(err)
		}
		wantError(t, w.finish(to, ticket), simtrust.KindDenied, account.ReasonTenureNotCurrent)
		if n := w.count(`select count(*) from account where tenure = $1`, to); n != 0 {
			t.Error("an account stands on a tenure that has ended")
		}
		if err := w.finish(w.hold(), ticket); err != nil {
			t.Errorf("the refused move spent the ticket: %v", err)
		}
	})
}

func TestTicketWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from := w.app("shop.example"), w.hold()
		w.login(from, app)
		ticket := w.ticket(from)
		nodes := []*account.Service{w.Service, w.node()}
		var moved atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			to := w.hold()
			all.Go(func() {
				err := nodes[i%2].FinishMove(t.Context(), account.FinishMoveReq{To: w.proven(to), Ticket: ticket})
				if err == nil {
					moved.Add(1)
				} else if simtrust.ReasonOf(err) != account.ReasonTicketInvalid {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if moved.Load() != 1 {
			t.Fatalf("moved %d times", moved.Load())
		}
		wantError(t, w.finish(w.hold(), ticket), simtrust.KindDenied, account.ReasonTicketInvalid)
		if n := w.count(`select count(*) from account where closed is null`); n != 1 {
			t.Errorf("%d accounts", n)
		}
	})
}

func TestFinishMoveRefuses(t *testing.T) {
	cases := map[string]struct {
		finish func(w *world, from, to simtrust.TenureID, ticket string) error
		kind   simtrust.Kind
		reason string
	}{
		"unknown ticket": {func(w *world, _, to simtrust.TenureID, _ string) error {
			return w.finish(to, simtrust.NewSecret())
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"empty ticket": {func(w *world, _, to simtrust.TenureID, _ string) error {
			return w.finish(to, "")
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"expired ticket": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			w.clock.advance(10 * time.Minute)
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"superseded ticket": {func(w *world, from, to simtrust.TenureID, ticket string) error {
			w.ticket(from)
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"used ticket": {func(w *world, from, to simtrust.TenureID, ticket string) error {
			if err := w.finish(w.hold(), ticket); err != nil {
				return err
			}
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"no proof of the new tenure": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			return w.FinishMove(w.t.Context(), account.FinishMoveReq{To: account.Proven{Tenure: to}, Ticket: ticket})
		}, simtrust.KindDenied, account.ReasonProofRequired},
		"no tenure": {func(w *world, _, _ simtrust.TenureID, ticket string) error {
			return w.finish("", ticket)
		}, simtrust.KindDenied, account.ReasonProofRequired},
		"stale proof of the new tenure": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			at := w.clock.now().Add(-10*time.Minute - time.Second)
			return w.FinishMove(w.t.Context(), account.FinishMoveReq{To: account.Proven{Tenure: to, At: at}, Ticket: ticket})
		}, simtrust.KindDenied, account.ReasonProofRequired},
		"proof from the future": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			at := w.clock.now().Add(time.Hour)
			return w.FinishMove(w.t.Context(), account.FinishMoveReq{To: account.Proven{Tenure: to, At: at}, Ticket: ticket})
		}, simtrust.KindDenied, account.ReasonProofRequired},
		"the same tenure": {func(w *world, from, _ simtrust.TenureID, ticket string) error {
			return w.finish(from, ticket)
		}, simtrust.KindConflict, account.ReasonSameTenure},
		"the new tenure is not current": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			w.tenures.remove(to)
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
		"the new tenure is barred": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			w.tenures.set(to, func(h *renumber.Holding) { h.Suspended = true })
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
		"the old tenure is out of sight": {func(w *world, from, to simtrust.TenureID, ticket string) error {
			w.tenures.set(from, func(h *renumber.Holding) { h.OutOfSight = true })
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
		"the old tenure has gone, its event has yet to come": {func(w *world, from, to simtrust.TenureID, ticket string) error {
			w.tenures.remove(from)
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
		"the old tenure has ended": {func(w *world, from, to simtrust.TenureID, ticket string) error {
			w.end(from, w.clock.now())
			return w.finish(to, ticket)
		}, simtrust.KindDenied, account.ReasonTicketInvalid},
		"renumber is down": {func(w *world, _, to simtrust.TenureID, ticket string) error {
			w.tenures.down = true
			return w.finish(to, ticket)
		}, simtrust.KindUnavailable, ""},
	}
	each(t, func(t *testing.T, w *world) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				from, to := w.hold(), w.hold()
				w.login(from, w.app("shop.example"))
				err := c.finish(w, from, to, w.ticket(from))
				w.tenures.down = false
				wantError(t, err, c.kind, c.reason)
				if n := w.count(`select count(*) from account where tenure = $1`, to); n != 0 {
					t.Error("something moved")
				}
			})
		}
	})
}

func TestStartMoveRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		with, without := w.hold(), w.hold()
		w.login(with, w.app("shop.example"))
		for name, c := range map[string]struct {
			from   account.Proven
			kind   simtrust.Kind
			reason string
		}{
			"no proof":        {account.Proven{Tenure: with}, simtrust.KindDenied, account.ReasonProofRequired},
			"stale proof":     {account.Proven{Tenure: with, At: w.clock.now().Add(-time.Hour)}, simtrust.KindDenied, account.ReasonProofRequired},
			"no tenure":       {w.proven(""), simtrust.KindDenied, account.ReasonProofRequired},
			"unknown tenure":  {w.proven("ten_none"), simtrust.KindDenied, account.ReasonTenureNotCurrent},
			"nothing to move": {w.proven(without), simtrust.KindNotFound, account.ReasonNoAccount},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.StartMove(t.Context(), c.from)
				wantError(t, err, c.kind, c.reason)
			})
		}
		if n := w.count(`select count(*) from account_move`); n != 0 {
			t.Errorf("%d tickets", n)
		}
	})
}

// The number had changed hands before the move, and the feed says so only later: the account is nobody's.
func TestMoveFromATenureThatHadEndedIsDisputed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		before := w.login(from, app)
		w.clock.advance(time.Hour)
		effective := w.clock.now()
		w.clock.advance(time.Minute)
		if err := w.finish(to, w.ticket(from)); err != nil {
			t.Fatal(err)
		}
		taken := w.login(to, app)
		w.clock.advance(time.Minute)
		w.end(from, effective)

		if n := w.count(`select count(*) from account where id = $1 and disputed and closed is not null`, taken.Account); n != 1 {
			t.Fatal("the account goes on")
		}
		if after := w.enter(to, app); after.Subject == before.Subject {
			t.Fatal("the new holder keeps the old one's subject")
		}
	})
}

func TestTicketIsNotStored(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		from := w.hold()
		w.login(from, w.app("shop.example"))
		if n := w.count(`select count(*) from account_move where ticket = $1`, []byte(w.ticket(from))); n != 0 {
			t.Fatal("the ticket is stored in clear")
		}
	})
}
