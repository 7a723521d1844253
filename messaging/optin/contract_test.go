package optin_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/optin"
)

// TestContract holds the operations to the same answers in process and over HTTP.
func TestContract(t *testing.T) {
	for _, way := range []string{"in process", "HTTP"} {
		t.Run(way, func(t *testing.T) {
			w := onSQLite(t)
			as := w.locally
			if way == "HTTP" {
				server := httptest.NewServer(w.router)
				t.Cleanup(server.Close)
				as = func(token string) *optin.Client {
					return optin.NewClient(rpc.NewClient(server.URL, server.Client(), token))
				}
			}
			contract(t, w, as)
		})
	}
}

func onSQLite(t *testing.T) *world {
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schemas()...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db, optin.Config{})
}

func (w *world) locally(token string) *optin.Client {
	return &optin.Client{
		Put:      rpc.Local[optin.PutReq, optin.PutRes](w.router, "optin.put", token),
		Withdraw: rpc.Local[optin.About, optin.Done](w.router, "optin.withdraw", token),
		Refuse:   rpc.Local[optin.RefuseReq, optin.Done](w.router, "optin.refuse", token),
		Changes:  rpc.Local[optin.ChangesReq, optin.ChangesRes](w.router, "optin.changes", token),
	}
}

func contract(t *testing.T, w *world, as func(token string) *optin.Client) {
	ctx := t.Context()
	at, future := day(10), w.now.Add(time.Second)
	put := func(token, chatbot, n string, at *time.Time) error {
		_, err := as(token).Put(ctx, optin.PutReq{About: optin.About{Chatbot: chatbot, Number: n}, ObtainedAt: at, Evidence: "a form"})
		return err
	}
	got, err := as("bank").Put(ctx, optin.PutReq{About: optin.About{Chatbot: bank, Number: one}, ObtainedAt: &at, Evidence: "a form"})
	if d := cmp.Diff(optin.PutRes{State: optin.StateActive, Basis: optin.Consent, ObtainedAt: at, Evidence: "a form"}, got); err != nil || d != "" {
		t.Errorf("put: %v\n%s", err, d)
	}
	if got, err = as("bank").Put(ctx, optin.PutReq{About: optin.About{Chatbot: bank, Number: two}}); err != nil || !got.ObtainedAt.Equal(w.now) {
		t.Errorf("put without an instant: %+v, %v", got, err)
	}
	wantChanged(t, "nobody's", put("bank", bank, three, nil))
	want(t, "in the future", put("bank", bank, one, &future), simtrust.KindInvalid, "out_of_window")
	want(t, "no number", put("bank", bank, "13800000001", nil), simtrust.KindInvalid, simtrust.ReasonInvalidNumber)
	for what, c := range map[string]struct{ token, chatbot string }{
		"of another": {"shop", bank}, "of nobody": {"bank", "bot_none"}, "of nobody, by an empty name": {"bank", "-"},
	} {
		want(t, "opt-in to the chatbot "+what, put(c.token, c.chatbot, one, &at), simtrust.KindDenied, "not_yours")
		_, err = as(c.token).Withdraw(ctx, optin.About{Chatbot: c.chatbot, Number: one})
		want(t, "withdrawal from the chatbot "+what, err, simtrust.KindDenied, "not_yours")
	}

	if _, err = as("bank").Withdraw(ctx, optin.About{Chatbot: bank, Number: three}); err != nil {
		t.Errorf("withdrawal of nobody: %v", err)
	}
	if _, err = as("bank").Withdraw(ctx, optin.About{Chatbot: bank, Number: two}); err != nil {
		t.Errorf("withdrawal: %v", err)
	}
	wantNone(t, "withdrawn", w.ask(bank, two))
	if _, err = as("gateway").Refuse(ctx, optin.RefuseReq{Number: one, ServiceID: "sip:bank@botplatform.example"}); err != nil {
		t.Errorf("refusal by service id: %v", err)
	}
	if _, err = as("gateway").Refuse(ctx, optin.RefuseReq{Number: one, Chatbot: bank}); err != nil {
		t.Errorf("refusal once more: %v", err)
	}
	wantRefused(t, "refused", w.ask(bank, one))
	wantRefused(t, "stated again", put("bank", bank, one, nil))
	refuse := func(r optin.RefuseReq) error { _, err := as("gateway").Refuse(ctx, r); return err }
	want(t, "refusal by nobody", refuse(optin.RefuseReq{Number: three, Chatbot: bank}), simtrust.KindNotFound, optin.ReasonUnknownNumber)
	want(t, "refusal of nobody", refuse(optin.RefuseReq{Number: one, Chatbot: "bot_none"}), simtrust.KindNotFound, "no_such_chatbot")
	want(t, "refusal of nothing", refuse(optin.RefuseReq{Number: one}), simtrust.KindInvalid, optin.ReasonChatbot)
	want(t, "refusal of two", refuse(optin.RefuseReq{Number: one, Chatbot: bank, ServiceID: bank}), simtrust.KindInvalid, optin.ReasonChatbot)
	want(t, "refusal of no number", refuse(optin.RefuseReq{Number: "1", Chatbot: bank}), simtrust.KindInvalid, simtrust.ReasonInvalidNumber)

	all, err := as("admin").Changes(ctx, optin.ChangesReq{Chatbot: bank})
	if err != nil || len(all.Changes) != 4 {
		t.Fatalf("changes: %+v, %v", all, err)
	}
	first := all.Changes[0]
	rest, err := as("admin").Changes(ctx, optin.ChangesReq{Chatbot: bank, After: optin.PlaceWire{At: first.At, Tenure: first.Tenure, Seq: first.Seq}})
	if d := cmp.Diff(all.Changes[1:], rest.Changes); err != nil || d != "" {
		t.Errorf("changes after the first: %v\n%s", err, d)
	}
	for _, c := range all.Changes {
		if byPerson := c.Action == optin.ActionRefusal; byPerson != (c.Client == "") || c.Tenure == "" || c.At.IsZero() {
			t.Errorf("change: %+v", c)
		}
	}

	for token, kind := range map[string]simtrust.Kind{"": simtrust.KindUnauthenticated, "none": simtrust.KindDenied, "messaging": simtrust.KindDenied} {
		_, refused := as(token).Refuse(ctx, optin.RefuseReq{Number: one, Chatbot: bank})
		_, withdrawn := as(token).Withdraw(ctx, optin.About{Chatbot: bank, Number: one})
		_, read := as(token).Changes(ctx, optin.ChangesReq{Chatbot: bank})
		for what, err := range map[string]error{"put": put(token, bank, one, &at), "refuse": refused, "withdraw": withdrawn, "changes": read} {
			want(t, what+" by "+token, err, kind, "")
		}
	}
	_, err = as("bank").Refuse(ctx, optin.RefuseReq{Number: one, Chatbot: bank})
	want(t, "refusal by a sender", err, simtrust.KindDenied, rpc.ReasonScope)
	_, err = as("bank").Changes(ctx, optin.ChangesReq{Chatbot: bank})
	want(t, "changes by a sender", err, simtrust.KindDenied, rpc.ReasonScope)
	want(t, "opt-in by the gateway", put("gateway", bank, one, &at), simtrust.KindDenied, rpc.ReasonScope)
}

// TestNumbersAreInNoLog walks every operation over HTTP, with a number in the path and in the body, and reads the log; and prints every
// request.
func TestNumbersAreInNoLog(t *testing.T) {
	w := onSQLite(t)
	server := httptest.NewServer(w.router)
	t.Cleanup(server.Close)
	as := func(token string) *optin.Client {
		return optin.NewClient(rpc.NewClient(server.URL, server.Client(), token))
	}
	const n = "+8613812348000"
	w.must(feed("assign", n, "dan", day(5)))
	about := optin.About{Chatbot: bank, Number: n}
	put, refuse := optin.PutReq{About: about, Evidence: n}, optin.RefuseReq{Number: n, Chatbot: bank}
	var texts strings.Builder
	for _, token := range []string{"bank", "gateway", "none", ""} {
		c := as(token)
		_, put := c.Put(t.Context(), put)
		_, withdrawn := c.Withdraw(t.Context(), about)
		_, refused := c.Refuse(t.Context(), refuse)
		fmt.Fprintln(&texts, put, withdrawn, refused)
	}
	w.rehold(n, "eve", day(40))
	fmt.Fprintln(&texts, w.optIn(shop, n, day(10)), w.ask(shop, n))
	w.drain()
	for _, v := range []any{about, &about, put, &put, refuse, &refuse} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&texts, verb+"\n", v)
		}
		options := &slog.HandlerOptions{ReplaceAttr: settled}
		slog.New(slog.NewTextHandler(&texts, options)).Info("request", "v", v)
		slog.New(slog.NewJSONHandler(&texts, options)).Info("request", "v", v)
	}
	for what, text := range map[string]string{"log": w.log.String(), "print": texts.String()} {
		if len(text) == 0 || strings.Contains(text, "1234") {
			t.Errorf("a number shows in the %s:\n%s", what, text)
		}
	}
}
