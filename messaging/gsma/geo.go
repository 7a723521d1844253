package gsma

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const geoScheme = "geo:"

// systemShape is the name of a reference system (RFC 5870 §3.3, labeltext).
var systemShape = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`)

func isSystem(s string) bool { return systemShape.MatchString(s) }

// URI is the geo URI that RCS carries as text, such as geo:31.2183,121.5447;crs=gcj02;u=10;rcs-l=Hotel (RFC 5870).
func (l Location) URI() string {
	b := append([]byte(geoScheme), decimal(l.Latitude)...)
	b = append(append(b, ','), decimal(l.Longitude)...)
	if l.System != "" {
		b = append(append(b, ";crs="...), l.System...)
	}
	if l.Uncertainty != 0 {
		b = append(append(b, ";u="...), decimal(l.Uncertainty)...)
	}
	if l.Label != "" {
		b = appendEscaped(append(b, ";rcs-l="...), l.Label)
	}
	return string(b)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// appendEscaped leaves only what is unreserved (RFC 3986 §2.3).
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// ParseGeo reads a geo URI. Parameters may stand in any order, an altitude and unknown parameters are passed over, and the label may be
// unescaped, as guides print it; a parameter that stands there twice is refused. The error is a *FormatError.
func ParseGeo(uri string) (Location, error) {
	if len(uri) < len(geoScheme) || !strings.EqualFold(uri[:len(geoScheme)], geoScheme) {
		return Location{}, &FormatError{Why: "is no geo URI"}
	}
	point, rest, more := strings.Cut(uri[len(geoScheme):], ";")
	var l Location
	if !l.readPoint(point) {
		return Location{}, &FormatError{Why: "has no point in degrees"}
	}
	seen := map[string]bool{}
	for more {
		var parameter string
		parameter, rest, more = strings.Cut(rest, ";")
		name, value, _ := strings.Cut(parameter, "=")
		name = strings.ToLower(name)
		if seen[name] || !l.readParameter(name, value) {
			return Location{}, &FormatError{Why: "has a parameter that is malformed or there twice"}
		}
		seen[name] = true
	}
	return l, nil
}

func (l *Location) readPoint(s string) bool {
	c := strings.Split(s, ",")
	if len(c) != 2 && len(c) != 3 {
		return false
	}
	for i := range c {
		f, ok := readDecimal(c[i])
		switch {
		case !ok:
			return false
		case i == 0:
			l.Latitude = f
		case i == 1:
			l.Longitude = f
		}
	}
	k := checker{}
	k.point(nil, l.Latitude, l.Longitude)
	return k.err == nil
}

func (l *Location) readParameter(name, value string) (ok bool) {
	switch name {
	case "crs":
		l.System = strings.ToLower(value)
		return isSystem(value)
	case "u":
		l.Uncertainty, ok = readDecimal(value)
		return ok && l.Uncertainty >= 0
	case "rcs-l":
		label, err := url.PathUnescape(value)
		l.Label = label
		return err == nil && utf8.ValidString(label)
	default:
		return true
	}
}

// decimalShape is a number (RFC 5870 §3.3, num), which has no exponent.
var decimalShape = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func readDecimal(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && decimalShape.MatchString(s)
}
