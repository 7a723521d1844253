package maap_test

import (
	"net/http"
	"testing"

	"simtrust/messaging/csp"
	"simtrust/messaging/rbm"
)

// answered fails on an answer that tells the platform to come again with what will never be understood.
func (w *world) answered(t *testing.T, code int) {
	t.Helper()
	if code != http.StatusOK && (code < 400 || code >= 500) {
		t.Fatalf("answered with %d", code)
	}
	for _, m := range w.ledger.said {
		if m.From.IsZero() || m.ID == "" || m.Part.ContentType == "" {
			t.Fatalf("heard %+v", m)
		}
	}
	if len(w.ledger.reports)+len(w.ledger.spam) != 0 {
		t.Fatal("a report of what was never sent")
	}
	w.ledger.said = nil
}

// FuzzCSP: bodies of callbacks in the Chinese shape, whose headers are signed as they must be.
func FuzzCSP(f *testing.F) {
	f.Add(uint8(0), []byte(text("m1", "hello")))
	f.Add(uint8(1), []byte(status("m1", csp.Delivered, "")))
	f.Add(uint8(2), []byte(`{"messageId":["m1"],"spamType":"ads"}`))
	f.Add(uint8(3), []byte(`{}`))
	f.Add(uint8(0), []byte(sample(f, "mo-shared-data.json")))
	w := alone(f, nil)
	f.Fuzz(func(t *testing.T, path uint8, body []byte) {
		paths := []string{toMessages, toStatus, toSpam, toChanged}
		w.answered(t, w.serve("POST", notify+paths[int(path)%len(paths)], body, w.signed(nonce())).Code)
	})
}

// FuzzCSPHeaders: no headers but those that are signed now have anything taken.
func FuzzCSPHeaders(f *testing.F) {
	f.Add("0000", "1795334400", "00000000-0000-4000-8000-000000000001", "echo", address)
	f.Add(csp.Sign("another", "1795334400", "00000000-0000-4000-8000-000000000001"), "1795334400", "00000000-0000-4000-8000-000000000001", "echo", address)
	w := alone(f, nil)
	f.Fuzz(func(t *testing.T, signature, timestamp, nonce, echo, chatbot string) {
		h := http.Header{"Signature": {signature}, "Timestamp": {timestamp}, "Nonce": {nonce}, "Echostr": {echo}, "Chatbotid": {chatbot}}
		for _, out := range []int{w.serve("POST", notify+toMessages, []byte(text("m1", "hello")), h).Code, w.serve("GET", notify+"/check", nil, h).Code} {
			if out != http.StatusUnauthorized || len(w.ledger.said) != 0 {
				t.Fatalf("answered with %d", out)
			}
		}
	})
}

// FuzzRBM: events in Google's shape, signed as they must be.
func FuzzRBM(f *testing.F) {
	for _, name := range []string{"webhook-text.json", "webhook-location.json", "webhook-read.json"} {
		f.Add(sample(f, name))
	}
	f.Add(of(`"messageId":"m1","userFile":{"payload":{"mimeType":"image/png","fileSizeBytes":1,"fileName":"a","fileUri":"https://x.example/a"}}`))
	w := alone(f, nil)
	f.Fuzz(func(t *testing.T, event string) { w.answered(t, w.event(clientToken, event).Code) })
}

// FuzzRBMCall: calls whose signature is of something else, and checks without the token.
func FuzzRBMCall(f *testing.F) {
	f.Add([]byte(`{"message":{"data":"e30="}}`), rbm.Sign("another", []byte("{}")))
	f.Add([]byte(`{"clientToken":"another","secret":"1"}`), "")
	w := alone(f, nil)
	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		code := w.serve("POST", "/messaging/v1/upstream/rbm/bank", body, http.Header{rbm.SignatureHeader: {signature}}).Code
		if code != http.StatusUnauthorized && code != http.StatusBadRequest || len(w.ledger.said) != 0 {
			t.Fatalf("answered with %d", code)
		}
	})
}
