package renumber_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

func TestHoldersContract(t *testing.T) { inBothWays(t, holdersContract) }

func holdersContract(t *testing.T, o *operator, auth tokens, as func(token string) api) {
	ctx := t.Context()
	const three, four = "+8613800000003", "+8613800000004"
	ann, cid := string(o.must(withCard(assign(one, "ann", day(5)), 1))), string(o.must(assign(three, "cid", day(6))))
	o.must(withCard(event(renumber.NewSIM, one, day(9)), 2))
	o.must(event(renumber.Suspend, three, day(7)))
	ben := string(o.must(assign(two, "ben", day(5))))
	o.must(event(renumber.Release, two, day(8)))
	ofAnn := renumber.Holder{Number: one, Tenure: ann, Opened: day(5), Current: true, SIMChanged: day(9), Usable: true}
	ofCid := renumber.Holder{Number: three, Tenure: cid, Opened: day(6), Current: true}
	ofBen := renumber.Holder{Number: two, Tenure: ben, Opened: day(5)}

	held, err := as("reader").holders(ctx, renumber.HoldersReq{Numbers: []string{three, four, one, two, three}})
	if d := cmp.Diff(renumber.HoldersRes{Holders: []renumber.Holder{ofCid, ofAnn}}, held); err != nil || d != "" {
		t.Errorf("holders: %v\n%s", err, d)
	}
	at := day(7)
	held, err = as("reader").holders(ctx, renumber.HoldersReq{Numbers: []string{one, two, three, four}, At: &at})
	if d := cmp.Diff(renumber.HoldersRes{Holders: []renumber.Holder{ofAnn, ofBen, ofCid}}, held); err != nil || d != "" {
		t.Errorf("holders at an instant: %v\n%s", err, d)
	}
	held, err = as("reader").live(ctx, renumber.LiveReq{Tenures: []string{cid, ben, "ten_none", "", ann, ann}})
	if d := cmp.Diff(renumber.HoldersRes{Holders: []renumber.Holder{ofCid, ofAnn}}, held); err != nil || d != "" {
		t.Errorf("live: %v\n%s", err, d)
	}
	for what, res := range map[string]func() (renumber.HoldersRes, error){
		"numbers": func() (renumber.HoldersRes, error) { return as("reader").holders(ctx, renumber.HoldersReq{}) },
		"tenures": func() (renumber.HoldersRes, error) { return as("reader").live(ctx, renumber.LiveReq{}) },
	} {
		if got, err := res(); err != nil || len(got.Holders) != 0 {
			t.Errorf("no %s: %v, %v", what, got, err)
		}
	}

	future, early := now.Add(time.Millisecond), day(1).Add(-time.Millisecond)
	for what, at := range map[string]*time.Time{"the future": &future, "before the record": &early, "the zero instant": {}} {
		_, err := as("reader").holders(ctx, renumber.HoldersReq{Numbers: []string{one}, At: at})
		wantRefusal(t, what, err, simtrust.KindInvalid, renumber.ReasonOutOfWindow)
	}
	_, err = as("reader").holders(ctx, renumber.HoldersReq{Numbers: []string{one, "13800000001"}})
	wantRefusal(t, "something that is no number", err, simtrust.KindInvalid, simtrust.ReasonInvalidNumber)
	_, err = as("reader").holders(ctx, renumber.HoldersReq{Numbers: slices.Repeat([]string{one}, renumber.MaxPage+1)})
	wantRefusal(t, "too many numbers", err, simtrust.KindInvalid, renumber.ReasonPageTooBig)
	_, err = as("reader").live(ctx, renumber.LiveReq{Tenures: slices.Repeat([]string{ann}, renumber.MaxPage+1)})
	wantRefusal(t, "too many tenures", err, simtrust.KindInvalid, renumber.ReasonPageTooBig)
	if held, err := as("reader").live(ctx, renumber.LiveReq{Tenures: manyTenures(renumber.MaxPage)}); err != nil || len(held.Holders) != 0 {
		t.Errorf("a full page: %v, %v", held, err)
	}

	auth["holder"] = rpc.Caller{Client: "bank", Scopes: []string{renumber.ScopeCheck}, Tenure: simtrust.TenureID(ann), Proof: rpc.Proof{Grant: "g"}}
	for _, token := range []string{"admin", "service", "app", "holder"} {
		_, err = as(token).holders(ctx, renumber.HoldersReq{Numbers: []string{one}})
		wantRefusal(t, token+" asks for holders", err, simtrust.KindDenied, rpc.ReasonScope)
		_, err = as(token).live(ctx, renumber.LiveReq{Tenures: []string{ann}})
		wantRefusal(t, token+" asks for tenures", err, simtrust.KindDenied, rpc.ReasonScope)
	}
	_, err = as("").holders(ctx, renumber.HoldersReq{Numbers: []string{one}})
	wantRefusal(t, "holders without a credential", err, simtrust.KindUnauthenticated, "")
	_, err = as("").live(ctx, renumber.LiveReq{Tenures: []string{ann}})
	wantRefusal(t, "tenures without a credential", err, simtrust.KindUnauthenticated, "")
}

func manyTenures(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("ten_%026d", i)
	}
	return ids
}

// TestHoldersAt asks about the past, of which the record learns late.
func TestHoldersAt(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		router := rpc.NewRouter(rpc.Config{Auth: tokens{"reader": {Client: "messaging", Scopes: []string{renumber.ScopeTenures}}}})
		o.Mount(router)
		reader := localAPI(router, "reader")
		ask := func(at time.Time, want simtrust.TenureID, current bool) {
			t.Helper()
			got, err := reader.holders(t.Context(), renumber.HoldersReq{Numbers: []string{one}, At: &at})
			switch {
			case err != nil:
				t.Error(err)
			case want == "" && len(got.Holders) != 0:
				t.Errorf("at %v: %v, want nobody", at, got.Holders)
			case want != "" && (len(got.Holders) != 1 || got.Holders[0].Tenure != string(want) || got.Holders[0].Current != current):
				t.Errorf("at %v: %v, want %s", at, got.Holders, want)
			}
		}
		ask(day(5), "", false)
		ann := o.must(assign(one, "ann", day(5)))
		ask(day(5).Add(-time.Millisecond), "", false)
		ask(day(5), ann, true)
		ben := o.must(to(event(renumber.Transfer, one, day(10)), "ben")) // told long after it took place
		ask(day(10).Add(-time.Millisecond), ann, false)
		ask(day(10), ben, true)
		o.must(event(renumber.PortOut, one, day(12)))
		ask(day(11), ben, false)
		ask(day(12), "", false)
		o.must(renumber.FeedEvent{Type: renumber.PortIn, Number: one, Holder: "ben", Effective: day(14)})
		ask(day(13), "", false)
		ask(day(14), ben, true)
		o.must(event(renumber.Release, one, day(20)))
		ask(day(15), ben, false)
		ask(day(20), "", false)
	})
}
