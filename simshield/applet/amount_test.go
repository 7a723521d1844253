package applet_test

import (
	"testing"

	"simtrust"
	"simtrust/simshield/applet"
)

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		minor          int64
		shown          string
	}{
		{"48000.00", "CNY", 4_800_000, "¥48,000.00"},
		{"5000000.00", "CNY", 500_000_000, "¥5,000,000.00"},
		{"0.01", "CNY", 1, "¥0.01"},
		{"999.99", "CNY", 99_999, "¥999.99"},
		{"1000.00", "USD", 100_000, "USD 1,000.00"},
		{"5000", "JPY", 5_000, "JPY 5,000"},
		{"7", "KRW", 7, "KRW 7"},
		{"1234.567", "KWD", 1_234_567, "KWD 1,234.567"},
		{"0.005", "KWD", 5, "KWD 0.005"},
		{"9999999999999.99", "EUR", 999_999_999_999_999, "EUR 9,999,999,999,999.99"},
	} {
		a, err := applet.ParseAmount(c.text, c.currency)
		if err != nil || a.Minor != c.minor || a.String() != c.shown {
			t.Errorf("%s %s: %d shown as %s (%v), want %d as %s", c.text, c.currency, a.Minor, a, err, c.minor, c.shown)
		}
	}
}

func TestAmountRefused(t *testing.T) {
	for _, c := range [][2]string{
		{"", "CNY"}, {".", "CNY"}, {".50", "CNY"}, {"5", "CNY"}, {"5.", "CNY"}, {"5.0", "CNY"}, {"5.000", "CNY"}, {"5,000.00", "CNY"}, {"5.000,00", "CNY"},
		{"5 000.00", "CNY"}, {"5'000.00", "CNY"}, {"5_000.00", "CNY"}, {"05.00", "CNY"}, {"00.50", "CNY"}, {"-5.00", "CNY"}, {"+5.00", "CNY"}, {"5.-1", "CNY"},
		{" 5.00", "CNY"}, {"5.00 ", "CNY"}, {"5.00\n", "CNY"}, {"5e3.00", "CNY"}, {"0x5.00", "CNY"}, {"５.00", "CNY"}, {"٥.00", "CNY"}, {"5٫00", "CNY"},
		{"5。00", "CNY"}, {"5.00.00", "CNY"}, {"0.00", "CNY"}, {"10000000000000.00", "CNY"}, {"99999999999999999999.00", "CNY"}, {"NaN", "CNY"},
		{"5000.00", "JPY"}, {"5000.", "JPY"}, {"0", "JPY"}, {"5.00", "KWD"},
	} {
		_, err := applet.ParseAmount(c[0], c[1])
		if simtrust.ReasonOf(err) != applet.ReasonAmount || applet.FieldOf(err) != "amount" {
			t.Errorf("%q %q: %v", c[0], c[1], err)
		}
	}
	for _, currency := range []string{"RMB", "cny", "", "XAU"} {
		_, err := applet.ParseAmount("5.00", currency)
		if simtrust.ReasonOf(err) != applet.ReasonAmount || applet.FieldOf(err) != "currency" {
			t.Errorf("%q: %v", currency, err)
		}
	}
}
