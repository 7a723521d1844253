package applet

import (
	"strconv"
	"strings"
)

// Amount is a sum of money.
type Amount struct {
	Minor    int64  // in the currency's minor unit
	Currency string // ISO 4217
}

// exponents are the decimals of the currencies that can be shown (ISO 4217, list one).
var exponents = map[string]int{
	"AUD": 2, "BHD": 3, "CAD": 2, "CHF": 2, "CNY": 2, "EUR": 2, "GBP": 2, "HKD": 2, "IDR": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MOP": 2,
	"MYR": 2, "NZD": 2, "PHP": 2, "RUB": 2, "SGD": 2, "THB": 2, "TWD": 2, "USD": 2, "VND": 0,
}

// maxMinor keeps an amount within 15 digits, which every currency can show on a line.
const maxMinor = 999_999_999_999_999

// ParseAmount reads an amount as programs write it: digits, and a point with all of the currency's decimals where it has any, such
// as 48000.00. Signs, separators, spaces and leading zeros are refused.
func ParseAmount(text, currency string) (Amount, error) {
	a, err := ParseSum(text, currency)
	if err != nil {
		return Amount{}, err
	}
	return a, a.check()
}

// ParseSum reads a sum of amounts, written as they are; it may be zero.
func ParseSum(text, currency string) (Amount, error) {
	decimals, ok := exponents[currency]
	if !ok {
		return Amount{}, errCurrency
	}
	whole, fraction, point := strings.Cut(text, ".")
	if point != (decimals > 0) || len(fraction) != decimals || !decimal(whole) || !decimal("1"+fraction) || len(whole) > 1 && whole[0] == '0' {
		return Amount{}, refuseField("amount", ReasonAmount, "digits with all decimals of the currency and nothing else, such as 48000.00 in CNY")
	}
	minor, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || minor > maxMinor {
		return Amount{}, refuseField("amount", ReasonAmount, "too large")
	}
	return Amount{Minor: minor, Currency: currency}, nil
}

var errCurrency = refuseField("currency", ReasonAmount, "not a currency that can be shown")

func (a Amount) check() error {
	if _, ok := exponents[a.Currency]; !ok {
		return errCurrency
	}
	if a.Minor <= 0 || a.Minor > maxMinor {
		return refuseField("amount", ReasonAmount, "not above zero, or of more than 15 digits")
	}
	return nil
}

// String is the one way in which the amount is shown: a comma before each three digits, a point, and all decimals. Yuan have their
// sign, ¥48,000.00; others their code, USD 48,000.00 and JPY 48,000.
func (a Amount) String() string {
	decimals := exponents[a.Currency]
	digits := strconv.FormatInt(a.Minor, 10)
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	var b strings.Builder
	if a.Currency == "CNY" {
		b.WriteString("¥")
	} else {
		b.WriteString(a.Currency + " ")
	}
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if decimals > 0 {
		b.WriteString("." + fraction)
	}
	return b.String()
}

func decimal(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
