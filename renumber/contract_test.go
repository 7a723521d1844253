package renumber_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// tokens authenticates by a fixed table of Bearer tokens.
type tokens map[string]rpc.Caller

func (ts tokens) Authenticate(r *http.Request) (rpc.Caller, error) {
	c, ok := ts[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated}
	}
	return c, nil
}

// api is the operations as a caller with one token sees them.
type api struct {
	feed    func(context.Context, renumber.FeedReq) (renumber.FeedRes, error)
	show    func(context.Context, renumber.ShowReq) (renumber.ShowRes, error)
	check   func(context.Context, renumber.CheckReq) (renumber.CheckRes, error)
	holders func(context.Context, renumber.HoldersReq) (renumber.HoldersRes, error)
	live    func(context.Context, renumber.LiveReq) (renumber.HoldersRes, error)
	devices func(context.Context, renumber.DevicesReq) (renumber.DevicesRes, error)
}

func localAPI(r *rpc.Router, token string) api {
	return api{
		rpc.Local[renumber.FeedReq, renumber.FeedRes](r, "renumber.feed", token),
		rpc.Local[renumber.ShowReq, renumber.ShowRes](r, "renumber.show", token),
		rpc.Local[renumber.CheckReq, renumber.CheckRes](r, "renumber.check", token),
		rpc.Local[renumber.HoldersReq, renumber.HoldersRes](r, "renumber.holders", token),
		rpc.Local[renumber.LiveReq, renumber.HoldersRes](r, "renumber.live", token),
		rpc.Local[renumber.DevicesReq, renumber.DevicesRes](r, "renumber.devices", token),
	}
}

// TestContract holds the operations to the same answers in process and over HTTP.
func TestContract(t *testing.T) { inBothWays(t, contract) }

func inBothWays(t *testing.T, contract func(t *testing.T, o *operator, auth tokens, as func(token string) api)) {
	for _, way := range []string{"in process", "HTTP"} {
		t.Run(way, func(t *testing.T) {
			db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
			if err := sqldb.Migrate(t.Context(), db, renumber.Migrations()); err != nil {
				t.Fatal(err)
			}
			o := newOperator(t, db, renumber.Config{Zone: shanghai, Covered: day(1)})
			auth := tokens{
				"admin":   {Client: "admin", Scopes: []string{renumber.ScopeFeed, renumber.ScopeRead}},
				"service": {Client: "service", Scopes: []string{renumber.ScopeCheck}},
				"app":     {Client: "app"},
				"reader":  {Client: "messaging", Scopes: []string{renumber.ScopeTenures}},
			}
			r := rpc.NewRouter(rpc.Config{Auth: auth})
			o.Mount(r)
			as := func(token string) api { return localAPI(r, token) }
			if way == "HTTP" {
				server := httptest.NewServer(r)
				t.Cleanup(server.Close)
				as = func(token string) api {
					c := renumber.NewClient(rpc.NewClient(server.URL, server.Client(), token))
					return api{c.Feed, c.Show, c.Check, c.Holders, c.Live, c.Devices}
				}
			}
			contract(t, o, auth, as)
		})
	}
}

func contract(t *testing.T, o *operator, auth tokens, as func(token string) api) {
	ctx, n, other := t.Context(), one, two
	e := withCard(assign(one, "ann", day(5)), 1)
	e.Seq = 1
	batch := renumber.FeedReq{Source: "s", Events: []renumber.FeedEvent{e, {Seq: 2, Type: "explode"}}}

	fed, err := as("admin").feed(ctx, batch)
	if err != nil || len(fed.Results) != 2 || fed.Results[0].Status != renumber.StatusApplied || fed.Results[1].Reason != renumber.ReasonMalformed {
		t.Fatalf("feed: %+v, %v", fed, err)
	}
	shown, err := as("admin").show(ctx, renumber.ShowReq{Number: one})
	want := renumber.ShowRes{Tenures: []renumber.ShownTenure{{
		Tenure: fed.Results[0].Tenure, Holder: "ann", Opened: day(5), OpenedBy: "assigned", OpenedRecorded: now, Current: true,
		SIMs: []renumber.ShownSIM{{ICCID: e.ICCID, IMSI: e.IMSI, Primary: true, Since: day(5), Recorded: now}},
	}}}
	if d := cmp.Diff(want, shown); err != nil || d != "" {
		t.Errorf("show: %v\n%s", err, d)
	}
	for since, recycled := range map[int]bool{5: false, 4: true} {
		if got, err := as("service").check(ctx, renumber.CheckReq{Number: &n, Since: day(since)}); err != nil || got.Recycled != recycled {
			t.Errorf("check since day %d: %v, %v", since, got, err)
		}
	}
	auth["holder"] = rpc.Caller{
		Client: "bank", Scopes: []string{renumber.ScopeCheck}, Tenure: simtrust.TenureID(fed.Results[0].Tenure), Proof: rpc.Proof{Grant: "g"},
	}
	auth["nobody"] = rpc.Caller{Client: "bank", Scopes: []string{renumber.ScopeCheck}, Proof: rpc.Proof{Grant: "g"}}
	if got, err := as("holder").check(ctx, renumber.CheckReq{Since: day(6)}); err != nil || got.Recycled {
		t.Errorf("by the holder's token: %v, %v", got, err)
	}

	refused := func(what string, err error, kind simtrust.Kind, reason string) {
		t.Helper()
		wantRefusal(t, what, err, kind, reason)
	}
	for _, token := range []string{"service", "app", "holder"} {
		_, err = as(token).feed(ctx, batch)
		refused("feed without the scope", err, simtrust.KindDenied, rpc.ReasonScope)
		_, err = as(token).show(ctx, renumber.ShowReq{Number: one})
		refused("show without the scope", err, simtrust.KindDenied, rpc.ReasonScope)
	}
	_, err = as("admin").check(ctx, renumber.CheckReq{Number: &n, Since: day(6)})
	refused("check without the scope", err, simtrust.KindDenied, rpc.ReasonScope)
	_, err = as("").feed(ctx, batch)
	refused("feed without a credential", err, simtrust.KindUnauthenticated, "")
	_, err = as("admin").feed(ctx, renumber.FeedReq{Events: batch.Events})
	refused("feed without a source", err, simtrust.KindInvalid, renumber.ReasonSourceAbsent)
	_, err = as("admin").show(ctx, renumber.ShowReq{Number: "1"})
	refused("show of no number", err, simtrust.KindInvalid, simtrust.ReasonInvalidNumber)
	_, err = as("admin").show(ctx, renumber.ShowReq{Number: two})
	refused("show of a foreign number", err, simtrust.KindNotFound, renumber.ReasonNeverOurs)
	_, err = as("service").check(ctx, renumber.CheckReq{Number: &other, Since: day(6)})
	refused("check of a foreign number", err, simtrust.KindNotFound, renumber.ReasonNeverOurs)
	_, err = as("service").check(ctx, renumber.CheckReq{Number: &n})
	refused("check without an instant", err, simtrust.KindInvalid, renumber.ReasonMalformed)
	_, err = as("service").check(ctx, renumber.CheckReq{Since: day(6)})
	refused("check without a number", err, simtrust.KindUnprocessable, "missing_identifier")
	_, err = as("holder").check(ctx, renumber.CheckReq{Number: &n, Since: day(6)})
	refused("check with two numbers", err, simtrust.KindUnprocessable, "unnecessary_identifier")
	_, err = as("nobody").check(ctx, renumber.CheckReq{Since: day(6)})
	refused("check by a grant without a tenure", err, simtrust.KindUnauthenticated, renumber.ReasonNotCurrent)
	_, err = as("service").check(ctx, renumber.CheckReq{Number: &n, Since: now.Add(1e9)})
	refused("check of the future", err, simtrust.KindInvalid, renumber.ReasonOutOfWindow)
	o.must(event(renumber.Release, one, day(7)))
	_, err = as("holder").check(ctx, renumber.CheckReq{Since: day(6)})
	refused("check by a holder of before", err, simtrust.KindUnauthenticated, renumber.ReasonNotCurrent)
}

func wantRefusal(t *testing.T, what string, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if !isReason(err, kind, reason) {
		t.Errorf("%s: %v (%s), want %s %s", what, err, simtrust.ReasonOf(err), kind, reason)
	}
}
