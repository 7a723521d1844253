package simshield

import (
	"fmt"
	"time"

	"simtrust"
)

// Reasons of a refusal by policy, all of simtrust.KindDenied.
const (
	ReasonCurrency            = "currency_refused"          // not the policy's currency
	ReasonCertificateRequired = "bank_certificate_required" // above the day's free sum only a bank certificate's key may confirm
	ReasonItemLimit           = "item_limit"
	ReasonDayLimit            = "day_limit"
	ReasonCoolingLimit        = "cooling_limit" // the lower limit soon after a change of card, or a suspicion
)

// Identified says how a person was identified when the key was enrolled. Limits depend on it.
type Identified string

// The ways of identification.
const (
	AtCounter Identified = "counter"
	Remotely  Identified = "remote"
)

// Ceiling bounds transfers: the single one, and the sum of a day. In minor units.
type Ceiling struct {
	Item int64 `yaml:"item"`
	Day  int64 `yaml:"day"`
}

// Policy is what a bank may have confirmed by SIM. Amounts are in minor units of Currency; a day is one of Zone.
type Policy struct {
	Currency string         `yaml:"currency"`
	Zone     *time.Location `yaml:"-"`
	// FreeDay is the sum of a day above which only a key with a bank certificate may confirm (PBoC circular 261/2016). Transfers
	// between a customer's own accounts in the same bank are exempt.
	FreeDay int64 `yaml:"free_day"`
	// RemindPerson and RemindUnit are the sums of a day above which the prompt carries the reminder of a large amount (the same
	// circular).
	RemindPerson int64 `yaml:"remind_person"`
	RemindUnit   int64 `yaml:"remind_unit"`
	// Ceilings bound what one shield confirms for one bank, by how its holder was identified, and what it adds to: the account's day, by
	// whichever shield or channel. Between a customer's own accounts the shield's own sum alone counts.
	Ceilings map[Identified]Ceiling `yaml:"ceilings"`
	// Cooling is how long the lower ceiling Cooled holds after a card was replaced, and after theft was suspected.
	Cooling time.Duration `yaml:"cooling"`
	Cooled  Ceiling       `yaml:"cooled"`
}

// DefaultPolicy follows PBoC circular 261/2016, and the ceilings that banks state for shields on a SIM card: CNY 5,000,000 where the
// holder came to the counter, CNY 200,000 where not.
func DefaultPolicy(zone *time.Location) Policy {
	const yuan = 100
	return Policy{
		Currency: "CNY", Zone: zone, FreeDay: 50_000 * yuan, RemindPerson: 300_000 * yuan, RemindUnit: 1_000_000 * yuan,
		Ceilings: map[Identified]Ceiling{
			AtCounter: {Item: 5_000_000 * yuan, Day: 5_000_000 * yuan},
			Remotely:  {Item: 200_000 * yuan, Day: 200_000 * yuan},
		},
		Cooling: 24 * time.Hour, Cooled: Ceiling{Item: 50_000 * yuan, Day: 50_000 * yuan},
	}
}

// Day is the policy's day at an instant, such as 2026-03-01.
func (p Policy) Day(at time.Time) string { return at.In(p.Zone).Format(time.DateOnly) }

// payment is what the policy looks at in a transfer.
type payment struct {
	amount   int64
	currency string
	// own: between the customer's own accounts in the same bank. unit: the customer is an organisation.
	own, unit bool
	// others is the day's sum of the bank's other channels, as the bank says.
	others int64
	at     time.Time
}

// signer is what the policy looks at in the key that is to confirm.
type signer struct {
	identified Identified
	// bank: its certificate is one of the bank line.
	bank bool
	// cooledFrom is when the card that the key is in replaced another, or what was thought stolen came back into use; zero: neither.
	cooledFrom time.Time
}

// sums are a day's transfers within one bank that are signed or being confirmed, this one included.
type sums struct {
	customer int64 // of the customer's account, by whichever shield; without those to the customer's own accounts
	shield   int64 // by the card
}

// decide allows a transfer or says why not, and whether the prompt carries the reminder of a large amount.
func (p Policy) decide(t payment, s signer, day sums) (remind bool, err error) {
	if t.currency != p.Currency {
		return false, refused(ReasonCurrency, "transfers are confirmed in %s, not %s", p.Currency, t.currency)
	}
	account := day.customer + t.others
	if err := p.bound(t, s, day.shield, account); err != nil {
		return false, err
	}
	if !t.own && !s.bank && account > p.FreeDay {
		return false, refused(ReasonCertificateRequired, "the day's transfers would be above what a key without bank certificate may confirm")
	}
	if t.own {
		account += t.amount // of large amounts the customer is reminded wherever they go
	}
	if t.unit {
		return account > p.RemindUnit, nil
	}
	return account > p.RemindPerson, nil
}

// bound holds a transfer to the ceilings: for itself, and for what the shield and the account come to in the day.
func (p Policy) bound(t payment, s signer, shield, account int64) error {
	if t.own {
		account = 0
	}
	if until := s.cooledFrom.Add(p.Cooling); !s.cooledFrom.IsZero() && t.at.Before(until) && (t.amount > p.Cooled.Item || max(shield, account) > p.Cooled.Day) {
		return refused(ReasonCoolingLimit, "the card is new, or was thought to be stolen: until %s the limit is lower", until.UTC().Format(time.RFC3339))
	}
	ceiling := p.Ceilings[s.identified]
	switch {
	case t.amount > ceiling.Item:
		return refused(ReasonItemLimit, "a single transfer above the ceiling of this shield")
	case shield > ceiling.Day:
		return refused(ReasonDayLimit, "the day's transfers would be above the ceiling of this shield")
	case account > ceiling.Day:
		return refused(ReasonDayLimit, "the day's transfers of the account, by all shields and channels, would be above the ceiling of this shield")
	}
	return nil
}

func refused(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindDenied, Reason: reason, Op: "simshield.confirm", Msg: fmt.Sprintf(format, args...)}
}
