package sms_test

import (
	"bytes"
	"strings"
	"testing"

	"simtrust/internal/sms"
)

func TestTexts(t *testing.T) {
	for s, want := range map[string]struct {
		alphabet sms.Alphabet
		octets   string
	}{
		"":                {sms.GSM7, ""},
		"@":               {sms.GSM7, "00"},
		"a_à":             {sms.GSM7, "61117f"},
		"ΔΦΓΛΩΠΨΣΘΞ":      {sms.GSM7, "101213141516171819" + "1a"},
		"€[]{}\\~|^\f":    {sms.GSM7, "1b651b3c1b3e1b281b291b2f1b3d1b401b141b0a"},
		"¥48,000.00":      {sms.GSM7, "0334382c3030302e3030"},
		"转账":              {sms.UCS2, "8f6c8d26"},
		"a转":              {sms.UCS2, "00618f6c"},
		"𠮷":               {sms.UCS2, "d842dfb7"},
		"😀!":              {sms.UCS2, "d83dde000021"},
		"\uffff\ue000":    {sms.UCS2, "ffffe000"},
		"line\nbreak\r":   {sms.GSM7, "6c696e650a627265616b0d"},
		"Привет":          {sms.UCS2, "041f04400438043204350442"},
		"á":               {sms.UCS2, "00e1"},
		"\x1b":            {sms.UCS2, "001b"},
		"¡¿ÄÖÑÜ§äöñüßÉÆæ": {sms.GSM7, "40605b5c5d5e5f7b7c7d7e1e1f1c1d"},
	} {
		if got := sms.AlphabetOf(s); got != want.alphabet {
			t.Errorf("%q is of alphabet %d", s, got)
		}
		body, err := want.alphabet.Append([]byte("before"), s)
		if err != nil || !bytes.Equal(body, append([]byte("before"), unhex(t, want.octets)...)) {
			t.Errorf("%q: %x, want %s: %v", s, body, want.octets, err)
		}
		if again, err := want.alphabet.Text(unhex(t, want.octets)); err != nil || again != s {
			t.Errorf("%q became %q: %v", s, again, err)
		}
	}
}

func TestTextRefused(t *testing.T) {
	for name, c := range map[string]struct {
		alphabet sms.Alphabet
		text     string
	}{
		"Chinese in GSM 7 bit":         {sms.GSM7, "转账"},
		"Cyrillic А for Latin A":       {sms.GSM7, "А"},
		"Greek Α, which has no letter": {sms.GSM7, "Α"},
		"full-width digits":            {sms.GSM7, "５"},
		"a small ç":                    {sms.GSM7, "ç"},
		"a grave accent":               {sms.GSM7, "`"},
		"a direction mark":             {sms.GSM7, "\u202e1"},
		"the escape itself":            {sms.GSM7, "\x1b"},
		"not UTF-8":                    {sms.GSM7, "\xff"},
		"not UTF-8, in UCS-2":          {sms.UCS2, "a\xff"},
		"a surrogate in UTF-8":         {sms.UCS2, "\xed\xa0\x80"},
		"text as octets":               {sms.Octets, "text"},
	} {
		if body, err := c.alphabet.Append(nil, c.text); err != sms.ErrAlphabet || body != nil {
			t.Errorf("%s: %x, %v", name, body, err)
		}
	}
}

func TestBodyRefused(t *testing.T) {
	for name, c := range map[string]struct {
		alphabet sms.Alphabet
		octets   string
	}{
		"half a code unit":            {sms.UCS2, "4f6060"},
		"a high surrogate at the end": {sms.UCS2, "d842"},
		"two high surrogates":         {sms.UCS2, "d842d842"},
		"a low surrogate alone":       {sms.UCS2, "dfb70041"},
		"the surrogates swapped":      {sms.UCS2, "dfb7d842"},
		"an octet beyond a septet":    {sms.GSM7, "80"},
		"such an octet after ESC":     {sms.GSM7, "1b80"},
		"octets as text":              {sms.Octets, "74657874"},
	} {
		if s, err := c.alphabet.Text(unhex(t, c.octets)); err != sms.ErrText || s != "" {
			t.Errorf("%s: %q, %v", name, s, err)
		}
	}
}

// TestUnknownExtension: what the extension table lacks is the character of the default alphabet; an escape that leads nowhere is a
// space (3GPP TS 23.038 §6.2.1).
func TestUnknownExtension(t *testing.T) {
	for octets, want := range map[string]string{"1b41": "A", "1b": " ", "611b": "a ", "1b1b": " ", "1b1b41": " A"} {
		if s, err := sms.GSM7.Text(unhex(t, octets)); err != nil || s != want {
			t.Errorf("%s: %q, want %q: %v", octets, s, want, err)
		}
	}
}

// TestAlphabetIsComplete: the default alphabet has 127 characters and an escape, the extension ten more.
func TestAlphabetIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for s := range byte(128) {
		plain, err := sms.GSM7.Text([]byte{s})
		if err != nil || len([]rune(plain)) != 1 {
			t.Errorf("%02x is %q: %v", s, plain, err)
		}
		escaped, err := sms.GSM7.Text([]byte{0x1B, s})
		if err != nil || len([]rune(escaped)) != 1 {
			t.Errorf("1b%02x is %q: %v", s, escaped, err)
		}
		seen[plain], seen[escaped] = true, true
	}
	if len(seen) != 127+10 {
		t.Errorf("%d characters", len(seen))
	}
}

func TestPacking(t *testing.T) {
	for n := range 20 {
		body := []byte(strings.Repeat("\x7f", n))
		for fill := range 7 {
			packed := sms.AppendPacked(nil, body, fill)
			if len(packed) != (fill+7*n+7)/8 {
				t.Fatalf("%d septets after %d bits take %d octets", n, fill, len(packed))
			}
			again, err := sms.AppendUnpacked(nil, packed, fill, n)
			if err != nil || !bytes.Equal(again, body) {
				t.Errorf("%d septets after %d bits became %x: %v", n, fill, again, err)
			}
			if _, err := sms.AppendUnpacked(nil, packed, fill, n+2); err != sms.ErrTruncated {
				t.Errorf("%d septets of %d: %v", n+2, n, err)
			}
		}
	}
	if _, err := sms.AppendUnpacked(nil, []byte{0}, 0, -1); err != sms.ErrTruncated {
		t.Errorf("-1 septets: %v", err)
	}
}
