package applet

import "time"

// Most characters of the fields. Each fits a page of UCS-2 together with its label.
const (
	MaxParty     = 30
	MaxPayeeName = 60
	MaxAccount   = 34 // ISO 13616
	MaxOrder     = 40
	MaxMemo      = 60
	MaxTitle     = 100
	MaxText      = 100
)

func checkStatement(s Statement) error {
	if err := checkText("party", s.Party, 1, MaxParty); err != nil {
		return err
	}
	if err := checkTime("not_after", s.NotAfter); err != nil {
		return err
	}
	switch subject := s.Subject.(type) {
	case Transfer:
		return subject.check()
	case Document:
		return subject.check()
	case Login:
		if n := len(subject.Challenge); n < 16 || n > 64 {
			return refuseField("challenge", ReasonForm, "not 16 to 64 octets")
		}
		return nil
	}
	return refuseField("subject", ReasonMissing, "nothing to confirm")
}

func (t Transfer) check() error {
	if err := checkForm("order", t.Order, MaxOrder, orderCharacter); err != nil {
		return err
	}
	if err := t.checkPayee(); err != nil {
		return err
	}
	if err := t.Amount.check(); err != nil {
		return err
	}
	if err := checkText("memo", t.Memo, 0, MaxMemo); err != nil {
		return err
	}
	return checkTime("time", t.Time)
}

func (t Transfer) checkPayee() error {
	if t.Batch == nil {
		if err := checkText("payee_name", t.PayeeName, 1, MaxPayeeName); err != nil {
			return err
		}
		return checkForm("payee_account", t.PayeeAccount, MaxAccount, accountCharacter)
	}
	if t.PayeeName != "" || t.PayeeAccount != "" {
		return refuseField("payee_name", ReasonForm, "a batch names its payees in its list")
	}
	if t.Batch.Count == 0 {
		return refuseField("batch_count", ReasonForm, "a batch of nobody")
	}
	return nil
}

func (d Document) check() error {
	if err := checkText("title", d.Title, 1, MaxTitle); err != nil {
		return err
	}
	if d.Algorithm.Size() == 0 || len(d.Hash) != d.Algorithm.Size() {
		return refuseField("hash", ReasonForm, "not a hash by its algorithm")
	}
	return nil
}

func checkSignHash(c SignHash) error {
	if c.Kind != KindLogin && c.Kind != KindDocument {
		return refuseField("kind", ReasonForm, "a hash from outside is for login and document keys only")
	}
	if err := checkText("party", c.Party, 1, MaxParty); err != nil {
		return err
	}
	if err := checkText("text", c.Text, 0, MaxText); err != nil {
		return err
	}
	if err := checkTime("not_after", c.NotAfter); err != nil {
		return err
	}
	if c.Algorithm.Size() == 0 || len(c.Hash) != c.Algorithm.Size() {
		return refuseField("hash", ReasonForm, "not a hash by its algorithm")
	}
	return nil
}

// checkTime wants whole seconds from 1970 to 9999, as both the wire and GeneralizedTime have them.
func checkTime(name string, at time.Time) error {
	if at.Nanosecond() != 0 || at.Unix() <= 0 || at.UTC().Year() > 9999 {
		return refuseField(name, ReasonForm, "not an instant in whole seconds")
	}
	return nil
}

func checkForm(name, value string, most int, allowed func(byte) bool) error {
	if value == "" {
		return refuseField(name, ReasonMissing, "says nothing")
	}
	if len(value) > most {
		return refuseField(name, ReasonTooLong, "longer than its line")
	}
	for _, c := range []byte(value) {
		if !allowed(c) {
			return refuseField(name, ReasonForm, "a character that is not allowed there")
		}
	}
	return nil
}

func accountCharacter(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' }

func orderCharacter(c byte) bool {
	return accountCharacter(c) || c >= 'a' && c <= 'z' || c == '-' || c == '_' || c == '.' || c == '/'
}
