package applet_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"simtrust/simshield/applet"
)

// vectors are testdata/vectors.json: each entry names its source.
type vectors struct {
	Codes []struct {
		Hash, Code string
	} `json:"vc_mobile_id"`
	SM2 []struct {
		PX      string `json:"px"`
		PY      string `json:"py"`
		Message string `json:"msg_ascii"`
		R       string `json:"r"`
		S       string `json:"s"`
	} `json:"sm2_verify"`
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil || len(v.Codes) == 0 || len(v.SM2) == 0 {
		t.Fatal("no vectors", err)
	}
	return v
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestVerificationCode(t *testing.T) {
	for _, v := range readVectors(t).Codes {
		if got := applet.VerificationCode(unhex(t, v.Hash)); got != v.Code {
			t.Errorf("%s: %s, want %s", v.Hash, got, v.Code)
		}
	}
	for hash, want := range map[string]string{"00": "0000", "ffff": "8191", "03ff80": "0000", "04007f": "0255", "": ""} {
		if got := applet.VerificationCode(unhex(t, hash)); got != want {
			t.Errorf("%q: %s, want %s", hash, got, want)
		}
	}
	p := compose(t, about(transfer()))
	if digest := p.Digest(applet.SM2); p.VerificationCode(applet.SM2) != applet.VerificationCode(digest[:]) {
		t.Error("not the code of the digest")
	}
}

func TestPublishedSM2Signature(t *testing.T) {
	for _, v := range readVectors(t).SM2 {
		sign := byte(2) + unhex(t, v.PY)[31]&1
		key, err := applet.ParsePublicKey(append([]byte{sign}, unhex(t, v.PX)...), applet.SM2)
		if err != nil {
			t.Fatal(err)
		}
		signature := applet.Signature(append(unhex(t, v.R), unhex(t, v.S)...))
		if err := applet.Verify(key, applet.SM2, []byte(v.Message), signature); err != nil {
			t.Error(err)
		}
		wantRefused(t, applet.Verify(key, applet.SM2, []byte(v.Message+"."), signature), applet.ReasonSignature, "")
	}
}
