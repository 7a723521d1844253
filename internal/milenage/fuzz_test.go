package milenage_test

import (
	"testing"

	"simtrust/internal/milenage"
)

// FuzzChallenge holds, for keys and tokens from anywhere, that a card reads what its home network wrote and refuses the rest.
func FuzzChallenge(f *testing.F) {
	f.Fuzz(func(t *testing.T, key, token []byte) {
		var in [64]byte
		copy(in[:], key)
		var autn milenage.AUTN
		copy(autn[:], token)
		a := milenage.New(milenage.Key(in[:16]), milenage.Key(in[16:32]))
		rand, sqn, amf := milenage.RAND(in[32:48]), milenage.ParseSQN([6]byte(in[48:54])), milenage.AMF(in[54:56])
		v := a.Vector(rand, sqn, amf)
		answer, err := a.Check(rand, v.AUTN)
		if err != nil || answer.SQN != sqn || answer.AMF != amf || answer.RES != v.XRES || answer.CK != v.CK || answer.IK != v.IK {
			t.Fatalf("the card does not read its challenge: %v", err)
		}
		if got, err := a.CheckAUTS(rand, a.AUTS(rand, sqn)); err != nil || got != sqn {
			t.Fatalf("the home network does not read the report: %v", err)
		}
		read, err := a.Check(rand, autn)
		if (err == nil) != (a.Vector(rand, read.SQN, read.AMF).AUTN == autn) {
			t.Fatalf("a token from elsewhere: %v", err)
		}
	})
}
