package app

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/qc"
	"simtrust/internal/rpc"
)

const (
	disclosurePath = "/ca/disclosures/"
	maxDisclosure  = 8 << 20

	// documentation is the arc that stands in for an operator's own (RFC 5612); nobody's certificates may name it.
	documentation = "1.3.6.1.4.1.32473"
)

// disclosures are the operator's PKI disclosure statements, by language.
type disclosures map[string]disclosure

type disclosure struct {
	kind string
	text []byte
}

var twoLetters = regexp.MustCompile(`^[a-z]{2}$`)

// readDisclosures reads what ca.disclosures names.
func readDisclosures(files map[string]string) (disclosures, error) {
	d := make(disclosures, len(files))
	for language, path := range files {
		if !twoLetters.MatchString(language) {
			return nil, fmt.Errorf("ca.disclosures: %q is no language; write it in two small letters (ISO 639-1), such as en or zh", language)
		}
		read, err := readDisclosure(path)
		if err != nil {
			return nil, fmt.Errorf("ca.disclosures.%s: %w", language, err)
		}
		d[language] = read
	}
	if _, ok := d["en"]; len(d) > 0 && !ok {
		return nil, errors.New("ca.disclosures: one must be in English, en (ETSI EN 319 412-5)")
	}
	return d, nil
}

func readDisclosure(path string) (disclosure, error) {
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return disclosure{}, err
	case len(bytes.TrimSpace(text)) == 0 || len(text) > maxDisclosure:
		return disclosure{}, fmt.Errorf("%s is empty or larger than 8 MB", path)
	case bytes.HasPrefix(text, []byte("%PDF-")):
		return disclosure{"application/pdf", text}, nil
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return disclosure{}, fmt.Errorf("%s is neither PDF nor text in UTF-8", path)
	}
	return disclosure{"text/plain; charset=utf-8", text}, nil
}

// statements are what certificates say of them. They are read over TLS, where clients know the server.
func (d disclosures) statements(issuer string) (out []qc.Disclosure) {
	_, host, _ := strings.Cut(issuer, "://")
	for _, language := range slices.Sorted(maps.Keys(d)) {
		out = append(out, qc.Disclosure{URL: "https://" + host + disclosurePath + language, Language: language})
	}
	return out
}

func (d disclosures) mount(r *rpc.Router) {
	r.Raw("ca.disclosures", "GET "+disclosurePath+"{language}", d, rpc.Public())
}

// ServeHTTP serves the statement of a language.
func (d disclosures) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	read, ok := d[r.PathValue("language")]
	if !ok {
		rpc.Fail(w, r, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_disclosure", Msg: "there is no disclosure statement in this language"})
		return
	}
	w.Header().Set("Content-Type", read.kind)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(read.text) // a client that went away needs no answer
}

// own refuses to certify persons under what stands in for an operator's own policies and statements, on a server that others know.
func (c CA) own(issuer string, h *ca.Hierarchy) error {
	if !knownElsewhere(issuer) || !slices.ContainsFunc(h.Issuers, func(i *ca.Issuer) bool { return i.Line == ca.LineEID && i.Active }) {
		return nil
	}
	if c.documentationArc() {
		return errors.New("the hierarchy certifies persons (line eid), and ca.policy_arc is the arc for documentation (RFC 5612): name an arc of your own, " +
			"under which your certificate policies are")
	}
	if len(c.Disclosures) == 0 {
		return errors.New("the hierarchy certifies persons (line eid), and ca.disclosures is empty: name your PKI disclosure statement, such as " +
			"{en: /etc/simtrust/pds-en.txt}")
	}
	return nil
}

// knownElsewhere reports whether other machines know the server by its issuer. A sandbox is for its own.
func knownElsewhere(issuer string) bool {
	u, err := url.Parse(issuer)
	return err != nil || !loopback(net.JoinHostPort(u.Hostname(), u.Port()))
}

func (c CA) documentationArc() bool {
	return c.PolicyArc == "" || c.PolicyArc == documentation || strings.HasPrefix(c.PolicyArc, documentation+".")
}
