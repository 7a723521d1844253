package softsim_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/handset"
	"simtrust/simshield/softsim/usat"
)

func TestConfirmTransfer(t *testing.T) {
	for _, a := range []applet.Algorithm{applet.P256, applet.SM2} {
		t.Run(a.String(), func(t *testing.T) {
			b := newBench(t, newCard(t))
			e := b.enrol(applet.KindTransaction, a)
			b.person.seen, b.person.inputs = nil, nil
			statement := transfer(1)
			r := b.want(applet.Confirm{Statement: statement}, applet.Signed)
			if r.Tries != 3 {
				t.Errorf("%d tries left", r.Tries)
			}
			if err := verify(t, e, a, statement, r.Signature); err != nil {
				t.Error(err)
			}
			prompt, err := statement.Compose()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(b.person.seen, "\n"); got != prompt.Text {
				t.Errorf("shown %q, want %q", got, prompt.Text)
			}
			ask := b.person.inputs[0]
			if !ask.Hidden || !ask.Digits || !strings.Contains(ask.Text, prompt.VerificationCode(a)) {
				t.Errorf("asked %+v", ask)
			}
		})
	}
}

// TestEnglish is shown in the GSM alphabet, on a telephone that has no other.
func TestEnglish(t *testing.T) {
	b := signer(t)
	b.phone.Profile = usat.NewProfile(usat.SMSDownload, usat.DisplaysText, usat.GetsInput, usat.SendsShortMessage)
	b.powerOn()
	s := transfer(1)
	s.Party, s.Language = "Sample Bank", applet.English
	s.Subject = applet.Transfer{Order: "ORD-1", PayeeName: "Jane Doe", PayeeAccount: "DE02120300000000202051", Amount: applet.Amount{Minor: 4800000, Currency: "CNY"}, Time: now}
	b.want(applet.Confirm{Statement: s}, applet.Signed)
	prompt, err := s.Compose()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.person.seen, "\n"); got != prompt.Text || !strings.Contains(got, "¥48,000.00") {
		t.Errorf("shown %q, want %q", got, prompt.Text)
	}
	b.want(applet.Confirm{Statement: transfer(2)}, applet.HandsetUnable)
}

// TestAttackChangedTransfer: the signature over one transfer is none over another.
func TestAttackChangedTransfer(t *testing.T) {
	b := newBench(t, newCard(t))
	e := b.enrol(applet.KindTransaction, applet.SM2)
	signed := b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed).Signature
	change := map[string]func(*applet.Statement, *applet.Transfer){
		"payee":     func(_ *applet.Statement, t *applet.Transfer) { t.PayeeName = "王大明" },
		"account":   func(_ *applet.Statement, t *applet.Transfer) { t.PayeeAccount = "6222021234567890124" },
		"amount":    func(_ *applet.Statement, t *applet.Transfer) { t.Amount.Minor++ },
		"currency":  func(_ *applet.Statement, t *applet.Transfer) { t.Amount.Currency = "USD" },
		"memo":      func(_ *applet.Statement, t *applet.Transfer) { t.Memo = "房租2" },
		"order":     func(_ *applet.Statement, t *applet.Transfer) { t.Order += "0" },
		"time":      func(_ *applet.Statement, t *applet.Transfer) { t.Time = t.Time.Add(time.Second) },
		"reminder":  func(_ *applet.Statement, t *applet.Transfer) { t.Reminder = true },
		"party":     func(s *applet.Statement, _ *applet.Transfer) { s.Party = "模拟银亍" },
		"id":        func(s *applet.Statement, _ *applet.Transfer) { s.ID[15]++ },
		"nonce":     func(s *applet.Statement, _ *applet.Transfer) { s.Nonce[15]++ },
		"not after": func(s *applet.Statement, _ *applet.Transfer) { s.NotAfter = s.NotAfter.Add(time.Second) },
	}
	for name, f := range change {
		t.Run(name, func(t *testing.T) {
			s := transfer(1)
			subject := s.Subject.(applet.Transfer)
			f(&s, &subject)
			s.Subject = subject
			if err := verify(t, e, applet.SM2, s, signed); err == nil {
				t.Error("the signature verifies")
			}
		})
	}
}

// TestKindsAreApart: a login, a document and a transfer are signed by three keys.
func TestKindsAreApart(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindLogin, applet.P256)
	login := transfer(1)
	login.Subject = applet.Login{Challenge: make([]byte, 32)}
	document := transfer(2)
	document.Subject = applet.Document{Title: "合同", Algorithm: applet.SHA256, Hash: make([]byte, 32)}

	b.want(applet.Confirm{Statement: document}, applet.NoKey)
	b.want(applet.Confirm{Statement: transfer(3)}, applet.NoKey)
	b.person.pins = []string{loginPIN}
	b.want(applet.Confirm{Statement: login}, applet.Signed)

	signing := b.enrol(applet.KindTransaction, applet.P256)
	b.want(applet.Confirm{Statement: document}, applet.NoKey)
	r := b.want(applet.Confirm{Statement: transfer(3)}, applet.Signed)
	if err := verify(t, signing, applet.P256, transfer(3), r.Signature); err != nil {
		t.Error(err)
	}
}

// TestAttackForeignApplet: the keys of one applet are not those of another.
func TestAttackForeignApplet(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	for _, app := range []applet.Application{applet.EID, applet.Enterprise} {
		b.app = app
		b.want(applet.Confirm{Statement: transfer(1)}, applet.NoKey)
	}
}

func TestSignHash(t *testing.T) {
	b := newBench(t, newCard(t))
	e := b.enrol(applet.KindDocument, applet.P256)
	hash := sha256.Sum256([]byte("a contract"))
	b.person.inputs = nil
	command := applet.SignHash{ID: applet.ID{9}, Kind: applet.KindDocument, Party: "模拟法院", Text: "合同 42", NotAfter: now.Add(time.Minute),
		Algorithm: applet.SHA256, Hash: hash[:]}
	r := b.want(command, applet.Signed)
	key, err := applet.ParsePublicKey(e.PublicKey[:], applet.P256)
	if err != nil {
		t.Fatal(err)
	}
	if err := applet.VerifyDigest(key, applet.P256, applet.SHA256, hash[:], *r.Signature); err != nil {
		t.Error(err)
	}
	if code := applet.VerificationCode(hash[:]); !strings.Contains(b.person.inputs[0].Text, code) {
		t.Errorf("asked %q, without the code %s", b.person.inputs[0].Text, code)
	}
}

// TestAttackHashForTransactionKey: no command has a transaction key sign a hash from outside.
func TestAttackHashForTransactionKey(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	b.person.seen = nil
	command := applet.SignHash{ID: applet.ID{9}, Kind: applet.KindTransaction, Party: "模拟银行", NotAfter: now.Add(time.Minute),
		Algorithm: applet.SHA256, Hash: make([]byte, 32)}
	if r := b.do(command); r.Result != applet.Malformed || len(b.person.seen) > 0 {
		t.Errorf("%v, shown %q", r.Result, b.person.seen)
	}
	command.Kind = applet.KindDocument
	b.want(command, applet.NoKey)
}

func TestMalformedCommands(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	b.person.seen = nil
	misleading := transfer(1)
	misleading.Subject = applet.Transfer{Order: "1", PayeeName: "王\u202e小明", PayeeAccount: "1", Amount: applet.Amount{Minor: 1, Currency: "CNY"}, Time: now}
	valid := applet.Confirm{Statement: transfer(2)}.Append(nil)
	cases := map[string][]byte{
		"nothing":            {},
		"cut short":          valid[:len(valid)-1],
		"followed by more":   append(valid[:len(valid):len(valid)], 0),
		"not a command":      {0xe0, 0x00},
		"a direction mark":   applet.Confirm{Statement: misleading}.Append(nil),
		"a statement of all": applet.Confirm{Statement: applet.Statement{}}.Append(nil),
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			b.deliver(b.packet(data))
			responses := b.settle()
			if len(responses) != 1 || responses[0].Result != applet.Malformed {
				t.Errorf("%+v", responses)
			}
		})
	}
	if len(b.person.seen) > 0 {
		t.Errorf("shown %q", b.person.seen)
	}
}

func TestExpired(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	b.person.seen = nil
	late := transfer(1)
	late.NotAfter = now.Add(-time.Second)
	b.want(applet.Confirm{Statement: late}, applet.Expired)
	last := transfer(2)
	last.NotAfter = now
	b.want(applet.Confirm{Statement: last}, applet.Signed)
}

// TestHandsetUnable: no blind signing where the telephone cannot show the text, ask for the PIN or send the answer.
func TestHandsetUnable(t *testing.T) {
	all := []usat.Facility{usat.SMSDownload, usat.UCS2Display, usat.DisplaysText, usat.GetsInput, usat.SendsShortMessage}
	for without := range all {
		b := newBench(t, newCard(t))
		b.enrol(applet.KindTransaction, applet.P256)
		b.person.seen = nil
		rest := append(append([]usat.Facility(nil), all[:without]...), all[without+1:]...)
		b.phone.Profile = usat.NewProfile(rest...)
		b.powerOn()
		want := applet.HandsetUnable
		if all[without] == usat.SMSDownload {
			want = applet.Signed // it has just shown that it can
		}
		if r := b.do(applet.Confirm{Statement: transfer(1)}); r.Result != want {
			t.Errorf("without %v: %v, want %v", all[without], r.Result, want)
		}
		if want == applet.HandsetUnable && len(b.person.seen) > 0 {
			t.Errorf("without %v: shown %q", all[without], b.person.seen)
		}
	}
}

func TestEndsWithoutSignature(t *testing.T) {
	answers := map[handset.Answer]applet.Result{handset.Cancel: applet.Cancelled, handset.Back: applet.Cancelled, handset.NoResponse: applet.NoResponse}
	for answer, want := range answers {
		b := newBench(t, newCard(t))
		b.enrol(applet.KindTransaction, applet.P256)
		b.person.display = func(string) handset.Answer { return answer }
		b.want(applet.Confirm{Statement: transfer(1)}, want)
		b.person.display = nil
		b.person.input = func(handset.Prompt) (string, handset.Answer) { return signingPIN, answer }
		if answer != handset.Back {
			b.want(applet.Confirm{Statement: transfer(2)}, want)
		}
	}
}

// TestBack goes from the PIN back to the text and forward again.
func TestBack(t *testing.T) {
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	b.person.seen = nil
	asked := 0
	b.person.input = func(handset.Prompt) (string, handset.Answer) {
		if asked++; asked == 1 {
			return "", handset.Back
		}
		return signingPIN, handset.OK
	}
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	if n := len(b.person.seen); b.person.seen[n-1] != b.person.seen[n-2] {
		t.Errorf("shown %q", b.person.seen)
	}
}

// TestAnswerInReport: where the packet asks for no SMS-SUBMIT, an answer that is ready comes in the report of the ENVELOPE.
func TestAnswerInReport(t *testing.T) {
	b := newBench(t, newCard(t))
	b.spi = ota.Default
	report := b.deliver(b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil)))
	if r := b.open(b.reported(report), ota.OK); r.Result != applet.NoKey {
		t.Errorf("%v, want no key", r.Result)
	}
	if got := b.settle(); len(got) > 0 {
		t.Errorf("sent %+v too", got)
	}
}
