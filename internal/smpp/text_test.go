package smpp_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

var inboxLimits = sms.Limits{Messages: 4, PerSender: 2, Life: time.Minute}

func TestSplitOfOne(t *testing.T) {
	for text, want := range map[string]smpp.Message{
		"":           {Coding: smpp.CodingDefault, Octets: []byte{}},
		"a@€":        {Coding: smpp.CodingDefault, Octets: []byte{'a', 0, 0x1B, 0x65}},
		"验证":         {Coding: smpp.CodingUCS2, Octets: []byte{0x9A, 0x8C, 0x8B, 0xC1}},
		"\U0001F600": {Coding: smpp.CodingUCS2, Octets: []byte{0xD8, 0x3D, 0xDE, 0x00}},
	} {
		for by := smpp.CarryHeader; by <= smpp.CarryPayload; by++ {
			got, err := template.Split(text, by, 1)
			if err != nil || len(got) != 1 {
				t.Fatalf("%q: %d messages, %v", text, len(got), err)
			}
			m := got[0]
			if m.Coding != want.Coding || !bytes.Equal(m.Octets, want.Octets) || m.Class != 0 || m.Destination != template.Destination || m.Options != nil {
				t.Errorf("%q by %d: coding %d, %x, class %x", text, by, m.Coding, m.Octets, m.Class)
			}
		}
	}
}

// TestSplit holds the sizes of 3GPP TS 23.040 §9.2.3.24.1: 153 septets or 67 UCS-2 characters a segment, 152 and 66 with a wide reference.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name     string
		text     string
		by       smpp.Carriage
		segments []int // octets after the header
	}{
		{"160 septets", strings.Repeat("a", 160), smpp.CarryHeader, []int{160}},
		{"161 septets", strings.Repeat("a", 161), smpp.CarryHeader, []int{153, 8}},
		{"161 septets, wide", strings.Repeat("a", 161), smpp.CarryWideHeader, []int{152, 9}},
		{"161 septets, SAR", strings.Repeat("a", 161), smpp.CarrySAR, []int{152, 9}},
		{"no escape alone", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 10), smpp.CarryHeader, []int{152, 12}},
		{"70 characters", strings.Repeat("字", 70), smpp.CarryHeader, []int{140}},
		{"71 characters", strings.Repeat("字", 71), smpp.CarryHeader, []int{134, 8}},
		{"71 characters, wide", strings.Repeat("字", 71), smpp.CarryWideHeader, []int{132, 10}},
		{"no half of a pair", strings.Repeat("字", 66) + "😀😀😀", smpp.CarryHeader, []int{132, 12}},
		{"payload", strings.Repeat("a", 1000), smpp.CarryPayload, []int{1000}},
	} {
		got, err := template.Split(c.text, c.by, 0x1234)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int
		var whole strings.Builder
		for _, m := range got {
			u, err := m.Content()
			if err != nil {
				t.Fatal(err)
			}
			text, err := m.Text()
			if err != nil {
				t.Error(err)
			}
			sizes = append(sizes, len(u.Body))
			whole.WriteString(text)
		}
		if !slices.Equal(sizes, c.segments) || whole.String() != c.text {
			t.Errorf("%s: segments of %v", c.name, sizes)
		}
	}
}

func TestSplitStatesTheSegment(t *testing.T) {
	text := strings.Repeat("a", 400)
	narrow, _ := template.Split(text, smpp.CarryHeader, 0x1234)
	if want := []byte{5, 0, 3, 0x34, 3, 2, 'a'}; !bytes.HasPrefix(narrow[1].Octets, want) || !narrow[1].Class.HasHeader() {
		t.Errorf("%x", narrow[1].Octets[:7])
	}
	wide, _ := template.Split(text, smpp.CarryWideHeader, 0x1234)
	if want := []byte{6, 8, 4, 0x12, 0x34, 3, 2, 'a'}; !bytes.HasPrefix(wide[1].Octets, want) || !wide[1].Class.HasHeader() {
		t.Errorf("%x", wide[1].Octets[:8])
	}
	sar, _ := template.Split(text, smpp.CarrySAR, 0x1234)
	want := smpp.Options(nil).WithUint16(smpp.TagSARMsgRefNum, 0x1234).With(smpp.TagSARTotalSegments, 3).With(smpp.TagSARSegmentSeqnum, 2)
	if !bytes.Equal(sar[1].Options, want) || sar[1].Class.HasHeader() {
		t.Errorf("%x", sar[1].Options)
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		by   smpp.Carriage
		want error
	}{
		"not UTF-8":               {"\xff", smpp.CarryHeader, sms.ErrAlphabet},
		"256 segments":            {strings.Repeat("a", 255*153+1), smpp.CarryHeader, sms.ErrLength},
		"a payload beyond 65,535": {strings.Repeat("a", 65536), smpp.CarryPayload, sms.ErrLength},
	} {
		if got, err := template.Split(c.text, c.by, 1); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextOfCodings(t *testing.T) {
	for name, c := range map[string]struct {
		coding smpp.Coding
		octets []byte
		want   string
	}{
		"default":              {0, []byte{0x00, 0x1B, 0x28, 'a'}, "@{a"},
		"ASCII":                {1, []byte("a_@\r\n\t"), "a_@\r\n\t"},
		"called ASCII":         {1, []byte{0x00, 0x11, 0x1B, 0x3C, 'a'}, "@_[a"},
		"Latin-1":              {3, []byte{0xE9}, "é"},
		"UCS-2":                {8, []byte{0x4F, 0x60}, "你"},
		"class 0, GSM":         {0xF0, []byte{0x11}, "_"},
		"message waiting, UCS": {0xE0, []byte{0x4F, 0x60}, "你"},
	} {
		m := smpp.Message{Coding: c.coding, Octets: c.octets}
		if got, err := m.Text(); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestNoText(t *testing.T) {
	for name, m := range map[string]smpp.Message{
		"binary":              {Coding: smpp.CodingBinary, Octets: []byte("a")},
		"reserved":            {Coding: 0x0B, Octets: []byte("a")},
		"binary of a class":   {Coding: 0xF5, Octets: []byte("a")},
		"ASCII beyond":        {Coding: smpp.CodingASCII, Octets: []byte{0x80}},
		"called ASCII beyond": {Coding: smpp.CodingASCII, Octets: []byte{0x11, 0x80}},
		"septet of eight":     {Octets: []byte{0x80}},
		"half a character":    {Coding: smpp.CodingUCS2, Octets: []byte{0x4F}},
		"half a pair":         {Coding: smpp.CodingUCS2, Octets: []byte{0xD8, 0x3D}},
		"header without end":  {Class: smpp.ClassHeader, Octets: []byte{9, 0, 3}},
		"no header":           {Class: smpp.ClassHeader},
		"header out of order": {Class: smpp.ClassHeader, Octets: []byte{3, 0, 3, 1, 'a'}},
		"text twice":          {Octets: []byte("a"), Options: smpp.Options(nil).With(smpp.TagMessagePayload, 'b')},
	} {
		if got, err := m.Text(); err == nil || got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestInbox: whatever carries them and in whatever order they come, the segments are the text again.
func TestInbox(t *testing.T) {
	for _, text := range []string{"short", strings.Repeat("long{}", 100), strings.Repeat("验证码", 100)} {
		for by := smpp.CarryHeader; by <= smpp.CarryPayload; by++ {
			segments, err := template.Split(text, by, 300)
			if err != nil {
				t.Fatal(err)
			}
			inbox := smpp.NewInbox(inboxLimits)
			slices.Reverse(segments)
			for i, m := range segments {
				whole, complete, err := inbox.Add("bank", &m, noon)
				if err != nil || complete != (i == len(segments)-1) {
					t.Fatalf("segment %d: %t, %v", i, complete, err)
				}
				if !complete {
					continue
				}
				if got, err := whole.Text(); err != nil || got != text || whole.Destination != template.Destination || whole.Class.HasHeader() {
					t.Errorf("%q by %d: %v", got, by, err)
				}
				if _, ok := whole.Options.Find(smpp.TagSARMsgRefNum); ok {
					t.Error("the whole is a segment")
				}
			}
		}
	}
}

// TestInboxKeepsOtherParameters: but the ones that cut and carry.
func TestInboxKeepsOtherParameters(t *testing.T) {
	m := template
	m.Options = m.Options.WithUint16(smpp.TagUserMessageReference, 77)
	segments, err := m.Split(strings.Repeat("a", 200), smpp.CarrySAR, 7)
	if err != nil {
		t.Fatal(err)
	}
	inbox := smpp.NewInbox(inboxLimits)
	for _, s := range segments {
		whole, complete, err := inbox.Add("bank", &s, noon)
		if err != nil || complete && !bytes.Equal(whole.Options, m.Options) {
			t.Errorf("%x, %v", whole.Options, err)
		}
	}
}

func TestInboxKeepsApart(t *testing.T) {
	header, _ := template.Split(strings.Repeat("a", 200), smpp.CarryWideHeader, 7)
	sar, _ := template.Split(strings.Repeat("b", 200), smpp.CarrySAR, 7)
	other := header[1]
	other.Source.Value = "Other"
	inbox := smpp.NewInbox(sms.Limits{Messages: 9, PerSender: 9, Life: time.Minute})
	for name, add := range map[string]struct {
		peer    string
		segment smpp.Message
	}{
		"a header's": {"x", header[0]}, "of another address": {"x", other}, "of another peer": {"y", header[1]}, "of SAR": {"x", sar[1]},
	} {
		if _, complete, err := inbox.Add(add.peer, &add.segment, noon); complete || err != nil {
			t.Errorf("%s: complete %t, %v", name, complete, err)
		}
	}
}

func TestInboxRefuses(t *testing.T) {
	segments, _ := template.Split(strings.Repeat("a", 400), smpp.CarrySAR, 7)
	second := segments[1]
	with := func(o smpp.Options) smpp.Message { m := second; m.Options = o; return m }
	inbox := smpp.NewInbox(inboxLimits)
	if _, _, err := inbox.Add("bank", &segments[0], noon); err != nil {
		t.Fatal(err)
	}
	reference := smpp.Options(nil).WithUint16(smpp.TagSARMsgRefNum, 7)
	both := second
	both.Class, both.Octets = smpp.ClassHeader, append([]byte{5, 0, 3, 7, 3, 2}, second.Octets...)
	coding := second
	coding.Coding = smpp.CodingUCS2
	for name, c := range map[string]struct {
		segment smpp.Message
		want    error
	}{
		"segment 0":              {with(reference.With(smpp.TagSARTotalSegments, 3).With(smpp.TagSARSegmentSeqnum, 0)), sms.ErrHeader},
		"segment 4 of 3":         {with(reference.With(smpp.TagSARTotalSegments, 3).With(smpp.TagSARSegmentSeqnum, 4)), sms.ErrHeader},
		"segment 2 of 0":         {with(reference.With(smpp.TagSARTotalSegments, 0).With(smpp.TagSARSegmentSeqnum, 2)), sms.ErrHeader},
		"another total":          {with(reference.With(smpp.TagSARTotalSegments, 4).With(smpp.TagSARSegmentSeqnum, 2)), sms.ErrMixed},
		"both kinds of segments": {both, sms.ErrHeader},
		"another coding":         {coding, sms.ErrMixed},
	} {
		if _, complete, err := inbox.Add("bank", &c.segment, noon); !errors.Is(err, c.want) || complete {
			t.Errorf("%s: %t, %v", name, complete, err)
		}
	}
	for _, m := range segments[1:] { // what came before stays
		if _, complete, err := inbox.Add("bank", &m, noon); err != nil || complete != (m.Octets[0] == 'a' && len(m.Octets) < 152) {
			t.Errorf("%t, %v", complete, err)
		}
	}
}

func TestInboxBounds(t *testing.T) {
	inbox := smpp.NewInbox(inboxLimits)
	add := func(peer string, reference uint16, at time.Time) error {
		segments, err := template.Split(strings.Repeat("a", 200), smpp.CarryHeader, reference)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = inbox.Add(peer, &segments[0], at)
		return err
	}
	for i, want := range []error{nil, nil, sms.ErrBusy} {
		if err := add("a", uint16(i), noon); !errors.Is(err, want) {
			t.Errorf("message %d of one sender: %v", i, err)
		}
	}
	for i, want := range []error{nil, nil, sms.ErrBusy} {
		if err := add(string(rune('b'+i)), 0, noon.Add(time.Second)); !errors.Is(err, want) {
			t.Errorf("message %d of others: %v", i, err)
		}
	}
	if err := add("a", 9, noon.Add(time.Minute)); err != nil {
		t.Errorf("after the first have expired: %v", err)
	}
	if n := inbox.Expire(noon.Add(time.Hour)); n != 0 {
		t.Errorf("%d left", n)
	}
}

// TestInboxKeepsOtherElements: ports stay with the message, in its header.
func TestInboxKeepsOtherElements(t *testing.T) {
	m := smpp.Message{Class: smpp.ClassHeader, Coding: smpp.CodingBinary}
	inbox := smpp.NewInbox(inboxLimits)
	m.Octets = []byte{11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 1, 2, 1, 'x'}
	if _, complete, err := inbox.Add("bank", &m, noon); complete || err != nil {
		t.Fatal(complete, err)
	}
	m.Octets = []byte{5, 0, 3, 1, 2, 2, 'y'}
	whole, complete, err := inbox.Add("bank", &m, noon)
	if !complete || err != nil {
		t.Fatal(complete, err)
	}
	want := sms.UserData{Header: sms.Header{6, 5, 4, 0x0B, 0x84, 0x23, 0xF0}, Body: []byte("xy")}
	if u, err := whole.Content(); err != nil || !cmp.Equal(u, want) {
		t.Errorf("%+v, %v", u, err)
	}
}
