package tlv_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"
	"unicode/utf16"

	"simtrust/internal/tlv"
)

// command is a proactive command of the USAT conformance tests.
type command struct {
	PDU       string
	Qualifier string
	Text      string
	Min, Max  int
}

// Tags of 3GPP TS 31.111 §9.2 and §9.3.
const (
	proactiveCommand = 0xD0
	commandDetails   = 0x01
	deviceIdentities = 0x02
	textString       = 0x0D
	responseLength   = 0x11
	defaultText      = 0x17
)

func published(t testing.TB) []command {
	t.Helper()
	var v struct {
		Display []command `json:"usat_display_text"`
		Input   []command `json:"usat_get_input"`
	}
	file, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(file, &v)
	}
	if err != nil || len(v.Display) == 0 || len(v.Input) == 0 {
		t.Fatal("no vectors: ", err)
	}
	return append(v.Display, v.Input...)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestProactiveCommands reads the conformance PDUs down to their fields and writes them again.
func TestProactiveCommands(t *testing.T) {
	for _, v := range published(t) {
		t.Run(v.Text, func(t *testing.T) {
			pdu := unhex(t, v.PDU)
			outer := tlv.BER(pdu).Minimal()
			body, err := outer.Find(proactiveCommand)
			if err != nil {
				t.Fatal(err)
			}
			checkCommand(t, body.Value, v)
			again := tlv.AppendBERFunc(nil, proactiveCommand, func(dst []byte) []byte { return copyAll(t, dst, body.Value) })
			if !bytes.Equal(again, pdu) {
				t.Errorf("written again: %x, want %x", again, pdu)
			}
		})
	}
}

func checkCommand(t *testing.T, body []byte, v command) {
	t.Helper()
	r := tlv.Comprehension(body).Minimal()
	details, err := r.Find(commandDetails)
	if err != nil || !details.CR || len(details.Value) != 3 || hex.EncodeToString(details.Value[2:]) != v.Qualifier {
		t.Errorf("command details %+v: %v", details, err)
	}
	if e, err := r.Next(); err != nil || e.Tag != deviceIdentities || !e.CR || len(e.Value) != 2 {
		t.Errorf("device identities %+v: %v", e, err)
	}
	text, err := r.Find(textString)
	if err != nil || !text.CR || !says(text.Value, v.Text) {
		t.Errorf("text string %+v: %v", text, err)
	}
	if v.Max == 0 {
		return
	}
	limits, err := r.Find(responseLength)
	if err != nil || !limits.CR || !bytes.Equal(limits.Value, []byte{byte(v.Min), byte(v.Max)}) {
		t.Errorf("response length %+v: %v", limits, err)
	}
	if e, err := r.Next(); err != io.EOF && (e.Tag != defaultText || e.CR) {
		t.Errorf("at the end %+v: %v", e, err)
	}
}

// says reads a text string of octets or of UCS-2; the packed one is left to the package that packs.
func says(value []byte, want string) bool {
	switch dcs, text := value[0], value[1:]; dcs {
	case 0x04:
		return string(text) == want
	case 0x08:
		units := make([]uint16, len(text)/2)
		for i := range units {
			units[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
		}
		return string(utf16.Decode(units)) == want
	default:
		return dcs == 0x00
	}
}

func copyAll(t *testing.T, dst, elements []byte) []byte {
	for r := tlv.Comprehension(elements); ; {
		e, err := r.Next()
		if err == io.EOF {
			return dst
		}
		if err != nil {
			t.Fatal(err)
		}
		dst = tlv.AppendComprehension(dst, e.Tag, e.CR, e.Value)
	}
}
