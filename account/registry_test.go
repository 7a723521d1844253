package account_test

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/account"
)

func secretive() account.Registration {
	return account.Registration{Name: "Service", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{"number-recycling:check"}}
}

func TestSecretIsShownOnceAndStoredAsHash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		res, err := w.RegisterApp(t.Context(), secretive())
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Secret) != 52 {
			t.Errorf("secret of %d characters", len(res.Secret))
		}
		if n := w.count(`select count(*) from account_app where credentials like $1`, "%"+res.Secret+"%"); n != 0 {
			t.Error("the secret is stored in clear")
		}
		app, err := w.App(t.Context(), res.App.ID)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(res.Secret))
		if !cmp.Equal(app.SecretHash, [][]byte{sum[:]}) {
			t.Error("the hash is not the secret's")
		}
		if !app.SecretMatches(res.Secret) {
			t.Error("the secret does not match")
		}
		for _, wrong := range []string{"", res.Secret[1:], res.Secret + "0", string(sum[:])} {
			if app.SecretMatches(wrong) {
				t.Error("a wrong secret matches")
			}
		}
		if (account.App{}).SecretMatches("") {
			t.Error("nothing matches an app without a secret")
		}
	})
}

func TestRotateSecretWithOverlap(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		res, err := w.RegisterApp(t.Context(), secretive())
		if err != nil {
			t.Fatal(err)
		}
		first := res.Secret
		second := w.rotate(account.Rotation{ID: res.App.ID, Overlap: time.Hour}).Secret
		w.wantSecrets(res.App.ID, []string{first, second}, nil)

		w.clock.advance(time.Hour)
		w.wantSecrets(res.App.ID, []string{second}, []string{first})

		third := w.rotate(account.Rotation{ID: res.App.ID}).Secret
		w.wantSecrets(res.App.ID, []string{third}, []string{first, second})
	})
}

// A later rotation with a longer overlap must not bring an older secret back to life.
func TestOverlapNeverGrows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		res, err := w.RegisterApp(t.Context(), secretive())
		if err != nil {
			t.Fatal(err)
		}
		w.rotate(account.Rotation{ID: res.App.ID, Overlap: time.Minute})
		third := w.rotate(account.Rotation{ID: res.App.ID, Overlap: time.Hour})
		w.clock.advance(time.Minute)
		w.wantSecrets(res.App.ID, []string{third.Secret}, []string{res.Secret})
	})
}

func (w *world) rotate(r account.Rotation) account.Registered {
	w.t.Helper()
	res, err := w.RotateApp(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func (w *world) wantSecrets(id string, good, bad []string) {
	w.t.Helper()
	app, err := w.App(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, s := range good {
		if !app.SecretMatches(s) {
			w.t.Errorf("good secret %d refused", i)
		}
	}
	for i, s := range bad {
		if app.SecretMatches(s) {
			w.t.Errorf("bad secret %d accepted", i)
		}
	}
}

func TestRotateKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := jwks(t, "a", "b")
		app := w.register(account.Registration{Name: "Bank", Auth: account.AuthKey, Profile: account.ProfileFAPI2, Scopes: []string{"openid"}, JWKS: first})
		for _, step := range []struct {
			name string
			r    account.Rotation
			want []string
		}{
			{"with overlap", account.Rotation{JWKS: jwks(t, "c"), Overlap: time.Hour}, []string{"c", "a", "b"}},
			{"an old key goes on", account.Rotation{JWKS: app.JWKS, Overlap: time.Hour}, []string{"a", "b", "c"}},
			{"without overlap", account.Rotation{JWKS: jwks(t, "a")}, []string{"a"}},
		} {
			step.r.ID = app.ID
			if res := w.rotate(step.r); res.Secret != "" || !slices.Equal(kids(t, res.App), step.want) {
				t.Errorf("%s: keys %q, want %q", step.name, kids(t, res.App), step.want)
			}
		}
	})
}

func TestRotateRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret, open := w.register(secretive()), w.app("shop.example")
		keyed := w.register(account.Registration{Name: "Bank", Auth: account.AuthKey, Profile: account.ProfileFAPI2, Scopes: []string{"openid"}, JWKS: jwks(t, "a")})
		for name, c := range map[string]struct {
			r      account.Rotation
			kind   simtrust.Kind
			reason string
		}{
			"unknown app":             {account.Rotation{ID: "app_none"}, simtrust.KindNotFound, account.ReasonUnknownApp},
			"public app":              {account.Rotation{ID: open.ID}, simtrust.KindUnprocessable, account.ReasonNoCredential},
			"keys for a secret":       {account.Rotation{ID: secret.ID, JWKS: jwks(t, "a")}, simtrust.KindInvalid, account.ReasonInvalidKeys},
			"no keys":                 {account.Rotation{ID: keyed.ID}, simtrust.KindInvalid, account.ReasonInvalidKeys},
			"another key, same kid":   {account.Rotation{ID: keyed.ID, JWKS: jwks(t, "a"), Overlap: time.Hour}, simtrust.KindInvalid, account.ReasonInvalidKeys},
			"negative overlap":        {account.Rotation{ID: secret.ID, Overlap: -1}, simtrust.KindInvalid, account.ReasonInvalidOverlap},
			"overlap without any end": {account.Rotation{ID: secret.ID, Overlap: account.MaxOverlap + 1}, simtrust.KindInvalid, account.ReasonInvalidOverlap},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.RotateApp(t.Context(), c.r)
				wantError(t, err, c.kind, c.reason)
			})
		}
	})
}

func TestSuspendedAppDoesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		w.login(tenure, app)
		other := w.node()
		if _, err := other.App(t.Context(), app.ID); err != nil {
			t.Fatal(err)
		}
		for range 2 { // again changes nothing
			if _, err := w.SuspendApp(t.Context(), app.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.refusesEntry(w.Service, tenure, app.ID)
		w.clock.advance(time.Second) // the other node may be that late
		w.refusesEntry(other, tenure, app.ID)

		if _, err := w.ResumeApp(t.Context(), app.ID); err != nil {
			t.Fatal(err)
		}
		now, err := w.App(t.Context(), app.ID)
		if err != nil || now.Suspended {
			t.Fatalf("not resumed: %v", err)
		}
		w.enter(tenure, now)
	})
}

func (w *world) refusesEntry(s *account.Service, tenure simtrust.TenureID, id string) {
	w.t.Helper()
	app, err := s.App(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = s.Enter(w.t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid"}})
	wantError(w.t, err, simtrust.KindDenied, account.ReasonAppSuspended)
	err = s.Consent(w.t.Context(), account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid"}})
	wantError(w.t, err, simtrust.KindDenied, account.ReasonAppSuspended)
	_, err = s.Missing(w.t.Context(), account.UseReq{Tenure: tenure, App: app, Scopes: []string{"openid"}})
	wantError(w.t, err, simtrust.KindDenied, account.ReasonAppSuspended)
}

func TestUnknownApps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, id := range []string{"app_none", "", "' or 1=1 --"} {
			_, err := w.App(t.Context(), id)
			wantError(t, err, simtrust.KindNotFound, account.ReasonUnknownApp)
			_, err = w.SuspendApp(t.Context(), id)
			wantError(t, err, simtrust.KindNotFound, account.ReasonUnknownApp)
			_, err = w.ResumeApp(t.Context(), id)
			wantError(t, err, simtrust.KindNotFound, account.ReasonUnknownApp)
		}
		r := public("shop.example")
		r.ID = "shop"
		if _, err := w.App(t.Context(), r.ID); err == nil {
			t.Fatal("there is a shop")
		}
		w.register(r)
		if _, err := w.App(t.Context(), r.ID); err != nil {
			t.Fatalf("the absence was cached: %v", err)
		}
		_, err := w.RegisterApp(t.Context(), r)
		wantError(t, err, simtrust.KindConflict, account.ReasonAppExists)
	})
}
