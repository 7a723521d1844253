//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// paymentTime is how long a payment may take: what a killed server had in hand is taken up again after a minute.
const paymentTime = 2 * time.Minute

// envelope is a campaign as its sender sees it.
type envelope struct {
	Campaign, State, Reason                           string
	Budget, Given, Claimed, Left, Refunded, Fulfilled int64
}

// envelope makes a campaign of money.
func (e *enterprise) envelope(t *testing.T, budget, shares int, members string) (got envelope) {
	t.Helper()
	req := json.RawMessage(fmt.Sprintf(`{"chatbot":%q,"key":"e2e-%d-%d","kind":"money","currency":"CNY","budget":%d,"shares":%d,"split":"random","expires":%q%s}`,
		e.AgentID, budget, shares, budget, shares, time.Now().Add(time.Hour).Format(time.RFC3339), members))
	if status := e.ask(t, http.MethodPost, "red-envelopes", req, &got); status != http.StatusCreated {
		t.Fatalf("%d %+v", status, got)
	}
	return got
}

// stands waits until a campaign stands as it should.
func (e *enterprise) stands(t *testing.T, id string, want func(envelope) bool) (now envelope) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(paymentTime); ; <-poll.C {
		if status := e.ask(t, http.MethodGet, "red-envelopes/"+id, nil, &now); status != http.StatusOK || now.Budget != now.Claimed+now.Left+now.Refunded {
			t.Fatalf("%d %+v", status, now)
		}
		if want(now) {
			return now
		}
		if time.Now().After(end) {
			t.Fatalf("%+v", now)
		}
	}
}

// door is the postback of a card's button.
func (s *sandbox) door(t *testing.T, who subscriber, n int) (message, postback string) {
	t.Helper()
	s.inbox(t, who, n)
	var list []struct {
		ID      string
		Content struct {
			Message struct {
				GeneralPurposeCard struct {
					Content struct {
						Suggestions []struct {
							Reply struct{ Postback struct{ Data string } }
						}
					}
				}
			}
		}
	}
	if status := s.phoneDo(t, http.MethodGet, who, "inbox", nil, &list); status != http.StatusOK || len(list[n-1].Content.Message.GeneralPurposeCard.Content.Suggestions) != 1 {
		t.Fatalf("%d %+v", status, list)
	}
	return list[n-1].ID, list[n-1].Content.Message.GeneralPurposeCard.Content.Suggestions[0].Reply.Postback.Data
}

// wallet is what the operator has paid whoever has a number.
func (s *sandbox) wallet(t *testing.T, who subscriber) (sums map[string]int64) {
	t.Helper()
	res, err := http.Get(s.Operator + "/numbers/" + who.Number + "/wallet")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&sums); err != nil {
		t.Fatal(err)
	}
	return sums
}

// forge has a telephone answer a delivery with a button that it does not have, as a changed client could.
func (e *enterprise) forge(t *testing.T, who subscriber, delivery, postback string) {
	t.Helper()
	response, err := json.Marshal(map[string]any{"response": map[string]any{"reply": map[string]any{"displayText": "拆红包", "postback": map[string]string{"data": postback}}}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"id": "forged-" + who.Number, "from": who.Number, "to": e.ChatbotID, "in_reply_to": delivery,
		"content_type": "application/vnd.gsma.botsuggestion.response.v1.0+json", "body": string(response)})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Issuer+"/messaging/v1/rcs/inbound", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode/100 != 2 {
		t.Fatalf("%s %v", res.Status, err)
	}
}

// TestRedEnvelope: opened twice on a rich phone, by text on another; one share and one message each, paid once; a card that is forwarded and a
// number that has changed hands open nothing; what is left goes back; and a kill loses nothing.
func TestRedEnvelope(t *testing.T) {
	t.Parallel() // most of it is waiting for leases of the killed
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		shop, rich, plain, stranger, gone := s.enterprise(t, "shop"), s.Subscribers[1], s.Subscribers[2], s.Subscribers[3], s.Subscribers[4]
		if out, err := s.run(t, "messaging", "red-envelope", "fund", shop.AgentID, "5000", "CNY", "--key", "e2e"); err != nil || !strings.Contains(out, "balance 5000 CNY") {
			t.Fatalf("%v %s", err, out)
		}
		c := shop.envelope(t, 1000, 4, `,"rules":{"min_tenure_days":1,"sim_held_days":1,"numbers_per_device":1}`)
		s.act(t, plain, "device", map[string]bool{"rcs": false})
		var got sent
		if status := shop.ask(t, http.MethodPost, "red-envelopes/"+c.Campaign+"/messages",
			map[string]any{"key": "1", "to": []string{rich.Number, plain.Number, gone.Number}}, &got); status != http.StatusAccepted || len(got.Recipients) != 3 {
			t.Fatalf("%d %+v", status, got)
		}
		text := s.inbox(t, plain, 1)[0]
		if !strings.Contains(text.Content.Text, "回复1 拆红包") {
			t.Errorf("%+v", text)
		}
		for range 2 {
			s.act(t, plain, "reply", map[string]string{"to": text.Sender, "text": "1"})
		}
		shop.stands(t, c.Campaign, func(now envelope) bool { return now.Given == 1 })
		if told := s.inbox(t, plain, 2)[1]; !strings.Contains(told.Content.Text, "您领到了 ") {
			t.Errorf("%+v", told)
		}

		// The platform of rich messages can be asked about a copy that the kill cut off, so that this one is told for certain; a text would be told
		// once or not at all.
		message, door := s.door(t, rich, 1)
		for range 2 {
			s.act(t, rich, "reply", map[string]string{"message": message, "postback": door})
		}
		s.kill()
		s.start(t)
		shop.login(t)
		shop.stands(t, c.Campaign, func(now envelope) bool { return now.Given == 2 && now.Fulfilled == 2 })
		if told := s.inbox(t, rich, 2)[1]; told.Verified != (told.Channel != "sms") || !strings.Contains(told.Content.Text, "您领到了 ") {
			t.Errorf("%+v", told)
		}

		other := shop.send(t, stranger, "service", alert("您好"))
		item := s.inbox(t, stranger, 1)[0]
		if item.Sender != shop.ChatbotID {
			t.Errorf("%+v", item)
		}
		shop.forge(t, stranger, other.Recipients[0].Delivery, door)
		s.operator(t, gone.Number, "release", "")
		s.operator(t, gone.Number, "assign", "")
		shop.forge(t, gone, got.Recipients[2].Delivery, door)

		var closed envelope
		if status := shop.ask(t, http.MethodPost, "red-envelopes/"+c.Campaign+"/close", struct{}{}, &closed); status != http.StatusOK {
			t.Fatalf("%d %+v", status, closed)
		}
		if closed.State != "closed" || closed.Given != 2 || closed.Refunded != 1000-closed.Claimed {
			t.Errorf("%+v", closed)
		}
		paid := s.wallet(t, rich)["CNY"] + s.wallet(t, plain)["CNY"]
		if paid != closed.Claimed || s.wallet(t, rich)["CNY"] == 0 || s.wallet(t, stranger)["CNY"]+s.wallet(t, gone)["CNY"] != 0 {
			t.Errorf("paid %d of %d", paid, closed.Claimed)
		}
		if out, err := s.run(t, "messaging", "red-envelope", "accounts", shop.AgentID); err != nil || !strings.Contains(out, fmt.Sprint(5000-closed.Claimed)) {
			t.Errorf("%v %s", err, out)
		}
		for who, n := range map[*subscriber]int{&rich: 2, &plain: 2, &stranger: 1} {
			if list := s.inbox(t, *who, n); len(list) != n {
				t.Errorf("%s was told more than once: %+v", who.Number, list)
			}
		}
	})
}

// TestRedEnvelopeGuide runs the commands of docs/messaging-redenvelope.md.
func TestRedEnvelopeGuide(t *testing.T) {
	out := startSandbox(t).guide(t, "messaging-redenvelope.md", `"balance":100000`, `"state":"open"`, `"accepted":1`, "送您一个红包", "您领到了", `"given":1`,
		`"conversation":"cnv_`, `{"CNY":`, `"state":"closed"`)
	if strings.Count(out, "您领到了") != 1 {
		t.Errorf("told more than once:\n%s", out)
	}
}
