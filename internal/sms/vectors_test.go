package sms_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/sms"
)

// octets are written in hex in the vectors.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

type vectors struct {
	TPDU []struct {
		Kind   string
		TPDU   octets
		Expect struct {
			OA, RA                 *string
			TON, NPI               byte
			MR, ST, PID, DCS, SCTS octets
			MMS, UDHI              *int
			UDL                    int
			Header                 octets `json:"ud_hdr"`
		}
	} `json:"sms_tpdu"`
	UDH []struct {
		UDH octets
		IEs [][2]octets
	} `json:"sms_udh"`
	Deliver []struct {
		TPDU              octets
		From, Text, Clock string
	} `json:"text_deliver"`
	Submit []struct {
		TPDU     octets
		To, Text string
		Valid    string
	} `json:"text_submit"`
	Long []struct {
		TPDUs     []octets
		Reference uint16
		Texts     []string
	} `json:"concatenated"`
	Packed []struct {
		Septets string
		Octets  octets
	} `json:"packed"`
	UCS2 []struct {
		Text   string
		Octets octets
	} `json:"ucs2"`
}

func published(t testing.TB) (v vectors) {
	t.Helper()
	file, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(file, &v)
	}
	if err != nil {
		t.Fatal("no vectors: ", err)
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(t testing.TB, dcs sms.DCS, u sms.UserData) string {
	t.Helper()
	s, err := dcs.Alphabet().Text(u.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCardTPDUs reads the TPDUs of two SIM projects and writes them again.
func TestCardTPDUs(t *testing.T) {
	read := 0
	for _, v := range published(t).TPDU {
		want := v.Expect
		switch v.Kind {
		case "SMS-DELIVER":
			d := deliver(t, v.TPDU)
			if d.PID != want.PID[0] || d.DCS != sms.DCS(want.DCS[0]) || (len(d.Data.Header) > 0) != (*want.UDHI == 1) ||
				len(d.Data.Header)+len(d.Data.Body) != want.UDL {
				t.Errorf("%x: %+v", []byte(v.TPDU), d)
			}
			if want.MMS != nil && d.MoreMessages != (*want.MMS == 0) {
				t.Errorf("more messages: %t", d.MoreMessages)
			}
			if want.OA != nil && (d.From != sms.Address{Type: sms.TypeOfNumber(want.TON), Plan: sms.NumberingPlan(want.NPI), Value: *want.OA} ||
				!bytes.Equal(d.Data.Header, want.Header) || !bytes.Equal(d.Time[:], want.SCTS)) {
				t.Errorf("%x: from %q, %+v", []byte(v.TPDU), d.From.Value, d)
			}
			if want.OA != nil {
				wantOctets(t, v.TPDU)(d.Append(nil))
			}
		case "SMS-STATUS-REPORT":
			r, err := sms.ParseStatusReport(v.TPDU)
			if err != nil || r.Reference != want.MR[0] || r.To.Value != *want.RA || r.Status != sms.Status(want.ST[0]) {
				t.Errorf("%x: %+v, %v", []byte(v.TPDU), r, err)
			}
			wantOctets(t, v.TPDU)(r.Append(nil))
		default:
			continue
		}
		read++
	}
	if read != 3 {
		t.Errorf("%d TPDUs read", read)
	}
}

// deliver reads a TPDU and holds that what is written of it has its size and reads the same. The octets may differ: pysim counts a
// half-empty octet of an alphanumeric address as two semi-octets, and networks set the fill bits after a header.
func deliver(t *testing.T, tpdu []byte) sms.Deliver {
	t.Helper()
	d, err := sms.ParseDeliver(tpdu)
	if err != nil {
		t.Fatalf("%x: %v", tpdu, err)
	}
	written, err := d.Append(nil)
	if err != nil || len(written) != len(tpdu) {
		t.Errorf("%x is written %x: %v", tpdu, written, err)
	}
	if again, err := sms.ParseDeliver(written); err != nil || !cmp.Equal(again, d) {
		t.Errorf("%+v became %+v: %v", d, again, err)
	}
	return d
}

func wantOctets(t *testing.T, want []byte) func([]byte, error) {
	t.Helper()
	return func(got []byte, err error) {
		t.Helper()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("written %x, want %x: %v", got, want, err)
		}
	}
}

func TestPublishedHeaders(t *testing.T) {
	for _, v := range published(t).UDH {
		h := sms.Header(v.UDH)
		var elements []sms.Element
		for e := range h.All() {
			elements = append(elements, e)
		}
		if !h.Valid() || len(elements) != len(v.IEs) {
			t.Fatalf("%x: %+v", v.UDH, elements)
		}
		for i, ie := range v.IEs {
			if elements[i].ID != ie[0][0] || !bytes.Equal(elements[i].Data, ie[1]) {
				t.Errorf("%x: %+v", v.UDH, elements[i])
			}
		}
		if data, ok := h.Find(sms.ElementResponsePacket); !ok || !bytes.Equal(data, v.IEs[0][1]) {
			t.Errorf("%x: IE 71 is %x, %t", v.UDH, data, ok)
		}
		again, err := sms.AppendHeader(nil, elements...)
		wantOctets(t, v.UDH)(again, err)
	}
}

func TestDeliveredTexts(t *testing.T) {
	for _, v := range published(t).Deliver {
		d := deliver(t, v.TPDU)
		wantOctets(t, v.TPDU)(d.Append(nil))
		if d.From.Value != v.From || text(t, d.DCS, d.Data) != v.Text {
			t.Errorf("from %q: %q, want %q", d.From.Value, text(t, d.DCS, d.Data), v.Text)
		}
		if v.Clock == "" {
			continue
		}
		if at, err := d.Time.Time(); err != nil || at.Format("06-01-02 15:04:05 -0700") != v.Clock {
			t.Errorf("at %v, want %s: %v", at, v.Clock, err)
		}
	}
}

func TestSubmittedTexts(t *testing.T) {
	for _, v := range published(t).Submit {
		s, err := sms.ParseSubmit(v.TPDU)
		if err != nil || s.To.Value != v.To || text(t, s.DCS, s.Data) != v.Text {
			t.Errorf("%x: %+v, %v", []byte(v.TPDU), s, err)
		}
		wantOctets(t, v.TPDU)(s.Append(nil))
		want, _ := time.ParseDuration(v.Valid)
		if d, ok := s.Validity.Duration(); d != want || ok != (v.Valid != "") {
			t.Errorf("valid for %v, %t", d, ok)
		}
	}
}

// TestPublishedConcatenation puts a published long message together, and cuts it the same way.
func TestPublishedConcatenation(t *testing.T) {
	for _, v := range published(t).Long {
		r := sms.NewReassembler[string](limits)
		var whole, cut sms.UserData
		var complete bool
		for i, tpdu := range v.TPDUs {
			d := deliver(t, tpdu)
			if got := text(t, d.DCS, d.Data); got != v.Texts[i] {
				t.Errorf("segment %d: %q, want %q", i+1, got, v.Texts[i])
			}
			var err error
			if whole, complete, err = r.Add(d.From.Value, d.DCS, d.Data, noon); err != nil || complete != (i == len(v.TPDUs)-1) {
				t.Fatalf("segment %d: %t, %v", i+1, complete, err)
			}
		}
		s, err := sms.Message{DCS: sms.DCSText, Data: whole, Reference: v.Reference}.Split()
		if err != nil || s.Total() != len(v.TPDUs) {
			t.Fatalf("cut into %d: %v", s.Total(), err)
		}
		for _, tpdu := range v.TPDUs {
			d := deliver(t, tpdu)
			if cut, _ = s.Next(nil); !bytes.Equal(cut.Header, d.Data.Header) || !bytes.Equal(cut.Body, d.Data.Body) {
				t.Errorf("cut as %x %x, want %x %x", cut.Header, cut.Body, d.Data.Header, d.Data.Body)
			}
		}
	}
}

func TestPublishedTexts(t *testing.T) {
	for _, v := range published(t).Packed {
		body, err := sms.GSM7.Append(nil, v.Septets)
		if err != nil {
			t.Fatal(err)
		}
		if got := sms.AppendPacked(nil, body, 0); !bytes.Equal(got, v.Octets) {
			t.Errorf("%q packs to %x, want %x", v.Septets, got, []byte(v.Octets))
		}
		got, err := sms.AppendUnpacked(nil, v.Octets, 0, len(v.Septets))
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%x unpacks to %x: %v", []byte(v.Octets), got, err)
		}
	}
	for _, v := range published(t).UCS2 {
		got, err := sms.UCS2.Append(nil, v.Text)
		wantOctets(t, v.Octets)(got, err)
		if s, err := sms.UCS2.Text(v.Octets); err != nil || s != v.Text {
			t.Errorf("%x reads %q: %v", []byte(v.Octets), s, err)
		}
	}
}
