package acme_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/internal/rpc"
)

func TestExternalAccountBinding(t *testing.T) {
	w := embedded(t)
	e := w.external()
	other := &forger{w: w, key: newKey(t)}
	url := w.base + "/acme/new-account"
	for name, tt := range map[string]struct {
		binding func(f *forger) any
		kind    string
	}{
		"none":            {func(*forger) any { return nil }, "malformed"},
		"no object":       {func(*forger) any { return "eab" }, "malformed"},
		"forged":          {func(f *forger) any { return f.binding(acme.External{KID: e.KID, Key: make([]byte, 32)}, nil) }, "unauthorized"},
		"unknown kid":     {func(f *forger) any { return f.binding(acme.External{KID: "eab_none", Key: e.Key}, nil) }, "unauthorized"},
		"other kid":       {func(f *forger) any { return f.binding(acme.External{KID: w.external().KID, Key: e.Key}, nil) }, "unauthorized"},
		"for another key": {func(*forger) any { return other.binding(e, nil) }, "malformed"},
		"with a nonce":    {func(f *forger) any { return f.binding(e, func(h map[string]any) { h["nonce"] = w.nonce() }) }, "malformed"},
		"for another url": {func(f *forger) any {
			return f.binding(e, func(h map[string]any) { h["url"] = w.base + "/acme/new-order" })
		}, "malformed"},
		"none as algorithm": {func(f *forger) any { return f.binding(e, func(h map[string]any) { h["alg"] = "none" }) }, "malformed"},
		"ES256": {func(f *forger) any {
			return f.flat(map[string]any{"alg": "ES256", "kid": e.KID, "url": url}, f.jwk())
		}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &forger{w: w, key: newKey(t)}
			if a := f.post(url, map[string]any{"externalAccountBinding": tt.binding(f)}); a.kind() != tt.kind {
				t.Errorf("%d %s, want %s", a.StatusCode, a.text, tt.kind)
			}
		})
	}
	f := &forger{w: w, key: newKey(t)}
	if a := f.post(url, "{}"); a.kind() != "externalAccountRequired" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	if a := f.post(url, map[string]any{"onlyReturnExisting": true}); a.kind() != "accountDoesNotExist" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	made := w.register(f.key, e)
	if a := f.post(url, "{}"); a.StatusCode != http.StatusOK || a.Header.Get("Location") != made.kid {
		t.Errorf("the same key: %d %s", a.StatusCode, a.text)
	}
	if again := w.register(newKey(t), e); again.kid == made.kid {
		t.Error("one external account serves one account only")
	}
}

func TestContacts(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	for contact, kind := range map[string]string{
		"tel:+8613800138000": "unsupportedContact", "mailto:": "invalidContact", "mailto:a": "invalidContact", "mailto:a@b.example,c@d.example": "invalidContact",
		"mailto:a@b.example?subject=x": "invalidContact", "mailto:A <a@b.example>": "invalidContact",
	} {
		if a := f.post(f.kid, map[string]any{"contact": []string{contact}}); a.kind() != kind {
			t.Errorf("%s: %d %s", contact, a.StatusCode, a.text)
		}
	}
	if a := f.post(f.kid, map[string]any{"contact": []string{"mailto:a@b.example"}}); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	if a := f.post(f.kid, ""); !strings.Contains(string(a.text), "mailto:a@b.example") {
		t.Errorf("%s", a.text)
	}
	if a := f.post(f.kid, map[string]any{"status": "revoked"}); a.kind() != "malformed" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

func TestRefusedOrders(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external("example.com", "b.example"))
	tooMany := make([]string, 101)
	for i := range tooMany {
		tooMany[i] = fmt.Sprintf("n%d.example.com", i)
	}
	ids := func(kind, value string) map[string]any {
		return map[string]any{"identifiers": []map[string]string{{"type": kind, "value": value}}}
	}
	for name, tt := range map[string]struct {
		payload any
		kind    string
	}{
		"none": {names(), "malformed"}, "no object": {"[]", "malformed"}, "too many": {names(tooMany...), "malformed"},
		"address": {ids("ip", "192.0.2.1"), "unsupportedIdentifier"}, "address as a name": {ids("dns", "192.0.2.1"), "malformed"},
		"final dot": {names("a.example.com."), "malformed"}, "underscore": {names("a_b.example.com"), "malformed"}, "port": {names("a.example.com:80"), "malformed"},
		"path": {names("a.example.com/x"), "malformed"}, "user": {names("x@a.example.com"), "malformed"}, "NUL": {names("a\x00.example.com"), "malformed"},
		"newline": {names("a.example.com\r\nHost: b"), "malformed"}, "Unicode": {names("例.example.com"), "malformed"}, "inner wildcard": {names("a.*.example.com"), "malformed"},
		"two wildcards": {names("*.*.example.com"), "malformed"}, "wildcard of a top level": {names("*.com"), "rejectedIdentifier"},
		"another's": {names("a.example.org"), "rejectedIdentifier"}, "another's among ours": {names("a.example.com", "a.example.org"), "rejectedIdentifier"},
		"suffix without a dot": {names("badexample.com"), "rejectedIdentifier"}, "wildcard of another's": {names("*.example.org"), "rejectedIdentifier"},
		"not before":        {map[string]any{"identifiers": names("a.example.com")["identifiers"], "notBefore": "2026-12-01T00:00:00Z"}, "malformed"},
		"not after":         {map[string]any{"identifiers": names("a.example.com")["identifiers"], "notAfter": "2036-12-01T00:00:00Z"}, "malformed"},
		"replaces nonsense": {map[string]any{"identifiers": names("a.example.com")["identifiers"], "replaces": "x"}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := f.post(w.base+"/acme/new-order", tt.payload); a.kind() != tt.kind {
				t.Errorf("%d %s, want %s", a.StatusCode, a.text, tt.kind)
			}
		})
	}
	two := f.post(w.base+"/acme/new-order", names("a.example.org", "b.example.org", "c.example.com"))
	var p struct {
		Subproblems []struct {
			Identifier struct{ Value string } `json:"identifier"`
		} `json:"subproblems"`
	}
	two.into(t, &p)
	if len(p.Subproblems) != 2 || p.Subproblems[0].Identifier.Value != "a.example.org" {
		t.Errorf("%s", two.text)
	}
	if o := f.order("A.Example.COM", "a.example.com", "*.example.com", "example.com"); len(o.Authorizations) != 3 {
		t.Errorf("%+v", o)
	}
}

func TestWildcardsByDNSAlone(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	o := f.order("*.example.com")
	if v := f.authorization(o.Authorizations[0]); !v.Wildcard || len(v.Challenges) != 1 || v.Challenges[0].Type != "dns-01" {
		t.Errorf("%+v", v)
	}
}

// What belongs to one account is out of another's reach.
func TestWrongAccount(t *testing.T) {
	w := embedded(t)
	owner, thief := w.register(newKey(t), w.external()), w.register(newKey(t), w.external())
	o := owner.ready("a.example.com")
	if a := owner.finalize(o, csrFor(t, "a.example.com")); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.text)
	}
	done := owner.show(o)
	open := owner.order("b.example.com")
	c := owner.authorization(open.Authorizations[0]).challenge(t, "http-01")
	for name, url := range map[string]string{
		"account": owner.kid, "orders": owner.kid + "/orders", "order": o.url, "authorization": open.Authorizations[0], "certificate": done.Certificate,
		"alternate": done.Certificate + "/alternate", "challenge": c.URL,
	} {
		if a := thief.post(url, ""); a.kind() != "unauthorized" || a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.text)
		}
	}
	for name, a := range map[string]answer{
		"challenge": thief.post(c.URL, "{}"), "finalize": thief.finalize(o, csrFor(t, "a.example.com")),
		"account": thief.post(owner.kid, map[string]any{"status": "deactivated"}), "authorization": thief.post(open.Authorizations[0], map[string]any{"status": "deactivated"}),
	} {
		if a.kind() != "unauthorized" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.text)
		}
	}
	if v := owner.authorization(open.Authorizations[0]); v.Status != "pending" {
		t.Errorf("%+v", v)
	}
	for _, path := range []string{"/acme/order/ord_none", "/acme/authorization/atz_none", "/acme/challenge/chl_none", "/acme/certificate/service-p256-2026.00"} {
		if a := thief.post(w.base+path, ""); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

func TestOrdersEnd(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	pending, ready := f.order("a.example.com"), f.ready("b.example.com")
	w.clock.advance(8 * 24 * time.Hour)
	for _, o := range []orderView{pending, ready} {
		if a := f.finalize(o, csrFor(t, "b.example.com")); a.kind() != "orderNotReady" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if now := f.show(o); now.Status != "invalid" {
			t.Errorf("%+v", now)
		}
	}
	if v := f.authorization(ready.Authorizations[0]); v.Status != "expired" {
		t.Errorf("%+v", v)
	}
	c := f.authorization(pending.Authorizations[0]).challenge(t, "http-01")
	f.post(c.URL, "{}")
	if v := f.authorization(pending.Authorizations[0]); v.Status != "invalid" || v.challenge(t, "http-01").Status != "pending" {
		t.Errorf("%+v", v)
	}
}

func TestDeactivatedAuthorization(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		o := f.ready("a.example.com")
		if a := f.post(o.Authorizations[0], map[string]any{"status": "deactivated"}); a.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", a.StatusCode, a.text)
		}
		if a := f.finalize(o, csrFor(t, "a.example.com")); a.kind() != "orderNotReady" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if v := f.authorization(o.Authorizations[0]); v.Status != "deactivated" {
			t.Errorf("%+v", v)
		}
		if a := f.post(o.Authorizations[0], map[string]any{"status": "valid"}); a.kind() != "malformed" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
	})
}

// Five hundred orders at once are within the limits, and the list of them comes in pages.
func TestRoomForManyOrders(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	const many = 500
	var all sync.WaitGroup
	work := make(chan int)
	for range 8 {
		all.Go(func() {
			for i := range work {
				f.order(fmt.Sprintf("n%d.example.com", i))
			}
		})
	}
	for i := range many {
		work <- i
	}
	close(work)
	all.Wait()
	seen := map[string]bool{}
	for url := f.kid + "/orders"; url != ""; {
		a := f.post(url, "")
		var list struct {
			Orders []string `json:"orders"`
		}
		a.into(t, &list)
		for _, o := range list.Orders {
			seen[o] = true
		}
		url = nextOf(a.Header)
	}
	if len(seen) != many {
		t.Errorf("%d orders", len(seen))
	}
}

func nextOf(h http.Header) string {
	for _, l := range h.Values("Link") {
		if target, ok := strings.CutSuffix(l, `>;rel="next"`); ok {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

func TestLimits(t *testing.T) {
	w := embedded(t)
	w.config.Orders, w.config.Accounts = rpc.Rate{PerSecond: 1, Burst: 3}, rpc.Rate{PerSecond: 1, Burst: 2}
	w.restart()
	e := w.external()
	f := w.register(newKey(t), e)
	for range 3 {
		f.order("a.example.com")
	}
	if a := f.post(w.base+"/acme/new-order", names("a.example.com")); a.kind() != "rateLimited" || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	other := w.register(newKey(t), e)
	other.order("a.example.com")
	third := &forger{w: w, key: newKey(t)}
	if a := third.post(w.base+"/acme/new-account", map[string]any{"externalAccountBinding": third.binding(e, nil)}); a.kind() != "rateLimited" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

func TestOfficer(t *testing.T) {
	w := embedded(t)
	ask := func(token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/ca/v1/acme/eab", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		return rec
	}
	for _, tt := range []struct {
		token, body string
		status      int
	}{
		{"", `{"profile":"tls-server"}`, http.StatusUnauthorized}, {"reader", `{"profile":"tls-server"}`, http.StatusForbidden},
		{"officer", `{"profile":"none"}`, http.StatusBadRequest}, {"officer", `{"profile":"bank-sim"}`, http.StatusBadRequest},
		{"officer", `{"profile":"eid"}`, http.StatusBadRequest}, {"officer", `{"profile":"tls-server","names":["*.example.com"]}`, http.StatusBadRequest},
		{"officer", `{"profile":"tls-server","key":"mine"}`, http.StatusBadRequest},
	} {
		if got := ask(tt.token, tt.body); got.Code != tt.status {
			t.Errorf("%s %s: %d %s", tt.token, tt.body, got.Code, got.Body)
		}
	}
	got := ask("officer", `{"profile":"tls-server","names":["Example.com"]}`)
	var made struct {
		KID     string   `json:"kid"`
		HMACKey string   `json:"hmac_key"`
		Names   []string `json:"names"`
	}
	if err := json.Unmarshal(got.Body.Bytes(), &made); err != nil || got.Code != http.StatusCreated || len(made.HMACKey) != 43 || made.Names[0] != "example.com" {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
}

// The service and its client give the same answers.
func TestExternalAccountsByServiceAndClient(t *testing.T) {
	w := embedded(t)
	for name, make := range map[string]func(context.Context, acme.ExternalReq) (acme.External, error){
		"service": w.NewExternal, "client": acme.NewClient(rpc.NewClient(w.base, http.DefaultClient, "officer")).NewExternal,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := make(t.Context(), acme.ExternalReq{Profile: "tls-server", Names: []string{"a b"}})
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != acme.ReasonNames {
				t.Error(err)
			}
			_, err = make(t.Context(), acme.ExternalReq{Profile: "bank-sim"})
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != acme.ReasonProfile {
				t.Error(err)
			}
			e, err := make(t.Context(), acme.ExternalReq{Profile: "tls-server", Names: []string{"Example.com"}})
			if err != nil || len(e.Names) != 1 || e.Names[0] != "example.com" {
				t.Fatalf("%+v %v", e, err)
			}
			w.register(newKey(t), e).order("www.example.com")
		})
	}
}

func TestReplaces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		o := f.ready("a.example.com")
		f.finalize(o, csrFor(t, "a.example.com"))
		leaf := certificates(t, f.post(f.show(o).Certificate, "").text)[0]
		id := b64(leaf.AuthorityKeyId) + "." + b64(leaf.SerialNumber.Bytes())
		with := func(names map[string]any, id string) map[string]any {
			names["replaces"] = id
			return names
		}
		url := w.base + "/acme/new-order"
		thief := w.register(newKey(t), w.external())
		if a := thief.post(url, with(names("a.example.com"), id)); a.kind() != "unauthorized" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if a := f.post(url, with(names("b.example.com"), id)); a.kind() != "malformed" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if a := f.post(url, with(names("a.example.com"), id)); a.StatusCode != http.StatusCreated || !strings.Contains(string(a.text), id) {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if a := f.post(url, with(names("a.example.com"), id)); a.kind() != "alreadyReplaced" || a.StatusCode != http.StatusConflict {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		for _, bad := range []string{"x", "x.y", ".", b64(leaf.AuthorityKeyId) + ".", b64(leaf.AuthorityKeyId) + "." + b64(make([]byte, 21)), b64(leaf.AuthorityKeyId) + ".AQ", "AAAA.AQ"} {
			res, err := http.Get(w.base + "/acme/renewal-info/" + bad)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %d", bad, res.StatusCode)
			}
		}
	})
}

var _ acme.Authority = (*ca.Service)(nil)
