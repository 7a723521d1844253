//go:build bench

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// relyingParty logs subscribers in: authorize with prompt=none from the phone, token and verify from the party's own server.
type relyingParty struct {
	client
	flow
	issuer, host string
	key          any // of private_key_jwt, else nil
	keyID        string
}

func (s *server) relyingParty(b *testing.B, name string) *relyingParty {
	b.Helper()
	p := &relyingParty{client: s.client(name), issuer: s.Issuer, host: strings.TrimPrefix(s.Issuer, "http://")}
	p.flow = newFlow(p.RedirectURIs[0])
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(p.JWKS, &set); err != nil {
		b.Fatal(err)
	}
	if len(set.Keys) > 0 {
		p.key, p.keyID = set.Keys[0].Key, set.Keys[0].KeyID
	}
	return p
}

// phoneLine is a subscriber's phone with its connection to the server.
type phoneLine struct {
	subscriber
	wire
	authorize, verify []byte // the request, and the body of the party's question about the number
}

func (p *relyingParty) phone(s subscriber) *phoneLine {
	q := url.Values{"response_type": {"code"}, "client_id": {p.ClientID}, "redirect_uri": {p.redirect}, "scope": {verifyScope}, "prompt": {"none"},
		"state": {p.state}, "nonce": {p.nonce}, "code_challenge": {p.challenge()}, "code_challenge_method": {"S256"}}
	return &phoneLine{subscriber: s, wire: wire{to: p.host, from: net.ParseIP(s.IP)},
		authorize: getRequest("/authorize?"+q.Encode(), p.host), verify: fmt.Appendf(nil, `{"phoneNumber":%q}`, s.Number)}
}

// login is one full login. The request is the same every time but for what must differ: the code, the assertion, the token.
func (p *relyingParty) login(phone *phoneLine, back *wire) error {
	got, err := phone.do(phone.authorize)
	if err != nil {
		return err
	}
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		return err
	}
	code := to.Query().Get("code")
	if got.status != http.StatusFound || code == "" {
		return fmt.Errorf("authorize: %d to %s\n%s", got.status, to, got.body)
	}
	token, err := p.token(code, back)
	if err != nil {
		return err
	}
	got, err = back.do(postRequest("/number-verification/v2/verify", p.host, "Bearer "+token, "application/json", string(phone.verify)))
	if err == nil && string(got.body) != `{"devicePhoneNumberVerified":true}` {
		err = fmt.Errorf("verify: %d %s", got.status, got.body)
	}
	return err
}

func (p *relyingParty) token(code string, back *wire) (string, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.redirect}, "code_verifier": {p.verifier}}
	authorization := ""
	if p.key == nil {
		authorization = basic(p.ClientID, p.ClientSecret)
	} else if err := p.assert(form); err != nil {
		return "", err
	}
	got, err := back.do(postRequest("/token", p.host, authorization, formType, form.Encode()))
	if err != nil {
		return "", err
	}
	_, rest, ok := strings.Cut(string(got.body), `"access_token":"`)
	token, _, ok2 := strings.Cut(rest, `"`)
	if got.status != http.StatusOK || !ok || !ok2 {
		return "", fmt.Errorf("token: %d %s", got.status, got.body)
	}
	return token, nil
}

// assert adds a client assertion (RFC 7523 §2.2).
func (p *relyingParty) assert(form url.Values) error {
	now := time.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": p.ClientID, "sub": p.ClientID, "aud": p.issuer + "/token",
		"jti": random(), "iat": now, "exp": now + 60})
	token.Header["kid"] = p.keyID
	signed, err := token.SignedString(p.key)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", signed)
	return err
}

// loginContender is so many clients who each log their share of the subscribers in, one after the other.
func loginContender(b *testing.B, s *server, app string, clients int) contender {
	party := s.relyingParty(b, app)
	shares := make([][]*phoneLine, clients)
	for i, sub := range s.Subscribers {
		shares[i%clients] = append(shares[i%clients], party.phone(sub))
	}
	backs, turns := make([]wire, clients), make([]int, clients)
	for i := range backs {
		backs[i].to = party.host
	}
	b.Cleanup(func() {
		for i := range clients {
			backs[i].close()
			for _, phone := range shares[i] {
				phone.close()
			}
		}
	})
	return contender{name: fmt.Sprintf("%s, %d clients", s.name, clients), process: s.process, clients: clients, step: func(c int) error {
		turns[c]++
		return party.login(shares[c][turns[c]%len(shares[c])], &backs[c])
	}}
}

// enterAll has every subscriber log in once, so that what is measured then is holders who come back.
func enterAll(b *testing.B, s *server, app string) {
	b.Helper()
	party := s.relyingParty(b, app)
	start := time.Now()
	err := each(len(s.Subscribers), func(i int) error {
		phone, back := party.phone(s.Subscribers[i]), wire{to: party.host}
		defer phone.close()
		defer back.close()
		return party.login(phone, &back)
	})
	if err != nil {
		b.Fatal(err)
	}
	progress("%s: %d first logins by %s, %.0f/s", s.name, len(s.Subscribers), app, float64(len(s.Subscribers))/time.Since(start).Seconds())
}

// benchLogin measures full logins of holders who come back. The last two servers are those of which one merges requests and the other
// does not.
func benchLogin(b *testing.B, app, title string, servers []*server) {
	var rows [][]string
	for _, s := range servers {
		enterAll(b, s, app)
	}
	for _, clients := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			var contenders []contender
			for _, s := range servers {
				contenders = append(contenders, loginContender(b, s, app, clients))
			}
			all := contest(b, "login by "+app, 5, time.Second, 2500*time.Millisecond, contenders)
			merged, alone := contenders[len(contenders)-2].name, contenders[len(contenders)-1].name
			for i, c := range contenders {
				s := all[c.name]
				against := ""
				if c.name == merged {
					gain := ratio(s, all[alone], rate)
					against = fmt.Sprintf("%.2f", gain)
					b.ReportMetric(gain, "coalesced/single")
				}
				rows = append(rows, []string{servers[i].name, fmt.Sprint(clients), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)),
					milliseconds(median(s, p99)), microseconds(median(s, cpu)), storeTime(servers[i].name, s), microseconds(median(s, load)), against})
			}
		})
	}
	results.add(title, []string{"server", "clients", "logins/s", "p50", "p99", "server CPU a login", "PostgreSQL's", "the clients'", "against not coalesced"}, rows...)
}
