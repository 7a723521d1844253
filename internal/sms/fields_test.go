package sms_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"simtrust/internal/sms"
)

func TestAddresses(t *testing.T) {
	for value, want := range map[sms.Address]string{
		{Type: sms.International, Plan: sms.E164, Value: "8613800000001"}: "0d91683108000000f1",
		{Plan: sms.E164, Value: "10086"}:                                  "05810180f6",
		{Value: "*100#"}:                                                  "05801a00fb",
		{Value: "abc"}:                                                    "0380dcfe",
		{Value: ""}:                                                       "0080",
		{Type: sms.Alphanumeric, Value: "Bank"}:                           "07d0c2b07b0d",
		{Type: sms.Alphanumeric, Value: ""}:                               "00d0",
		{Type: sms.Abbreviated, Plan: sms.Private, Value: "12345678901234567890"}: "14e9" + "21436587092143658709",
	} {
		d := sms.Deliver{From: value}
		octets, err := d.Append(nil)
		if err != nil || !bytes.HasPrefix(octets[1:], unhex(t, want)) {
			t.Errorf("%q: %x, want %s: %v", value.Value, octets, want, err)
		}
		if again, err := sms.ParseDeliver(octets); err != nil || again.From != value {
			t.Errorf("%q became %q: %v", value.Value, again.From.Value, err)
		}
	}
}

func TestAddressesDoNotPrint(t *testing.T) {
	s := sms.Submit{To: line}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, s); strings.Contains(text, "138") || strings.Contains(text, "313338") {
			t.Errorf("%s shows the number: %s", verb, text)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, at := range []time.Time{
		noon,
		time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2099, 12, 31, 23, 59, 59, 0, time.FixedZone("", 79*15*60)),
		time.Date(2028, 2, 29, 1, 2, 3, 0, time.FixedZone("", -79*15*60)),
		time.Date(2026, 6, 1, 1, 2, 3, 0, time.FixedZone("", -5*15*60)),
	} {
		s := stamp(t, at)
		if got, err := s.Time(); err != nil || got.Format(time.RFC3339) != at.Format(time.RFC3339) {
			t.Errorf("%v became %v: %v", at, got, err)
		}
	}
	if got := stamp(t, noon); got != (sms.Timestamp{0x62, 0x11, 0x22, 0x21, 0x00, 0x00, 0x23}) {
		t.Errorf("noon in Shanghai is %x", got)
	}
}

func TestNoTimes(t *testing.T) {
	for name, at := range map[string]time.Time{
		"1999":                  time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC),
		"2100":                  time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		"a zone of 20 minutes":  time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 20*60)),
		"a zone of 20 hours":    time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 80*15*60)),
		"a zone of -20 hours":   time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", -80*15*60)),
		"a zone of one second":  time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 1)),
		"a zone of -59 minutes": time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", -59*60)),
	} {
		if s, err := sms.NewTimestamp(at); err != sms.ErrTime || s != (sms.Timestamp{}) {
			t.Errorf("%s: %x, %v", name, s, err)
		}
	}
	for name, octets := range map[string]string{
		"month 0": "62001221000023", "month 13": "62311221000023", "day 0": "62110021000023", "day 31 of November": "62111321000023",
		"29 February 2027": "72209221000023", "hour 24": "62112242000023", "minute 60": "62112221060023", "second 60": "62112221000623",
		"a digit A": "a2112221000023", "a digit F": "62112221000f23", "a zone that is none": "621122210000ff",
	} {
		s := sms.Timestamp(unhex(t, octets))
		if at, err := s.Time(); err != sms.ErrTime {
			t.Errorf("%s: %v, %v", name, at, err)
		}
	}
}

func TestValidity(t *testing.T) {
	for _, c := range []struct {
		ask, want time.Duration
		octet     byte
	}{
		{5 * time.Minute, 5 * time.Minute, 0},
		{9 * time.Minute, 5 * time.Minute, 0},
		{12 * time.Hour, 12 * time.Hour, 143},
		{12*time.Hour + 30*time.Minute, 12*time.Hour + 30*time.Minute, 144},
		{24 * time.Hour, 24 * time.Hour, 167},
		{47 * time.Hour, 24 * time.Hour, 167},
		{48 * time.Hour, 48 * time.Hour, 168},
		{96 * time.Hour, 96 * time.Hour, 170},
		{30 * 24 * time.Hour, 30 * 24 * time.Hour, 196},
		{5 * 7 * 24 * time.Hour, 5 * 7 * 24 * time.Hour, 197},
		{100 * 7 * 24 * time.Hour, 63 * 7 * 24 * time.Hour, 255},
	} {
		v, err := sms.ValidFor(c.ask)
		got, ok := v.Duration()
		if err != nil || !ok || got != c.want || v.Octets[0] != c.octet {
			t.Errorf("%v: %v in octet %d, want %v in %d: %v", c.ask, got, v.Octets[0], c.want, c.octet, err)
		}
	}
	if _, err := sms.ValidFor(5*time.Minute - 1); err != sms.ErrValidity {
		t.Errorf("below five minutes: %v", err)
	}
	until := sms.ValidUntil(stamp(t, noon))
	if _, ok := until.Duration(); ok || until.Octets != stamp(t, noon) {
		t.Errorf("until noon: %+v", until)
	}
}

func TestCodingSchemes(t *testing.T) {
	for dcs, want := range map[sms.DCS]struct {
		alphabet sms.Alphabet
		class    int
	}{
		0x00: {sms.GSM7, -1}, 0x04: {sms.Octets, -1}, 0x08: {sms.UCS2, -1}, 0x0C: {sms.GSM7, -1},
		0x10: {sms.GSM7, 0}, 0x15: {sms.Octets, 1}, 0x1A: {sms.UCS2, 2}, 0x20: {sms.Octets, -1}, 0x28: {sms.Octets, -1},
		0x44: {sms.Octets, -1}, 0x58: {sms.UCS2, 0}, 0x80: {sms.GSM7, -1}, 0xB8: {sms.GSM7, -1}, 0xC8: {sms.GSM7, -1}, 0xD8: {sms.GSM7, -1},
		0xE0: {sms.UCS2, -1}, 0xF0: {sms.GSM7, 0}, 0xF6: {sms.Octets, 2}, 0xF7: {sms.Octets, 3},
	} {
		class, ok := dcs.Class()
		if !ok {
			class = -1
		}
		if dcs.Alphabet() != want.alphabet || class != want.class {
			t.Errorf("%02X: alphabet %d, class %d", byte(dcs), dcs.Alphabet(), class)
		}
	}
}

func TestHeaderRefused(t *testing.T) {
	for name, elements := range map[string][]sms.Element{
		"an element of 256 octets": {{ID: 1, Data: make([]byte, 256)}},
		"more than a TPDU holds":   {{ID: 1, Data: make([]byte, 70)}, {ID: 2, Data: make([]byte, 66)}},
	} {
		if h, err := sms.AppendHeader(nil, elements...); err != sms.ErrLength || h != nil {
			t.Errorf("%s: %x, %v", name, h, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	for s, want := range map[sms.Status][2]bool{
		0x00: {true, false}, 0x1F: {true, false}, 0x20: {false, true}, 0x3F: {false, true}, 0x40: {false, false}, 0x65: {false, false}, 0xFF: {false, false},
	} {
		if got := [2]bool{s.Completed(), s.Trying()}; got != want {
			t.Errorf("%02X: %v", byte(s), got)
		}
	}
}
