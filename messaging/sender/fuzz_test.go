package sender_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"simtrust"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// FuzzProof: whatever comes is refused, unless it has the signature of one that was made.
func FuzzProof(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	want := sender.Proof{Chatbot: "bot_1", CertificateSHA256: "00", Audience: issuer, Issued: 1}
	text, err := sender.NewProof(want, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(strings.Replace(text, ".", ".e30.", 1))
	f.Fuzz(func(t *testing.T, given string) {
		p, err := sender.ReadProof(given, key.Public())
		switch {
		case err != nil && (simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != sender.ReasonProof):
			t.Error(err)
		case err == nil && (given != text || *p != want):
			t.Errorf("%q is taken for a proof: %+v", given, p)
		}
	})
}

// FuzzTemplate: a text that is taken is filled without a slot left over, and with every word that was reviewed.
func FuzzTemplate(f *testing.F) {
	f.Add("Train {{1}} leaves at {{2}}: {{1}}.", "G7")
	f.Add("您的验证码是{{1}}。", "123456")
	f.Add("Hello {{1}}{{2}}", "{{")
	f.Fuzz(func(t *testing.T, body, value string) {
		text, slots, err := sender.Fill(body, value)
		if err != nil {
			if simtrust.KindOf(err) != simtrust.KindInvalid {
				t.Error(err)
			}
			return
		}
		if strings.Contains(text, "{{") || strings.Contains(text, "}}") {
			t.Errorf("%q has slots left", text)
		}
		if gsma.CheckText("", text) != nil {
			t.Errorf("%q is not safe", text)
		}
		if slots == 0 && text != body {
			t.Errorf("%q became %q without a slot", body, text)
		}
	})
}
