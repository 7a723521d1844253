package redenvelope

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"simtrust"
	"simtrust/messaging/gsma"
)

// Kind is what is given away.
type Kind string

// The kinds. Money is counted in hundredths of its currency (fen), data in its unit.
const (
	Money Kind = "money"
	Data  Kind = "data"
)

// Asset is a kind with its unit: a currency (ISO 4217) of hundredths, or KB or MB.
type Asset struct {
	Kind Kind
	Unit string
}

var units = map[Kind][]string{Money: {"CNY", "HKD", "MOP", "USD", "EUR"}, Data: {"KB", "MB"}}

// AssetIn is what is counted in a unit; of no kind where nothing is.
func AssetIn(unit string) Asset {
	for kind, list := range units {
		if slices.Contains(list, unit) {
			return Asset{kind, unit}
		}
	}
	return Asset{Unit: unit}
}

func (a Asset) known() bool { return slices.Contains(units[a.Kind], a.Unit) }

// Rules keep farms of numbers out; 0 is no rule. What cannot be told is a refusal.
type Rules struct {
	// MinTenureDays is for how many days the person must have held the number.
	MinTenureDays int64
	// SIMHeldDays is for how many days their SIM must have served it, the first SIM of a number too.
	SIMHeldDays int64
	// NumbersPerDevice is how many numbers their telephone may serve at most.
	NumbersPerDevice int64
}

// Request is a campaign to be made.
type Request struct {
	Chatbot string
	// Key makes the request repeatable.
	Key string
	Asset
	Budget, Shares int64
	Split          Split
	Expires        time.Time
	Rules          Rules
	// Greeting stands on the card; empty: the usual one.
	Greeting string
	// Language is that of the words to people; empty: Chinese.
	Language gsma.Language
}

// State is how a campaign stands.
type State string

// The states. What is expired or closed has gone back to the chatbot's account, or is about to.
const (
	Open    State = "open"
	Empty   State = "empty"
	Expired State = "expired"
	Closed  State = "closed"
)

// Campaign is a red envelope with the sums of its ledger: Budget = Claimed + Left + Refunded at every moment.
type Campaign struct {
	Request
	ID                      string
	Created, Ended          time.Time
	State                   State
	Given                   int64 // shares
	Claimed, Left, Refunded int64
	// Told is of how many shares the operator's systems have acknowledged to know.
	Told int64
}

const (
	maxKey      = 64
	maxBudget   = int64(1e15)
	maxShares   = int64(1e7)
	maxLife     = 30 * 24 * time.Hour
	maxDays     = int64(3650)
	maxGreeting = 100
	idPrefix    = "env"
)

// check holds a request against the rules of campaigns.
func (r *Request) check(now time.Time) error {
	switch {
	case !keyed(r.Key):
		return errKey
	case !r.known():
		return invalidMember("kind: money with a currency (CNY, HKD, MOP, USD, EUR), or data with a unit (KB, MB)")
	case r.Shares < 1 || r.Shares > maxShares:
		return invalidMember("shares: 1 to 10,000,000")
	case r.Budget < r.Shares || r.Budget > maxBudget:
		return invalidMember("budget: at least 1 for every share, at most 10^15")
	case r.Split != Fixed && r.Split != Random:
		return invalidMember("split: fixed or random")
	case r.Split == Fixed && r.Budget%r.Shares != 0:
		return invalidMember("budget: with a fixed split a multiple of shares")
	case !r.Expires.After(now) || r.Expires.After(now.Add(maxLife)):
		return errExpires
	case !slices.Contains([]gsma.Language{"", gsma.Chinese, gsma.English}, r.Language):
		return invalidMember("language: zh or en")
	case utf8.RuneCountInString(r.Greeting) > maxGreeting || !utf8.ValidString(r.Greeting) || strings.ContainsRune(r.Greeting, 0):
		return invalidMember("greeting: up to 100 characters")
	}
	return r.Rules.check()
}

func (r Rules) check() error {
	for _, n := range []int64{r.MinTenureDays, r.SIMHeldDays, r.NumbersPerDevice} {
		if n < 0 || n > maxDays {
			return invalidMember("rules: numbers from 0 (no rule) to 3650")
		}
	}
	return nil
}

func keyed(key string) bool {
	return key != "" && len(key) <= maxKey && !strings.ContainsFunc(key, func(c rune) bool { return c < '!' || c > '~' })
}

var (
	errKey     = fault(simtrust.KindInvalid, ReasonKey, "key: 1 to 64 visible ASCII characters")
	errExpires = invalidMember("expires: in the future, at most 30 days from now")
)

func invalidMember(msg string) error { return fault(simtrust.KindInvalid, ReasonCampaign, msg) }

// digest tells requests apart that come under one key.
func (r *Request) digest() ([]byte, error) {
	text, err := json.Marshal(r)
	sum := sha256.Sum256(text)
	return sum[:], err
}
