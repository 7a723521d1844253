//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// parties is what sandbox.json says to programs that speak Mobile-ID or TS 102 204.
type parties struct {
	URLs struct {
		MobileID string `json:"mobile_id"`
		MSS      string `json:"mss"`
		Roots    string `json:"ca_roots"`
	} `json:"urls"`
	MobileID map[string]string `json:"mobile_id_party"`
	MSS      struct {
		ID       string `json:"ap_id"`
		Password string `json:"ap_pwd"`
		MSSP     string `json:"mssp_id"`
		Profile  string `json:"signature_profile"`
	} `json:"mss_party"`
	Subscribers []struct {
		NationalID string `json:"national_identity_number"`
	} `json:"subscribers"`
}

func (s *sandbox) parties(t *testing.T) (p parties) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// askFace posts a JSON body, or gets where there is none, and answers the status.
func askFace(t *testing.T, url string, body, into any) int {
	t.Helper()
	method, reader := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		method, reader = http.MethodPost, bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return res.StatusCode
}

// mobileID is what the interface answers.
type mobileID struct {
	SessionID string
	State     string
	Result    string
	Cert      []byte
	Signature struct {
		Value     []byte
		Algorithm string
	}
}

// TestMobileIDFlow is a relying party by the published flow (SK-EID/MID, sections 2.4.1, 3.2 and 3.3.6): it checks result, chain, signature
// over its own hash, and shows the code that the phone shows.
func TestMobileIDFlow(t *testing.T) {
	s := startSandbox(t)
	p, who := s.parties(t), s.Subscribers[2]
	for path, pin := range map[string]string{"authentication": who.LoginPIN, "signature": who.SigningPIN} {
		hash := make([]byte, 32)
		_, _ = rand.Read(hash)
		order := map[string]any{"phoneNumber": who.Number, "nationalIdentityNumber": p.Subscribers[2].NationalID, "hash": hash, "hashType": "SHA256",
			"language": "ENG", "displayText": "Enter?"}
		for name, value := range p.MobileID {
			order[name] = value
		}
		var asked, end, signing mobileID
		if status := askFace(t, p.URLs.MobileID+"/"+path, order, &asked); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		on := s.asked(t, who, true)
		if code := fmt.Sprintf("%04d", (int(hash[0]&0xFC)<<5)+int(hash[31]&0x7F)); on.VerificationCode != code {
			t.Errorf("the phone shows %s, the shop %s", on.VerificationCode, code)
		}
		s.reply(t, who, on.ID, "confirm", pin, http.StatusOK)
		await(t, "the session ends", func() bool {
			askFace(t, p.URLs.MobileID+"/"+path+"/session/"+asked.SessionID+"?timeoutMs=20000", nil, &end)
			return end.State != "RUNNING"
		})
		if end.State != "COMPLETE" || end.Result != "OK" || end.Signature.Algorithm != "SHA256WithECEncryption" {
			t.Fatalf("%s: %+v", path, end)
		}
		if path == "signature" {
			askFace(t, p.URLs.MobileID+"/certificate", order, &signing)
			end.Cert = signing.Cert
		}
		if !signedBy(t, p.URLs.Roots, end.Cert, hash, end.Signature.Value) {
			t.Errorf("%s: the signature does not verify", path)
		}
	}
}

// signedBy checks a certificate by the published roots, its issuer fetched from where it says, and r and s over a hash.
func signedBy(t *testing.T, roots string, der, hash, value []byte) bool {
	t.Helper()
	leaf, err := x509.ParseCertificate(der)
	if err != nil || len(value) != 64 {
		t.Fatalf("%v, %d octets", err, len(value))
	}
	issuer, err := x509.ParseCertificate(download(t, leaf.IssuingCertificateURL[0]))
	if err != nil {
		t.Fatal(err)
	}
	trusted, between := x509.NewCertPool(), x509.NewCertPool()
	for block, rest := pem.Decode(download(t, roots)); block != nil; block, rest = pem.Decode(rest) {
		if root, err := x509.ParseCertificate(block.Bytes); err == nil { // those of SM2 are not for this library
			trusted.AddCert(root)
		}
	}
	between.AddCert(issuer)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Fatal(err)
	}
	pair, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:32]), new(big.Int).SetBytes(value[32:])})
	return err == nil && ecdsa.VerifyASN1(leaf.PublicKey.(*ecdsa.PublicKey), hash, pair)
}

func download(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, res.StatusCode, err)
	}
	return body
}

// mss is what a mobile signature service answers.
type mss struct {
	Signature, Status struct {
		TransID string `json:"MSSP_TransID"`
		Status  struct{ StatusCode struct{ Value string } }
		Signed  struct{ Base64Signature []byte } `json:"MSS_Signature"`
	}
	Fault struct {
		Code struct{ SubCode struct{ Value string } }
	}
}

// TestMSSFlow: a text signed by way of TS 102 204, asked for asynchronously, is signed data that openssl verifies; an AP_TransID is used once;
// after a kill the transaction goes on.
func TestMSSFlow(t *testing.T) {
	s := startSandbox(t)
	p, who := s.parties(t), s.Subscribers[3]
	header := func(trans string) map[string]any {
		return map[string]any{"MajorVersion": "1", "MinorVersion": "2", "MSSP_Info": map[string]any{"MSSP_ID": map[string]string{"URI": p.MSS.MSSP}},
			"AP_Info": map[string]string{"AP_ID": p.MSS.ID, "AP_PWD": p.MSS.Password, "AP_TransID": trans, "Instant": "2026-11-22T12:00:00Z"}}
	}
	call := func(name string, m map[string]any) (out mss) {
		t.Helper()
		answer := map[string]json.RawMessage{}
		askFace(t, p.URLs.MSS, map[string]any{name: m}, &answer)
		for member, into := range map[string]any{"MSS_SignatureResp": &out.Signature, "MSS_StatusResp": &out.Status, "Fault": &out.Fault} {
			if text, ok := answer[member]; ok {
				if err := json.Unmarshal(text, into); err != nil {
					t.Fatal(err)
				}
			}
		}
		return out
	}
	order := header("E2E.1")
	order["MessagingMode"], order["MobileUser"], order["SignatureProfile"] = "asynchClientServer", map[string]string{"MSISDN": who.Number}, p.MSS.Profile
	order["DataToBeSigned"] = map[string]string{"MimeType": "text/plain", "Encoding": "UTF-8", "Data": "Sign the contract?"}
	asked := call("MSS_SignatureReq", order).Signature
	if asked.Status.StatusCode.Value != "100" {
		t.Fatalf("%+v", asked)
	}
	if again := call("MSS_SignatureReq", order).Fault.Code.SubCode.Value; again != "_101" {
		t.Errorf("an AP_TransID again: %s", again)
	}
	s.asked(t, who, true)
	s.kill()
	s.start(t)
	on := s.asked(t, who, true)
	status := header("E2E.2")
	status["MSSP_TransID"] = asked.TransID
	if now := call("MSS_StatusReq", status).Status.Status.StatusCode.Value; now != "504" {
		t.Errorf("after the kill the status is %s", now)
	}
	s.reply(t, who, on.ID, "confirm", who.SigningPIN, http.StatusOK)
	var end mss
	await(t, "the transaction ends", func() bool {
		end = call("MSS_StatusReq", status)
		return end.Status.Status.StatusCode.Value != "504"
	})
	if end.Status.Status.StatusCode.Value != "502" {
		t.Fatalf("%+v", end)
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(in("signed.der"), end.Status.Signed.Base64Signature, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fetch(t, "/ca/roots.pem", in("roots.pem"))
	s.output(t, "openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", in("signed.der"), "-CAfile", in("roots.pem"), "-purpose", "any", "-out", in("content"))
	content, err := os.ReadFile(in("content"))
	if sum := sha256.Sum256(content); err != nil || sum != sha256.Sum256([]byte("Sign the contract?")) {
		t.Errorf("%v, %q", err, content)
	}
}
