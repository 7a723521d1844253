package mss_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"simtrust/ca/cms"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestRefusedRequests: each is a fault with its code, and no card is asked.
func TestRefusedRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		order := func() members { return w.shop.order(signature, "asynchClientServer") }
		ap := func(name string, value any) members {
			m := order()
			m["AP_Info"] = m["AP_Info"].(members).with(name, value)
			return m
		}
		signed := func(media, encoding, data string) members {
			return order().with("DataToBeSigned", members{"MimeType": media, "Encoding": encoding, "Data": data})
		}
		service := func(s members) members { return order().with("AdditionalServices", []members{s}) }
		octets := base64.StdEncoding.EncodeToString(make([]byte, 32))
		for name, c := range map[string]struct {
			code string
			m    members
		}{
			"no AP_ID":                       {"102", ap("AP_ID", nil)},
			"no AP_TransID":                  {"102", ap("AP_TransID", nil)},
			"an AP_TransID with a space":     {"101", ap("AP_TransID", "a b")},
			"a long AP_TransID":              {"101", ap("AP_TransID", strings.Repeat("a", 65))},
			"an instant that is none":        {"101", ap("Instant", "yesterday")},
			"another version":                {"108", order().with("MajorVersion", "2")},
			"another version, as a number":   {"108", order().with("MajorVersion", 2)},
			"another MSSP":                   {"101", order().with("MSSP_Info", members{"MSSP_ID": members{"URI": "http://other.example/"}})},
			"no mode":                        {"102", order().with("MessagingMode", nil)},
			"an unknown mode":                {"101", order().with("MessagingMode", "sync")},
			"server-server without URL":      {"102", order().with("MessagingMode", "asynchServerServer")},
			"no user":                        {"102", order().with("MobileUser", nil)},
			"a malformed number":             {"105", order().with("MobileUser", members{"MSISDN": "12ab"})},
			"a user identifier":              {"101", order().with("MobileUser", members{"UserIdentifier": "x"})},
			"an unknown number":              {"105", order().with("MobileUser", members{"MSISDN": "+8613800000009"})},
			"no profile":                     {"102", order().with("SignatureProfile", nil)},
			"an unknown profile":             {"109", order().with("SignatureProfile", "http://mss.example/transaction")},
			"an unknown format":              {"101", order().with("MSS_Format", "http://uri.etsi.org/TS102204/v1.1.2#XML-Signature")},
			"no data":                        {"102", order().with("DataToBeSigned", nil)},
			"an unknown media type":          {"101", signed("text/html", "UTF-8", "<b>")},
			"another charset":                {"101", signed("text/plain;charset=utf-16", "UTF-8", "a")},
			"an unknown encoding":            {"101", signed("text/plain", "quoted-printable", "a")},
			"base64 that is none":            {"101", signed("application/octet-stream", "BASE64", "a")},
			"base64 in lines":                {"101", signed("application/octet-stream", "BASE64", "AAAA\nAAAA")},
			"data without a text":            {"102", signed("application/octet-stream", "BASE64", octets)},
			"a hash as PKCS7":                {"101", signed("application/x-sha256", "BASE64", octets)},
			"a hash of another length":       {"103", signed("application/x-sha256", "BASE64", "AAAA").with("MSS_Format", pkcs1)},
			"text that is not UTF-8":         {"101", signed("text/plain", "BASE64", "/w==")},
			"a long text":                    {"103", signed("text/plain", "UTF-8", strings.Repeat("a", 101))},
			"oversize data":                  {"103", signed("application/octet-stream", "BASE64", base64.StdEncoding.EncodeToString(make([]byte, 4097)))},
			"a direction mark":               {"107", signed("text/plain", "UTF-8", "pay\u202eyap")},
			"zero-width":                     {"107", signed("text/plain", "UTF-8", "a\u200bb")},
			"a line that begins anew":        {"107", signed("text/plain", "UTF-8", "ok\nFrom: bank")},
			"a homoglyph":                    {"107", signed("text/plain", "UTF-8", "pаypal")},
			"displayed as something else":    {"101", order().with("DataToBeDisplayed", members{"MimeType": "image/png", "Data": "a"})},
			"displayed nothing":              {"102", order().with("DataToBeDisplayed", members{"Data": ""})},
			"displayed with a mark":          {"107", order().with("DataToBeDisplayed", members{"Data": "a\u200eb"})},
			"an unknown service":             {"101", service(members{"Description": "http://mss.ficom.fi/TS102204/v1.0.0#noSpamCode", "NoSpamCode": "A123"})},
			"a short event id":               {"101", service(members{"Description": "http://mss.ficom.fi/TS102204/v1.0.0#eventId", "EventID": "abc"})},
			"an event id with a direction":   {"101", service(members{"Description": "http://mss.ficom.fi/TS102204/v1.0.0#eventId", "EventID": "a\u202ebc"})},
			"a service with more than it is": {"101", service(members{"Description": "http://mss.ficom.fi/TS102204/v1.0.0#eventId", "EventID": "abcd", "X": "y"})},
			"a TimeOut that is none":         {"101", order().with("TimeOut", "-1")},
			"a ValidityDate that has passed": {"101", order().with("TimeOut", nil).with("ValidityDate", "2020-01-01T00:00:00Z")},
			"TimeOut and ValidityDate":       {"101", order().with("ValidityDate", "2036-01-01T00:00:00Z")},
			"a parameter that is not known":  {"101", order().with("KeyReference", "transaction")},
			"a parameter in other case":      {"101", order().with("signatureProfile", signature)},
		} {
			if r := w.call("MSS_SignatureReq", c.m); r.Fault.Code.SubCode.Value != "_"+c.code || r.HTTP != http.StatusBadRequest || r.Fault.Code.Value != "Sender" {
				t.Errorf("%s: %+v", name, r)
			}
		}
		w.Settle()
		if len(w.phone.Person.Shown) > 0 {
			t.Errorf("the person saw %q", w.phone.Person.Shown)
		}
	})
}

// TestMalformed: what is no message, in JSON.
func TestMalformed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good, err := json.Marshal(w.shop.header())
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"", "null", "[]", "{}", `{"MSS_StatusReq":null}`, `{"MSS_HandshakeReq":{}}`, `{"MSS_StatusReq":{},"MSS_ProfileReq":{}}`,
			`{"MSS_StatusReq":` + string(good) + `,"MSS_StatusReq":` + string(good) + `}`, `{"mss_statusreq":` + string(good) + `}`, strings.Repeat("[", 10000),
			`{"MSS_StatusReq":{"AP_Info":{"AP_ID":"a","AP_ID":"b"}}}`, "{\"MSS_StatusReq\":{\"AP_Info\":{\"AP_ID\":\"\xff\"}}}"} {
			rec := w.post("application/json", []byte(body))
			w.fails("101", http.StatusBadRequest, w.read(rec.Code, rec.Body.Bytes()))
		}
		rec := w.post("application/json", bytes.Repeat([]byte(" "), 33<<10)) // oversize
		if rec.Code != http.StatusRequestEntityTooLarge || !strings.Contains(rec.Body.String(), `"Fault"`) {
			t.Errorf("oversize: %d %s", rec.Code, rec.Body)
		}
	})
}

// TestXML: entities, document types and all else by which XML says more than it shows.
func TestXML(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		change := func(old, with string) string {
			if !strings.Contains(soapRequest, old) {
				t.Fatalf("%s is not there", old)
			}
			return strings.Replace(soapRequest, old, with, 1)
		}
		text := "Shop &amp; Co: log in?"
		for name, document := range map[string]string{
			"a document type":           change("?>", `?><!DOCTYPE x SYSTEM "http://mss.example/x.dtd">`),
			"an external entity":        change(`?>`, `?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`),
			"an entity":                 change(text, "&e;"),
			"a character that is none":  change(text, "&#0;"),
			"a comment in a value":      change(text, "Log in<!-- and pay -->?"),
			"an instruction":            change("<soapenv:Body>", "<?x y?><soapenv:Body>"),
			"mixed content":             change("<mss:MobileUser>", "<mss:MobileUser>8613800000002"),
			"an attribute twice":        change(`TimeOut="80"`, `TimeOut="80" TimeOut="81"`),
			"an element twice":          change("<mss:MobileUser>", "<mss:MobileUser><mss:MSISDN>8613800000002</mss:MSISDN></mss:MobileUser><mss:MobileUser>"),
			"an attribute and element":  change("<mss:MobileUser>", "<mss:TimeOut>81</mss:TimeOut><mss:MobileUser>"),
			"an element of another ns":  change("<mss:MobileUser>", `<x:Y xmlns:x="http://x.example/">1</x:Y><mss:MobileUser>`),
			"an attribute of another":   change(`TimeOut="80"`, `soapenv:mustUnderstand="1"`),
			"an unknown element":        change("<mss:MobileUser>", `<mss:KeyReference>1</mss:KeyReference><mss:MobileUser>`),
			"another version":           strings.ReplaceAll(soapRequest, "TS102204/v1.1.2#\"", "TS102204/v1.1.1#\""),
			"SOAP 1.1":                  strings.ReplaceAll(soapRequest, "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"),
			"a header":                  change("<soapenv:Body>", "<soapenv:Header><x>1</x></soapenv:Header><soapenv:Body>"),
			"two bodies":                change("</soapenv:Envelope>", "<soapenv:Body/></soapenv:Envelope>"),
			"two requests":              change("</MSS_Signature>", "</MSS_Signature><MSS_Signature/>"),
			"another operation":         strings.NewReplacer("<MSS_Signature>", "<MSS_Receipt>", "</MSS_Signature>", "</MSS_Receipt>").Replace(soapRequest),
			"two documents":             soapRequest + "<x/>",
			"an end":                    soapRequest[:400],
			"another encoding":          change("UTF-8", "ISO-8859-1"),
			"depth":                     change("<mss:MobileUser>", strings.Repeat("<mss:a>", 20)+strings.Repeat("</mss:a>", 20)+"<mss:MobileUser>"),
			"very many elements":        change("<mss:MobileUser>", strings.Repeat("<mss:a/>", 300)+"<mss:MobileUser>"),
			"nothing":                   "",
			"text":                      "text",
			"an undeclared prefix":      change("<mss:MobileUser>", "<y:MobileUser>"),
			"a service of another name": change("<mss:Service>", "<mss:Services>"),
		} {
			rec := w.soap(document, w.shop, "XML")
			if f := w.readSOAP(rec).Fault; rec.Code != http.StatusBadRequest || f.Role != "soap:Sender" || f.Sub != "mss:_101" {
				t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
			}
		}
		w.Settle()
		if len(w.phone.Person.Shown) > 0 {
			t.Errorf("the person saw %q", w.phone.Person.Shown)
		}
	})
}

// TestReplayedTransID: an AP_TransID is used once: with the same content, with other content, and for a transaction that has ended.
func TestReplayedTransID(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.shop.order(signature, "asynchClientServer")
		w.is("100", w.call("MSS_SignatureReq", m))
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", m))
		other := m.with("DataToBeSigned", members{"Data": "Pay everything?"})
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", other))
		w.Settle()
		shown := len(w.phone.Person.Shown)
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", m))
		w.fails("101", http.StatusBadRequest, w.call("MSS_SignatureReq", other))
		if w.Settle(); len(w.phone.Person.Shown) != shown {
			t.Errorf("the person was asked again: %q", w.phone.Person.Shown)
		}
		theirs := w.other.order(signature, "asynchClientServer") // another application's are its own
		theirs["AP_Info"] = theirs["AP_Info"].(members).with("AP_TransID", m["AP_Info"].(members)["AP_TransID"])
		w.is("100", w.call("MSS_SignatureReq", theirs))
	})
}

// TestAnotherAPsTransaction: an application does not see, take or receive for another's.
func TestAnotherAPsTransaction(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asked, _ := w.sign(w.shop.order(signature, "asynchClientServer"))
		w.fails("101", http.StatusNotFound, w.status(w.other, asked.TransID))
		w.fails("101", http.StatusNotFound, w.status(w.shop, "txn_00000000000000000000000000"))
		w.fails("102", http.StatusBadRequest, w.status(w.shop, ""))
		w.is("502", w.status(w.shop, asked.TransID))
	})
}

// TestUnknownAP: AP_ID and AP_PWD are one credential, in every operation.
func TestUnknownAP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, a := range map[string]ap{
			"a wrong password": {w.shop.id, "x"}, "no password": {w.shop.id, ""}, "another's password": {w.shop.id, w.other.password},
			"an unknown AP": {"http://nobody.example/", w.shop.password}, "the application's id": {"shop", w.shop.password},
		} {
			for operation, m := range map[string]members{
				"MSS_SignatureReq": a.order(signature, "synch"), "MSS_StatusReq": a.header().with("MSSP_TransID", "txn_1"),
				"MSS_ReceiptReq": a.header().with("MSSP_TransID", "txn_1"), "MSS_ProfileReq": a.header().with("MobileUser", members{"MSISDN": number}),
				"MSS_RegistrationReq": a.header().with("MobileUser", members{"MSISDN": number}),
			} {
				if r := w.call(operation, m); r.Fault.Code.SubCode.Value != "_104" || r.HTTP != http.StatusUnauthorized {
					t.Errorf("%s, %s: %+v", name, operation, r)
				}
			}
		}
		w.World.Parties["shop"] = simshield.Party{ID: "shop", Name: "云边书店", Suspended: true}
		w.fails("104", http.StatusUnauthorized, w.call("MSS_SignatureReq", w.shop.order(signature, "synch")))
	})
}

// TestNameShown: the card shows the name that the application is registered under, whatever its AP_ID is.
func TestNameShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.sign(w.shop.order(authentication, "asynchClientServer"))
		shown := strings.Join(w.phone.Person.Shown, "\n")
		if !strings.Contains(shown, "云边书店") || strings.Contains(shown, "shop.example") || !strings.Contains(shown, "LOGIN") {
			t.Errorf("the person saw %q", shown)
		}
	})
}

// TestAuthenticationAsDocument: a signature of the login key does not pass for one by the document key, and the transaction key has no
// profile.
func TestAuthenticationAsDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, login := w.sign(w.shop.order(authentication, "asynchClientServer").with("MSS_Format", pkcs1))
		key, err := w.Key(t.Context(), simshield.KeyReq{Party: "shop", Number: parse(t, number), Application: applet.EID, Kind: applet.KindDocument})
		if err != nil {
			t.Fatal(err)
		}
		content := []byte("Log in to the shop?")
		digest := sha256.Sum256(key.Raw)
		set, err := cms.SignedAttributes(cms.P256SHA256, cms.Message{Content: content}, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cms.Assemble(cms.Message{Content: content}, set, login.Signed.Base64Signature, key.Raw); err == nil {
			t.Error("a signature of the login key stands in signed data of the document key")
		}
		public, err := applet.ParsePublicKey(key.PublicKey[:], applet.P256)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := applet.ParseSignature(login.Signed.Base64Signature)
		sum := sha256.Sum256(content)
		if err != nil || applet.VerifyDigest(public, applet.P256, applet.SHA256, sum[:], sig) == nil {
			t.Errorf("a signature of the login key verifies under the document key; %v", err)
		}
	})
}

// TestBusyCard: a card that is being asked is not asked again; the AP_TransID is free afterwards.
func TestBusyCard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asked := w.call("MSS_SignatureReq", w.shop.order(signature, "asynchClientServer"))
		m := w.other.order(authentication, "synch")
		w.fails("406", http.StatusBadRequest, w.call("MSS_SignatureReq", m))
		w.Settle()
		w.is("502", w.status(w.shop, asked.TransID))
		w.is("100", w.call("MSS_SignatureReq", m.with("MessagingMode", "asynchClientServer")))
	})
}

// TestCancelAgainstSign: cancelled and signed at the same time, a transaction has one end, and every poll says it.
func TestCancelAgainstSign(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 5 {
			asked := w.call("MSS_SignatureReq", w.shop.order(signature, "asynchClientServer"))
			var both sync.WaitGroup
			both.Go(func() { _, _ = w.Cancel(t.Context(), "shop", asked.TransID) }) // it may come too late
			w.Settle()
			both.Wait()
			w.Settle()
			first, second := w.status(w.shop, asked.TransID), w.status(w.shop, asked.TransID)
			if first.Status.StatusCode.Value == "504" || first.Status.StatusCode != second.Status.StatusCode || first.Fault != second.Fault {
				t.Errorf("%+v, then %+v", first, second)
			}
		}
	})
}

// TestGuessedNumbers: who has a key is not found by trying.
func TestGuessedNumbers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var last reply
		for range 80 {
			last = w.call("MSS_ProfileReq", w.shop.header().with("MobileUser", members{"MSISDN": number}))
		}
		w.fails("104", http.StatusTooManyRequests, last)
	})
}
