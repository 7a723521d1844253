package esme_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/smpp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
)

// TestBind: only an account's own password, from its own network.
func TestBind(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if !regexp.MustCompile(`^[!-~]{8}$`).MatchString(w.password) {
			t.Errorf("a password of %d octets", len(w.password))
		}
		far := bank
		far.SystemID, far.Networks = "far", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		distant, err := w.Make(t.Context(), far)
		if err != nil {
			t.Fatal(err)
		}
		near := bank
		near.SystemID, near.Networks = "near", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		close, err := w.Make(t.Context(), near)
		if err != nil {
			t.Fatal(err)
		}
		var refused sync.WaitGroup
		for name, b := range map[string]smpp.Bind{
			"no password":          {SystemID: "bank"},
			"another's password":   {SystemID: "bank", Password: smpp.Secret(close)},
			"half a password":      {SystemID: "bank", Password: smpp.Secret(w.password[:4])},
			"nobody":               {SystemID: "shop", Password: smpp.Secret(w.password)},
			"no name":              {Password: smpp.Secret(w.password)},
			"in capitals":          {SystemID: "BANK", Password: smpp.Secret(w.password)},
			"a wildcard":           {SystemID: "%", Password: smpp.Secret(w.password)},
			"from another network": {SystemID: "far", Password: smpp.Secret(distant)},
		} {
			refused.Go(func() {
				if _, err := w.bind(&phone{}, b); !refusedWith(err, smpp.StatusBindFailed) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		refused.Wait()
		if _, err := w.bind(&phone{}, smpp.Bind{SystemID: "near", Password: smpp.Secret(close)}); err != nil {
			t.Error(err)
		}
		for _, mode := range []smpp.Mode{smpp.Transmitter, smpp.Receiver, smpp.Transceiver} {
			if _, err := w.bind(&phone{}, smpp.Bind{Mode: mode, SystemID: "bank", Password: smpp.Secret(w.password)}); err != nil {
				t.Errorf("%v: %v", mode, err)
			}
		}
	})
}

// TestGuess: a system_id can be tried so often and no more, whether it is one or not; from where it may not bind it can be tried at will.
func TestGuess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		far := bank
		far.SystemID, far.Networks = "far", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		if _, err := w.Make(t.Context(), far); err != nil {
			t.Fatal(err)
		}
		from := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:1024"))
		// try binds to a node that often at once, and returns how many attempts were not looked at.
		try := func(node *esme.Service, times int, id, password string) (throttled int) {
			var all sync.WaitGroup
			var mu sync.Mutex
			for range times {
				all.Go(func() {
					err := node.Authenticate(t.Context(), &smpp.Bind{SystemID: id, Password: smpp.Secret(password)}, from)
					mu.Lock()
					defer mu.Unlock()
					if refusedWith(err, smpp.StatusThrottled) {
						throttled++
					} else if err != nil && !refusedWith(err, smpp.StatusBindFailed) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			return throttled
		}
		elsewhere := w.node() // where it shares no counter with another name
		defer elsewhere.Close()
		for id, node := range map[string]*esme.Service{"bank": w.Service, "nobody": elsewhere} {
			if n := try(node, 60, id, "guess"); n != 30 {
				t.Errorf("%s: %d of 60 guesses were not looked at", id, n)
			}
		}
		if try(w.Service, 1, "bank", w.password) == 0 {
			t.Error("the right password is looked at among too many guesses")
		}
		if _, err := w.bind(&phone{}, smpp.Bind{SystemID: "bank", Password: smpp.Secret(w.password)}); !refusedWith(err, smpp.StatusThrottled) {
			t.Errorf("it is looked at in a session: %v", err)
		}
		if n := try(w.Service, 60, "far", "guess"); n > 0 {
			t.Errorf("who may not bind from here used up %d attempts of others", n)
		}
		w.pass(time.Second)
		if try(w.Service, 1, "bank", w.password) > 0 {
			t.Error("a second later the account is still out")
		}
	})
}

// TestFlood: whoever tries names without end keeps no account out that has its networks named.
func TestFlood(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		near := bank
		near.SystemID, near.Networks = "near", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		password, err := w.Make(t.Context(), near)
		if err != nil {
			t.Fatal(err)
		}
		far := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("203.0.113.1:1024"))
		for i := range 100_000 { // more than all counters hold
			_ = w.Authenticate(t.Context(), &smpp.Bind{SystemID: fmt.Sprint("no name ", i)}, far) // refused, as TestBind holds
		}
		home := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:1024"))
		if err := w.Authenticate(t.Context(), &smpp.Bind{SystemID: "near", Password: smpp.Secret(password)}, home); err != nil {
			t.Error(err)
		}
		for range 40 {
			err = w.Authenticate(t.Context(), &smpp.Bind{SystemID: "near", Password: "guess"}, home)
		}
		if !refusedWith(err, smpp.StatusThrottled) {
			t.Errorf("guesses from its networks are not counted: %v", err)
		}
	})
}

// TestMake: what is no account.
func TestMake(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*esme.Account)
			reason string
		}{
			"no name":            {func(a *esme.Account) { a.SystemID = "" }, esme.ReasonSystemID},
			"a long name":        {func(a *esme.Account) { a.SystemID = strings.Repeat("a", 16) }, esme.ReasonSystemID},
			"a line break":       {func(a *esme.Account) { a.SystemID = "a\nb" }, esme.ReasonSystemID},
			"another alphabet":   {func(a *esme.Account) { a.SystemID = "аp" }, esme.ReasonSystemID},
			"no source":          {func(a *esme.Account) { a.Source = "" }, esme.ReasonSource},
			"a long source":      {func(a *esme.Account) { a.Source = strings.Repeat("1", 21) }, esme.ReasonSource},
			"a long word":        {func(a *esme.Account) { a.Source = "ABCDEFGHIJKL" }, esme.ReasonSource},
			"a source of blanks": {func(a *esme.Account) { a.Source = "  " }, esme.ReasonSource},
			"no class":           {func(a *esme.Account) { a.Class = "" }, esme.ReasonClass},
			"an unknown class":   {func(a *esme.Account) { a.Class = "spam" }, esme.ReasonClass},
			"an unknown chatbot": {func(a *esme.Account) { a.Chatbot = "bot_none" }, "unknown_chatbot"},
			"a name that is had": {func(a *esme.Account) { a.SystemID = "bank" }, esme.ReasonTaken},
		} {
			a := bank
			a.SystemID = "new"
			c.change(&a)
			if password, err := w.Make(t.Context(), a); simtrust.ReasonOf(err) != c.reason || password != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := w.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%d accounts, %v", len(list), err)
		}
	})
}

// TestWithdraw: a withdrawn account binds no more, sends no more and is told nothing more.
func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := &phone{}
		s := w.bound(p)
		id := w.submits(s, text("hello"))
		if err := w.Withdraw(t.Context(), "bank", "operator"); err != nil {
			t.Fatal(err)
		}
		w.back.becomes(id, dispatch.StateDelivered)
		if _, err := s.Submit(t.Context(), &smpp.SubmitSM{Message: text("hello")}); err == nil || len(w.back.messages()) != 1 {
			t.Errorf("it sends: %v", err)
		}
		<-s.Done()
		if _, err := w.bind(p, smpp.Bind{SystemID: "bank", Password: smpp.Secret(w.password)}); !refusedWith(err, smpp.StatusBindFailed) {
			t.Errorf("it binds: %v", err)
		}
		if err := w.Withdraw(t.Context(), "bank", "operator"); simtrust.ReasonOf(err) != esme.ReasonUnknown {
			t.Errorf("withdrawn again: %v", err)
		}
		if _, err := w.Make(t.Context(), bank); simtrust.ReasonOf(err) != esme.ReasonTaken {
			t.Errorf("made again: %v", err)
		}
		if n := len(p.messages()); n > 0 {
			t.Errorf("it was told %d times", n)
		}
	})
}

// operator has the scopes that are named.
type operator string

func (o operator) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "operator", Scopes: []string{string(o)}}, nil
}

// TestOperations: the operations over HTTP; no list holds a password.
func TestOperations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, stranger := rpc.NewRouter(rpc.Config{Auth: operator(esme.ScopeAdmin)}), rpc.NewRouter(rpc.Config{Auth: operator("messaging:send")})
		w.Mount(r)
		w.Mount(stranger)
		call := func(to *rpc.Router, op, body string, status int, into any) {
			t.Helper()
			method, path, _ := strings.Cut(op, " ")
			req := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
			req.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			to.ServeHTTP(rec, req)
			if rec.Code != status {
				t.Fatalf("%s: %d %s", op, rec.Code, rec.Body)
			}
			if into != nil {
				if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
					t.Fatal(err)
				}
			}
		}
		const path = "/messaging/v1/smpp-accounts"
		account := `{"system_id":"shop","chatbot":"bot_shop","class":"promotion","rcs":true,"source_addr":"SHOP","networks":["127.0.0.0/8"]}`
		made := map[string]string{}
		call(stranger, "POST "+path, account, http.StatusForbidden, nil)
		call(stranger, "GET "+path, "", http.StatusForbidden, nil)
		call(r, "POST "+path, account, http.StatusCreated, &made)
		call(r, "POST "+path, account, http.StatusConflict, nil)
		call(r, "POST "+path, strings.Replace(account, "127.0.0.0/8", "127.0.0.1/8", 1), http.StatusBadRequest, nil)
		call(r, "POST "+path, strings.Replace(account, `"rcs"`, `"rich"`, 1), http.StatusBadRequest, nil)
		var list struct{ Accounts []map[string]any }
		call(r, "GET "+path, "", http.StatusOK, &list)
		if len(list.Accounts) != 2 || list.Accounts[1]["created_by"] != "operator" || list.Accounts[1]["password"] != nil || list.Accounts[1]["rcs"] != true {
			t.Errorf("%v", list)
		}
		if _, err := w.bind(&phone{}, smpp.Bind{SystemID: made["system_id"], Password: smpp.Secret(made["password"])}); err != nil {
			t.Error(err)
		}
		call(r, "POST "+path+"/withdraw", `{"system_id":"shop"}`, http.StatusOK, nil)
		call(r, "POST "+path+"/withdraw", `{"system_id":"shop"}`, http.StatusNotFound, nil)
	})
}
