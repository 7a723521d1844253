package qc

import (
	"errors"
	"net/url"
	"reflect"
	"slices"
)

const (
	maxExponent  = 18 // beyond it an amount no longer fits 64 bits
	maxRetention = 100
)

// valid holds the statements against what the standard says of each; encoding and parsing share it.
func (s Statements) valid() error {
	if reflect.ValueOf(s).IsZero() {
		return errors.New("qc: nothing is stated")
	}
	if s.Limit != nil {
		if err := s.Limit.valid(); err != nil {
			return err
		}
	}
	switch {
	case s.Retention != nil && (*s.Retention < 0 || *s.Retention > maxRetention):
		return errors.New("qc: the retention period is 0 to 100 years")
	case slices.ContainsFunc(s.Types, func(t Type) bool { return t < ESign || t > Web }):
		return errors.New("qc: unknown type")
	case repeats(s.Types), repeats(s.Legislation), repeats(s.Disclosures):
		return errors.New("qc: an element occurs twice")
	case slices.ContainsFunc(s.Legislation, func(c string) bool { return !letters(c, 2, 'A', 'Z') }):
		return errors.New("qc: countries are two upper-case letters")
	}
	for _, d := range s.Disclosures {
		if err := d.valid(); err != nil {
			return err
		}
	}
	return nil
}

func (l Limit) valid() error {
	switch {
	case !letters(l.Currency, 3, 'A', 'Z'):
		return errors.New("qc: the currency is three upper-case letters")
	case l.Amount < 0 || l.Exponent < -maxExponent || l.Exponent > maxExponent:
		return errors.New("qc: the limit is out of range")
	}
	return nil
}

func (d Disclosure) valid() error {
	u, err := url.Parse(d.URL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !isASCII(d.URL):
		return errors.New("qc: a disclosure statement has an https URL")
	case !letters(d.Language, 2, 'a', 'z'):
		return errors.New("qc: a language is two lower-case letters")
	}
	return nil
}

func repeats[E comparable](elements []E) bool {
	for i, e := range elements {
		if slices.Contains(elements[:i], e) {
			return true
		}
	}
	return false
}

func letters(s string, length int, from, to byte) bool {
	return len(s) == length && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < from || c > to })
}

func isASCII(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c >= 0x80 })
}
