package mss_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca/cms"
	"simtrust/internal/egress"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// cmsOf verifies signed data by the authority's roots and returns its content and signer.
func (w *world) cmsOf(der []byte) (content string, signer *x509.Certificate) {
	w.t.Helper()
	v, err := cms.NewVerifier(cms.AnyUsage, w.Roots())
	if err != nil {
		w.t.Fatal(err)
	}
	signed, err := v.Verify(der, nil, w.Clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	if signer, err = x509.ParseCertificate(signed.Signer); err != nil {
		w.t.Fatal(err)
	}
	return string(signed.Content), signer
}

func forDocuments(c *x509.Certificate) bool { return c.KeyUsage&x509.KeyUsageContentCommitment != 0 }

// TestAsynchClientServer: asked, outstanding, signed; the profile is the key.
func TestAsynchClientServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for profile, documents := range map[string]bool{authentication: false, signature: true} {
			w.phone.Person.Shown = nil
			asked := w.call("MSS_SignatureReq", w.shop.order(profile, "asynchClientServer"))
			w.is("100", asked)
			w.is("504", w.status(w.shop, asked.TransID))
			w.Settle()
			r := w.status(w.shop, asked.TransID)
			w.is("502", r)
			content, signer := w.cmsOf(r.Signed.Base64Signature)
			if content != "Log in to the shop?" || forDocuments(signer) != documents || r.User.MSISDN != number || r.Profile != profile {
				t.Errorf("%s: signed %q by %s, %+v", profile, content, signer.Subject, r)
			}
			if shown := strings.Join(w.phone.Person.Shown, "\n"); !strings.Contains(shown, "Log in to the shop?") {
				t.Errorf("the person saw %q", shown)
			}
			w.is("502", w.status(w.shop, asked.TransID)) // and the same when asked again
		}
	})
}

// TestSynch: the answer waits for the person.
func TestSynch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var r reply
		var call sync.WaitGroup
		done := make(chan struct{})
		call.Go(func() {
			defer close(done)
			r = w.call("MSS_SignatureReq", w.shop.order(signature, "synch"))
		})
		for asked := true; asked; {
			select {
			case <-done:
				asked = false
			default:
				w.Settle()
			}
		}
		call.Wait()
		w.is("502", r)
		w.cmsOf(r.Signed.Base64Signature)
	})
}

// TestStop: a node that stops lets nobody wait; the transaction goes on.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var call sync.WaitGroup
		var r reply
		call.Go(func() { r = w.call("MSS_SignatureReq", w.shop.order(signature, "synch")) })
		w.face.Close()
		call.Wait()
		w.fails("900", http.StatusServiceUnavailable, r)
		w.Settle()
		w.is("502", w.status(w.shop, r.Fault.Detail[strings.LastIndex(r.Fault.Detail, " ")+1:]))
	})
}

// TestPKCS1: the ECDSA signature of the data, or of a hash.
func TestPKCS1(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key, err := w.Key(t.Context(), simshield.KeyReq{Party: "shop", Number: parse(t, number), Application: applet.EID, Kind: applet.KindDocument})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(key.Raw)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("contract"))
		for name, signed := range map[string]members{
			"text": {"Data": "contract"},
			"data": {"MimeType": "application/octet-stream", "Encoding": "BASE64", "Data": base64.StdEncoding.EncodeToString([]byte("contract"))},
			"hash": {"MimeType": "application/x-sha256", "Encoding": "base64", "Data": base64.StdEncoding.EncodeToString(sum[:])},
		} {
			m := w.shop.order(signature, "asynchClientServer").with("MSS_Format", pkcs1).with("DataToBeSigned", signed).
				with("DataToBeDisplayed", members{"Data": "Sign the contract?"})
			_, r := w.sign(m)
			w.is("502", r)
			if !ecdsa.VerifyASN1(leaf.PublicKey.(*ecdsa.PublicKey), sum[:], r.Signed.Base64Signature) {
				t.Errorf("%s: the signature does not verify", name)
			}
		}
	})
}

// soapRequest is a request as scripts of public clients send it.
const soapRequest = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope">
 <soapenv:Body>
  <MSS_Signature>
   <mss:MSS_SignatureReq MinorVersion="1" MajorVersion="1" MessagingMode="asynchClientServer" TimeOut="80"
     xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#" xmlns:fi="http://mss.ficom.fi/TS102204/v1.0.0#">
    <mss:AP_Info AP_ID="$ID" AP_PWD="$PWD" AP_TransID="$TRANS" Instant="2026-11-22T12:00:00+08:00"/>
    <mss:MSSP_Info><mss:MSSP_ID><mss:URI>http://mss.example/</mss:URI></mss:MSSP_ID></mss:MSSP_Info>
    <mss:MobileUser><mss:MSISDN>8613800000001</mss:MSISDN></mss:MobileUser>
    <mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">Shop &amp; Co: log in?</mss:DataToBeSigned>
    <mss:SignatureProfile><mss:mssURI>http://mss.ficom.fi/TS102206/v1.0.0/signature-profile.xml</mss:mssURI></mss:SignatureProfile>
    <mss:AdditionalServices>
     <mss:Service><mss:Description><mss:mssURI>http://mss.ficom.fi/TS102204/v1.0.0#userLang</mss:mssURI></mss:Description><fi:UserLang>en</fi:UserLang></mss:Service>
     <mss:Service><mss:Description><mss:mssURI>http://mss.ficom.fi/TS102204/v1.0.0#eventId</mss:mssURI></mss:Description><fi:EventID>A1B2</fi:EventID></mss:Service>
    </mss:AdditionalServices>
    <mss:MSS_Format><mss:mssURI>http://uri.etsi.org/TS102204/v1.1.2#PKCS7</mss:mssURI></mss:MSS_Format>
   </mss:MSS_SignatureReq>
  </MSS_Signature>
 </soapenv:Body>
</soapenv:Envelope>`

func (w *world) soap(document string, a ap, trans string) *httptest.ResponseRecorder {
	return w.post("application/soap+xml; charset=utf-8", []byte(strings.NewReplacer("$ID", a.id, "$PWD", a.password, "$TRANS", trans).Replace(document)))
}

// soapReply is what a client reads.
type soapReply struct {
	Signature struct {
		TransID string `xml:"MSSP_TransID,attr"`
		Code    struct {
			Value string `xml:"Value,attr"`
		} `xml:"Status>StatusCode"`
	} `xml:"Body>MSS_SignatureResponse>MSS_SignatureResp"`
	Status struct {
		Signature string `xml:"MSS_Signature>Base64Signature"`
		Profile   string `xml:"SignatureProfile>mssURI"`
		Code      struct {
			Value string `xml:"Value,attr"`
		} `xml:"Status>StatusCode"`
	} `xml:"Body>MSS_StatusResp"`
	Fault struct {
		Role   string `xml:"Code>Value"`
		Sub    string `xml:"Code>Subcode>Value"`
		Reason string `xml:"Reason>Text"`
	} `xml:"Body>Fault"`
}

func (w *world) readSOAP(rec *httptest.ResponseRecorder) (r soapReply) {
	w.t.Helper()
	if err := xml.Unmarshal(rec.Body.Bytes(), &r); err != nil || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/soap+xml") {
		w.t.Fatalf("%v: %s", err, rec.Body)
	}
	return r
}

// TestSOAP: the same by SOAP 1.2, wrapped in its operation or not.
func TestSOAP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asked := w.readSOAP(w.soap(soapRequest, w.shop, "SOAP1"))
		if asked.Signature.Code.Value != "100" || asked.Signature.TransID == "" {
			t.Fatalf("%+v", asked)
		}
		w.Settle()
		query := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/><e:Body><MSS_StatusReq xmlns="http://uri.etsi.org/TS102204/v1.1.2#"
			MajorVersion="1" MinorVersion="1" MSSP_TransID="` + asked.Signature.TransID + `"><AP_Info AP_ID="$ID" AP_PWD="$PWD" AP_TransID="$TRANS"/>
			<MSSP_Info><MSSP_ID/></MSSP_Info></MSS_StatusReq></e:Body></e:Envelope>`
		r := w.readSOAP(w.soap(strings.Replace(query, "<MSSP_ID/>", "<MSSP_ID><URI>http://mss.example/</URI></MSSP_ID>", 1), w.shop, "SOAP2"))
		der, err := base64.StdEncoding.DecodeString(r.Status.Signature)
		if r.Status.Code.Value != "502" || r.Status.Profile != signature || err != nil {
			t.Fatalf("%+v", r)
		}
		if content, _ := w.cmsOf(der); content != "Shop & Co: log in?" {
			t.Errorf("signed %q", content)
		}
		if !slices.ContainsFunc(w.phone.Person.Shown, func(s string) bool { return strings.Contains(s, "A1B2 Shop & Co: log in?") }) {
			t.Errorf("the person saw %q", w.phone.Person.Shown)
		}
		rec := w.soap(soapRequest, ap{w.shop.id, "wrong"}, "SOAP3")
		if f := w.readSOAP(rec).Fault; rec.Code != http.StatusUnauthorized || f.Role != "soap:Sender" || f.Sub != "mss:_104" || f.Reason != "UNAUTHORIZED_ACCESS" {
			t.Errorf("%d %+v", rec.Code, f)
		}
	})
}

// TestServerServer: the end is told, in spite of failures, once.
func TestServerServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var told []reply
		broken := true
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if broken {
				rw.WriteHeader(http.StatusInternalServerError)
				return
			}
			told = append(told, w.read(http.StatusOK, body))
		}))
		defer server.Close()
		notify := func() {
			t.Helper()
			w.Clock.Advance(5 * time.Second)
			if err := w.face.Notify(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		m := w.shop.order(signature, "asynchServerServer")
		m["AP_Info"].(members)["AP_URL"] = server.URL
		asked := w.call("MSS_SignatureReq", m)
		w.is("100", asked)
		notify() // nothing has ended
		w.Settle()
		notify() // the application is broken
		if broken = false; len(told) != 0 {
			t.Fatalf("told %+v", told)
		}
		notify()
		notify()
		if len(told) != 1 || told[0].TransID != asked.TransID || told[0].AP.AP_TransID != m["AP_Info"].(members)["AP_TransID"] {
			t.Fatalf("told %+v", told)
		}
		w.is("502", told[0])
		w.cmsOf(told[0].Signed.Base64Signature)
		w.phone.Person.Refuses = true
		m = w.shop.order(signature, "asynchServerServer")
		m["AP_Info"].(members)["AP_URL"] = server.URL
		w.sign(m)
		notify()
		if len(told) != 2 || told[1].Status.StatusCode.Value != "401" || len(told[1].Signed.Base64Signature) > 0 {
			t.Errorf("told %+v", told)
		}
	})
}

// TestCallbackIntoTheNetwork: AP_URL leads to no private or loopback address.
func TestCallbackIntoTheNetwork(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		reached := false
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		defer server.Close()
		w.serve(egress.New(egress.Options{}).Client(egress.Manner{Timeout: time.Second}))
		m := w.shop.order(signature, "asynchServerServer")
		m["AP_Info"].(members)["AP_URL"] = server.URL
		asked, status := w.sign(m)
		w.is("502", status)
		for range 12 {
			w.Clock.Advance(time.Hour)
			if err := w.face.Notify(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if reached {
			t.Error("a loopback address was called")
		}
		w.is("502", w.status(w.shop, asked.TransID))
	})
}

// TestQueries: profiles, registration, receipt.
func TestQueries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		user, stranger := members{"MSISDN": number}, members{"MSISDN": "+8613800000009"}
		r := w.call("MSS_ProfileReq", w.shop.header().with("MobileUser", user).with("Params", "certs"))
		w.is("100", r)
		if list, ok := r.Profile.([]any); !ok || !slices.Contains(list, any(authentication)) || !slices.Contains(list, any(signature)) {
			t.Errorf("profiles: %v", r.Profile)
		}
		w.fails("105", http.StatusBadRequest, w.call("MSS_ProfileReq", w.shop.header().with("MobileUser", stranger)))
		w.is("100", w.call("MSS_RegistrationReq", w.shop.header().with("MobileUser", user)))
		w.fails("407", http.StatusBadRequest, w.call("MSS_RegistrationReq", w.shop.header().with("MobileUser", stranger)))
		asked := w.call("MSS_SignatureReq", w.shop.order(signature, "asynchClientServer"))
		receipt := func() members { return w.shop.header().with("MSSP_TransID", asked.TransID).with("MobileUser", user) }
		w.fails("504", http.StatusInternalServerError, w.call("MSS_ReceiptReq", receipt()))
		w.Settle()
		w.is("100", w.call("MSS_ReceiptReq", receipt()))
		w.fails("101", http.StatusBadRequest, w.call("MSS_ReceiptReq", receipt().with("Message", members{"Data": "Thank you"})))
		w.fails("101", http.StatusNotFound, w.call("MSS_ReceiptReq", w.other.header().with("MSSP_TransID", asked.TransID)))
	})
}

// TestEnds: what a person or a telephone does, as faults.
func TestEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			code string
			http int
			do   func()
		}{
			{"401", http.StatusBadRequest, func() { w.phone.Person.Refuses = true }},
			{"208", http.StatusBadRequest, func() { w.phone.Person.Ignores = true }},
			{"209", http.StatusInternalServerError, func() { w.phone.Absent = true }},
			{"402", http.StatusBadRequest, func() { w.phone.Person.PINs = []string{"000000", "000001", "000002"} }},
		} {
			w.phone.Person.Refuses, w.phone.Person.Ignores, w.phone.Absent = false, false, false
			c.do()
			_, r := w.sign(w.shop.order(signature, "asynchClientServer"))
			w.fails(c.code, c.http, r)
		}
		w.fails("105", http.StatusBadRequest, w.call("MSS_SignatureReq", w.shop.order(signature, "synch"))) // the key ended with its PIN
	})
}

// TestTimeOut: a short TimeOut is raised to ten seconds; then the transaction is over, and stays so.
func TestTimeOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asked := w.call("MSS_SignatureReq", w.shop.order(signature, "asynchClientServer").with("TimeOut", 1))
		w.Clock.Advance(8 * time.Second)
		sweep(t, w)
		w.is("504", w.status(w.shop, asked.TransID))
		w.Clock.Advance(5 * time.Second)
		sweep(t, w)
		w.fails("208", http.StatusBadRequest, w.status(w.shop, asked.TransID))
		w.Settle() // the person answers too late
		w.fails("208", http.StatusBadRequest, w.status(w.shop, asked.TransID))
	})
}

func sweep(t *testing.T, w *world) {
	t.Helper()
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, n string) simtrust.Number {
	t.Helper()
	parsed, err := simtrust.ParseNumber(n)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestJSONForm: the forms in which public clients write and read, by their samples.
func TestJSONForm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.shop.order(signature, "asynchClientServer").with("SignatureProfile", members{"mssURI": signature}).with("TimeOut", 80).with("MajorVersion", 1)
		body, err := json.Marshal(members{"MSS_SignatureReq": m})
		if err != nil {
			t.Fatal(err)
		}
		rec := w.post("application/json;charset=UTF-8", body)
		for _, want := range []string{`{"MSS_SignatureResp":{`, `"StatusCode":{"Value":"100"}`, `"StatusMessage":"REQUEST_OK"`, `"MSSP_ID":{"URI":"http://mss.example/"}`} {
			if !strings.Contains(rec.Body.String(), want) {
				t.Errorf("%s is not in %s", want, rec.Body)
			}
		}
		if rec := w.post("text/plain", body); rec.Code != http.StatusUnsupportedMediaType || !strings.Contains(rec.Body.String(), `"SubCode":{"Value":"_101"`) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	})
}
