package oidc

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxParams    = 64
	maxQuery     = 16 << 10 // bytes of an authorization request
	maxParamSize = 8 << 10
)

// params are the parameters of an OAuth request (RFC 6749 §3.1, §3.2): each at most once, those without a value left out.
type params struct {
	list []param
	// faulty names parameters that were repeated or hold what no parameter may: broken escapes, control characters, no UTF-8.
	faulty []string
}

type param struct{ name, value string }

func (p *params) get(name string) string {
	for i := range p.list {
		if p.list[i].name == name {
			return p.list[i].value
		}
	}
	return ""
}

func (p *params) isFaulty(name string) bool { return slices.Contains(p.faulty, name) }

// parseParams reads application/x-www-form-urlencoded text. It never fails: what is wrong is listed in faulty, because an
// authorization request still has to be answered to the right place.
func parseParams(raw string) params {
	p := params{list: make([]param, 0, 8)}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		switch {
		case nameErr != nil || valueErr != nil || !printable(name) || !printable(value) || len(value) > maxParamSize:
			p.faulty = append(p.faulty, name)
		case name == "" && value == "":
		case slices.ContainsFunc(p.list, func(q param) bool { return q.name == name }):
			p.faulty = append(p.faulty, name)
		case len(p.list) == maxParams:
			p.faulty = append(p.faulty, name)
			return p
		default:
			p.list = append(p.list, param{name, value})
		}
	}
	return p
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

// readForm reads the body of a POST to an OAuth endpoint. Parameters in the query are not looked at: a secret there would end
// up in logs.
func readForm(r *http.Request) (params, *oauthError) {
	kind := r.Header.Get("Content-Type")
	if kind != formType {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != formType {
			return params{}, invalidRequest("the body must be " + formType)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return params{}, invalidRequest("the body cannot be read or is too large")
	}
	p := parseParams(string(body))
	if len(p.faulty) > 0 {
		return params{}, invalidRequest("a parameter is repeated or malformed")
	}
	return p, nil
}

const formType = "application/x-www-form-urlencoded"
