package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/radacct"
	"simtrust/renumber"
)

// redeem answers the error of a token request.
func (s *server) redeem(r account.Registered, code, verifier string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.Issuer()+"/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "code_verifier": {verifier}}.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(r.App.ID, r.Secret)
	var body struct {
		Error string `json:"error"`
	}
	s.do(req, &body)
	return body.Error
}

// TestWhatEndsALogin: whatever happens to the number, the code and the token that were issued before are good for nothing, and the
// connection that was there before logs nobody in.
func TestWhatEndsALogin(t *testing.T) {
	const iccid, newICCID, newIMSI = "89860012345678901234", "89860012345678905678", "460000000000002"
	yesterday, anHourAgo := time.Now().Add(-24*time.Hour), time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		event renumber.FeedEvent
		again bool // the connection itself goes on
	}{
		"released":                 {event: renumber.FeedEvent{Type: renumber.Release}},
		"released an hour ago":     {event: renumber.FeedEvent{Type: renumber.Release, Effective: anHourAgo}},
		"transferred with its SIM": {event: renumber.FeedEvent{Type: renumber.Transfer, To: "sub-2", Organisation: true, User: "u-1"}},
		"another user":             {event: renumber.FeedEvent{Type: renumber.ChangeUser, User: "u-2"}},
		"no user":                  {event: renumber.FeedEvent{Type: renumber.ChangeUser}},
		"another number":           {event: renumber.FeedEvent{Type: renumber.ChangeNumber, To: "+8613800000009"}},
		"ported out":               {event: renumber.FeedEvent{Type: renumber.PortOut}},
		"suspended":                {event: renumber.FeedEvent{Type: renumber.Suspend}},
		"suspended an hour ago":    {event: renumber.FeedEvent{Type: renumber.Suspend, Effective: anHourAgo}},
		"another SIM":              {event: renumber.FeedEvent{Type: renumber.NewSIM, ICCID: newICCID, IMSI: newIMSI}},
		"another SIM an hour ago":  {event: renumber.FeedEvent{Type: renumber.NewSIM, ICCID: newICCID, IMSI: newIMSI, Effective: anHourAgo}},
		"another card with the subscription, told late": {
			event: renumber.FeedEvent{Type: renumber.NewSIM, ICCID: newICCID, IMSI: imsi, Effective: anHourAgo}, again: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			r := s.register(verifyScope)
			s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-1", Organisation: true, User: "u-1", ICCID: iccid, IMSI: imsi, Effective: yesterday})
			s.account(radacct.Start, "s1", imsi)
			token, _ := s.login(r)
			verifier := simtrust.NewSecret()
			code := s.authorize(r, verifier).Get("code")
			s.feed(c.event)
			if status, _ := s.verify(token); status != http.StatusUnauthorized {
				t.Errorf("token: %d", status)
			}
			if got := s.redeem(r, code, verifier); got != "invalid_grant" {
				t.Errorf("code: %q", got)
			}
			if got := s.authorize(r, verifier); got.Has("code") != c.again {
				t.Errorf("connection: %v", got)
			}
		})
	}
}

// TestAnotherPhone: the network's word that the SIM is in another phone becomes a fact about the tenure.
func TestAnotherPhone(t *testing.T) {
	s := start(t)
	s.feed(renumber.FeedEvent{Type: renumber.Assign, Holder: "sub-1", ICCID: "89860012345678901234", IMSI: imsi, IMEI: "35123456789012"})
	s.accountFrom(radacct.Start, "s1", imsi, "3598765432109801")
	show, err := s.numbers.Show(t.Context(), renumber.ShowReq{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	facts := show.Tenures[0].Facts
	if len(facts) != 2 || facts[1].Kind != string(renumber.DeviceFound) || facts[1].Value != "35987654321098" {
		t.Errorf("facts: %+v", facts)
	}
}
