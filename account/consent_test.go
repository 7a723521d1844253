package account_test

import (
	"cmp"
	"slices"
	"testing"

	"simtrust"
	"simtrust/account"
	"simtrust/renumber"
)

func TestEnterWithoutConsentCreatesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		e, err := w.Enter(t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid", "phone"}})
		if err != nil || e.Consented || e.Account != "" || e.Subject != "" || !slices.Equal(e.Missing, []string{"openid", "phone"}) {
			t.Fatalf("%+v, %v", e, err)
		}
		if n := w.count(`select (select count(*) from account) + (select count(*) from account_link)`); n != 0 {
			t.Fatalf("%d rows", n)
		}
	})
}

// Consent binds tenure, app, purpose and scope: change one, and it is not there.
func TestConsentIsBound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, other := w.app("shop.example"), w.app("shop.example")
		tenure, stranger := w.hold(), w.hold()
		given := account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid"}}
		if err := w.Consent(t.Context(), given); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			req  account.UseReq
			want []string
		}{
			"as given":      {account.UseReq{Tenure: tenure, App: app, Scopes: []string{"openid"}}, nil},
			"other tenure":  {account.UseReq{Tenure: stranger, App: app, Scopes: []string{"openid"}}, []string{"openid"}},
			"other app":     {account.UseReq{Tenure: tenure, App: other, Scopes: []string{"openid"}}, []string{"openid"}},
			"other purpose": {account.UseReq{Tenure: tenure, App: app, Scopes: []string{"openid"}, Purpose: "dpv:Marketing"}, []string{"openid"}},
			"more scopes":   {account.UseReq{Tenure: tenure, App: app, Scopes: []string{"openid", "phone"}}, []string{"phone"}},
		} {
			missing, err := w.Missing(t.Context(), c.req)
			if err != nil || !slices.Equal(missing, c.want) {
				t.Errorf("%s: missing %q, %v; want %q", name, missing, err, c.want)
			}
		}
	})
}

func TestLegalBasisAsksNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := account.Registration{
			Name: "API", Auth: account.AuthKey, Profile: account.ProfileCAMARA, JWKS: jwks(t, "k1"), RedirectURIs: []string{"https://api.example/cb"},
			Scopes:     []string{"openid", "number-verification:verify", "dpv:RequestedServiceProvision"},
			LegalBases: map[string]string{"dpv:FraudPreventionAndDetection": "legitimate-interest"},
		}
		app, tenure := w.register(r), w.hold()
		e, err := w.Enter(t.Context(), account.EnterReq{
			Tenure: tenure, App: app, Scopes: []string{"number-verification:verify"}, Purpose: "dpv:FraudPreventionAndDetection"})
		if err != nil || !e.Consented || e.Subject == "" {
			t.Fatalf("%+v, %v", e, err)
		}
		e, err = w.Enter(t.Context(), account.EnterReq{
			Tenure: tenure, App: app, Scopes: []string{"number-verification:verify"}, Purpose: "dpv:RequestedServiceProvision"})
		if err != nil || e.Consented || e.Subject != "" {
			t.Fatalf("another purpose passed: %+v, %v", e, err)
		}
	})
}

func TestWithdraw(t *testing.T) {
	cases := map[string]struct {
		req  account.WithdrawReq
		want []string
	}{
		"one scope":       {account.WithdrawReq{Scopes: []string{"phone"}}, []string{"phone"}},
		"everything":      {account.WithdrawReq{Everything: true}, []string{"openid", "phone"}},
		"never given":     {account.WithdrawReq{Scopes: []string{"email"}}, nil},
		"other purpose":   {account.WithdrawReq{Purpose: "dpv:Marketing", Scopes: []string{"openid"}}, nil},
		"somebody else's": {account.WithdrawReq{Tenure: "ten_other", Everything: true}, nil},
	}
	each(t, func(t *testing.T, w *world) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				app, tenure, req := w.app("shop.example"), w.hold(), c.req
				w.login(tenure, app)
				req.App, req.Tenure = app.ID, cmp.Or(req.Tenure, tenure)
				for range 2 { // again changes nothing
					if err := w.Withdraw(t.Context(), req); err != nil {
						t.Fatal(err)
					}
				}
				e, err := w.Enter(t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid", "phone"}})
				if err != nil || !slices.Equal(e.Missing, c.want) || e.Consented != (c.want == nil) {
					t.Fatalf("%+v, %v", e, err)
				}
			})
		}
	})
}

func TestConsentAgainAfterWithdrawal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		before := w.login(tenure, app)
		if err := w.Withdraw(t.Context(), account.WithdrawReq{Tenure: tenure, App: app.ID, Everything: true}); err != nil {
			t.Fatal(err)
		}
		if after := w.login(tenure, app); after.Subject != before.Subject {
			t.Error("consent anew made somebody else")
		}
		if n := w.count(`select count(*) from account_consent`); n != 4 {
			t.Errorf("%d rows of consent, want the withdrawn two beside the new two", n)
		}
	})
}

func TestConsentRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		app, tenure := w.app("shop.example"), w.hold()
		suspended := app
		suspended.Suspended = true
		anonymous := w.hold()
		w.tenures.set(anonymous, func(h *renumber.Holding) { h.Anonymous = true })
		for name, c := range map[string]struct {
			req    account.ConsentReq
			kind   simtrust.Kind
			reason string
		}{
			"suspended app":        {account.ConsentReq{Tenure: tenure, App: suspended, Scopes: []string{"openid"}}, simtrust.KindDenied, account.ReasonAppSuspended},
			"scope not registered": {account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"email"}}, simtrust.KindDenied, account.ReasonScopeNotAllowed},
			"nothing":              {account.ConsentReq{Tenure: tenure, App: app}, simtrust.KindInvalid, account.ReasonNothingAsked},
			"a purpose only":       {account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"dpv:Marketing"}, Purpose: "dpv:Marketing"}, simtrust.KindInvalid, account.ReasonNothingAsked},
			"unknown tenure":       {account.ConsentReq{Tenure: "ten_none", App: app, Scopes: []string{"openid"}}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
			"no named user":        {account.ConsentReq{Tenure: anonymous, App: app, Scopes: []string{"openid"}}, simtrust.KindDenied, account.ReasonTenureNotCurrent},
		} {
			t.Run(name, func(t *testing.T) { wantError(t, w.Consent(t.Context(), c.req), c.kind, c.reason) })
		}
		if err := w.Withdraw(t.Context(), account.WithdrawReq{Tenure: tenure, App: app.ID}); err == nil {
			t.Error("a withdrawal of nothing passed")
		}
		if n := w.count(`select count(*) from account_consent`); n != 0 {
			t.Errorf("%d rows of consent", n)
		}
	})
}
