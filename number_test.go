package simtrust_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"simtrust"
)

func TestParseNumber(t *testing.T) {
	for _, s := range []string{"+8613800008000", "+12345", "+123456789012345"} {
		n, err := simtrust.ParseNumber(s)
		if err != nil || n.E164() != s {
			t.Errorf("ParseNumber(%q) = %q, %v", s, n.E164(), err)
		}
	}
	for _, s := range []string{"", "+", "8613800008000", "+0123456", "+1234", "+1234567890123456", "+86138 0000", "+86１38000",
		"tel:+8613800008000", "+8613800008000\n", "+86138000080００", "++8613800008000", "+8613800\x00000"} {
		n, err := simtrust.ParseNumber(s)
		if simtrust.KindOf(err) != simtrust.KindInvalid || !n.IsZero() {
			t.Errorf("ParseNumber(%q) = %v, %v, want an invalid error", s, n, err)
		}
		if err != nil && len(s) > 5 && strings.Contains(err.Error(), s) {
			t.Errorf("the error repeats its input %q", s)
		}
	}
}

func TestNumberIsComparable(t *testing.T) {
	a, _ := simtrust.ParseNumber("+8613800008000")
	b, _ := simtrust.ParseNumber("+86" + strings.Repeat("1380000", 1) + "8000")
	if a != b {
		t.Error("equal numbers differ")
	}
	if (map[simtrust.Number]int{a: 1})[b] != 1 {
		t.Error("not usable as a map key")
	}
}

type visit struct {
	Number  simtrust.Number
	private simtrust.Number
}

// address is what a private field shows, in hexadecimal or decimal: any digits may turn up in one.
var address = regexp.MustCompile(`\b(0x)?[0-9a-f]{10,}\b`)

// TestNumberNeverPrints formats and logs a number by every path that code might take by accident.
func TestNumberNeverPrints(t *testing.T) {
	n, _ := simtrust.ParseNumber("+8613812348000")
	values := []any{n, &n, []simtrust.Number{n}, map[simtrust.Number]int{n: 1}, visit{n, n}, &visit{n, n}, []any{visit{n, n}}}
	var out bytes.Buffer
	options := &slog.HandlerOptions{ReplaceAttr: untimed}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, options)).Info("number", "v", v)
		slog.New(slog.NewJSONHandler(&out, options)).Info("number", "v", v)
	}
	for _, secret := range []string{"13812348000", "2b38363133"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the output shows %s:\n%s", secret, out.String())
		}
	}
	if text := address.ReplaceAllString(out.String(), ""); strings.Contains(text, "1234") {
		t.Errorf("the output shows what is masked:\n%s", text)
	}
	if got := n.String(); got != "+86138****8000" {
		t.Errorf("masked as %s", got)
	}
}

// untimed drops a line's time, in whose digits any number may turn up.
func untimed(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestMaskOfShortNumbers(t *testing.T) {
	for in, want := range map[string]string{"+12345": "+1****", "+123456789": "+1****", "+1234567890": "+12****7890"} {
		n, err := simtrust.ParseNumber(in)
		if err != nil || n.String() != want {
			t.Errorf("%s masked as %s (%v), want %s", in, n, err, want)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"+8613800008000", "+0", "", "+1234567890123456", "１２３"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := simtrust.ParseNumber(s)
		if err == nil && n.E164() != s {
			t.Errorf("%q became %q", s, n.E164())
		}
		if err != nil && !n.IsZero() {
			t.Errorf("%q gave an error and a number", s)
		}
	})
}
