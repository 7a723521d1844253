package csp_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/messaging/csp"
)

// TestToken: one is good for 7,200 seconds, under any spelling of the scheme and of the chatbot's id.
func TestToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		var got csp.AccessToken
		b.ask(http.MethodPost, "accessToken", "", csp.Credential{AppID: b.cred.AppID, AppKey: b.cred.AppKey}, &got)
		if got.Expires != 7200 || got.URL != "https://id.example/csp" || got.Code != csp.CodeOK {
			t.Fatalf("%d %s %+v", got.Expires, got.URL, got.Result)
		}
		for _, id := range []string{shop, "sip%3A106500%40botplatform.rcs.example.cn", "106500@botplatform.rcs.example.cn", strings.ToUpper(shop)} {
			for _, scheme := range []string{"accessToken ", "ACCESSTOKEN ", "accesstoken  "} {
				var info csp.Info
				w.raw(http.MethodGet, w.server.URL+"/csp/bot/v2/"+id+"/find/chatBotInfo", scheme+got.Token, nil, &info)
				if info.Code != csp.CodeOK || info.AccessNo != "106500" {
					t.Errorf("%s with %s: %+v", id, scheme, info.Result)
				}
			}
		}
	})
}

// TestTokenRefused: who has none, another's, an old one or one that another followed does nothing, and is told which.
func TestTokenRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, other := w.bot("bot_shop"), w.bot("bot_bank")
		old := b.token
		b.login()
		ask := func(id, authorization string) (csp.Code, int) {
			var got csp.Result
			status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+id+"/messages", authorization, []byte(`{"messageId":"x","senderAddress":"`+shop+`"}`), &got)
			return got.Code, status
		}
		for name, c := range map[string]struct {
			id, authorization string
			code              csp.Code
			status            int
		}{
			"none":               {shop, "", csp.CodeCredential, 401},
			"nothing behind it":  {shop, "accessToken ", csp.CodeCredential, 401},
			"another scheme":     {shop, "Bearer " + b.token, csp.CodeCredential, 401},
			"no scheme":          {shop, b.token, csp.CodeCredential, 401},
			"a wrong one":        {shop, "accessToken " + strings.Repeat("A", 43), csp.CodeToken, 401},
			"a cut one":          {shop, "accessToken " + b.token[:42], csp.CodeToken, 401},
			"a superseded one":   {shop, "accessToken " + old, csp.CodeToken, 401},
			"another chatbot's":  {shop, "accessToken " + other.token, csp.CodeSender, 403},
			"for no chatbot":     {"sip:1@botplatform.rcs.example.cn", "accessToken " + b.token, csp.CodeSender, 403},
			"its digest":         {shop, "accessToken e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", csp.CodeToken, 401},
			"of a chatbot alone": {shop, "accessToken " + b.cred.AppKey, csp.CodeToken, 401},
		} {
			if code, status := ask(c.id, c.authorization); code != c.code || status != c.status {
				t.Errorf("%s: %d with status %d", name, code, status)
			}
		}
		w.pass(7199 * time.Second)
		if code, _ := ask(shop, "accessToken "+b.token); code != csp.CodeParameter {
			t.Errorf("in its last second: %d", code)
		}
		w.pass(time.Second)
		if code, _ := ask(shop, "accessToken "+b.token); code != csp.CodeExpired {
			t.Errorf("after 7,200 s: %d", code)
		}
		if w.dispatch.Drain(t.Context()); len(w.bearer.sent) != 0 {
			t.Errorf("sent %d", len(w.bearer.sent))
		}
	})
}

func TestCredentialRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, other := w.bot("bot_shop"), w.bot("bot_bank")
		former := b.cred
		b = w.bot("bot_shop")
		if former.AppID != b.cred.AppID || former.AppKey == b.cred.AppKey || former.CallbackToken == b.cred.CallbackToken {
			t.Fatalf("made again: %v and %v", former, b.cred)
		}
		for name, c := range map[string]csp.Credential{
			"nothing":             {},
			"no key":              {AppID: b.cred.AppID},
			"a wrong key":         {AppID: b.cred.AppID, AppKey: strings.Repeat("A", 43)},
			"the former key":      {AppID: former.AppID, AppKey: former.AppKey},
			"another's":           {AppID: other.cred.AppID, AppKey: other.cred.AppKey},
			"another's id":        {AppID: other.cred.AppID, AppKey: b.cred.AppKey},
			"the callback token":  {AppID: b.cred.AppID, AppKey: b.cred.CallbackToken},
			"the id with a blank": {AppID: b.cred.AppID + " ", AppKey: b.cred.AppKey},
		} {
			var got csp.AccessToken
			if status := b.ask(http.MethodPost, "accessToken", "", c, &got); status != 401 || got.Code != csp.CodeCredential || got.Token != "" {
				t.Errorf("%s: %d with status %d", name, got.Code, status)
			}
		}
		if code := b.post("messages", b.text("m1", 1)); code != csp.CodeOK {
			t.Errorf("refusals ended the token: %d", code)
		}
	})
}

// TestMadeAgain: new credentials end the access token too.
func TestMadeAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		if _, err := w.Issue(t.Context(), "bot_shop", "test"); err != nil {
			t.Fatal(err)
		}
		if code := b.post("messages", b.text("m1", 1)); code != csp.CodeToken {
			t.Errorf("the token of before: %d", code)
		}
	})
}

// TestTokenLimit: 2,000 a day, by any number of callers at once, and the last is still good.
func TestTokenLimit(t *testing.T) {
	w := newWorldOnce(t)
	b := w.bot("bot_shop")
	issue := func() csp.Code {
		var got csp.AccessToken
		b.ask(http.MethodPost, "accessToken", "", csp.Credential{AppID: b.cred.AppID, AppKey: b.cred.AppKey}, &got)
		if got.Code == csp.CodeOK {
			b.token = got.Token
		}
		return got.Code
	}
	for i := 1; i < 1990; i++ {
		if code := issue(); code != csp.CodeOK {
			t.Fatalf("the %dth: %d", i+1, code)
		}
	}
	var mu sync.Mutex
	var callers sync.WaitGroup
	codes := map[csp.Code]int{}
	for range 20 {
		callers.Go(func() {
			var got csp.AccessToken
			b.ask(http.MethodPost, "accessToken", "", csp.Credential{AppID: b.cred.AppID, AppKey: b.cred.AppKey}, &got)
			mu.Lock()
			defer mu.Unlock()
			codes[got.Code]++
		})
	}
	callers.Wait()
	if codes[csp.CodeOK] != 10 || codes[csp.CodeRate] != 10 {
		t.Fatalf("twenty at once for ten: %v", codes)
	}
	w.pass(24 * time.Hour)
	if code := issue(); code != csp.CodeOK {
		t.Errorf("the next day: %d", code)
	}
}

// TestCredentialsAreTheClients: a client makes them for its own chatbots, an operator for all.
func TestCredentialsAreTheClients(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			client, chatbot string
			status          int
		}{{"shop", "bot_shop", 201}, {"operator", "bot_bank", 201}, {"bank", "bot_shop", 403}, {"shop", "bot_none", 403}, {"operator", "bot_none", 404}} {
			var got map[string]any
			if status := w.raw(http.MethodPost, w.server.URL+"/messaging/v1/chatbots/"+c.chatbot+"/csp-credentials", "Bearer "+c.client, []byte(`{}`), &got); status != c.status {
				t.Errorf("%s for %s: %d %v", c.client, c.chatbot, status, got)
			}
		}
	})
}
