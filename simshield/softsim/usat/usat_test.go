package usat_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"simtrust/simshield/softsim/usat"
)

type vector struct {
	PDU       string
	Qualifier string
	Text      string
	Min, Max  int
	Source    string
}

func vectors(t testing.TB) (display, input []vector) {
	t.Helper()
	octets, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Display []vector `json:"usat_display_text"`
		Input   []vector `json:"usat_get_input"`
	}
	if err := json.Unmarshal(octets, &all); err != nil {
		t.Fatal(err)
	}
	return all.Display, all.Input
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rebuilds holds what Append makes of a parsed command against the vector.
func rebuilds(t *testing.T, c usat.Command, pdu string) {
	t.Helper()
	got, err := c.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := unhex(t, pdu); !bytes.Equal(got, want) {
		t.Errorf("built % x, want % x", got, want)
	}
}

func said(t *testing.T, c usat.Command) string {
	t.Helper()
	s, err := c.Text.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func text(t *testing.T, s string) usat.Text {
	t.Helper()
	text, err := usat.NewText(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDisplayTextVectors(t *testing.T) {
	display, _ := vectors(t)
	for _, v := range display {
		c, err := usat.ParseCommand(unhex(t, v.PDU))
		if err != nil {
			t.Fatalf("%s: %v", v.PDU, err)
		}
		if c.Type != usat.DisplayText || c.Number != 1 || c.Qualifier != unhex(t, v.Qualifier)[0] || said(t, c) != v.Text {
			t.Errorf("%s: %+v", v.PDU, c)
		}
		rebuilds(t, c, v.PDU)
	}
}

func TestGetInputVectors(t *testing.T) {
	_, input := vectors(t)
	for _, v := range input {
		c, err := usat.ParseCommand(unhex(t, v.PDU))
		if err != nil {
			t.Fatalf("%s: %v", v.PDU, err)
		}
		if c.Type != usat.GetInput || c.Qualifier != unhex(t, v.Qualifier)[0] || said(t, c) != v.Text || c.Min != v.Min || c.Max != v.Max {
			t.Errorf("%s: %+v", v.PDU, c)
		}
		if withDefault := strings.Contains(v.PDU, "910205051706"); !withDefault {
			rebuilds(t, c, v.PDU)
		}
	}
}

func TestSendShortMessage(t *testing.T) {
	tpdu := bytes.Repeat([]byte{0xab}, 164)
	octets, err := usat.Send(9, tpdu).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := usat.ParseCommand(octets)
	if err != nil || c.Number != 9 || c.Type != usat.SendSMS || !bytes.Equal(c.TPDU, tpdu) {
		t.Errorf("%+v %v", c, err)
	}
}

func TestCommandRefusals(t *testing.T) {
	cases := []struct {
		name, pdu string
		want      error
	}{
		{"empty", "", usat.ErrMalformed},
		{"another tag", "d103810301", usat.ErrMalformed},
		{"cut short", "d01a8103012180820281028d0f04546f6f6c6b69742054657374", usat.ErrMalformed},
		{"followed by more", "d0108103012180820281028d05084f60597d00", usat.ErrMalformed},
		{"no details", "d00b820281028d05084f60597d", usat.ErrMalformed},
		{"short details", "d00f81020121820281028d05084f60597d", usat.ErrMalformed},
		{"no devices", "d00c81030121808d05084f60597d", usat.ErrMalformed},
		{"from the network", "d0108103012180820283028d05084f60597d", usat.ErrMalformed},
		{"to the earpiece", "d0108103012180820281038d05084f60597d", usat.ErrMalformed},
		{"no text", "d009810301218082028102", usat.ErrMalformed},
		{"half a character", "d00f8103012180820281028d04084f6059", usat.ErrMalformed},
		{"reserved coding", "d0108103012180820281028d050c4f60597d", usat.ErrMalformed},
		{"two texts", "d0168103012180820281028d05084f60597d8d0408004f60", usat.ErrMalformed},
		{"no response length", "d0108103012304820281828d05084f60597d", usat.ErrMalformed},
		{"least above most", "d0148103012304820281828d05084f60597d91020504", usat.ErrMalformed},
		{"unknown command", "d009810301260082028182", usat.ErrBeyond},
		{"unknown element to comprehend", "d0148103012180820281028d05084f60597d9e020001", usat.ErrBeyond},
		{"no message", "d009810301130082028183", usat.ErrMalformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := usat.ParseCommand(unhex(t, c.pdu)); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestBeyondKeepsDetails(t *testing.T) {
	for _, pdu := range []string{"d009810307260082028182", "d0148103072600820281028d05084f60597d9e020001"} {
		c, err := usat.ParseCommand(unhex(t, pdu))
		if !errors.Is(err, usat.ErrBeyond) || c.Number != 7 || c.Type != 0x26 {
			t.Errorf("%+v %v", c.Details, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	if _, err := usat.Display(1, text(t, strings.Repeat("字", 121))).Append(nil); !errors.Is(err, usat.ErrLength) {
		t.Errorf("error %v, want ErrLength", err)
	}
	if _, err := usat.Send(1, make([]byte, 250)).Append(nil); !errors.Is(err, usat.ErrLength) {
		t.Errorf("error %v, want ErrLength", err)
	}
	octets, err := usat.Display(1, text(t, strings.Repeat("字", 119))).Append(nil)
	if err != nil || len(octets) > 256 {
		t.Errorf("%d octets, %v", len(octets), err)
	}
}

func TestAnswer(t *testing.T) {
	cases := []struct {
		name string
		a    usat.Answer
	}{
		{"done", usat.Answer{Details: usat.Details{Number: 1, Type: usat.DisplayText, Qualifier: 0x81}}},
		{"ended", usat.Answer{Details: usat.Details{Number: 2, Type: usat.GetInput}, Result: usat.Terminated}},
		{"busy", usat.Answer{Details: usat.Details{Number: 2, Type: usat.GetInput}, Result: usat.Busy}},
		{"digits", usat.Answer{Details: usat.Details{Number: 3, Type: usat.GetInput, Qualifier: 4}, Text: "147258"}},
		{"nothing entered", usat.Answer{Details: usat.Details{Number: 3, Type: usat.GetInput, Qualifier: 4}}},
		{"Chinese", usat.Answer{Details: usat.Details{Number: 3, Type: usat.GetInput, Qualifier: 3}, Text: "你好"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			octets, err := c.a.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := usat.ParseAnswer(octets)
			if err != nil || got != c.a {
				t.Errorf("%+v %v, want %+v", got, err, c.a)
			}
		})
	}
}

func TestAnswerRefusals(t *testing.T) {
	cases := map[string]string{
		"empty":             "",
		"no details":        "82028281830100",
		"no devices":        "8103012180830100",
		"no result":         "810301218082028281",
		"empty result":      "8103012180820282818300",
		"from the network":  "810301218082028381830100",
		"two results":       "810301218082028281830100830110",
		"reserved coding":   "8103012300820282818301008d020c30",
		"cut short":         "81030121808202828183",
		"element unknown":   "8103012180820282818301009e0100",
		"text not an octet": "8103012300820282818301008d02084f",
	}
	for name, octets := range cases {
		t.Run(name, func(t *testing.T) {
			if a, err := usat.ParseAnswer(unhex(t, octets)); err == nil {
				t.Errorf("accepted as %+v", a)
			}
		})
	}
}

func TestDownload(t *testing.T) {
	tpdu := bytes.Repeat([]byte{0x40}, 160)
	got, err := usat.ParseDownload(usat.AppendDownload(nil, tpdu))
	if err != nil || !bytes.Equal(got, tpdu) {
		t.Errorf("% x %v", got, err)
	}
	cases := map[string]string{
		"empty":                 "",
		"menu selection":        "d30782020181900101",
		"from the terminal":     "d107820282818b0140",
		"no devices":            "d1038b0140",
		"no message":            "d10482028381",
		"empty message":         "d106820283818b00",
		"two messages":          "d10a820283818b01408b0141",
		"followed by more":      "d107820283818b014000",
		"element to comprehend": "d10a820283818b01409e0100",
	}
	for name, octets := range cases {
		t.Run(name, func(t *testing.T) {
			if tpdu, err := usat.ParseDownload(unhex(t, octets)); err == nil {
				t.Errorf("accepted as % x", tpdu)
			}
		})
	}
}

// TestProfile holds the bits against the octets of a handset that can do nothing else (ETSI TS 102 223 §5.2).
func TestProfile(t *testing.T) {
	p := usat.NewProfile(usat.SMSDownload, usat.UCS2Display, usat.DisplaysText, usat.GetsInput, usat.SendsShortMessage)
	if want := unhex(t, "02400502"); !bytes.Equal(p, want) {
		t.Errorf("% x, want % x", p, want)
	}
	if !p.Has(usat.GetsInput, usat.DisplaysText) || p.Has(usat.UCS2Entry) || p.Has(usat.GetsInput, usat.UCS2Entry) || usat.Profile(nil).Has(usat.SMSDownload) {
		t.Error("wrong facilities")
	}
}

func FuzzParseCommand(f *testing.F) {
	display, input := vectors(f)
	for _, v := range append(display, input...) {
		f.Add(unhex(f, v.PDU))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		c, err := usat.ParseCommand(octets)
		if err != nil {
			return
		}
		again, err := c.Append(nil)
		if errors.Is(err, usat.ErrLength) {
			return // one that no FETCH can have answered
		}
		if got, err := usat.ParseCommand(again); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%+v, again %+v %v", c, got, err)
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte) {
		a, err := usat.ParseAnswer(octets)
		if err != nil {
			return
		}
		again, err := a.Append(nil)
		if err != nil {
			return
		}
		if got, err := usat.ParseAnswer(again); err != nil || got.Details != a.Details || got.Result != a.Result {
			t.Errorf("%+v, again %+v %v", a, got, err)
		}
	})
}

func FuzzParseDownload(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte) {
		tpdu, err := usat.ParseDownload(octets)
		if err != nil {
			return
		}
		if got, err := usat.ParseDownload(usat.AppendDownload(nil, tpdu)); err != nil || !bytes.Equal(got, tpdu) {
			t.Errorf("% x, again % x %v", tpdu, got, err)
		}
	})
}
