package redenvelope

import (
	"fmt"
	"log/slog"
	"time"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// assetWire is a kind with its unit: money has a currency, data a unit.
type assetWire struct {
	Kind     Kind   `json:"kind"`
	Currency string `json:"currency,omitempty"`
	Unit     string `json:"unit,omitempty"`
}

// asset is of no kind where the member is the wrong one.
func (w assetWire) asset() Asset {
	switch {
	case w.Kind == Money && w.Unit == "":
		return Asset{Money, w.Currency}
	case w.Kind == Data && w.Currency == "":
		return Asset{Data, w.Unit}
	}
	return Asset{}
}

func assetOf(a Asset) assetWire {
	if a.Kind == Money {
		return assetWire{Kind: Money, Currency: a.Unit}
	}
	return assetWire{Kind: a.Kind, Unit: a.Unit}
}

type rulesWire struct {
	MinTenureDays    int64 `json:"min_tenure_days,omitzero"`
	SIMHeldDays      int64 `json:"sim_held_days,omitzero"`
	NumbersPerDevice int64 `json:"numbers_per_device,omitzero"`
}

type (
	createWire struct {
		Chatbot string `json:"chatbot"`
		Key     string `json:"key"`
		assetWire
		Budget   int64         `json:"budget"`
		Shares   int64         `json:"shares"`
		Split    Split         `json:"split"`
		Expires  time.Time     `json:"expires"`
		Rules    rulesWire     `json:"rules,omitzero"`
		Greeting string        `json:"greeting,omitempty"`
		Language gsma.Language `json:"language,omitempty"`
	}
	// campaignWire has budget = claimed + left + refunded. given counts shares, fulfilled those that the operator's systems know of.
	campaignWire struct {
		Campaign string `json:"campaign"`
		State    State  `json:"state"`
		createWire
		Created   time.Time `json:"created"`
		Ended     time.Time `json:"ended,omitzero"`
		Given     int64     `json:"given"`
		Claimed   int64     `json:"claimed"`
		Left      int64     `json:"left"`
		Refunded  int64     `json:"refunded"`
		Fulfilled int64     `json:"fulfilled"`
	}
	nameWire struct {
		Campaign string `path:"campaign" json:"-"`
	}
	pageWire struct {
		nameWire
		After int64 `query:"after" json:"-"`
		Limit int   `query:"limit" json:"-"`
	}
	claimWire struct {
		Number       int64     `json:"number"`
		Conversation string    `json:"conversation"`
		Amount       int64     `json:"amount"`
		Claimed      time.Time `json:"claimed"`
	}
	claimsWire struct {
		Claims []claimWire `json:"claims"`
		// Next is the after of the following page, absent after the last.
		Next int64 `json:"next,omitzero"`
	}
	fundWire struct {
		Chatbot string `json:"chatbot"`
		Key     string `json:"key"`
		assetWire
		Amount int64 `json:"amount"`
	}
	accountWire struct {
		assetWire
		Balance int64 `json:"balance"`
	}
	accountsWire struct {
		Accounts []accountWire `json:"accounts"`
	}
	chatbotWire struct {
		Chatbot string `query:"chatbot" json:"-"`
	}
)

// cardWire sends a campaign's card.
type cardWire struct {
	nameWire
	Key   string         `json:"key,omitempty"`
	To    []string       `json:"to"`
	Class dispatch.Class `json:"class,omitempty"`
}

// Format hides recipients under every verb.
func (w cardWire) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s to %d}", w.Campaign, len(w.To))
}

// LogValue hides them in structured logs.
func (w cardWire) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }

func (w createWire) request() Request {
	return Request{Chatbot: w.Chatbot, Key: w.Key, Asset: w.asset(), Budget: w.Budget, Shares: w.Shares, Split: w.Split, Expires: w.Expires,
		Rules: Rules(w.Rules), Greeting: w.Greeting, Language: w.Language}
}

func wireOf(c Campaign) campaignWire {
	return campaignWire{Campaign: c.ID, State: c.State, Created: c.Created, Ended: c.Ended, Given: c.Given, Claimed: c.Claimed, Left: c.Left,
		Refunded: c.Refunded, Fulfilled: c.Told,
		createWire: createWire{Chatbot: c.Chatbot, Key: c.Key, assetWire: assetOf(c.Asset), Budget: c.Budget, Shares: c.Shares, Split: c.Split,
			Expires: c.Expires, Rules: rulesWire(c.Rules), Greeting: c.Greeting, Language: c.Language}}
}
