//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// bank asks for signatures with its own key.
type bank struct {
	app
	access string
}

func (s *sandbox) bank(t *testing.T) bank {
	t.Helper()
	b := bank{app: s.app("bank")}
	got, err := b.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"simshield:confirm simshield:register"}})
	if err != nil || got.Status != http.StatusOK {
		t.Fatalf("the bank gets no token: %+v %v", got, err)
	}
	b.access = got.AccessToken
	return b
}

// transaction is what the server says of one.
type transaction struct {
	Status           int    `json:"-"`
	ID               string `json:"id"`
	State            string `json:"state"`
	Cause            string `json:"cause"`
	Reason           string `json:"reason"`
	VerificationCode string `json:"verification_code"`
}

// ask posts a signed request for a subscriber.
func (b bank) ask(t *testing.T, who subscriber, what map[string]any) transaction {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"request": b.sign(t, who, what)})
	return b.transaction(t, http.MethodPost, "/simshield/v1/transactions", string(body))
}

// sign makes a request about a subscriber.
func (b bank) sign(t *testing.T, who subscriber, what map[string]any) string {
	t.Helper()
	now := time.Now()
	claims := jwt.MapClaims{"iss": b.ClientID, "aud": b.issuer, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "order": random(),
		"phone_number": who.Number}
	for name, value := range what {
		claims[name] = value
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b.JWKS, &set); err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"], token.Header["typ"] = set.Keys[0].KeyID, "simshield-request+jwt"
	signed, err := token.SignedString(set.Keys[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func transferOf(amount string) map[string]any {
	return map[string]any{"customer": "6222020200112233", "transfer": map[string]any{"payee_name": "张伟", "payee_account": "6217000010001234567",
		"amount": amount, "currency": "CNY", "memo": "货款", "time": time.Now().Truncate(time.Second).Format(time.RFC3339)}}
}

func (b bank) transaction(t *testing.T, method, path, body string) (got transaction) {
	t.Helper()
	got.Status = b.call(t, method, path, body, &got)
	return got
}

// call answers the status.
func (b bank) call(t *testing.T, method, path, body string, into any) int {
	t.Helper()
	req, err := b.apiRequest(method, path, b.access, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s %s: %s", method, path, text)
	}
	return res.StatusCode
}

// ended waits for the end of a transaction.
func (b bank) ended(t *testing.T, asked transaction) transaction {
	t.Helper()
	end := b.transaction(t, http.MethodGet, "/simshield/v1/transactions/"+asked.ID+"?wait=20", "")
	for limit := time.Now().Add(time.Minute); end.State == "open" && time.Now().Before(limit); {
		end = b.transaction(t, http.MethodGet, "/simshield/v1/transactions/"+asked.ID+"?wait=20", "")
	}
	return end
}

// prompt is what a phone of the sandbox shows.
type prompt struct {
	ID               string `json:"id"`
	Kind             string `json:"kind"`
	Text             string `json:"text"`
	VerificationCode string `json:"verification_code"`
	Notice           string `json:"notice"`
}

type shown struct{ Prompt *prompt }

// phoneDo calls the phones' interface and answers the status.
func (s *sandbox) phoneDo(t *testing.T, method string, who subscriber, what string, body, into any) int {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.Handset+"/subscribers/"+who.Number+"/"+what, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// asked waits until the phone asks, or asks no more.
func (s *sandbox) asked(t *testing.T, who subscriber, want bool) prompt {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		var now shown
		s.phoneDo(t, http.MethodGet, who, "screen", nil, &now)
		if want && now.Prompt != nil {
			return *now.Prompt
		}
		if !want && now.Prompt == nil {
			return prompt{}
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatalf("the phone asks: %v", !want)
	return prompt{}
}

// reply presses a key of the phone, and answers what it shows then.
func (s *sandbox) reply(t *testing.T, who subscriber, id, action, pin string, want int) *prompt {
	t.Helper()
	var then shown
	if status := s.phoneDo(t, http.MethodPost, who, "answer", map[string]string{"id": id, "action": action, "pin": pin}, &then); status != want {
		t.Fatalf("%s: %d, want %d", action, status, want)
	}
	return then.Prompt
}

type cardSeen struct {
	ICCID        string `json:"iccid"`
	Counter      uint64 `json:"ota_counter"`
	SIMTries     int    `json:"sim_pin_tries"`
	SigningTries int    `json:"signing_pin_tries"`
}

func (s *sandbox) card(t *testing.T, who subscriber) (c cardSeen) {
	t.Helper()
	s.phoneDo(t, http.MethodGet, who, "card", nil, &c)
	return c
}

// TestTransferOnThePhone: the phone shows payee, account and amount; a wrong PIN costs a try; the right one signs.
func TestTransferOnThePhone(t *testing.T) {
	s := startSandbox(t)
	b, who := s.bank(t), s.Subscribers[1]
	before := s.card(t, who)
	asked := b.ask(t, who, transferOf("48000.00"))
	if asked.Status != http.StatusCreated {
		t.Fatalf("%+v", asked)
	}
	p := s.asked(t, who, true)
	for _, part := range []string{"【转账确认】", "张伟", "6217 0000 1000 1234 567", "¥48,000.00", "货款"} {
		if !strings.Contains(p.Text, part) {
			t.Errorf("the phone does not show %s:\n%s", part, p.Text)
		}
	}
	if p.Kind != "transaction" || p.VerificationCode != asked.VerificationCode || len(p.VerificationCode) != 4 {
		t.Errorf("%+v, and the bank shows %s", p, asked.VerificationCode)
	}
	s.reply(t, who, "prm_elsewhere", "confirm", who.SigningPIN, http.StatusNotFound)
	s.reply(t, who, p.ID, "confirm", "1", http.StatusBadRequest)
	s.reply(t, who, p.ID, "sign", who.SigningPIN, http.StatusBadRequest)
	again := s.reply(t, who, p.ID, "confirm", "000000", http.StatusOK)
	if again == nil || again.ID == p.ID || again.Text != p.Text || again.Notice == "" || again.VerificationCode != p.VerificationCode {
		t.Fatalf("after a wrong PIN: %+v", again)
	}
	if c := s.card(t, who); c.SigningTries != 2 || c.SIMTries != 3 || c.Counter <= before.Counter || c.ICCID != who.ICCID {
		t.Errorf("%+v", c)
	}
	s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusNotFound)
	if left := s.reply(t, who, again.ID, "confirm", who.SigningPIN, http.StatusOK); left != nil {
		t.Errorf("the phone asks again: %+v", left)
	}
	if end := b.ended(t, asked); end.State != "signed" {
		t.Errorf("%+v", end)
	}
	if c := s.card(t, who); c.SigningTries != 3 {
		t.Errorf("%+v", c)
	}
}

// TestWaysNotToSign: refused, ignored, taken back by the bank, blocked, absent, another card.
func TestWaysNotToSign(t *testing.T) {
	s := startSandbox(t)
	b := s.bank(t)
	for i, c := range []struct {
		name         string
		do           func(t *testing.T, who subscriber, asked transaction)
		state, cause string
	}{
		{"refused", func(t *testing.T, who subscriber, _ transaction) {
			s.reply(t, who, s.asked(t, who, true).ID, "cancel", "", http.StatusOK)
		}, "refused", ""},
		{"ignored", func(t *testing.T, who subscriber, _ transaction) {
			s.reply(t, who, s.asked(t, who, true).ID, "ignore", "", http.StatusOK)
		}, "unanswered", ""},
		{"taken back", func(t *testing.T, who subscriber, asked transaction) {
			s.asked(t, who, true)
			b.transaction(t, http.MethodPost, "/simshield/v1/transactions/"+asked.ID+"/cancel", "{}")
			s.asked(t, who, false)
		}, "cancelled", "party"},
		{"blocked", func(t *testing.T, who subscriber, _ transaction) {
			id := s.asked(t, who, true).ID
			for range 2 {
				id = s.reply(t, who, id, "confirm", "000000", http.StatusOK).ID
			}
			if left := s.reply(t, who, id, "confirm", "000000", http.StatusOK); left != nil {
				t.Errorf("%+v", left)
			}
		}, "blocked", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := s.Subscribers[2+i]
			asked := b.ask(t, who, transferOf("48000.00"))
			c.do(t, who, asked)
			if end := b.ended(t, asked); end.State != c.state || !strings.Contains(end.Cause, c.cause) {
				t.Errorf("%+v", end)
			}
		})
	}
	t.Run("absent", func(t *testing.T) {
		who := s.Subscribers[8]
		var now map[string]bool
		if status := s.phoneDo(t, http.MethodPost, who, "device", map[string]bool{"online": false}, &now); status != http.StatusOK || now["online"] {
			t.Fatalf("%d %v", status, now)
		}
		if end := b.ended(t, b.ask(t, who, transferOf("1.00"))); end.State != "failed" || !strings.Contains(end.Cause, "absent") {
			t.Errorf("%+v", end)
		}
		s.phoneDo(t, http.MethodPost, who, "device", map[string]bool{"online": true}, &now)
		asked := b.ask(t, who, transferOf("1.00"))
		s.reply(t, who, s.asked(t, who, true).ID, "confirm", who.SigningPIN, http.StatusOK)
		if end := b.ended(t, asked); end.State != "signed" {
			t.Errorf("switched on again: %+v", end)
		}
	})
	t.Run("another card", func(t *testing.T) {
		who := s.Subscribers[9]
		now := s.operator(t, who.Number, "new-sim", "")
		if now.ICCID == who.ICCID || s.card(t, who).ICCID != now.ICCID {
			t.Errorf("%+v", now)
		}
		if got := b.ask(t, who, transferOf("1.00")); got.Status < 400 || got.ID != "" {
			t.Errorf("%+v", got)
		}
	})
}

// TestAnotherCardIsRegisteredAgain: the bank hands out a code, the person enters it and the PINs of the new card, and it signs.
func TestAnotherCardIsRegisteredAgain(t *testing.T) {
	s := startSandbox(t)
	b, who := s.bank(t), s.Subscribers[1]
	if watch := s.operator(t, who.Number, "add-sim", ""); watch.ICCID == who.ICCID || watch.SigningPIN == "" || s.card(t, who).ICCID != who.ICCID {
		t.Errorf("a further card: %+v", watch)
	}
	now := s.operator(t, who.Number, "new-sim", "")
	body, _ := json.Marshal(map[string]any{"phone_number": who.Number, "application": "bank", "kinds": []string{"login", "transaction"},
		"algorithm": "SM2", "identified": "counter", "subject": map[string]string{"country": "CN", "common_name": "王小明"}})
	var r struct{ ID, State, Cause, Code string }
	b.call(t, http.MethodPost, "/simshield/v1/registrations", string(body), &r)
	for _, pin := range []string{now.LoginPIN, now.SigningPIN} {
		p := s.asked(t, who, true)
		if p.Kind != "registration" || !strings.Contains(p.Text, "【密钥开通】") {
			t.Fatalf("%+v", p)
		}
		next := s.reply(t, who, p.ID, "confirm", r.Code, http.StatusOK)
		if next == nil || next.VerificationCode == "" {
			t.Fatalf("%+v", next)
		}
		s.reply(t, who, next.ID, "confirm", pin, http.StatusOK)
	}
	for r.State != "done" {
		if b.call(t, http.MethodGet, "/simshield/v1/registrations/"+r.ID, "", &r); r.State == "failed" {
			t.Fatalf("%+v", r)
		}
		<-time.After(20 * time.Millisecond)
	}
	asked := b.ask(t, who, transferOf("1.00"))
	s.reply(t, who, s.asked(t, who, true).ID, "confirm", now.SigningPIN, http.StatusOK)
	if end := b.ended(t, asked); end.State != "signed" {
		t.Errorf("%+v", end)
	}
}

// TestQuestionsOutliveAKill: what was on a screen is back, and what a person has signed is not asked again.
func TestQuestionsOutliveAKill(t *testing.T) {
	t.Parallel() // most of it is waiting
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		b, open, signed := s.bank(t), s.Subscribers[1], s.Subscribers[2]
		waiting, done := b.ask(t, open, transferOf("1.00")), b.ask(t, signed, transferOf("2.00"))
		before := s.asked(t, open, true)
		s.reply(t, signed, s.asked(t, signed, true).ID, "confirm", signed.SigningPIN, http.StatusOK)
		s.kill()
		s.start(t)
		b.issuer = s.Issuer
		if end := b.ended(t, done); end.State != "signed" {
			t.Errorf("what was signed is %+v", end)
		}
		p := s.asked(t, open, true)
		if p.Text != before.Text || p.VerificationCode != before.VerificationCode {
			t.Errorf("shown again: %+v", p)
		}
		s.reply(t, open, p.ID, "confirm", open.SigningPIN, http.StatusOK)
		if end := b.ended(t, waiting); end.State != "signed" {
			t.Errorf("what was open is %+v", end)
		}
	})
}

// TestPhoneInABrowser: the page of a phone, without scripts, in Chinese.
func TestPhoneInABrowser(t *testing.T) {
	s := startSandbox(t)
	b, who := s.bank(t), s.Subscribers[1]
	browser := chromium(t)
	p := newTab(t, browser, "zh-CN,zh;q=0.9")
	p.open(s.Handset)
	p.wants("138****0001", "138****0024")
	p.picture("phones")
	p.press(`a[href$="0002"]`)
	p.wants("没有待确认的请求", who.ICCID)
	p.picture("phone-idle")
	asked := b.ask(t, who, transferOf("5000000.00"))
	s.asked(t, who, true)
	p = newTab(t, browser, "zh-CN,zh;q=0.9") // the page without a question comes again by itself, also in the middle of a step to elsewhere
	p.open(s.Handset + "/subscribers/" + who.Number)
	p.wants("【转账确认】", "张伟", "¥5,000,000.00", "大额转账，请再次核对", asked.VerificationCode, `type="password"`)
	p.publish("phone-transfer")
	p.enter("#pin", "000000")
	p.press(`button[value="confirm"]`)
	p.wants("密码错误，还可输入 2 次", "张伟")
	p.publish("phone-wrong-pin")
	p.enter("#pin", who.SigningPIN)
	p.press(`button[value="confirm"]`)
	p.wants("已提交")
	p.picture("phone-sent")
	if end := b.ended(t, asked); end.State != "signed" {
		t.Errorf("%+v", end)
	}
	login := b.ask(t, who, map[string]any{"login": map[string]any{"challenge": bytes.Repeat([]byte{5}, 32)}})
	s.asked(t, who, true)
	p = newTab(t, browser, "zh-CN,zh;q=0.9")
	p.open(s.Handset + "/subscribers/" + who.Number)
	p.wants("【登录确认】", "登录密码", login.VerificationCode)
	p.picture("phone-login")
	p.press(`button[value="cancel"]`)
	p.wants("已拒绝")
}
