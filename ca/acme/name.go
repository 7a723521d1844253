package acme

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// identifier is a name as clients write it; for an authorization without the asterisk.
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// maxNames bounds an order, as the authority bounds a certificate.
const maxNames = 100

// namesOf returns the names of an order, in lower case, sorted, each once.
func namesOf(ids []identifier) ([]string, error) {
	if len(ids) == 0 || len(ids) > maxNames {
		return nil, malformed("an order has 1 to 100 identifiers")
	}
	var names []string
	for _, id := range ids {
		name := strings.ToLower(id.Value)
		switch {
		case id.Type != "dns":
			return nil, newProblem(http.StatusBadRequest, "unsupportedIdentifier", "identifiers are of type dns")
		case !validName(strings.TrimPrefix(name, "*.")):
			return nil, malformed("an identifier is no DNS name; internationalised names are written in their ASCII form")
		case strings.HasPrefix(name, "*.") && !strings.Contains(name[len("*."):], "."):
			return nil, rejected(name, "a wildcard stands below a name of at least two labels")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// validName reports whether a name in lower case is a host name: letters, digits and hyphens (RFC 1123), no final dot, no address.
func validName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notHostByte) {
			return false
		}
	}
	return true
}

func notHostByte(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }
