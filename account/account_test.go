package account_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// The heart of the matter: the number goes to somebody else, who is somebody else to every app.
func TestNewTenureIsANewAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app := w.app("shop.example")
		old := w.hold()
		before := w.login(old, app)

		w.clock.advance(time.Hour)
		w.end(old, w.clock.now())
		next := w.hold()

		e, err := w.Enter(t.Context(), account.EnterReq{Tenure: next, App: app, Scopes: []string{"openid"}})
		if err != nil || e.Consented || e.Subject != "" {
			t.Fatalf("the new holder inherited consent: %+v, %v", e, err)
		}
		after := w.login(next, app)
		if after.Account == before.Account || after.Subject == before.Subject {
			t.Fatal("the new holder is the old one")
		}
		if n := w.count(`select count(*) from account where tenure = $1 and closed is null`, old); n != 0 {
			t.Fatal("the old account is open")
		}
		if n := w.count(`select count(*) from account_link where tenure = $1 and closed is null`, old); n != 0 {
			t.Fatal("an old link is open")
		}
	})
}

func TestSIMChangeKeepsSubject(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		before := w.login(tenure, app)
		w.tenures.set(tenure, func(h *renumber.Holding) {
			h.SIMs = []renumber.SIM{{ICCID: "8986001", IMSI: "460001", Primary: true, Since: w.clock.now()}}
			h.SIMChanged = w.clock.now()
		})
		w.clock.advance(time.Hour)
		if after := w.enter(tenure, app); !cmp.Equal(after, before) {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

func TestSubjectIsPairwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tenure := w.hold()
		shop, bank := w.login(tenure, w.app("shop.example")), w.login(tenure, w.app("bank.example"))
		if shop.Account != bank.Account {
			t.Error("two accounts for one tenure")
		}
		if shop.Subject == bank.Subject {
			t.Error("two apps can compare subjects")
		}
		if again := w.login(tenure, w.app("shop.example")); again.Subject != shop.Subject {
			t.Error("apps of one host see different subjects")
		}
		r := public("other.example")
		r.Sector = "shop.example"
		if named := w.login(tenure, w.register(r)); named.Subject != shop.Subject {
			t.Error("apps of one sector see different subjects")
		}
		for _, s := range []string{shop.Subject, bank.Subject} {
			if len(s) != 43 {
				t.Errorf("subject of %d characters", len(s))
			}
		}
	})
}

// Without a host of its own an app shares its subjects with nobody.
func TestLoopbackAppsDoNotShareSubjects(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tenure := w.hold()
		r := public("")
		r.RedirectURIs = []string{"http://127.0.0.1:8080/callback"}
		a, b := w.login(tenure, w.register(r)), w.login(tenure, w.register(r))
		r.RedirectURIs = []string{"cn.example.app:/callback"}
		c, d := w.login(tenure, w.register(r)), w.login(tenure, w.register(r))
		if a.Subject == b.Subject || c.Subject == d.Subject {
			t.Error("two apps share subjects because neither has a host")
		}
	})
}

func TestConcurrentFirstLoginsMakeOneAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tenure, apps := w.hold(), []account.App{w.app("shop.example"), w.app("bank.example")}
		for _, app := range apps {
			if err := w.Consent(t.Context(), account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid"}}); err != nil {
				t.Fatal(err)
			}
		}
		nodes := []*account.Service{w.Service, w.node()}
		accounts := make([]string, 16)
		var all sync.WaitGroup
		for i := range accounts {
			all.Go(func() {
				e, err := nodes[i%2].Enter(t.Context(), account.EnterReq{Tenure: tenure, App: apps[i/2%2], Scopes: []string{"openid"}})
				if err != nil {
					t.Error(err)
				}
				accounts[i] = e.Account
			})
		}
		all.Wait()
		for _, a := range accounts {
			if a != accounts[0] || a == "" {
				t.Fatalf("accounts %q", accounts)
			}
		}
		if n := w.count(`select count(*) from account`); n != 1 {
			t.Errorf("%d accounts", n)
		}
		if n := w.count(`select count(*) from account_link where closed is null`); n != 2 {
			t.Errorf("%d links", n)
		}
	})
}

// A writer that holds the store does not hold up those who have been there before.
func TestEnterAgainOnlyReads(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		before := w.login(tenure, app)
		w.tenures.down = true // nor is anybody asked
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(t.Context(), `update account set cause = 'held'`); err != nil {
				return err
			}
			if after := w.enter(tenure, app); !cmp.Equal(after, before) {
				t.Errorf("%+v became %+v", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestEnterRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		suspended := app
		suspended.Suspended = true
		barred, ended := w.hold(), w.hold()
		for _, id := range []simtrust.TenureID{tenure, barred, ended} {
			if err := w.Consent(t.Context(), account.ConsentReq{Tenure: id, App: app, Scopes: []string{"openid"}}); err != nil {
				t.Fatal(err)
			}
		}
		w.tenures.set(barred, func(h *renumber.Holding) { h.Suspended = true })
		w.tenures.remove(ended) // its event has yet to arrive
		for name, c := range map[string]struct {
			req    account.EnterReq
			reason string
		}{
			"suspended app":          {account.EnterReq{Tenure: tenure, App: suspended, Scopes: []string{"openid"}}, account.ReasonAppSuspended},
			"scope not registered":   {account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid", "number-recycling:check"}}, account.ReasonScopeNotAllowed},
			"purpose not registered": {account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid"}, Purpose: "dpv:IdentityVerification"}, account.ReasonScopeNotAllowed},
			"barred tenure":          {account.EnterReq{Tenure: barred, App: app, Scopes: []string{"openid"}}, account.ReasonTenureNotCurrent},
			"ended tenure":           {account.EnterReq{Tenure: ended, App: app, Scopes: []string{"openid"}}, account.ReasonTenureNotCurrent},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.Enter(t.Context(), c.req)
				wantError(t, err, simtrust.KindDenied, c.reason)
			})
		}
		if n := w.count(`select count(*) from account`); n != 0 {
			t.Errorf("%d accounts were made", n)
		}
	})
}

func TestFirstLoginFailsWhileTenuresAreUnknown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		if err := w.Consent(t.Context(), account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid"}}); err != nil {
			t.Fatal(err)
		}
		w.tenures.down = true
		_, err := w.Enter(t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid"}})
		wantError(t, err, simtrust.KindUnavailable, "")
	})
}

func TestNewRefusesAShortSubjectKey(t *testing.T) {
	if _, err := account.New(account.Deps{}, account.Config{SubjectKey: make([]byte, 31)}); err == nil {
		t.Fatal("accepted")
	}
}
