package mobileid_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

func record(r *rpc.Router, req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec
}

// TestRefusedRequests: each is an error, and no card is asked.
func TestRefusedRequests(t *testing.T) {
	hash := make([]byte, 32)
	each(t, func(t *testing.T, w *world) {
		for name, m := range map[string]members{
			"wrong hash length":           w.shop.order(hash[:31]),
			"hashType mismatch":           w.shop.order(hash).with("hashType", "SHA384"),
			"unknown hashType":            w.shop.order(hash).with("hashType", "SM3"),
			"MD5":                         w.shop.order(hash[:16]).with("hashType", "MD5"),
			"hash in base64url":           w.shop.order(hash).with("hash", strings.Repeat("_", 43)+"="),
			"hash in lines":               w.shop.order(hash).with("hash", base64.StdEncoding.EncodeToString(hash)[:20]+"\n"+base64.StdEncoding.EncodeToString(hash)[20:]),
			"no hash":                     w.shop.order(nil),
			"no hashType":                 w.shop.order(hash).with("hashType", ""),
			"no language":                 w.shop.order(hash).with("language", ""),
			"unknown language":            w.shop.order(hash).with("language", "XXX"),
			"no number":                   w.shop.order(hash).with("phoneNumber", ""),
			"a number without its plus":   w.shop.order(hash).with("phoneNumber", number[1:]),
			"a number of letters":         w.shop.order(hash).with("phoneNumber", "+86abc"),
			"no identity number":          w.shop.order(hash).with("nationalIdentityNumber", ""),
			"no relyingPartyName":         w.shop.order(hash).with("relyingPartyName", ""),
			"no relyingPartyUUID":         w.shop.order(hash).with("relyingPartyUUID", ""),
			"a text beyond GSM-7":         w.shop.order(hash).with("displayText", "登录"),
			"a long text":                 w.shop.order(hash).with("displayText", strings.Repeat("a", 101)),
			"a text with extended GSM-7":  w.shop.order(hash).with("displayText", strings.Repeat("{", 51)),
			"a long text in UCS-2":        w.shop.order(hash).with("displayText", strings.Repeat("字", 51)).with("displayTextFormat", "UCS-2"),
			"an unknown format":           w.shop.order(hash).with("displayText", "a").with("displayTextFormat", "ASCII"),
			"a direction mark":            w.shop.order(hash).with("displayText", "pay\u202eyap").with("displayTextFormat", "UCS-2"),
			"zero-width":                  w.shop.order(hash).with("displayText", "a\u200bb").with("displayTextFormat", "UCS-2"),
			"full-width digits":           w.shop.order(hash).with("displayText", "１２３").with("displayTextFormat", "UCS-2"),
			"a line that begins anew":     w.shop.order(hash).with("displayText", "ok\nFrom: bank"),
			"a hash that is not a string": w.shop.order(hash).with("hash", 7),
		} {
			for _, path := range []string{"authentication", "signature"} {
				if r := w.post(path, m); r.Status != http.StatusBadRequest {
					t.Errorf("%s: %s: %d %s", path, name, r.Status, r.SessionID)
				}
			}
		}
		w.Settle()
		if len(w.phone.Person.Shown) > 0 {
			t.Errorf("the person saw %q", w.phone.Person.Shown)
		}
	})
}

// TestOversize: a body that is too large, is not JSON, says a thing twice, or says that it is something else.
func TestOversize(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.refused(http.StatusRequestEntityTooLarge, w.do("POST", "signature", bytes.Repeat([]byte(" "), 9<<10), here))
		for _, body := range []string{"", "[]", "null ", `{"hash":"a","hash":"b"}`, `{"hash":"` + "\xff" + `"}`, `{} {}`, strings.Repeat("[", 5000)} {
			w.refused(http.StatusBadRequest, w.do("POST", "signature", []byte(body), here))
		}
		r := httptest.NewRequest("POST", "/mid-api/signature", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if rec := record(w.router, r); rec.Code != http.StatusUnsupportedMediaType {
			t.Errorf("a form: %d", rec.Code)
		}
	})
}

// TestUnknownUUID: name and UUID are one credential, from the networks that they are bound to; a name in other case is the same.
func TestUnknownUUID(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := make([]byte, 32)
		for name, m := range map[string]members{
			"an unknown UUID":        w.shop.order(hash).with("relyingPartyUUID", "00000000-0000-0000-0000-000000000000"),
			"another's UUID":         w.shop.order(hash).with("relyingPartyUUID", w.library.uuid),
			"an unknown name":        w.shop.order(hash).with("relyingPartyName", "BANK"),
			"another's name":         w.shop.order(hash).with("relyingPartyName", w.library.name),
			"the application's name": w.shop.order(hash).with("relyingPartyName", "云边书店"),
		} {
			for _, path := range []string{"authentication", "signature", "certificate"} {
				if r := w.post(path, m); r.Status != http.StatusUnauthorized {
					t.Errorf("%s, %s: %d", name, path, r.Status)
				}
			}
		}
		body := []byte(`{"relyingPartyUUID":"` + w.library.uuid + `","relyingPartyName":"LIB","phoneNumber":"` + number + `","nationalIdentityNumber":"1"}`)
		w.refused(http.StatusUnauthorized, w.do("POST", "certificate", body, "203.0.113.1:1"))
		if r := w.do("POST", "certificate", body, here); r.Result != "NOT_FOUND" {
			t.Errorf("from its network: %d %s", r.Status, r.Result)
		}
		if r := w.post("certificate", w.shop.order(nil).with("relyingPartyName", "demo").with("relyingPartyUUID", strings.ToUpper(w.shop.uuid))); r.Result != "OK" {
			t.Errorf("in other case: %d %s", r.Status, r.Result)
		}
		if err := w.access.Withdraw(t.Context(), "mobile-id", "DEMO", "test"); err != nil {
			t.Fatal(err)
		}
		w.refused(http.StatusUnauthorized, w.post("certificate", w.shop.order(nil)))
	})
}

// TestSuspendedParty: a suspended application is nobody.
func TestSuspendedParty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.World.Parties["shop"] = simshield.Party{ID: "shop", Name: "云边书店", Suspended: true}
		w.refused(http.StatusUnauthorized, w.post("authentication", w.shop.order(make([]byte, 32))))
		w.refused(http.StatusUnauthorized, w.post("certificate", w.shop.order(nil)))
	})
}

// TestNameFromTheRequest: the card shows the registered name, never the one that was sent.
func TestNameFromTheRequest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		w.ends("authentication", id, "OK")
		shown := strings.Join(w.phone.Person.Shown, "\n")
		if !strings.Contains(shown, "云边书店") || strings.Contains(shown, "DEMO") {
			t.Errorf("the person saw %q", shown)
		}
	})
}

// TestAnotherPartysSession: polled from where its party never is, or under an id that is none, a session is not there.
func TestAnotherPartysSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("signature", w.library.order(make([]byte, 32)))
		w.Settle()
		w.refused(http.StatusNotFound, w.poll("signature", id, "203.0.113.1:1"))
		w.refused(http.StatusNotFound, w.poll("signature", strings.ToUpper(id), here))
		w.refused(http.StatusNotFound, w.poll("signature", "00000000-0000-4000-8000-000000000000", here))
		w.ends("signature", id, "OK")
		if err := w.access.Withdraw(t.Context(), "mobile-id", "LIB", "test"); err != nil {
			t.Fatal(err)
		}
		w.refused(http.StatusNotFound, w.poll("signature", id, here))
	})
}

// TestAuthenticationAsSignature: a session of one kind is not there for the other, and the keys are not the same: an authentication
// signature does not verify under the document certificate.
func TestAuthenticationAsSignature(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := bytes.Repeat([]byte{7}, 32)
		id := w.ask("authentication", w.shop.order(hash))
		w.refused(http.StatusNotFound, w.poll("signature", id, here))
		login := w.ends("authentication", id, "OK")
		w.refused(http.StatusNotFound, w.poll("signature", id, here))
		if verifies(w.chained(w.certificate()), hash, login.Signature.Value) {
			t.Error("an authentication signature passes for one of a document")
		}
		if bytes.Equal(login.Cert, w.certificate()) {
			t.Error("one certificate for both")
		}
		if !slices.ContainsFunc(w.phone.Person.Shown, func(s string) bool { return strings.Contains(s, "LOGIN") }) {
			t.Errorf("the person was not told that it is a login: %q", w.phone.Person.Shown)
		}
	})
}

// TestTransactionKey: the transaction key is not to be had by what this face calls.
func TestTransactionKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := simshield.HashReq{Party: "shop", Ref: "r", Number: parse(t, number), Application: applet.EID, Kind: applet.KindTransaction,
			Algorithm: applet.SHA256, Hash: make([]byte, 32)}
		if tx, err := w.SignHash(t.Context(), req); err == nil {
			t.Errorf("the transaction key was asked: %s", tx.ID)
		}
		if _, err := w.Key(t.Context(), simshield.KeyReq{Party: "shop", Number: parse(t, number), Application: applet.EID, Kind: applet.KindTransaction}); err == nil {
			t.Error("the transaction key was shown")
		}
	})
}

// TestExpiredSession: a session is known for five minutes.
func TestExpiredSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		w.ends("authentication", id, "OK")
		w.ends("authentication", id, "OK") // polled again it says the same
		w.Clock.Advance(5 * time.Minute)
		w.refused(http.StatusNotFound, w.poll("authentication", id, here))
	})
}

// TestBusyCard: a card that is being asked is not asked again, and nothing waits in a queue.
func TestBusyCard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.ask("authentication", w.shop.order(make([]byte, 32)))
		second := w.ask("signature", w.library.order(make([]byte, 32)))
		if r := w.poll("signature", second, here); r.Result != "DELIVERY_ERROR" {
			t.Errorf("the second session is %s %s", r.State, r.Result)
		}
		w.ends("authentication", first, "OK")
		w.ends("signature", second, "DELIVERY_ERROR")
	})
}

// TestPromptBombing: a card is asked so often in a minute, whoever asks.
func TestPromptBombing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Clock.Advance(time.Minute) // the registration was a prompt too
		for range 6 {
			w.ends("authentication", w.ask("authentication", w.shop.order(make([]byte, 32))), "OK")
		}
		w.refused(http.StatusTooManyRequests, w.post("authentication", w.shop.order(make([]byte, 32))))
		w.refused(http.StatusTooManyRequests, w.post("signature", w.library.order(make([]byte, 32))))
		w.Clock.Advance(time.Minute)
		w.ends("signature", w.ask("signature", w.library.order(make([]byte, 32))), "OK")
	})
}

// TestNotAClient: another's identity number, a number without a key, and a number that is somebody else's by now, are one answer.
func TestNotAClient(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Client("+8613800000002", "", applet.P256)
		w.Client("+8613800000004", nationalID, applet.P256)
		w.Holders.Lose(parse(t, "+8613800000004"))
		for name, m := range map[string]members{
			"another's identity number":    w.shop.order(make([]byte, 32)).with("nationalIdentityNumber", "110101199003071230"),
			"an unknown number":            w.shop.order(make([]byte, 32)).with("phoneNumber", "+8613800000009"),
			"registered without a number":  w.shop.order(make([]byte, 32)).with("phoneNumber", "+8613800000002"),
			"a number of somebody else's":  w.shop.order(make([]byte, 32)).with("phoneNumber", "+8613800000004"),
			"a very long identity number":  w.shop.order(make([]byte, 32)).with("nationalIdentityNumber", strings.Repeat("1", 4000)),
			"an identity number and a nul": w.shop.order(make([]byte, 32)).with("nationalIdentityNumber", nationalID+"\x00"),
		} {
			t.Run(name, func(t *testing.T) {
				w.ends("authentication", w.ask("authentication", m), "NOT_MID_CLIENT")
				w.ends("signature", w.ask("signature", m), "NOT_MID_CLIENT")
				if r := w.post("certificate", m); r.Result != "NOT_FOUND" || r.Cert != nil || r.Status != http.StatusOK {
					t.Errorf("certificate: %d %s", r.Status, r.Result)
				}
			})
		}
		if len(w.phone.Person.Shown) > 0 {
			t.Errorf("the person saw %q", w.phone.Person.Shown)
		}
		lower := w.shop.order(make([]byte, 32)).with("nationalIdentityNumber", strings.ToLower(nationalID))
		w.ends("authentication", w.ask("authentication", lower), "OK")
	})
}

// TestGuessedIdentity: identity numbers are not found by trying.
func TestGuessedIdentity(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		limited := false
		for range 80 {
			limited = limited || w.post("certificate", w.shop.order(nil).with("nationalIdentityNumber", "1")).Status == http.StatusTooManyRequests
		}
		if !limited {
			t.Error("eighty guesses in no time")
		}
	})
}

// TestPollsAreBounded: what a poll asks for is a number, and mended.
func TestPollsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		w.Settle()
		for query, status := range map[string]int{"0": 200, "-1": 400, "x": 400, "99999999": 200, "99999999999999999999": 400} {
			if r := w.do("GET", "authentication/session/"+id+"?timeoutMs="+query, nil, here); r.Status != status {
				t.Errorf("timeoutMs=%s: %d", query, r.Status)
			}
		}
	})
}
