package applet_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"simtrust/simshield/applet"
)

func TestTextShown(t *testing.T) {
	other := transfer()
	other.Amount, other.Memo = applet.Amount{Minor: 5_000_000, Currency: "USD"}, ""
	for name, c := range map[string]struct {
		statement applet.Statement
		want      string
	}{
		"transfer": {about(transfer()), "【转账确认】|发起方：某某银行|收款人：王小明|账号：6222 0212 3456 7890 123|金额：¥48,000.00|附言：货款 11月|" +
			"订单号：T20261122-0001|时间：2026-11-22 17:00:05"},
		"batch": {about(batch()), "【批量转账确认】|大额转账，请再次核对|发起方：某某银行|笔数：12|总金额：¥5,000,000.00|清单摘要：AB12 AB12 AB12 AB12|" +
			"附言：货款 11月|订单号：T20261122-0001|时间：2026-11-22 17:00:05"},
		"document": {about(document()), "【文件签署】|发起方：某某银行|文件：采购合同（第2版）.pdf|摘要：AB12 AB12 AB12 AB12"},
		"login":    {about(applet.Login{Challenge: hash}), "【登录确认】|发起方：某某银行"},
		"english": {inEnglish(about(other)), "TRANSFER|From: First Bank|Payee: 王小明|Account: 6222 0212 3456 7890 123|Amount: USD 50,000.00|" +
			"Order: T20261122-0001|Time: 2026-11-22 17:00:05 UTC+8"},
	} {
		t.Run(name, func(t *testing.T) {
			if p := compose(t, c.statement); p.Text != strings.ReplaceAll(c.want, "|", "\n") {
				t.Errorf("shown:\n%s\nwant:\n%s", p.Text, strings.ReplaceAll(c.want, "|", "\n"))
			}
		})
	}
}

func TestTextOfOtherCommands(t *testing.T) {
	signing := signHash()
	signing.Kind, signing.Language, signing.Text = applet.KindDocument, applet.English, ""
	for want, shown := range map[string]interface {
		Compose() (applet.Display, error)
	}{
		"【登录确认】|发起方：某某银行|登录网上银行":        signHash(),
		"DOCUMENT SIGNATURE|From: 某某银行": signing,
		"【密钥开通】|发起方：某某银行|用途：转账签名":       enrol(),
	} {
		d, err := shown.Compose()
		if err != nil || d.Text != strings.ReplaceAll(want, "|", "\n") {
			t.Errorf("shown %q (%v), want %q", d.Text, err, want)
		}
	}
}

func TestPINPrompt(t *testing.T) {
	for want, got := range map[string]applet.Page{
		"校验码 1462\n请输入签名密码":                applet.Chinese.AskPIN(applet.KindTransaction, "1462"),
		"校验码 1462\n请输入登录密码":                applet.Chinese.AskPIN(applet.KindLogin, "1462"),
		"Code 1462\nEnter the signing PIN": applet.English.AskPIN(applet.KindDocument, "1462"),
		"请输入一次性开通码":                        applet.Chinese.AskCode(),
		"Wrong PIN. Tries left: 2":         applet.English.WrongPIN(2),
	} {
		if got.Text != want || len(got.Octets) == 0 {
			t.Errorf("%+v, want %q", got, want)
		}
	}
}

// full is a transfer with every field at its longest, in the worst alphabet.
func full() applet.Statement {
	long := transfer()
	long.Order, long.PayeeName, long.PayeeAccount = strings.Repeat("A", applet.MaxOrder), strings.Repeat("明", applet.MaxPayeeName), strings.Repeat("9", applet.MaxAccount)
	long.Memo, long.Amount, long.Reminder = strings.Repeat("货", applet.MaxMemo), applet.Amount{Minor: 999_999_999_999_999, Currency: "KWD"}, true
	s := about(long)
	s.Party = strings.Repeat("行", applet.MaxParty)
	return s
}

// TestPages: the longest fields fit, no line is parted, and the pages together are the text.
func TestPages(t *testing.T) {
	longest := full()
	english := inEnglish(longest)
	title := about(applet.Document{Title: strings.Repeat("同", applet.MaxTitle), Algorithm: applet.SHA256, Hash: hash})
	for _, s := range []applet.Statement{longest, english, title, inEnglish(title), about(batch())} {
		p := compose(t, s)
		var texts []string
		for _, page := range p.Pages {
			texts = append(texts, page.Text)
			if len(page.Octets) == 0 || len(page.Octets) > applet.MaxPage {
				t.Errorf("a page of %d octets", len(page.Octets))
			}
		}
		if len(p.Pages) > applet.MaxPages || strings.Join(texts, "\n") != p.Text {
			t.Errorf("%d pages, together not the text:\n%s", len(p.Pages), p.Text)
		}
	}
	if n := len(compose(t, longest).Pages); n < 3 {
		t.Errorf("the longest transfer has %d pages", n)
	}
}

// TestAlphabet: the signs of currencies are those of 3GPP TS 23.038, and one Chinese character makes a page UCS-2.
func TestAlphabet(t *testing.T) {
	login := func(party string) applet.Page {
		s := inEnglish(about(applet.Login{Challenge: hash}))
		s.Party = party
		return compose(t, s).Pages[0]
	}
	plain := login("Bank £1 $2 ¥3")
	if want := []byte("LOGIN\nFrom: Bank \x011 \x022 \x033"); plain.DCS != applet.DCSGSM || !bytes.Equal(plain.Octets, want) {
		t.Errorf("%#x %q, want %q", plain.DCS, plain.Octets, want)
	}
	for _, party := range []string{"银行", "a@b", "a_b", "[x]", "a~b", "{", "a\\b", "a^b", "a|b", "`", "é"} {
		page := login(party)
		want := []byte{0, 'L', 0, 'O', 0, 'G', 0, 'I', 0, 'N', 0, '\n'}
		if page.DCS != applet.DCSUCS2 || !bytes.HasPrefix(page.Octets, want) || len(page.Octets) != 2*len([]rune(page.Text)) {
			t.Errorf("%q: %#x %q", party, page.DCS, page.Octets)
		}
	}
}

// TestOneText: equal fields give equal octets, on whatever machine and in whatever zone.
func TestOneText(t *testing.T) {
	s := about(transfer())
	there := transfer()
	there.Time = now.In(time.FixedZone("", -5*3600))
	moved := about(there)
	moved.NotAfter = s.NotAfter.Local()
	if a, b := compose(t, s), compose(t, moved); !bytes.Equal(a.DER, b.DER) {
		t.Errorf("%x\n%x", a.DER, b.DER)
	}
}

// TestAnyFieldChanged: no two of these are the same statement or have the same digest.
func TestAnyFieldChanged(t *testing.T) {
	changes := map[string]func(*applet.Statement, *applet.Transfer){
		"nothing":  func(*applet.Statement, *applet.Transfer) {},
		"party":    func(s *applet.Statement, _ *applet.Transfer) { s.Party = "某某很行" },
		"id":       func(s *applet.Statement, _ *applet.Transfer) { s.ID[15]++ },
		"nonce":    func(s *applet.Statement, _ *applet.Transfer) { s.Nonce[0]++ },
		"notAfter": func(s *applet.Statement, _ *applet.Transfer) { s.NotAfter = s.NotAfter.Add(time.Second) },
		"language": func(s *applet.Statement, _ *applet.Transfer) { s.Language = applet.English },
		"order":    func(_ *applet.Statement, t *applet.Transfer) { t.Order = "T20261122-0002" },
		"name":     func(_ *applet.Statement, t *applet.Transfer) { t.PayeeName = "王小朋" },
		"account":  func(_ *applet.Statement, t *applet.Transfer) { t.PayeeAccount = "6222021234567890124" },
		"amount":   func(_ *applet.Statement, t *applet.Transfer) { t.Amount.Minor++ },
		"currency": func(_ *applet.Statement, t *applet.Transfer) { t.Amount.Currency = "USD" },
		"memo":     func(_ *applet.Statement, t *applet.Transfer) { t.Memo = "" },
		"time":     func(_ *applet.Statement, t *applet.Transfer) { t.Time = t.Time.Add(time.Second) },
		"reminder": func(_ *applet.Statement, t *applet.Transfer) { t.Reminder = true },
		"batch":    func(_ *applet.Statement, t *applet.Transfer) { *t = batch() },
		"count":    func(_ *applet.Statement, t *applet.Transfer) { *t = batch(); t.Batch.Count++ },
		"list":     func(_ *applet.Statement, t *applet.Transfer) { *t = batch(); t.Batch.List[31]++ },
	}
	seen := map[[32]byte]string{}
	for name, change := range changes {
		s, subject := about(nil), transfer()
		change(&s, &subject)
		s.Subject = subject
		for _, a := range []applet.Algorithm{applet.P256, applet.SM2} {
			digest := compose(t, s).Digest(a)
			if other, ok := seen[digest]; ok {
				t.Errorf("%s and %s have one digest", name, other)
			}
			seen[digest] = name
		}
	}
}
