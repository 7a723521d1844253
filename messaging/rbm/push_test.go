package rbm_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

// The value is that of `printf '%s' "$DATA" | openssl dgst -sha512 -hmac "$TOKEN" -binary | base64 -w0`.
const (
	vectorToken     = "SJENCPGJESMGUFPY"
	vectorData      = `{"eventType":"DELIVERED","messageId":"a1"}`
	vectorSignature = "w2VB0Bswmu5h97VyPvaYhSici4iKVinQIZf84DEVa+HIWTl71bBQS8JLLtKN2qXFaSxwf+uJTSd7mDTpSn0HHw=="
)

func TestSignatureIsHMACSHA512OfTheDecodedData(t *testing.T) {
	if got := rbm.Sign(vectorToken, []byte(vectorData)); got != vectorSignature {
		t.Errorf("%s, want %s", got, vectorSignature)
	}
	if !rbm.Verify(vectorToken, []byte(vectorData), vectorSignature) {
		t.Error("the right signature is refused")
	}
}

func TestForeignSignaturesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ token, data, signature string }{
		"another token":    {"another", vectorData, vectorSignature},
		"no token":         {"", vectorData, rbm.Sign("", []byte(vectorData))},
		"another data":     {vectorToken, vectorData + " ", vectorSignature},
		"of the base64":    {vectorToken, vectorData, rbm.Sign(vectorToken, []byte(base64.StdEncoding.EncodeToString([]byte(vectorData))))},
		"none":             {vectorToken, vectorData, ""},
		"cut":              {vectorToken, vectorData, vectorSignature[:40]},
		"not base64":       {vectorToken, vectorData, "%" + vectorSignature[1:]},
		"with white space": {vectorToken, vectorData, vectorSignature[:4] + "\n" + vectorSignature[4:]},
		"URL alphabet":     {vectorToken, vectorData, strings.NewReplacer("+", "-", "/", "_").Replace(vectorSignature)},
	} {
		if rbm.Verify(c.token, []byte(c.data), c.signature) {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestACallIsSealedAndOpened(t *testing.T) {
	e := rbm.Event{SenderPhoneNumber: "+8613800000001", AgentID: "bot_1", SendTime: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), EventType: rbm.Read, EventID: "e", MessageID: "m"}
	body, signature, err := rbm.Seal("token", e, rbm.PushMessage{MessageID: "evt_1"})
	if err != nil {
		t.Fatal(err)
	}
	got, m, err := rbm.Open("token", body, signature)
	if diff := cmp.Diff(e, got); err != nil || diff != "" || m.MessageID != "evt_1" {
		t.Error(err, diff, m.MessageID)
	}
	if _, _, err := rbm.Open("other", body, signature); !errors.Is(err, rbm.ErrSignature) {
		t.Error(err)
	}
	for _, body := range []string{``, `{}`, `{"message":{}}`, `{"message":{"data":"%"}}`, `{"message":[]}`} {
		if _, _, err := rbm.Open("token", []byte(body), signature); err == nil {
			t.Errorf("%s is opened", body)
		}
	}
	signed := []byte(`[]`)
	body = []byte(`{"message":{"data":"` + base64.StdEncoding.EncodeToString(signed) + `"}}`)
	if _, _, err := rbm.Open("token", body, rbm.Sign("token", signed)); err == nil {
		t.Error("a list is taken for an event")
	}
}

func TestWhatPeopleSendIsTold(t *testing.T) {
	yes := gsma.NewReply("Yes", "y")
	shop := gsma.NewAction("Shop", "s", gsma.Action{})
	file := &gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/1", ContentType: "image/png", Size: 3, Name: "a.png"},
		Thumbnail: &gsma.FileInfo{URL: "https://media.example.com/2", ContentType: "image/png", Size: 2}}
	for name, r := range map[string]gsma.Received{
		"text":      {Content: gsma.Content{Text: "hi"}},
		"place":     {Content: gsma.Content{Location: &gsma.Location{Latitude: 1, Longitude: 2}}},
		"file":      {Content: gsma.Content{File: file}},
		"a reply":   {Response: new(yes.Response())},
		"an action": {Response: new(shop.Response())},
	} {
		e, ok := rbm.Told(r)
		got, err := e.Received()
		if diff := cmp.Diff(r, got); !ok || err != nil || diff != "" {
			t.Error(name, ok, err, diff)
		}
		p, err := e.Part()
		if err != nil {
			t.Error(name, err)
		}
		if again, err := gsma.Decode(p); err != nil || !cmp.Equal(r, again) {
			t.Error(name, err, cmp.Diff(r, again))
		}
	}
	for name, r := range map[string]gsma.Received{"nothing": {}, "a device": {SharedData: &gsma.SharedData{}}, "a response of neither kind": {Response: &gsma.Response{}}} {
		if e, ok := rbm.Told(r); ok {
			t.Errorf("%s is told as %+v", name, e)
		}
	}
}
