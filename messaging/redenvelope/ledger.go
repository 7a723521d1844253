package redenvelope

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"simtrust"
	"simtrust/internal/sqldb"
)

// entry moves an amount from one account to another.
type entry struct {
	debit, credit, ref string
	amount, number, at int64
}

// id names an entry by its accounts and its reference, of which there is one at most.
func (e entry) id() string {
	sum := sha256.Sum256([]byte(e.debit + " " + e.credit + " " + e.ref)) // none has a space
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// operatorAccount is where all comes from. It has no row: what it has spent is what all others hold.
func operatorAccount(a Asset) string { return "operator/" + a.Unit }

func chatbotAccount(chatbot, unit string) string { return chatbot + "/" + unit }

// Funding is what the operator puts into a chatbot's account.
type Funding struct {
	Chatbot string
	// Key makes the request repeatable, among all fundings of the unit to the chatbot.
	Key string
	Asset
	Amount int64
}

func (f Funding) check() error {
	switch {
	case !keyed(f.Key):
		return errKey
	case !f.known():
		return fault(simtrust.KindInvalid, ReasonFunding, "kind: money with a currency (CNY, HKD, MOP, USD, EUR), or data with a unit (KB, MB)")
	case f.Amount < 1 || f.Amount > maxBudget:
		return fault(simtrust.KindInvalid, ReasonFunding, "amount: 1 to 10^15")
	}
	return nil
}

// Fund puts an amount into a chatbot's account, once for a key, and returns what is in it then. Errors: KindInvalid; KindNotFound for a
// chatbot that there is not; KindConflict with [ReasonKeyUsed] where the key stands for another amount; KindUnavailable.
func (s *Service) Fund(ctx context.Context, f Funding) (balance int64, err error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	if _, err := s.Chatbots.Client(ctx, f.Chatbot); err != nil {
		return 0, err
	}
	e := entry{debit: operatorAccount(f.Asset), credit: chatbotAccount(f.Chatbot, f.Unit), ref: f.Key, amount: f.Amount, at: s.Now().UnixMilli()}
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		fresh, err := insertEntry(ctx, tx, e)
		if err != nil {
			return err
		}
		if !fresh {
			balance, err = fundedBefore(ctx, tx, e)
			return err
		}
		balance, err = putInto(ctx, tx, e.credit, f.Amount)
		return err
	})
	return balance, err
}

// fundedBefore answers a repeated request.
func fundedBefore(ctx context.Context, tx *sqldb.Tx, e entry) (balance int64, err error) {
	amount, err := amountOf(ctx, tx, e)
	if err == nil && amount != e.amount {
		err = errKeyUsed
	}
	if err != nil {
		return 0, err
	}
	return balanceOf(ctx, tx, e.credit)
}

// Account is what the operator holds for a chatbot.
type Account struct {
	Chatbot string
	Asset
	Balance int64
}
