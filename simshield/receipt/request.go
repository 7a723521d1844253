package receipt

import (
	"bytes"
	"errors"
	"fmt"

	"simtrust/internal/keys"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// checkRequest verifies the party's signature under its request.
func (v *verification) checkRequest() (string, error) {
	if v.Request == "" {
		if v.kind == applet.KindTransaction {
			return "", errors.New("no signed request: a transaction is never without one")
		}
		return "", undecided("The party asked by a protocol that has no signed requests.")
	}
	var clients keys.Clients
	set, err := clients.Of(v.Party, v.JWKS)
	if err != nil {
		return "", errors.New("the party's keys are not a JWK set")
	}
	r, algorithm, err := request.Read(v.Request, set.Keyfunc)
	switch {
	case errors.Is(err, request.ErrUnsigned):
		return "", errors.New("the request is not signed by one of the party's keys")
	case err != nil:
		return "", err
	case r.Issuer != v.Party:
		return "", errors.New("the request is by another party")
	}
	v.asked = r
	return fmt.Sprintf("%s (client %s) asked, in a request that one of its keys signed (%s).", v.PartyName, v.Party, algorithm), nil
}

// checkTerms holds the statement against the request, field by field.
func (v *verification) checkTerms() (string, error) {
	switch {
	case v.Statement == nil:
		return "", undecided("The card signed a hash from outside: what it stands for is for the party to show.")
	case v.asked == nil:
		return "", undecided("There is no signed request to hold the statement against.")
	case v.prompt == nil:
		return "", undecided("There is no statement to hold against the request.")
	}
	if field := differs(v.asked, v.prompt.Statement); field != "" {
		return "", errors.New("the statement is not what the party asked for: " + field)
	}
	return "What the person confirmed is what the party asked for: " + summary(v.prompt.Statement.Subject) + ".", nil
}

// differs names the first field of a statement that is not as the request has it; "": none. The reminder of a large amount is the policy's.
func differs(r *request.Request, s applet.Statement) string {
	language, known := r.Tongue()
	switch {
	case !known || language != s.Language:
		return "language"
	case !r.NotAfter.IsZero() && s.NotAfter.After(r.NotAfter):
		return "not_after"
	}
	asked, err := r.Subject()
	if err != nil {
		return "it cannot be shown"
	}
	switch confirmed := s.Subject.(type) {
	case applet.Transfer:
		asked, ok := asked.(applet.Transfer)
		if !ok {
			return "it is a transfer"
		}
		return differsTransfer(asked, confirmed)
	case applet.Document:
		asked, ok := asked.(applet.Document)
		switch {
		case !ok:
			return "it is a document"
		case asked.Title != confirmed.Title:
			return "title"
		case asked.Algorithm != confirmed.Algorithm || !bytes.Equal(asked.Hash, confirmed.Hash):
			return "hash"
		}
	case applet.Login:
		if asked, ok := asked.(applet.Login); !ok || !bytes.Equal(asked.Challenge, confirmed.Challenge) {
			return "challenge"
		}
	}
	return ""
}

func differsTransfer(asked, confirmed applet.Transfer) string {
	switch {
	case asked.Order != confirmed.Order:
		return "order"
	case asked.Amount != confirmed.Amount:
		return "amount and currency"
	case asked.PayeeName != confirmed.PayeeName:
		return "payee_name"
	case asked.PayeeAccount != confirmed.PayeeAccount:
		return "payee_account"
	case asked.Memo != confirmed.Memo:
		return "memo"
	case !asked.Time.Equal(confirmed.Time):
		return "time"
	case (asked.Batch == nil) != (confirmed.Batch == nil), asked.Batch != nil && *asked.Batch != *confirmed.Batch:
		return "batch"
	}
	return ""
}

func summary(s applet.Subject) string {
	switch subject := s.(type) {
	case applet.Transfer:
		if subject.Batch != nil {
			return fmt.Sprintf("order %s, %s in all to %d payees, by a list with SHA-256 %x", subject.Order, subject.Amount, subject.Batch.Count, subject.Batch.List)
		}
		return fmt.Sprintf("order %s, %s to %s, account %s", subject.Order, subject.Amount, subject.PayeeName, subject.PayeeAccount)
	case applet.Document:
		return fmt.Sprintf("the document %s with %s %x", subject.Title, subject.Algorithm, subject.Hash)
	}
	return "a log-in"
}
