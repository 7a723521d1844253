package redenvelope_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/redenvelope"
)

// callers know every credential by its name.
type callers map[string]rpc.Caller

func (c callers) Authenticate(r *http.Request) (rpc.Caller, error) {
	if who, ok := c[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
		return who, nil
	}
	return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: "who"}
}

// face is the operations over HTTP.
type face struct {
	*world
	url string
}

func newFace(t *testing.T) *face {
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	r := rpc.NewRouter(rpc.Config{Auth: callers{"shop": {Client: shopClient, Scopes: []string{messaging.ScopeSend}},
		"bank": {Client: bankClient, Scopes: []string{messaging.ScopeSend}}, "operator": {Client: "admin", Scopes: []string{redenvelope.ScopeAdmin}}}})
	w.Mount(r)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return &face{w, server.URL}
}

// ask returns the status and the answer as generic JSON.
func (f *face) ask(who, method, path, body string) (int, map[string]any) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+"/messaging/v1/"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+who)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, out
}

func (f *face) want(who, method, path, body string, status int, members ...string) map[string]any {
	f.t.Helper()
	got, answer := f.ask(who, method, path, body)
	if got != status {
		f.t.Errorf("%s %s %s: %d %v, want %d", who, method, path, got, answer, status)
	}
	for _, m := range members {
		name, value, _ := strings.Cut(m, "=")
		if fmt.Sprint(answer[name]) != value {
			f.t.Errorf("%s %s: %s is %v, want %s", method, path, name, answer[name], value)
		}
	}
	return answer
}

const (
	envelopes = "red-envelopes"
	order     = `{"chatbot":"bot_shop","key":"k1","kind":"money","currency":"CNY","budget":1000,"shares":4,"split":"fixed","expires":"2026-11-23T08:00:00Z",` +
		`"rules":{"min_tenure_days":30,"sim_held_days":7,"numbers_per_device":1},"greeting":"新年快乐","language":"zh"}`
)

func TestFace(t *testing.T) {
	f := newFace(t)
	f.want("operator", "POST", "red-envelope-accounts/fund", `{"chatbot":"bot_shop","key":"f1","kind":"money","currency":"CNY","amount":1500}`, 200, "balance=1500", "currency=CNY")
	made := f.want("shop", "POST", envelopes, order, 201, "state=open", "budget=1000", "left=1000", "claimed=0", "given=0", "currency=CNY", "greeting=新年快乐")
	id := envelopes + "/" + made["campaign"].(string)
	f.want("shop", "POST", envelopes, order, 201, "campaign="+made["campaign"].(string))
	f.want("operator", "GET", "red-envelope-accounts?chatbot=bot_shop", "", 200, "accounts=[map[balance:500 currency:CNY kind:money]]")
	sent := f.want("shop", "POST", id+"/messages", `{"key":"c1","to":["+8613800000009"]}`, 202)
	if sent["message"] == "" {
		t.Error(sent)
	}
	f.numbers[tenure(1)] = 1
	f.claims(made["campaign"].(string), 1)
	claims := f.want("shop", "GET", id+"/claims?limit=1", "", 200)["claims"].([]any)
	if c := claims[0].(map[string]any); len(claims) != 1 || c["amount"] != 250.0 || c["number"] != 1.0 || c["conversation"] != "cnv_bot_shop_"+fmt.Sprintf("%026d", 1) {
		t.Errorf("%v", claims)
	}
	f.want("shop", "GET", id, "", 200, "given=1", "claimed=250", "left=750", "fulfilled=0")
	f.want("shop", "POST", id+"/close", `{}`, 200, "state=closed", "refunded=750", "left=0")
	f.audit()
}

func TestFaceRefuses(t *testing.T) {
	f := newFace(t)
	f.fund(5000)
	id := envelopes + "/" + f.campaign(request(1000, 10)).ID
	for _, who := range []string{"", "forged"} {
		for path, method := range map[string]string{envelopes: "POST", id: "GET", id + "/claims": "GET", id + "/close": "POST", id + "/messages": "POST",
			"red-envelope-accounts/fund": "POST", "red-envelope-accounts": "GET"} {
			f.want(who, method, path, `{}`, 401)
		}
	}
	f.want("operator", "POST", envelopes, order, 403, "reason="+rpc.ReasonScope)
	f.want("operator", "GET", id, "", 403, "reason="+rpc.ReasonScope)
	for _, who := range []string{"shop", "bank"} {
		f.want(who, "POST", "red-envelope-accounts/fund", `{"chatbot":"bot_shop","key":"f1","kind":"money","currency":"CNY","amount":1}`, 403, "reason="+rpc.ReasonScope)
		f.want(who, "GET", "red-envelope-accounts?chatbot=bot_shop", "", 403, "reason="+rpc.ReasonScope)
	}
	f.want("bank", "POST", envelopes, order, 403, "reason=not_yours")
	f.want("bank", "GET", id, "", 404, "reason="+redenvelope.ReasonUnknown)
	f.want("bank", "GET", id+"/claims", "", 404, "reason="+redenvelope.ReasonUnknown)
	f.want("bank", "POST", id+"/close", `{}`, 404, "reason="+redenvelope.ReasonUnknown)
	f.want("bank", "POST", id+"/messages", `{"to":["+8613800000009"]}`, 404, "reason="+redenvelope.ReasonUnknown)
	for body, reason := range map[string]string{
		strings.Replace(order, `"currency":"CNY"`, `"unit":"CNY"`, 1):                 redenvelope.ReasonCampaign,
		strings.Replace(order, `"currency":"CNY"`, `"currency":"CNY","unit":"MB"`, 1): redenvelope.ReasonCampaign,
		strings.Replace(order, `"budget":1000`, `"budget":3`, 1):                      redenvelope.ReasonCampaign,
		strings.Replace(order, `"key":"k1",`, ``, 1):                                  redenvelope.ReasonKey,
		strings.Replace(order, `"budget":1000`, `"budget":10.5`, 1):                   rpc.ReasonMalformedBody,
		strings.Replace(order, `"budget":1000`, `"budget":"1000"`, 1):                 rpc.ReasonMalformedBody,
		strings.Replace(order, `"budget":1000`, `"budget":9223372036854775808`, 1):    rpc.ReasonMalformedBody,
		strings.Replace(order, `"budget":1000`, `"budget":1000,"budget":1`, 1):        rpc.ReasonMalformedBody,
		strings.Replace(order, `"split":"fixed"`, `"split":"fixed","Shares":1`, 1):    rpc.ReasonUnknownMember,
	} {
		f.want("shop", "POST", envelopes, body, 400, "reason="+reason)
	}
	f.want("shop", "GET", id+"/claims?limit=1001", "", 400, "reason="+redenvelope.ReasonPage)
	f.want("operator", "POST", "red-envelope-accounts/fund", `{"chatbot":"bot_none","key":"f1","kind":"money","currency":"CNY","amount":1}`, 404)
	f.audit()
}

// TestClient is an operator's.
func TestClient(t *testing.T) {
	f := newFace(t)
	c := redenvelope.NewClient(rpc.NewClient(f.url, http.DefaultClient, "operator"))
	in := redenvelope.Funding{Chatbot: shop, Key: "k", Asset: redenvelope.AssetIn("MB"), Amount: 70}
	if balance, err := c.Fund(t.Context(), in); err != nil || balance != 70 {
		t.Errorf("%d %v", balance, err)
	}
	in.Amount = 71
	_, err := c.Fund(t.Context(), in)
	wantRefusal(t, "another amount", err, simtrust.KindConflict, redenvelope.ReasonKeyUsed)
	list, err := c.Accounts(t.Context(), shop)
	if err != nil || len(list) != 1 || list[0] != (redenvelope.Account{Chatbot: shop, Asset: in.Asset, Balance: 70}) {
		t.Errorf("%+v %v", list, err)
	}
}
