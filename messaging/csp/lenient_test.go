package csp_test

import (
	"net/http"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust/messaging/csp"
)

// TestNull: a member that is null is as good as absent.
func TestNull(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		body := `{"messageId":"m1","messageList":[{"contentType":"text/plain","contentEncoding":null,"contentText":"您好"}],"destinationAddress":["` + tel(1) +
			`"],"senderAddress":"` + shop + `","conversationId":null,"contributionId":null,"serviceCapability":null,"trafficType":null,"smsSupported":null,
			"smsContent":null,"storeSupported":null,"imFormat":null,"inReplyTo":null,"reportRequest":null}`
		var got csp.Answer
		if status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/messages", "accessToken "+b.token, []byte(body), &got); status != http.StatusOK {
			t.Errorf("%d %+v", status, got)
		}
	})
}

// TestScheme: that of a tel URI is in either case.
func TestScheme(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		m := b.text("m1", 1)
		m.To = csp.OneOrMore[string]{"TEL:" + number(1), "Tel:" + number(2)}
		if code := b.post("messages", m); code != csp.CodeOK {
			t.Errorf("answered %d", code)
		}
		if code := b.post("revoke", csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: m.To}); code != csp.CodeOK {
			t.Errorf("asked back, answered %d", code)
		}
	})
}

// TestNumbers: whoever writes numbers as texts is understood, and whoever writes no numbers is not.
func TestNumbers(t *testing.T) {
	var token csp.AccessToken
	if err := json.Unmarshal([]byte(`{"accessToken":"t","expires":"7200","errorCode":"0"}`), &token); err != nil || token.Expires != 7200 || token.Code != csp.CodeOK {
		t.Errorf("%d %+v %v", token.Expires, token.Result, err)
	}
	var d csp.Delivery
	if err := json.Unmarshal([]byte(`{"status":"failed","errorCode":"4"}`), &d); err != nil || d.Failure != csp.Offline {
		t.Errorf("%d %v", d.Failure, err)
	}
	for _, text := range []string{`"four"`, `""`, `1.5`, `"1.5"`, `true`, `[4]`, `"9223372036854775808"`} {
		if err := json.Unmarshal([]byte(`{"errorCode":`+text+`}`), &d); err == nil {
			t.Errorf("%s: read as %d", text, d.Failure)
		}
	}
	if out, err := json.Marshal(csp.AccessToken{Token: "t", Expires: 7200}); err != nil || string(out) != `{"accessToken":"t","expires":7200,"errorCode":0}` {
		t.Errorf("%s %v", out, err)
	}
}
