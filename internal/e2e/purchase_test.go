//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// teller is a bank that asks in messages: its core signs, its chatbot carries.
type teller struct {
	*enterprise
	core bank
}

func (s *sandbox) teller(t *testing.T) teller {
	t.Helper()
	return teller{s.enterprise(t, "bank"), s.bank(t)}
}

// bought is what the server says of a purchase.
type bought struct {
	Purchase, Message, Order, State, Method, Cause, Transaction, Result, Reason string
}

// ask asks a person about a purchase.
func (b teller) ask(t *testing.T, who subscriber, amount string) (got bought) {
	t.Helper()
	req := map[string]any{"chatbot": b.AgentID, "request": b.core.sign(t, who, transferOf(amount)), "title": "示例电器", "text": "订单 7"}
	if status := b.enterprise.ask(t, http.MethodPost, "purchases", req, &got); status != http.StatusAccepted || got.State != "asked" {
		t.Fatalf("%d %+v", status, got)
	}
	return got
}

// ended waits for the end of a purchase, and wants it to be this, told once, with a result that says the same.
func (b teller) ended(t *testing.T, asked bought, state, method, cause string) bought {
	t.Helper()
	var got bought
	for deadline := time.Now().Add(messageTime); got.Result == "" && time.Now().Before(deadline); {
		b.enterprise.ask(t, http.MethodGet, "purchases/"+asked.Purchase+"?wait=10", nil, &got)
	}
	if got.State != state || got.Method != method || got.Cause != cause {
		t.Fatalf("want %s %s %s, got %+v", state, method, cause, got)
	}
	claims := b.result(t, got.Result)
	if claims["answer"] != state || claims["purchase"] != got.Purchase || claims["order"] != got.Order || state == "confirmed" && claims["method"] != method {
		t.Errorf("the result of %+v is %v", got, claims)
	}
	b.hears(t, func(now event) bool {
		return now.Type == "purchase.answered" && now.Data.Purchase == got.Purchase && now.Data.Result == got.Result
	})
	return got
}

// result verifies a result by the server's published keys.
func (b teller) result(t *testing.T, text string) (claims jwt.MapClaims) {
	t.Helper()
	res, err := http.Get(b.Issuer + "/jwks")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	token, err := jwt.ParseWithClaims(text, &claims, func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		for _, key := range set.Key(kid) {
			return key.Key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithIssuer(b.Issuer), jwt.WithAudience(b.core.ClientID), jwt.WithValidMethods([]string{"ES256"}))
	if err != nil || token.Header["typ"] != "simtrust-purchase-result+jwt" {
		t.Fatalf("%v, %v", token, err)
	}
	return claims
}

// notice is a message on a phone that asks about a purchase: its id, and the postbacks of its buttons.
type notice struct {
	ID, Channel, Sender string
	Content             struct {
		Text    string
		Message struct {
			GeneralPurposeCard struct {
				Content struct {
					Title, Description string
					Suggestions        []struct {
						Reply struct{ Postback struct{ Data string } }
					}
				}
			}
		}
	}
}

// asks says that it is a notice, and no word on how a purchase ended.
func (n notice) asks() bool {
	return n.Content.Message.GeneralPurposeCard.Content.Title != "" || strings.Contains(n.Content.Text, "金额")
}

// notice waits for the nth notice of a phone.
func (s *sandbox) notice(t *testing.T, who subscriber, n int) notice {
	t.Helper()
	for arrived := n; ; arrived++ {
		s.inbox(t, who, arrived)
		var list []notice
		s.phoneDo(t, http.MethodGet, who, "inbox", nil, &list)
		if list = slices.DeleteFunc(list, func(n notice) bool { return !n.asks() }); len(list) >= n {
			return list[n-1]
		}
	}
}

// told waits for words on the end of a purchase, and wants them once.
func (s *sandbox) told(t *testing.T, who subscriber, words string) {
	t.Helper()
	for arrived := 1; ; arrived++ {
		times := 0
		for _, m := range s.inbox(t, who, arrived) {
			if strings.Contains(m.Content.Text, words) {
				times++
			}
		}
		if times > 1 {
			t.Errorf("told %d times: %s", times, words)
		}
		if times > 0 {
			return
		}
	}
}

// press presses a button of a notice: 0 confirms, 1 denies.
func (s *sandbox) press(t *testing.T, who subscriber, n notice, button int) {
	t.Helper()
	s.act(t, who, "reply", map[string]string{"message": n.ID,
		"postback": n.Content.Message.GeneralPurposeCard.Content.Suggestions[button].Reply.Postback.Data})
}

// TestPurchase: a small purchase is confirmed by a button, a large one by the SIM, and the bank has the result and the receipt; text denies, and
// what would confirm has the SIM asked; nobody answers for somebody else.
func TestPurchase(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		b, who := s.teller(t), s.Subscribers[1]
		small := b.ask(t, who, "128.00")
		first := s.notice(t, who, 1)
		card := first.Content.Message.GeneralPurposeCard.Content
		for _, want := range []string{"订单 7", "¥128.00", "张伟", "4567"} {
			if !strings.Contains(card.Description, want) || card.Title != "示例电器" {
				t.Errorf("no %s in %+v", want, card)
			}
		}
		s.press(t, who, first, 0)
		b.ended(t, small, "confirmed", "button", "")
		s.press(t, who, first, 1)
		s.told(t, who, "您已确认付款 ¥128.00。")

		large := b.ask(t, who, "48000.00")
		second := s.notice(t, who, 2)
		s.press(t, who, second, 0)
		p := s.asked(t, who, true)
		if !strings.Contains(p.Text, "¥48,000.00") || p.Kind != "transaction" {
			t.Errorf("%+v", p)
		}
		s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusOK)
		signed := b.ended(t, large, "confirmed", "sim", "")
		if got := b.core.transaction(t, http.MethodGet, "/simshield/v1/transactions/"+signed.Transaction, ""); got.State != "signed" {
			t.Errorf("the bank's transaction: %+v", got)
		}
		var receipt map[string]any
		if status := b.core.call(t, http.MethodGet, "/simshield/v1/transactions/"+signed.Transaction+"/receipt", "", &receipt); status != http.StatusOK {
			t.Errorf("the bank's receipt: %d", status)
		}

		late := b.ask(t, who, "48000.00")
		third := s.notice(t, who, 3)
		s.press(t, who, third, 0)
		s.asked(t, who, true)
		s.press(t, who, third, 1)
		b.ended(t, late, "denied", "button", "")
		s.asked(t, who, false)

		s.act(t, who, "device", map[string]bool{"rcs": false})
		denied := b.ask(t, who, "1.00")
		text := s.notice(t, who, 4)
		if text.Channel != "sms" || !strings.Contains(text.Content.Text, "¥1.00") {
			t.Errorf("%+v", text)
		}
		s.act(t, who, "reply", map[string]string{"to": text.Sender, "text": "2"})
		b.ended(t, denied, "denied", "text", "")
		s.told(t, who, "您已拒绝付款 ¥1.00。")
		typed := b.ask(t, who, "1.00")
		text = s.notice(t, who, 5)
		s.act(t, who, "reply", map[string]string{"to": text.Sender, "text": "Y"})
		s.act(t, who, "reply", map[string]string{"to": text.Sender, "text": "1"})
		p = s.asked(t, who, true)
		s.reply(t, who, p.ID, "cancel", "", http.StatusOK)
		b.ended(t, typed, "denied", "sim", "")

		s.act(t, who, "device", map[string]bool{"rcs": true})
		swapped := b.ask(t, who, "2.00")
		s.notice(t, who, 6)
		s.operator(t, who.Number, "new-sim", "")
		b.ended(t, swapped, "failed", "", "sim_changed")
		recycled := b.ask(t, who, "3.00")
		s.operator(t, who.Number, "release", "")
		s.operator(t, who.Number, "assign", "")
		b.ended(t, recycled, "failed", "", "tenure_ended")
	})
}

// TestPurchaseKill kills the server after the person has confirmed: the SIM asks once, and its signature is the end.
func TestPurchaseKill(t *testing.T) {
	t.Parallel() // most of it is waiting for leases of the killed
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		b, who, small := s.teller(t), s.Subscribers[1], s.Subscribers[2]
		large, little := b.ask(t, who, "48000.00"), b.ask(t, small, "1.00")
		s.press(t, small, s.notice(t, small, 1), 0)
		s.press(t, who, s.notice(t, who, 1), 0)
		s.kill()
		s.start(t)
		b.login(t)
		p := s.asked(t, who, true)
		s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusOK)
		b.ended(t, large, "confirmed", "sim", "")
		b.ended(t, little, "confirmed", "button", "")
		s.told(t, who, "您已确认付款 ¥48,000.00。")
		s.told(t, small, "您已确认付款 ¥1.00。")
	})
}

// TestPurchaseRefused: what the bank did not sign for its own chatbot nobody is asked about.
func TestPurchaseRefused(t *testing.T) {
	s := startSandbox(t)
	b, shop, who := s.teller(t), s.enterprise(t, "shop"), s.Subscribers[1]
	signed := b.core.sign(t, who, transferOf("1.00"))
	foreign := bank{app: s.app("camara")}.sign(t, who, transferOf("1.00"))
	head, _, _ := strings.Cut(signed, ".")
	_, rest, _ := strings.Cut(foreign, ".")
	for name, c := range map[string]struct {
		by               *enterprise
		chatbot, request string
		reason           string
	}{
		"another's chatbot":       {shop, b.AgentID, signed, "not_your_chatbot"},
		"a chatbot not linked":    {shop, shop.AgentID, signed, "party_not_allowed"},
		"a party without scope":   {b.enterprise, b.AgentID, foreign, "party_not_registered"},
		"another's claims":        {b.enterprise, b.AgentID, head + "." + rest, "request_unsigned"},
		"a signature cut off":     {b.enterprise, b.AgentID, signed[:strings.LastIndex(signed, ".")+1], "request_unsigned"},
		"no request":              {b.enterprise, b.AgentID, "", "request_refused"},
		"what is not a threshold": {b.enterprise, b.AgentID, signed, "sim_above_refused"},
	} {
		req := map[string]any{"chatbot": c.chatbot, "request": c.request}
		if c.reason == "sim_above_refused" {
			req["sim_above"] = "a lot"
		}
		var got bought
		if status := c.by.ask(t, http.MethodPost, "purchases", req, &got); status < 400 || got.Reason != c.reason {
			t.Errorf("%s: %d %+v", name, status, got)
		}
	}
	if out, err := s.run(t, "app", "register", "Relay", "--auth", "client_secret_basic", "--scope", "simshield:relay"); err == nil {
		t.Errorf("an application carries everybody's requests: %s", out)
	}
	if list := s.inbox(t, who, 0); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
