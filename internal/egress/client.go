package egress

import (
	"crypto/tls"
	"net/http"
	"slices"
	"time"

	"simtrust"
)

// Manner is how a client of foreign URLs behaves.
type Manner struct {
	// Timeout bounds a request with its redirects and the reading of the body.
	Timeout time.Duration
	// Redirects is how many are followed; 0: none, and the redirect itself is the response.
	Redirects int
	// Ports are those that redirects may lead to; empty: any.
	Ports []string
	// AnyCertificate accepts every server certificate: only for a peer that proves itself in another way.
	AnyCertificate bool
}

// maxHeader bounds the headers of a response.
const maxHeader = 32 << 10

// Client returns a client that reaches public addresses only. Whoever reads a body bounds it. Connections are not kept: the next one
// is checked again.
func (n *Network) Client(m Manner) *http.Client {
	return &http.Client{
		Timeout: m.Timeout,
		Transport: &http.Transport{
			DialContext: n.DialContext, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
			TLSHandshakeTimeout: dialTime,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: m.AnyCertificate},
		},
		CheckRedirect: m.redirect,
	}
}

func (m Manner) redirect(r *http.Request, via []*http.Request) error {
	switch {
	case m.Redirects == 0:
		return http.ErrUseLastResponse
	case len(via) > m.Redirects:
		return refusedRedirect("too many redirects")
	case r.URL.Scheme != "http" && r.URL.Scheme != "https" || r.URL.User != nil:
		return refusedRedirect("a redirect to another scheme than http and https")
	case len(m.Ports) > 0 && !slices.Contains(m.Ports, portOf(r)):
		return refusedRedirect("a redirect to another port than allowed")
	}
	return nil
}

func portOf(r *http.Request) string {
	if p := r.URL.Port(); p != "" {
		return p
	}
	if r.URL.Scheme == "https" {
		return "443"
	}
	return "80"
}

func refusedRedirect(text string) error {
	return &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonRedirects, Op: "egress", Msg: text}
}
