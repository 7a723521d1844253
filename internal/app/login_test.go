package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/app"
	"simtrust/internal/radacct"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

// server is a running App with one gateway, and what its operator holds.
type server struct {
	*app.App
	t       *testing.T
	secret  []byte
	numbers *renumber.Client
	apps    *account.Client
	seq     int64
}

func start(t *testing.T) *server {
	t.Helper()
	cfg := app.Defaults()
	cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
	secret := []byte(simtrust.NewSecret())
	file := filepath.Join(cfg.Data, "gateway.secret")
	if err := os.WriteFile(file, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Authn.RADIUS = app.RADIUS{Listen: "127.0.0.1:0", NAS: []app.NAS{{Name: "gw", Address: netip.MustParsePrefix("127.0.0.1/32"),
		SecretFile: file, Interim: time.Minute}}}
	a, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c := rpc.NewClient(a.Issuer(), nil, a.AdminToken())
	return &server{App: a, t: t, secret: secret, numbers: renumber.NewClient(c), apps: account.NewClient(c)}
}

const (
	number = "+8613800000001"
	imsi   = "460000000000001"
	back   = "https://app.example/callback"

	verifyScope = "number-verification:verify"
	purpose     = "dpv:FraudPreventionAndDetection" // on another basis than consent, so nothing is asked
)

func (s *server) feed(e renumber.FeedEvent) string {
	s.t.Helper()
	s.seq++
	e.Seq, e.Number = s.seq, number
	res, err := s.numbers.Feed(s.t.Context(), renumber.FeedReq{Source: "test", Events: []renumber.FeedEvent{e}})
	if err != nil || res.Results[0].Status != renumber.StatusApplied {
		s.t.Fatalf("%s: %+v %v", e.Type, res, err)
	}
	return res.Results[0].Tenure
}

func (s *server) account(status radacct.Status, session, imsi string) {
	s.t.Helper()
	s.accountFrom(status, session, imsi, "")
}

func (s *server) accountFrom(status radacct.Status, session, imsi, imeisv string) {
	s.t.Helper()
	gw, err := radacct.Dial(netip.MustParseAddr("127.0.0.1"), s.Accounting(), s.secret)
	if err != nil {
		s.t.Fatal(err)
	}
	defer gw.Close()
	err = gw.Send(s.t.Context(), radacct.Request{Status: status, SessionID: session, CallingStationID: number[1:], IMSI: imsi, IMEISV: imeisv,
		IPv4: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) register(scopes ...string) account.Registered {
	s.t.Helper()
	r, err := s.apps.RegisterApp(s.t.Context(), account.Registration{Name: "App", Auth: account.AuthSecret, Profile: account.ProfileOIDC,
		RedirectURIs: []string{back}, Scopes: append(scopes, "openid", purpose),
		LegalBases: map[string]string{purpose: "contract"}})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// stalled asks again, every 20 ms for up to a minute, while the answer is one of a stalled machine.
func stalled(ask func() (again bool)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); ask() && time.Now().Before(late); {
		<-tick.C
	}
}

// authorize answers the parameters that the app gets back, and asks again while the server cannot tell.
func (s *server) authorize(r account.Registered, verifier string) (back url.Values) {
	s.t.Helper()
	stalled(func() bool {
		back = s.authorizeOnce(r, verifier)
		return back.Get("error") == "temporarily_unavailable"
	})
	return back
}

func (s *server) authorizeOnce(r account.Registered, verifier string) url.Values {
	s.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {r.App.ID}, "redirect_uri": {back}, "state": {"s"}, "nonce": {"n"},
		"scope":          {strings.Join(r.App.Scopes, " ")},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(s.Issuer() + "/authorize?" + q.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), back) {
		s.t.Fatalf("authorize: %s to %q", res.Status, to)
	}
	return to.Query()
}

// login is authorize and token; it answers access token and sub.
func (s *server) login(r account.Registered) (token, sub string) {
	s.t.Helper()
	verifier := simtrust.NewSecret()
	code := s.authorize(r, verifier).Get("code")
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.Issuer()+"/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "code_verifier": {verifier}}.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(r.App.ID, r.Secret)
	var body struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
		Error       string `json:"error"`
	}
	s.do(req, &body)
	if body.Error != "" {
		s.t.Fatal(body.Error)
	}
	var claims struct {
		Sub string `json:"sub"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(body.IDToken, ".")[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		s.t.Fatal(err)
	}
	return body.AccessToken, claims.Sub
}

func (s *server) verify(token string) (status int, verified bool) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.Issuer()+"/number-verification/v2/verify",
		strings.NewReader(`{"phoneNumber":"`+number+`"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	var body struct {
		Verified bool `json:"devicePhoneNumberVerified"`
	}
	return s.do(req, &body), body.Verified
}

// do repeats a request while the server is unavailable: one that it refuses so has spent nothing.
func (s *server) do(req *http.Request, into any) (status int) {
	s.t.Helper()
	var text []byte
	stalled(func() bool {
		status, text = s.doOnce(req)
		return status == http.StatusServiceUnavailable
	})
	if err := json.Unmarshal(text, into); err != nil {
		s.t.Fatal(err)
	}
	return status
}

func (s *server) doOnce(req *http.Request) (status int, text []byte) {
	s.t.Helper()
	body, err := req.GetBody()
	if err != nil {
		s.t.Fatal(err)
	}
	again := req.Clone(req.Context())
	again.Body = body
	res, err := http.DefaultClient.Do(again)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err = io.ReadAll(res.Body); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, text
}

// TestTheWholeWay goes from a feed event and an accounting packet to a verified number, and on to the next holder of the number.
func TestTheWholeWay(t *testing.T) {
	s := start(t)
	r := s.register(verifyScope)
	if got := s.authorize(r, simtrust.NewSecret()).Get("error"); got != "login_required" {
		t.Fatalf("without a session: %q", got)
	}
	first := s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-1", ICCID: "89860012345678901234", IMSI: imsi})
	s.account(radacct.Start, "s1", imsi)
	token, sub := s.login(r)
	if status, ok := s.verify(token); status != http.StatusOK || !ok {
		t.Fatalf("verify: %d %v", status, ok)
	}
	if status, _ := s.verify(token); status != http.StatusUnauthorized {
		t.Errorf("a spent token: %d", status)
	}

	kept, again := s.login(r)
	if sub != again {
		t.Error("the same holder has two subjects")
	}
	s.feed(renumber.FeedEvent{Type: renumber.Release})
	if got := s.authorize(r, simtrust.NewSecret()).Get("error"); got != "login_required" {
		t.Errorf("after the release: %q", got)
	}
	const newIMSI = "460000000000002"
	second := s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-2", ICCID: "89860012345678901235", IMSI: newIMSI})
	s.account(radacct.Start, "s2", newIMSI)
	_, other := s.login(r)
	if first == second || other == sub || other == "" {
		t.Errorf("the next holder is taken for the first one")
	}
	if status, _ := s.verify(kept); status != http.StatusUnauthorized {
		t.Errorf("the first holder's token: %d", status)
	}
}

// TestForeignSIMKillsOutstandingTokens: a record that contradicts what is known changes no fact, but the number is in doubt.
func TestForeignSIMKillsOutstandingTokens(t *testing.T) {
	s := start(t)
	r := s.register(verifyScope)
	s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-1", ICCID: "89860012345678901234", IMSI: imsi})
	s.account(radacct.Start, "s1", imsi)
	token, _ := s.login(r)
	s.account(radacct.Start, "s2", "460000000000009")
	if status, _ := s.verify(token); status != http.StatusUnauthorized {
		t.Errorf("verify: %d", status)
	}
}

// TestNoRequestIsRedirectedToAnotherSpelling: a redirect would repeat the query.
func TestNoRequestIsRedirectedToAnotherSpelling(t *testing.T) {
	s := start(t)
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{"//authorize?state=s", "/./authorize?state=s", "/x/../authorize?state=s", "/authorize/?state=s", "//healthz"} {
		res, err := c.Get(s.Issuer() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound || res.Header.Get("Location") != "" {
			t.Errorf("%s: %s to %q", path, res.Status, res.Header.Get("Location"))
		}
	}
}

// TestHoldersOperateNothing: an application may be registered for the operator's scopes, but its users' tokens do not carry them.
func TestHoldersOperateNothing(t *testing.T) {
	s := start(t)
	s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-1", ICCID: "89860012345678901234", IMSI: imsi})
	s.account(radacct.Start, "s1", imsi)
	token, _ := s.login(s.register(account.ScopeAdmin, renumber.ScopeFeed, renumber.ScopeRead, "key:admin", "route:read", renumber.ScopeCheck))
	c := rpc.NewClient(s.Issuer(), nil, token)
	numbers, apps, own := renumber.NewClient(c), account.NewClient(c), app.NewClient(c)
	_, feed := numbers.Feed(t.Context(), renumber.FeedReq{Source: "x", Events: []renumber.FeedEvent{{Seq: 1, Type: renumber.Release, Number: number}}})
	_, show := numbers.Show(t.Context(), renumber.ShowReq{Number: number})
	_, list := apps.ListApps(t.Context(), "", 0)
	_, keys := own.Keys(t.Context())
	_, rotate := own.RotateKeys(t.Context())
	_, routes := own.Routes(t.Context())
	for name, err := range map[string]error{"feed": feed, "show": show, "apps": list, "keys": keys, "rotate": rotate, "routes": routes} {
		if simtrust.KindOf(err) != simtrust.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := numbers.Check(t.Context(), renumber.CheckReq{Since: time.Now().Add(-time.Hour)}); err != nil {
		t.Errorf("a scope for holders: %v", err)
	}
}
