//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const sessionResponse = "application/vnd.etsi.scp.response-data;version=1.0"

// polls sends a request of an administration session: a card's name, and a body with its content type, if any.
func (s *sandbox) polls(t *testing.T, from, body, media string) (status int, packet []byte, header http.Header) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.Issuer+"/simshield/v1/ota/session", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Admin-Protocol", "globalplatform-remote-admin/1.0")
	req.Header.Set("X-Admin-From", from)
	if body != "" {
		req.Header.Set("X-Admin-Script-Status", "ok")
		req.Header.Set("Content-Type", media)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	packet, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, packet, res.Header
}

// TestTransferOverPolling: the tenth subscriber's card fetches its packets over HTTPS, and no short message is sent to it.
func TestTransferOverPolling(t *testing.T) {
	t.Parallel() // most of it is waiting
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		b, who := s.bank(t), s.Subscribers[9]
		if who.Bearer != "polling" || s.Subscribers[8].Bearer != "sms" {
			t.Fatalf("%s, and another one %s", who.Bearer, s.Subscribers[8].Bearer)
		}
		const handed, sent = `simtrust_ota_polls_total{answer="packet"}`, `simtrust_ota_sent_total{state="delivered"}`
		packets, messages := s.metric(t, handed), s.metric(t, sent)
		asked := b.ask(t, who, transferOf("48000.00"))
		p := s.asked(t, who, true)
		if !strings.Contains(p.Text, "¥48,000.00") || p.VerificationCode != asked.VerificationCode {
			t.Errorf("%+v", p)
		}
		again := s.reply(t, who, p.ID, "confirm", "000000", http.StatusOK)
		s.reply(t, who, again.ID, "confirm", who.SigningPIN, http.StatusOK)
		if end := b.ended(t, asked); end.State != "signed" {
			t.Errorf("%+v", end)
		}
		if s.metric(t, handed) <= packets || s.metric(t, sent) != messages {
			t.Errorf("%v packets were fetched before and %v since, %v short messages sent before and %v since", packets, s.metric(t, handed),
				messages, s.metric(t, sent))
		}
		s.cancelledOverPolling(t, b, who)
		s.offAndOn(t, b, who)
	})
}

// cancelledOverPolling: a question that is taken back leaves the screen.
func (s *sandbox) cancelledOverPolling(t *testing.T, b bank, who subscriber) {
	t.Helper()
	asked := b.ask(t, who, transferOf("1.00"))
	s.asked(t, who, true)
	b.transaction(t, http.MethodPost, "/simshield/v1/transactions/"+asked.ID+"/cancel", "{}")
	s.asked(t, who, false)
	if end := b.ended(t, asked); end.State != "cancelled" {
		t.Errorf("%+v", end)
	}
}

// offAndOn: a phone that stays off is absent, and what waits for one that is soon on again comes then. A stranger who fetches it meanwhile sees ciphered octets, twice the
// same, and takes nothing away.
func (s *sandbox) offAndOn(t *testing.T, b bank, who subscriber) {
	t.Helper()
	var now map[string]bool
	s.phoneDo(t, http.MethodPost, who, "device", map[string]bool{"online": false}, &now)
	if end := b.ended(t, b.ask(t, who, transferOf("1.00"))); end.State != "failed" || !strings.Contains(end.Cause, "absent") {
		t.Errorf("off: %+v", end)
	}
	asked := b.ask(t, who, transferOf("2.00"))
	var packet []byte
	for range 3000 { // a minute
		if _, packet, _ = s.polls(t, "//se-id/iccid/"+who.ICCID, "", ""); len(packet) > 0 {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if len(packet) == 0 || bytes.Contains(packet, []byte("6217000010001234567")) {
		t.Errorf("a stranger sees %q", packet)
	}
	s.phoneDo(t, http.MethodPost, who, "device", map[string]bool{"online": true}, &now)
	s.reply(t, who, s.asked(t, who, true).ID, "confirm", who.SigningPIN, http.StatusOK)
	if end := b.ended(t, asked); end.State != "signed" {
		t.Errorf("switched on again: %+v", end)
	}
}

// TestPollingByStrangers: an unknown card is answered as one for which nothing waits, and what proves nothing changes nothing.
func TestPollingByStrangers(t *testing.T) {
	s := startSandbox(t)
	who := s.Subscribers[9]
	known, unknown := "//se-id/iccid/"+who.ICCID, "//se-id/iccid/89860099999999999999"
	forged := string([]byte{0, 38, 18}) + strings.Repeat("\x00", 37)
	for what, c := range map[string]struct {
		from, body, media string
		status            int
	}{
		"nothing waits":               {known, "", "", 204},
		"reached by short message":    {"//se-id/iccid/" + s.Subscribers[8].ICCID, "", "", 204},
		"unknown":                     {unknown, "", "", 204},
		"forged":                      {known, forged, sessionResponse, 403},
		"forged, of an unknown card":  {unknown, forged, sessionResponse, 403},
		"no packet":                   {known, "x", sessionResponse, 403},
		"another content type":        {known, forged, "application/json", 415},
		"too long":                    {known, strings.Repeat("x", 1<<16), sessionResponse, 413},
		"no card":                     {"", "", "", 400},
		"a card that is none":         {"//se-id/iccid/8986", "", "", 400},
		"a number in place of a card": {"//se-id/msisdn/" + who.Number, "", "", 400},
	} {
		status, packet, header := s.polls(t, c.from, c.body, c.media)
		if status != c.status || (status == 204) != (len(packet) == 0) || status == 204 && header.Get("X-Admin-Protocol") == "" {
			t.Errorf("%s: %d %s", what, status, packet)
		}
	}
	if got := s.card(t, who); got.SigningTries != 3 {
		t.Errorf("%+v", got)
	}
}

// TestPollingOutlivesAKill: what was on the screen is back, and what a person has signed is not asked again.
func TestPollingOutlivesAKill(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := startSandbox(t)
	b, who := s.bank(t), s.Subscribers[9]
	restart := func() {
		s.kill()
		s.start(t)
		b.issuer = s.Issuer
	}
	open := b.ask(t, who, transferOf("1.00"))
	before := s.asked(t, who, true)
	restart()
	p := s.asked(t, who, true)
	if p.Text != before.Text {
		t.Errorf("shown again: %+v", p)
	}
	s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusOK)
	restart()
	if end := b.ended(t, open); end.State != "signed" {
		t.Errorf("%+v", end)
	}
	s.asked(t, who, false)
}
