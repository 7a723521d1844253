package maap

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// token returns a token other than spoilt, where another can be had.
func (g *google) token(ctx context.Context, spoilt string) (string, error) {
	if g.TokenFile == "" {
		return g.tokens.get(ctx, spoilt)
	}
	text, err := os.ReadFile(g.TokenFile)
	return strings.TrimSpace(string(text)), err
}

// grant is a request for an access token.
type grant struct {
	target string
	header http.Header
	form   url.Values
}

// credentials is that of a client (RFC 6749 §4.4).
func (o *OAuth) credentials() grant {
	basic := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(o.ClientID) + ":" + url.QueryEscape(o.Secret)))
	form := url.Values{"grant_type": {"client_credentials"}}
	if o.Scope != "" {
		form.Set("scope", o.Scope)
	}
	return grant{o.TokenURL, http.Header{"Authorization": {"Basic " + basic}}, form}
}

// grantAssertion is the grant of RFC 7523 §2.1.
const grantAssertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"

func (g *google) grant() (grant, error) {
	if g.OAuth != nil {
		return g.OAuth.credentials(), nil
	}
	assertion, err := g.Service.assertion(g.tokens.now())
	return grant{g.Service.tokenURL, http.Header{}, url.Values{"grant_type": {grantAssertion}, "assertion": {assertion}}}, err
}

// fetch asks for a token.
func (g *google) fetch(ctx context.Context, _ string) (token, error) {
	q, err := g.grant()
	if err != nil {
		return token{}, err
	}
	q.header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := call(ctx, g.client, http.MethodPost, q.target, q.header, []byte(q.form.Encode()))
	if err != nil {
		return token{}, err
	}
	var got struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &got) != nil || got.Token == "" {
		return token{}, &refusal{status: a.status, code: "to a request for an access token"}
	}
	return lasting(got.Token, g.tokens.now(), life(got.Expires)), nil
}

// usualLife is that of a token whose life is not said, and maxLife the most that is believed.
const (
	usualLife = time.Hour
	maxLife   = 24 * time.Hour
)

func life(seconds int64) time.Duration {
	if seconds <= 0 {
		return usualLife
	}
	return time.Duration(min(seconds, int64(maxLife/time.Second))) * time.Second
}
