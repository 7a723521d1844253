package milenage_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"simtrust/internal/milenage"
)

// octets are written in hex in the vectors.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

func (o octets) key() milenage.Key { return milenage.Key(o) }

func (o octets) sqn() milenage.SQN { return milenage.ParseSQN([6]byte(o)) }

type vectors struct {
	Milenage []struct {
		Set                 int
		K, OP, OPc          octets
		RAND, SQN, AMF      octets
		F1, F1s, F2, F3, F4 octets
		F5, F5s             octets
	} `json:"milenage"`
	AUTS []struct {
		K, OPc, RAND, AUTS octets
		Highest            octets `json:"sqn_ms"`
	} `json:"milenage_auts"`
	AUTN []struct {
		K, OPc, RAND, SQN, AMF, AUTN octets
		RES, CK, IK, AK              octets
	} `json:"milenage_autn"`
}

func published(t testing.TB) (v vectors) {
	t.Helper()
	file, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(file, &v)
	}
	if err != nil || len(v.Milenage) == 0 || len(v.AUTS) == 0 || len(v.AUTN) == 0 {
		t.Fatal("no vectors: ", err)
	}
	return v
}

func same[T ~[6]byte | ~[8]byte | ~[14]byte | ~[16]byte](t *testing.T, what string, got T, want octets) {
	t.Helper()
	if g := fmt.Sprintf("%x", slice(got)); g != hex.EncodeToString(want) {
		t.Errorf("%s: %s, want %x", what, g, []byte(want))
	}
}

func slice[T ~[6]byte | ~[8]byte | ~[14]byte | ~[16]byte](a T) []byte {
	b := make([]byte, len(a))
	for i := range b {
		b[i] = a[i]
	}
	return b
}

// TestFunctions holds OPc and the seven functions against the test sets of 3GPP TS 35.208.
func TestFunctions(t *testing.T) {
	for _, v := range published(t).Milenage {
		t.Run(fmt.Sprint("set ", v.Set), func(t *testing.T) {
			same(t, "OPc", milenage.OPc(v.K.key(), v.OP.key()), v.OPc)
			a, rand := milenage.New(v.K.key(), v.OPc.key()), milenage.RAND(v.RAND)
			sqn, amf := v.SQN.sqn(), milenage.AMF(v.AMF)
			same(t, "f1", a.F1(rand, sqn, amf), v.F1)
			same(t, "f1*", a.F1Star(rand, sqn, amf), v.F1s)
			res, ck, ik, ak := a.F2345(rand)
			same(t, "f2", res, v.F2)
			same(t, "f3", ck, v.F3)
			same(t, "f4", ik, v.F4)
			same(t, "f5", ak, v.F5)
			same(t, "f5*", a.F5Star(rand), v.F5s)
		})
	}
}

func TestPublishedAUTN(t *testing.T) {
	for _, v := range published(t).AUTN {
		a := milenage.New(v.K.key(), v.OPc.key())
		made := a.Vector(milenage.RAND(v.RAND), v.SQN.sqn(), milenage.AMF(v.AMF))
		same(t, "AUTN", made.AUTN, v.AUTN)
		same(t, "XRES", made.XRES, v.RES)
		same(t, "CK", made.CK, v.CK)
		same(t, "IK", made.IK, v.IK)
		answer, err := a.Check(made.RAND, milenage.AUTN(v.AUTN))
		if err != nil || answer.SQN != v.SQN.sqn() || answer.AMF != milenage.AMF(v.AMF) {
			t.Errorf("the card reads SQN %x, AMF %x: %v", answer.SQN, answer.AMF, err)
		}
		same(t, "RES", answer.RES, v.RES)
		same(t, "CK of the card", answer.CK, v.CK)
		same(t, "IK of the card", answer.IK, v.IK)
	}
}

func TestPublishedAUTS(t *testing.T) {
	for _, v := range published(t).AUTS {
		a := milenage.New(v.K.key(), v.OPc.key())
		got, err := a.CheckAUTS(milenage.RAND(v.RAND), milenage.AUTS(v.AUTS))
		if err != nil || got != v.Highest.sqn() {
			t.Errorf("AUTS reports %x: %v", got, err)
		}
		same(t, "AUTS", a.AUTS(milenage.RAND(v.RAND), v.Highest.sqn()), v.AUTS)
	}
}
