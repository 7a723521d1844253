package account_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/rpc"
)

// registry is what operators do with apps, in process or remotely.
type registry interface {
	RegisterApp(context.Context, account.Registration) (account.Registered, error)
	RotateApp(context.Context, account.Rotation) (account.Registered, error)
	App(context.Context, string) (account.App, error)
	ListApps(context.Context, string, int) ([]account.App, error)
	SuspendApp(context.Context, string) (account.App, error)
	ResumeApp(context.Context, string) (account.App, error)
}

// person is what a holder does with the own account.
type person interface {
	StartMove(context.Context) (account.Ticket, error)
	FinishMove(ctx context.Context, ticket string, replace bool) error
	Withdraw(context.Context, account.WithdrawReq) error
}

var (
	_ registry = (*account.Service)(nil)
	_ registry = (*account.Client)(nil)
	_ person   = (*account.Client)(nil)
	_ person   = local{}
)

// local is a holder's view of the service in process.
type local struct {
	w      *world
	tenure simtrust.TenureID
}

func (l local) StartMove(ctx context.Context) (account.Ticket, error) {
	return l.w.Service.StartMove(ctx, l.w.proven(l.tenure))
}

func (l local) FinishMove(ctx context.Context, ticket string, replace bool) error {
	return l.w.Service.FinishMove(ctx, account.FinishMoveReq{To: l.w.proven(l.tenure), Ticket: ticket, Replace: replace})
}

func (l local) Withdraw(ctx context.Context, req account.WithdrawReq) error {
	req.Tenure = l.tenure
	return l.w.Service.Withdraw(ctx, req)
}

// gate authenticates tokens of the form "tenure|scope scope"; an empty tenure is an operator's.
type gate struct{ now func() time.Time }

func (g gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	tenure, scopes, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "|")
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: rpc.ReasonNoCredential}
	}
	c := rpc.Caller{Client: "test", Scopes: strings.Fields(scopes), Tenure: simtrust.TenureID(tenure)}
	if tenure != "" {
		c.Proof = rpc.Proof{Grant: "grt_1", AuthTime: g.now()}
	}
	return c, nil
}

func (w *world) serve() (client func(token string) *account.Client) {
	r := rpc.NewRouter(rpc.Config{Auth: gate{w.clock.now}})
	w.Mount(r)
	server := httptest.NewServer(r)
	w.t.Cleanup(server.Close)
	return func(token string) *account.Client {
		return account.NewClient(rpc.NewClient(server.URL, server.Client(), token))
	}
}

// faces runs fn in process and over HTTP.
func faces(t *testing.T, fn func(t *testing.T, w *world, admin registry, as func(simtrust.TenureID) person)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		w := embedded(t)
		fn(t, w, w.Service, func(id simtrust.TenureID) person { return local{w, id} })
	})
	t.Run("http", func(t *testing.T) {
		w := embedded(t)
		client := w.serve()
		fn(t, w, client("|app:admin"), func(id simtrust.TenureID) person {
			return client(string(id) + "|account:move account:consent")
		})
	})
}

func TestRegistryContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, admin registry, _ func(simtrust.TenureID) person) {
		r := account.Registration{
			ID: "bank", Name: "银行", Auth: account.AuthKey, Profile: account.ProfileFAPI2, JWKS: jwks(t, "k1"),
			RedirectURIs: []string{"https://a.example/cb", "https://b.example/cb"}, Sector: "bank.example",
			Scopes: []string{"openid", "dpv:Marketing"}, LegalBases: map[string]string{"dpv:Marketing": "contract"},
		}
		res, err := admin.RegisterApp(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		want := account.App{
			ID: "bank", Name: "银行", Auth: account.AuthKey, Profile: account.ProfileFAPI2, JWKS: res.App.JWKS,
			RedirectURIs: r.RedirectURIs, Sector: "bank.example", Scopes: r.Scopes, LegalBases: r.LegalBases, Registered: w.clock.now(),
		}
		if diff := cmp.Diff(want, res.App); diff != "" || !slices.Equal(kids(t, res.App), []string{"k1"}) {
			t.Errorf("registered (-want +got):\n%s", diff)
		}
		if got, err := admin.App(t.Context(), "bank"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("shown %+v, %v", got, err)
		}
		if got, err := admin.SuspendApp(t.Context(), "bank"); err != nil || !got.Suspended {
			t.Errorf("suspended %+v, %v", got, err)
		}
		if got, err := admin.RotateApp(t.Context(), account.Rotation{ID: "bank", JWKS: jwks(t, "k2"), Overlap: time.Hour}); err != nil ||
			!slices.Equal(kids(t, got.App), []string{"k2", "k1"}) || !got.App.Suspended {
			t.Errorf("rotated %+v, %v", got, err)
		}
		if got, err := admin.ResumeApp(t.Context(), "bank"); err != nil || got.Suspended {
			t.Errorf("resumed %+v, %v", got, err)
		}

		_, err = admin.RegisterApp(t.Context(), r)
		wantError(t, err, simtrust.KindConflict, account.ReasonAppExists)
		r.ID, r.RedirectURIs = "other", []string{"http://bank.example/"}
		_, err = admin.RegisterApp(t.Context(), r)
		wantError(t, err, simtrust.KindInvalid, account.ReasonInvalidRedirectURI)
		_, err = admin.App(t.Context(), "nobody")
		wantError(t, err, simtrust.KindNotFound, account.ReasonUnknownApp)
		_, err = admin.SuspendApp(t.Context(), "nobody")
		wantError(t, err, simtrust.KindNotFound, account.ReasonUnknownApp)
		_, err = admin.RotateApp(t.Context(), account.Rotation{ID: "bank", Overlap: 31 * 24 * time.Hour})
		wantError(t, err, simtrust.KindInvalid, account.ReasonInvalidOverlap)
	})
}

func TestListContract(t *testing.T) {
	faces(t, func(t *testing.T, _ *world, admin registry, _ func(simtrust.TenureID) person) {
		var want []string
		for i := range 5 {
			r := public("shop.example")
			r.ID = fmt.Sprintf("shop-%d", i)
			if _, err := admin.RegisterApp(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			want = append(want, r.ID)
		}
		var got []string
		after := ""
		for {
			page, err := admin.ListApps(t.Context(), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page {
				got = append(got, a.ID)
			}
			if len(page) < 2 {
				break
			}
			after = page[1].ID
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %q", got)
		}
		if all, err := admin.ListApps(t.Context(), "", 0); err != nil || len(all) != 5 {
			t.Errorf("%d apps, %v", len(all), err)
		}
	})
}

func TestMoveContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, _ registry, as func(simtrust.TenureID) person) {
		app, from, to := w.app("shop.example"), w.hold(), w.hold()
		before, young := w.login(from, app), w.login(to, app)
		ticket, err := as(from).StartMove(t.Context())
		if err != nil || !ticket.Expires.Equal(w.clock.now().Add(10*time.Minute)) {
			t.Fatalf("expires %v, %v", ticket.Expires, err)
		}
		wantError(t, as(from).FinishMove(t.Context(), ticket.Secret, false), simtrust.KindConflict, account.ReasonSameTenure)
		wantError(t, as(to).FinishMove(t.Context(), ticket.Secret, false), simtrust.KindConflict, account.ReasonAccountExists)
		wantError(t, as(to).FinishMove(t.Context(), "guess", true), simtrust.KindDenied, account.ReasonTicketInvalid)
		if err := as(to).FinishMove(t.Context(), ticket.Secret, true); err != nil {
			t.Fatal(err)
		}
		wantError(t, as(to).FinishMove(t.Context(), ticket.Secret, true), simtrust.KindDenied, account.ReasonTicketInvalid)
		if after := w.enter(to, app); after.Subject != before.Subject || after.Subject == young.Subject {
			t.Error("the account did not come along")
		}
		_, err = as(from).StartMove(t.Context())
		wantError(t, err, simtrust.KindNotFound, account.ReasonNoAccount)
	})
}

func TestWithdrawContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, _ registry, as func(simtrust.TenureID) person) {
		app, mine, other := w.app("shop.example"), w.hold(), w.hold()
		w.login(mine, app)
		w.login(other, app)
		if err := as(mine).Withdraw(t.Context(), account.WithdrawReq{Tenure: other, App: app.ID, Everything: true}); err != nil {
			t.Fatal(err)
		}
		w.enter(other, app)
		e, err := w.Enter(t.Context(), account.EnterReq{Tenure: mine, App: app, Scopes: []string{"openid"}})
		if err != nil || e.Consented {
			t.Errorf("%+v, %v", e, err)
		}
		wantError(t, as(mine).Withdraw(t.Context(), account.WithdrawReq{App: app.ID}), simtrust.KindInvalid, account.ReasonNothingAsked)
	})
}

func TestCallersAreChecked(t *testing.T) {
	w := embedded(t)
	client := w.serve()
	app, tenure := w.app("shop.example"), w.hold()
	w.login(tenure, app)
	for name, c := range map[string]struct {
		token  string
		call   func(*account.Client) error
		kind   simtrust.Kind
		reason string
	}{
		"no token":              {"", register, simtrust.KindUnauthenticated, rpc.ReasonNoCredential},
		"without the scope":     {"|number:read", register, simtrust.KindDenied, rpc.ReasonScope},
		"a holder administers":  {string(tenure) + "|app:admin", register, simtrust.KindDenied, account.ReasonNotOperator},
		"a holder lists":        {string(tenure) + "|app:admin", list, simtrust.KindDenied, account.ReasonNotOperator},
		"a holder suspends":     {string(tenure) + "|app:admin", suspend, simtrust.KindDenied, account.ReasonNotOperator},
		"a holder moves apps":   {string(tenure) + "|account:consent", start, simtrust.KindDenied, rpc.ReasonScope},
		"an operator moves":     {"|app:admin account:move", start, simtrust.KindDenied, account.ReasonNotHolder},
		"an operator finishes":  {"|app:admin account:move", finish, simtrust.KindDenied, account.ReasonNotHolder},
		"an operator withdraws": {"|app:admin account:consent", withdraw, simtrust.KindDenied, account.ReasonNotHolder},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, c.call(client(c.token)), c.kind, c.reason) })
	}
}

func register(c *account.Client) error {
	_, err := c.RegisterApp(context.Background(), public("shop.example"))
	return err
}

func list(c *account.Client) error {
	_, err := c.ListApps(context.Background(), "", 0)
	return err
}

func suspend(c *account.Client) error {
	_, err := c.SuspendApp(context.Background(), "shop")
	return err
}

func start(c *account.Client) error {
	_, err := c.StartMove(context.Background())
	return err
}

func finish(c *account.Client) error {
	return c.FinishMove(context.Background(), "ticket", false)
}

func withdraw(c *account.Client) error {
	return c.Withdraw(context.Background(), account.WithdrawReq{Everything: true})
}
