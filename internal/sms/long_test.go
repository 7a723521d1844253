package sms_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/sms"
)

var limits = sms.Limits{Messages: 3, PerSender: 2, Life: time.Minute}

// segments cuts a message.
func segments(t testing.TB, m sms.Message) (list []sms.UserData) {
	t.Helper()
	s, err := m.Split()
	if err != nil {
		t.Fatal(err)
	}
	for u, ok := s.Next(nil); ok; u, ok = s.Next(nil) {
		list = append(list, u)
	}
	if len(list) != s.Total() {
		t.Fatalf("%d segments of %d", len(list), s.Total())
	}
	return list
}

func sizes(list []sms.UserData) string {
	var b strings.Builder
	for _, u := range list {
		fmt.Fprintf(&b, "%d+%d ", len(u.Header), len(u.Body))
	}
	return strings.TrimSpace(b.String())
}

// TestSegments holds the rooms of 3GPP TS 23.040 and, for packets, of 3GPP TS 31.115: 160 and 153 septets, 140 and 134 octets, 70 and
// 67 code units; 137 octets of a packet in one TPDU, else 132 and then 134.
func TestSegments(t *testing.T) {
	packet := sms.Header{2, sms.ElementCommandPacket, 0}
	ports := sms.Header{6, sms.ElementPorts16, 4, 0x0b, 0x84, 0x23, 0xf0}
	for name, c := range map[string]struct {
		dcs    sms.DCS
		body   int
		header sms.Header
		repeat bool
		wide   bool
		want   string
	}{
		"nothing":                  {sms.DCSText, 0, nil, false, false, "0+0"},
		"160 septets":              {sms.DCSText, 160, nil, false, false, "0+160"},
		"161 septets":              {sms.DCSText, 161, nil, false, false, "6+153 6+8"},
		"306 septets":              {sms.DCSText, 306, nil, false, false, "6+153 6+153"},
		"161 septets, wide":        {sms.DCSText, 161, nil, false, true, "7+152 7+9"},
		"140 octets":               {sms.DCSOctets, 140, nil, false, false, "0+140"},
		"141 octets":               {sms.DCSOctets, 141, nil, false, false, "6+134 6+7"},
		"70 code units":            {sms.DCSUCS2, 140, nil, false, false, "0+140"},
		"71 code units":            {sms.DCSUCS2, 142, nil, false, false, "6+134 6+8"},
		"71 code units, wide":      {sms.DCSUCS2, 142, nil, false, true, "7+132 7+10"},
		"a packet of 137":          {sms.DCSForUSIM, 137, packet, false, false, "3+137"},
		"a packet of 138":          {sms.DCSForUSIM, 138, packet, false, false, "8+132 6+6"},
		"a packet of 132 + 134":    {sms.DCSForUSIM, 266, packet, false, false, "8+132 6+134"},
		"a packet of 267":          {sms.DCSForUSIM, 267, packet, false, false, "8+132 6+134 6+1"},
		"ports in every segment":   {sms.DCSOctets, 260, ports, true, false, "12+128 12+128 12+4"},
		"ports, 160 octets":        {sms.DCSOctets, 133, ports, true, false, "7+133"},
		"255 segments, the most":   {sms.DCSOctets, 255 * 134, nil, false, false, "6+134" + strings.Repeat(" 6+134", 254)},
		"septets, header not even": {sms.DCSText, 170, packet, false, false, "8+150 6+20"},
	} {
		body := bytes.Repeat([]byte{0x41}, c.body)
		list := segments(t, sms.Message{DCS: c.dcs, Data: sms.UserData{Header: c.header, Body: body}, Repeat: c.repeat, Reference: 0x1234, Wide: c.wide})
		if got := sizes(list); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		for i, u := range list {
			d := sms.Deliver{From: line, DCS: c.dcs, Data: u}
			octets, err := d.Append(nil)
			if err != nil {
				t.Fatalf("%s: segment %d: %v", name, i+1, err)
			}
			if again, err := sms.ParseDeliver(octets); err != nil || !bytes.Equal(again.Data.Body, u.Body) || !bytes.Equal(again.Data.Header, u.Header) {
				t.Errorf("%s: segment %d became %+v: %v", name, i+1, again, err)
			}
		}
	}
}

func TestSegmentHeaders(t *testing.T) {
	m := sms.Message{DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header{2, 0x70, 0}, Body: make([]byte, 200)}, Reference: 0x1234}
	list := segments(t, m)
	if want := []sms.Header{{7, 0, 3, 0x34, 2, 1, 0x70, 0}, {5, 0, 3, 0x34, 2, 2}}; !cmp.Equal([]sms.Header{list[0].Header, list[1].Header}, want) {
		t.Errorf("headers %x, %x", list[0].Header, list[1].Header)
	}
	m.Wide = true
	if want := (sms.Header{8, 8, 4, 0x12, 0x34, 2, 1, 0x70, 0}); !bytes.Equal(segments(t, m)[0].Header, want) {
		t.Errorf("wide header %x", segments(t, m)[0].Header)
	}
}

// TestCharactersStayWhole: no segment ends within an escape sequence or a surrogate pair.
func TestCharactersStayWhole(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 152) + "€" + strings.Repeat("a", 10):          "6+152 6+12",
		strings.Repeat("a", 151) + "€" + strings.Repeat("a", 10):          "6+153 6+10",
		strings.Repeat("€", 100):                                          "6+152 6+48",
		strings.Repeat("转", 66) + "𠮷" + strings.Repeat("转", 5):            "6+132 6+14",
		strings.Repeat("转", 65) + "𠮷" + strings.Repeat("转", 5):            "6+134 6+10",
		strings.Repeat("𠮷", 69) + "转":                                     "6+132 6+132 6+14",
		strings.Repeat("a", 152) + "[" + strings.Repeat("€", 76) + "aaaa": "6+152 6+152 6+6",
	} {
		alphabet, dcs := sms.AlphabetOf(text), sms.DCSText
		if alphabet == sms.UCS2 {
			dcs = sms.DCSUCS2
		}
		body, err := alphabet.Append(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		list := segments(t, sms.Message{DCS: dcs, Data: sms.UserData{Body: body}})
		if got := sizes(list); got != want {
			t.Errorf("%.20q…: %s, want %s", text, got, want)
		}
		var again string
		for i, u := range list {
			part, err := alphabet.Text(u.Body)
			if err != nil {
				t.Errorf("%.20q…: segment %d: %v", text, i+1, err)
			}
			again += part
		}
		if again != text {
			t.Errorf("%.20q… became %q", text, again)
		}
	}
}

func TestSplitRefused(t *testing.T) {
	for name, c := range map[string]struct {
		m    sms.Message
		want error
	}{
		"256 segments":         {sms.Message{DCS: sms.DCSOctets, Data: sms.UserData{Body: make([]byte, 255*134+1)}}, sms.ErrLength},
		"256 segments of text": {sms.Message{Data: sms.UserData{Body: make([]byte, 255*153+1)}}, sms.ErrLength},
		"a header that is not": {sms.Message{Data: sms.UserData{Header: sms.Header{9, 0x70, 0}}}, sms.ErrHeader},
		"no room beside the header": {sms.Message{DCS: sms.DCSOctets, Repeat: true,
			Data: sms.UserData{Header: append(sms.Header{134, 0x24, 132}, make([]byte, 132)...), Body: make([]byte, 100)}}, sms.ErrLength},
	} {
		if s, err := c.m.Split(); err != c.want || s.Total() != 0 {
			t.Errorf("%s: %d, %v, want %v", name, s.Total(), err, c.want)
		}
	}
}

// report is a response of a card in three segments.
func report(t testing.TB, reference uint16, fill byte) (sms.UserData, []sms.UserData) {
	t.Helper()
	whole := sms.UserData{Header: sms.Header{2, sms.ElementResponsePacket, 0}, Body: bytes.Repeat([]byte{fill}, 300)}
	return whole, segments(t, sms.Message{DCS: sms.DCSForUSIM, Data: whole, Reference: reference})
}

// step is a segment that arrives.
type step struct {
	sender string
	u      sms.UserData
}

func TestReassembly(t *testing.T) {
	whole, s := report(t, 7, 'a')
	other, o := report(t, 8, 'b')
	single := sms.UserData{Header: sms.Header{2, 0x71, 0}, Body: []byte("short")}
	for name, c := range map[string]struct {
		steps []step
		want  []sms.UserData
	}{
		"in order":                      {[]step{{"A", s[0]}, {"A", s[1]}, {"A", s[2]}}, []sms.UserData{whole}},
		"backwards":                     {[]step{{"A", s[2]}, {"A", s[1]}, {"A", s[0]}}, []sms.UserData{whole}},
		"with duplicates":               {[]step{{"A", s[1]}, {"A", s[1]}, {"A", s[0]}, {"A", s[1]}, {"A", s[2]}}, []sms.UserData{whole}},
		"one is missing":                {[]step{{"A", s[0]}, {"A", s[2]}, {"A", s[2]}}, nil},
		"two messages of one sender":    {[]step{{"A", s[0]}, {"A", o[0]}, {"A", o[1]}, {"A", s[1]}, {"A", o[2]}, {"A", s[2]}}, []sms.UserData{other, whole}},
		"one reference of two senders":  {[]step{{"A", s[0]}, {"B", s[1]}, {"A", s[1]}, {"B", s[2]}}, nil},
		"a short one":                   {[]step{{"A", single}}, []sms.UserData{single}},
		"a short one amid a long one":   {[]step{{"A", s[0]}, {"A", single}, {"A", s[1]}, {"A", s[2]}}, []sms.UserData{single, whole}},
		"the message again, completely": {[]step{{"A", s[0]}, {"A", s[1]}, {"A", s[2]}, {"A", s[0]}, {"A", s[1]}, {"A", s[2]}}, []sms.UserData{whole, whole}},
		"nothing at all":                {[]step{{"A", sms.UserData{}}}, []sms.UserData{{}}},
	} {
		r := sms.NewReassembler[string](limits)
		var got []sms.UserData
		for _, st := range c.steps {
			u, complete, err := r.Add(st.sender, sms.DCSForUSIM, st.u, noon)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if complete {
				got = append(got, u)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestMixedSegments: a segment that contradicts the message is refused, and the message still becomes whole.
func TestMixedSegments(t *testing.T) {
	whole, s := report(t, 7, 'a')
	_, other := report(t, 7, 'b')
	changed := func(u sms.UserData, at int, to byte) sms.UserData {
		u.Header = slices.Clone(u.Header)
		u.Header[at] = to
		return u
	}
	for name, c := range map[string]struct {
		u    sms.UserData
		dcs  sms.DCS
		want error
	}{
		"the same number, other octets":  {other[0], sms.DCSForUSIM, sms.ErrMixed},
		"the same number, other element": {changed(s[0], 6, 0x70), sms.DCSForUSIM, sms.ErrMixed},
		"another total":                  {changed(s[1], 4, 4), sms.DCSForUSIM, sms.ErrMixed},
		"another coding scheme":          {s[1], sms.DCSOctets, sms.ErrMixed},
		"number 0":                       {changed(s[1], 5, 0), sms.DCSForUSIM, sms.ErrHeader},
		"number beyond the total":        {changed(s[1], 5, 4), sms.DCSForUSIM, sms.ErrHeader},
		"total 0":                        {changed(s[1], 4, 0), sms.DCSForUSIM, sms.ErrHeader},
		"two concatenations":             {sms.UserData{Header: sms.Header{10, 0, 3, 7, 3, 2, 0, 3, 7, 3, 2}}, sms.DCSForUSIM, sms.ErrHeader},
		"a narrow and a wide one":        {sms.UserData{Header: sms.Header{11, 0, 3, 7, 3, 2, 8, 4, 0, 7, 3, 2}}, sms.DCSForUSIM, sms.ErrHeader},
		"a concatenation of 2 octets":    {sms.UserData{Header: sms.Header{4, 0, 2, 7, 3}}, sms.DCSForUSIM, sms.ErrHeader},
		"a wide one of 3 octets":         {sms.UserData{Header: sms.Header{5, 8, 3, 7, 3, 2}}, sms.DCSForUSIM, sms.ErrHeader},
		"a header cut short":             {sms.UserData{Header: sms.Header{5, 0, 3, 7, 3}}, sms.DCSForUSIM, sms.ErrHeader},
	} {
		r := sms.NewReassembler[string](limits)
		if _, _, err := r.Add("A", sms.DCSForUSIM, s[0], noon); err != nil {
			t.Fatal(err)
		}
		if _, complete, err := r.Add("A", c.dcs, c.u, noon); err != c.want || complete {
			t.Errorf("%s: %t, %v, want %v", name, complete, err, c.want)
		}
		_, _, err := r.Add("A", sms.DCSForUSIM, s[2], noon)
		got, complete, err2 := r.Add("A", sms.DCSForUSIM, s[1], noon)
		if err != nil || err2 != nil || !complete || !cmp.Equal(got, whole) {
			t.Errorf("%s: the message did not survive: %v, %v", name, err, err2)
		}
	}
}

// TestWideReferenceIsAnother: reference 7 of 8 bits and reference 7 of 16 bits are two messages.
func TestWideReferenceIsAnother(t *testing.T) {
	r := sms.NewReassembler[string](limits)
	for _, u := range []sms.UserData{{Header: sms.Header{5, 0, 3, 7, 2, 1}}, {Header: sms.Header{6, 8, 4, 0, 7, 2, 2}}} {
		if _, complete, err := r.Add("A", 0, u, noon); complete || err != nil {
			t.Errorf("%x: %t, %v", u.Header, complete, err)
		}
	}
	if n := r.Expire(noon); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestBounds(t *testing.T) {
	r := sms.NewReassembler[string](limits)
	add := func(sender string, reference byte) error {
		_, _, err := r.Add(sender, 0, sms.UserData{Header: sms.Header{5, 0, 3, reference, 2, 1}}, noon)
		return err
	}
	for i, c := range []struct {
		sender    string
		reference byte
		want      error
	}{
		{"A", 1, nil}, {"A", 2, nil}, {"A", 3, sms.ErrBusy}, {"A", 2, nil}, {"B", 1, nil}, {"C", 1, sms.ErrBusy},
	} {
		if err := add(c.sender, c.reference); err != c.want {
			t.Errorf("step %d: %v, want %v", i, err, c.want)
		}
	}
	if _, complete, err := r.Add("A", 0, sms.UserData{Header: sms.Header{5, 0, 3, 1, 2, 2}}, noon); !complete || err != nil {
		t.Errorf("a message under way is not taken: %v", err)
	}
	if err := add("C", 1); err != nil {
		t.Errorf("a place became free: %v", err)
	}
}

func TestExpiry(t *testing.T) {
	_, s := report(t, 7, 'a')
	r := sms.NewReassembler[string](limits)
	steps := []struct {
		after time.Duration
		u     sms.UserData
	}{{0, s[0]}, {limits.Life - 1, s[1]}, {limits.Life, s[2]}}
	for _, st := range steps {
		if _, complete, err := r.Add("A", sms.DCSForUSIM, st.u, noon.Add(st.after)); complete || err != nil {
			t.Errorf("after %v: %t, %v", st.after, complete, err)
		}
	}
	if n := r.Expire(noon.Add(limits.Life)); n != 1 {
		t.Errorf("%d messages: the last segment begins one anew", n)
	}
	if n := r.Expire(noon.Add(2 * limits.Life)); n != 0 {
		t.Errorf("%d messages after all time", n)
	}
}

// TestOctetsAreCopied: the caller may use its buffers again.
func TestOctetsAreCopied(t *testing.T) {
	whole, s := report(t, 7, 'a')
	r := sms.NewReassembler[string](limits)
	for i, u := range s {
		header, body := slices.Clone(u.Header), slices.Clone(u.Body)
		got, complete, err := r.Add("A", sms.DCSForUSIM, sms.UserData{Header: header, Body: body}, noon)
		clear(header)
		clear(body)
		if err != nil || complete != (i == 2) || complete && !cmp.Equal(got, whole) {
			t.Errorf("segment %d: %t, %v", i+1, complete, err)
		}
	}
}
