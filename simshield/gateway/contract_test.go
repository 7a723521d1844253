package gateway_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
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

// server is a node's operations over HTTP.
type server struct{ *httptest.Server }

func (p *platform) serve(t *testing.T) server {
	t.Helper()
	r := rpc.NewRouter(rpc.Config{Auth: tokens{
		"cards":  {Client: "personalisation", Scopes: []string{gateway.ScopeCards}},
		"bearer": {Client: "sms", Scopes: []string{gateway.ScopeBearer}},
		"app":    {Client: "app"},
	}})
	p.Mount(r)
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return server{s}
}

type object map[string]any

func (s server) post(t *testing.T, token, path string, body any) (status int, answer string) {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (s server) client(token string) *gateway.Client {
	return gateway.NewClient(rpc.NewClient(s.URL, s.Client(), token))
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func hexed(t *testing.T, texts []string) [][]byte {
	t.Helper()
	out := make([][]byte, len(texts))
	for i, text := range texts {
		out[i] = octets(t, text)
	}
	return out
}

// cards are the operations on cards, in process and over HTTP.
type cards interface {
	Import(ctx context.Context, cards []gateway.Personalisation) (gateway.Imported, error)
	Card(ctx context.Context, iccid string) (gateway.Card, error)
	SetWay(ctx context.Context, iccid string, way gateway.Way) error
	RaiseCounters(ctx context.Context, after string) (gateway.Raised, error)
}

func TestContract(t *testing.T) {
	for way, over := range map[string]func(*platform) cards{
		"in process": func(p *platform) cards { return p.Service },
		"HTTP":       func(p *platform) cards { return p.serve(t).client("cards") },
	} {
		t.Run(way, func(t *testing.T) {
			p := newPlatform(t, only(t))
			contract(t, over(p))
		})
	}
}

func contract(t *testing.T, api cards) {
	ctx, a, old := t.Context(), newCard(t, 1).personal, legacy(newCard(t, 2).personal)
	differs := a
	differs.KID = bytes.Repeat([]byte{1}, 16)
	done, err := api.Import(ctx, []gateway.Personalisation{a, old, a, differs})
	if err != nil || done.Added != 2 || done.Known != 1 || !slices.Equal(done.Differ, []int{3}) {
		t.Errorf("import: %+v, %v", done, err)
	}
	card, err := api.Card(ctx, old.ICCID)
	if want := (gateway.Card{ICCID: old.ICCID, IMSI: old.IMSI, KeySet: 1, Legacy: true, Way: gateway.WaySMS, Created: epoch}); err != nil || card != want {
		t.Errorf("card: %+v, %v", card, err)
	}
	if done, err := api.RaiseCounters(ctx, ""); err != nil || done != (gateway.Raised{Cards: 2}) {
		t.Errorf("raise: %+v, %v", done, err)
	}
	if done, err := api.RaiseCounters(ctx, old.ICCID); err != nil || done != (gateway.Raised{}) {
		t.Errorf("raise after the last: %+v, %v", done, err)
	}
	if card, err := api.Card(ctx, a.ICCID); err != nil || card.Counter != ota.Counter(gap) {
		t.Errorf("card after: %+v, %v", card, err)
	}
	if err := api.SetWay(ctx, a.ICCID, gateway.WayPolling); err != nil {
		t.Error(err)
	}
	if card, err := api.Card(ctx, a.ICCID); err != nil || card.Way != gateway.WayPolling {
		t.Errorf("another bearer: %+v, %v", card, err)
	}
	if err := api.SetWay(ctx, a.ICCID, "post"); simtrust.ReasonOf(err) != gateway.ReasonCard {
		t.Errorf("a bearer that is none: %v", err)
	}
	if err := api.SetWay(ctx, "8986000000000000000", gateway.WaySMS); simtrust.ReasonOf(err) != gateway.ReasonUnknownCard {
		t.Errorf("the bearer of an unknown card: %v", err)
	}
	bad := a
	bad.KeySet = 99
	_, err = api.Import(ctx, []gateway.Personalisation{bad})
	if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != gateway.ReasonCard {
		t.Errorf("import of a bad card: %v", err)
	}
	_, err = api.Card(ctx, "8986000000000000000")
	if simtrust.KindOf(err) != simtrust.KindNotFound || simtrust.ReasonOf(err) != gateway.ReasonUnknownCard {
		t.Errorf("an unknown card: %v", err)
	}
}

func TestAFullImportRequestFits(t *testing.T) {
	list := make([]gateway.Personalisation, 1000)
	for i := range list {
		list[i] = newCard(t, i).personal
		list[i].KIc, list[i].KID = bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	}
	api := newPlatform(t, only(t)).serve(t).client("cards")
	if done, err := api.Import(t.Context(), list); err != nil || done.Added != len(list) {
		t.Errorf("%+v, %v", done, err)
	}
	for _, wrong := range [][]gateway.Personalisation{nil, append(list, list[0])} {
		if _, err := api.Import(t.Context(), wrong); simtrust.KindOf(err) != simtrust.KindInvalid {
			t.Errorf("%d cards at once: %v", len(wrong), err)
		}
	}
}

func TestOperationsWithoutTheScope(t *testing.T) {
	p := newPlatform(t, only(t), newCard(t, 1))
	api := p.serve(t)
	for path, scope := range map[string]string{
		"/simshield/v1/ota/messages": "bearer", "/simshield/v1/ota/reports": "bearer", "/simshield/v1/cards": "cards",
		"/simshield/v1/cards/show": "cards", "/simshield/v1/cards/bearer": "cards", "/simshield/v1/cards/raise-counters": "cards",
	} {
		for token, want := range map[string]int{"": http.StatusUnauthorized, "x": http.StatusUnauthorized, "app": http.StatusForbidden,
			"cards": http.StatusForbidden, "bearer": http.StatusForbidden} {
			if token == scope {
				continue
			}
			if status, body := api.post(t, token, path, "{}"); status != want {
				t.Errorf("%s with %q: %d %s", path, token, status, body)
			}
		}
	}
	if card, err := p.Card(t.Context(), newCard(t, 1).personal.ICCID); err != nil || card.Counter != 0 {
		t.Errorf("%+v, %v", card, err)
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	p, card := asked(t, only(t))
	api := p.serve(t)
	imsi := card.personal.IMSI
	good := hexOf(p.net.answer(t, card)[0])
	for what, c := range map[string]struct {
		path   string
		body   any
		status int
	}{
		"no TPDUs":           {"messages", object{"imsi": imsi}, 400},
		"an empty TPDU":      {"messages", object{"imsi": imsi, "tpdus": []string{""}}, 400},
		"not hexadecimal":    {"messages", object{"imsi": imsi, "tpdus": []string{"0g"}}, 400},
		"half an octet":      {"messages", object{"imsi": imsi, "tpdus": []string{good[:len(good)-1]}}, 400},
		"cut short":          {"messages", object{"imsi": imsi, "tpdus": []string{good[:len(good)-2]}}, 400},
		"run on":             {"messages", object{"imsi": imsi, "tpdus": []string{good + "00"}}, 400},
		"twice":              {"messages", object{"imsi": imsi, "tpdus": []string{good, good}}, 400},
		"a text":             {"messages", object{"imsi": imsi, "tpdus": good}, 400},
		"an unknown member":  {"messages", object{"imsi": imsi, "tpdus": []string{good}, "id": 1}, 400},
		"an unknown card":    {"messages", object{"imsi": "460009999999999", "tpdus": []string{good}}, 404},
		"no IMSI":            {"messages", object{"tpdus": []string{good}}, 404},
		"a delivered TPDU":   {"messages", object{"imsi": imsi, "tpdus": []string{hexOf(p.net.messages()[0].TPDUs[0])}}, 400},
		"a report of no id":  {"reports", object{"state": "delivered"}, 404},
		"a report not hex":   {"reports", object{"id": p.net.messages()[0].ID, "state": "delivered", "report": "x"}, 400},
		"a report, no state": {"reports", object{"id": p.net.messages()[0].ID}, 400},
	} {
		if status, body := api.post(t, "bearer", "/simshield/v1/ota/"+c.path, c.body); status != c.status {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	p.want(nil, nil)
	if status, body := api.post(t, "bearer", "/simshield/v1/ota/messages", object{"imsi": imsi, "tpdus": []string{good}}); status != 200 {
		t.Errorf("the answer itself: %d %s", status, body)
	}
	p.want([]string{"a"}, nil)
}
