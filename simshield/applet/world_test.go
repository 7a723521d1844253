package applet_test

import (
	"bytes"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield/applet"
)

var (
	now   = time.Date(2026, 11, 22, 9, 0, 5, 0, time.UTC)
	txn   = applet.ID(bytes.Repeat([]byte{0x1D}, 16))
	nonce = [16]byte(bytes.Repeat([]byte{0x40}, 16))
	hash  = bytes.Repeat([]byte{0xAB, 0x12}, 16)
)

func transfer() applet.Transfer {
	return applet.Transfer{Order: "T20261122-0001", PayeeName: "王小明", PayeeAccount: "6222021234567890123",
		Amount: applet.Amount{Minor: 4_800_000, Currency: "CNY"}, Memo: "货款 11月", Time: now}
}

func batch() applet.Transfer {
	t := transfer()
	t.PayeeName, t.PayeeAccount, t.Reminder = "", "", true
	t.Amount.Minor = 500_000_000
	t.Batch = &applet.Batch{Count: 12, List: [32]byte(hash)}
	return t
}

func about(s applet.Subject) applet.Statement {
	return applet.Statement{Party: "某某银行", ID: txn, Nonce: nonce, NotAfter: now.Add(2 * time.Minute), Subject: s}
}

func inEnglish(s applet.Statement) applet.Statement {
	s.Party, s.Language = "First Bank", applet.English
	return s
}

func document() applet.Document {
	return applet.Document{Title: "采购合同（第2版）.pdf", Algorithm: applet.SHA256, Hash: hash}
}

// statements are one of each form.
func statements() map[string]applet.Statement {
	return map[string]applet.Statement{
		"transfer": about(transfer()), "batch": about(batch()), "document": about(document()),
		"login": about(applet.Login{Challenge: hash}), "english": inEnglish(about(transfer())),
	}
}

func signHash() applet.SignHash {
	return applet.SignHash{ID: txn, Kind: applet.KindLogin, Party: "某某银行", Text: "登录网上银行", NotAfter: now, Algorithm: applet.SHA256, Hash: hash}
}

func enrol() applet.Enrol {
	return applet.Enrol{ID: txn, Kind: applet.KindTransaction, Algorithm: applet.SM2, Party: "某某银行", Challenge: nonce}
}

func compose(t testing.TB, s applet.Statement) *applet.Prompt {
	t.Helper()
	p, err := s.Compose()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantRefused(t *testing.T, err error, reason, field string) {
	t.Helper()
	if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != reason || applet.FieldOf(err) != field {
		t.Errorf("got %v (%s of %q), want %s of %q", err, simtrust.ReasonOf(err), applet.FieldOf(err), reason, field)
	}
}
