package applet_test

import (
	"bytes"
	"testing"

	"simtrust/simshield/applet"
)

// FuzzCommand: whatever is read has only these octets, and can be judged.
func FuzzCommand(f *testing.F) {
	for _, c := range commands() {
		f.Add(c.Append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := applet.DecodeCommand(data)
		if err != nil {
			return
		}
		if again := c.Append(nil); !bytes.Equal(again, data) {
			t.Fatalf("%x is read as %x", data, again)
		}
		confirm, ok := c.(applet.Confirm)
		if !ok {
			return
		}
		if p, err := confirm.Statement.Compose(); err == nil {
			if _, err := applet.DecodeStatement(p.DER); err != nil {
				t.Fatalf("%v: %x", err, p.DER)
			}
		}
	})
}

// FuzzResponse: whatever is read has only these octets.
func FuzzResponse(f *testing.F) {
	for _, r := range responses() {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := applet.DecodeResponse(data)
		if err == nil && !bytes.Equal(r.Append(nil), data) {
			t.Fatalf("%x is read as %x", data, r.Append(nil))
		}
	})
}

// FuzzStatement: whatever is read composes to these octets, and its pages fit.
func FuzzStatement(f *testing.F) {
	for _, s := range statements() {
		f.Add(compose(f, s).DER)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := applet.DecodeStatement(data)
		if err != nil {
			return
		}
		again, err := p.Statement.Compose()
		if err != nil || !bytes.Equal(again.DER, data) || len(p.Pages) > applet.MaxPages {
			t.Fatalf("%v: %x is read as %x", err, data, again.DER)
		}
		for _, page := range p.Pages {
			if len(page.Octets) > applet.MaxPage {
				t.Fatalf("a page of %d octets", len(page.Octets))
			}
		}
	})
}

// FuzzCheck: a text that may be shown is one line of characters that UCS-2 has, with nothing hidden.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{"王小明", "Société", "5，000", "a\u202Eb", "\xed\xa0\x80", "中国エ商银行"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if applet.Check("memo", text, applet.MaxMemo) != nil {
			return
		}
		runes := []rune(text)
		if len(runes) > applet.MaxMemo {
			t.Fatalf("%d characters", len(runes))
		}
		for _, r := range runes {
			if r < ' ' || r >= 0x7F && r < 0xA0 || r > 0xFFFF || r >= 0x2000 && r < 0x2010 || r >= 0x2028 && r < 0x2030 || r >= 0xFFF0 {
				t.Fatalf("%+q may be shown", text)
			}
		}
	})
}
