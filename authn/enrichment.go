package authn

import (
	"net/http"
	"slices"
	"strings"
)

// StripEnrichment deletes from every request the headers by which networks state a subscriber (X-MSISDN and its kin, in any case,
// with underscores, however often) and counts them. Only the assertion of an allow-listed proxy stays, under its exact name; that
// it is single and valid is for [Service.Locate] to check. Put it in front of every handler.
func (s *Service) StripEnrichment(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, allowed := s.enricherOf(r)
		for name, values := range r.Header {
			if !statesSubscriber(name) || allowed && name == AssertionHeader {
				continue
			}
			delete(r.Header, name)
			s.metrics.stripped.Add(float64(len(values)))
		}
		next.ServeHTTP(w, r)
	})
}

// statesSubscriber reports whether a header's name is one that a network might use for a number, a SIM or a phone. Proxies and
// frameworks take an underscore for a hyphen, so separators do not count.
func statesSubscriber(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	joined := strings.Join(words, "")
	for _, part := range subscriberParts {
		if strings.Contains(joined, part) {
			return true
		}
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(subscriberWords, w) })
}

// What names of such headers contain, as gateways of several makers and operators set them.
var (
	subscriberParts = []string{
		"subscriberassertion", "msisdn", "imsi", "imei", "subno", "subscriberid", "callinglineid", "callingstationid",
		"phonenumber", "mobilenumber", "networkclientid",
	}
	subscriberWords = []string{"mdn", "clid", "supi", "gpsi", "pei"}
)
