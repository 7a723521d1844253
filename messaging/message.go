package messaging

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// Step is one channel of a message's plan.
type Step struct {
	Channel gsma.Channel
	// When says after what it is taken; see dispatch.
	When dispatch.When
	// After is how long it may go undelivered before the next is thought of; 0: until a final state.
	After time.Duration
}

// SendReq is a message to be sent.
type SendReq struct {
	Client, Chatbot string
	// Key makes the request repeatable; empty: it is not.
	Key string
	// To are numbers (E.164) and conversations (cnv_…).
	To []string
	// Content, or else Template with a value for each of its slots.
	Content  gsma.Content
	Template string
	Values   []string
	// Class may be empty with a template, which has one.
	Class dispatch.Class
	// Steps: empty for all channels that the chatbot may use, from the richest.
	Steps []Step
	// Expires ends it; zero: after five minutes for authentication, else after a day.
	Expires time.Time
	// HoldBack holds it back from who got another SIM within this time; 0: from nobody.
	HoldBack time.Duration
	// Language is that of the words that are added on channels of text; empty: Chinese.
	Language gsma.Language
	// Logins are URLs of the content that are opened with the recipient logged in.
	Logins []Login `json:",omitempty"`
	// Door: the content is a door's, and may hold its postbacks.
	Door bool
	// Life ends it so long after it is accepted, for who sends a request again as it was; not beside Expires. 0: see there.
	Life time.Duration `json:",omitzero"`
	// SMSText is what a text message says in place of the content; empty: what becomes of that.
	SMSText string `json:",omitzero"`
}

// Sent is a message that was accepted.
type Sent struct {
	Message          string
	Created, Expires time.Time
	// Recipients are in the order of the request.
	Recipients []Recipient
	// Repeated: the answer is that of an earlier request with the same key.
	Repeated bool
}

// Recipient is what became of one recipient: a delivery, or a reason why there is none.
type Recipient struct {
	Delivery string
	Reason   string
}

const (
	maxTo          = 10000
	maxKey         = 128
	maxLife        = 30 * 24 * time.Hour
	codeLife       = 5 * time.Minute
	usualLife      = 24 * time.Hour
	maxHoldBack    = 90 * 24 * time.Hour
	usualAfter     = 2 * time.Minute
	urgentAfter    = 20 * time.Second
	conversationID = "cnv"
)

// The members of a request that are checked before anything is looked up.
func (r *SendReq) check(now time.Time) error {
	switch {
	case len(r.To) == 0 || len(r.To) > maxTo:
		return invalid(ReasonRecipients, "to: 1 to 10,000 recipients")
	case len(r.Key) > maxKey || strings.ContainsFunc(r.Key, func(c rune) bool { return c < '!' || c > '~' }):
		return invalid(ReasonKey, "key: up to 128 visible ASCII characters")
	case r.HoldBack < 0 || r.HoldBack > maxHoldBack:
		return invalid(ReasonHoldBack, "hold_if_sim_changed_within: up to 90 days, in seconds")
	case !slices.Contains([]gsma.Language{"", gsma.Chinese, gsma.English}, r.Language):
		return invalid(ReasonLanguage, "language: zh or en")
	case !r.Expires.IsZero() && (!r.Expires.After(now) || r.Expires.After(now.Add(maxLife))):
		return errExpiry
	case r.Life < 0 || r.Life > maxLife || r.Life > 0 && !r.Expires.IsZero():
		return errExpiry
	}
	if err := errors.Join(r.checkDoors(), r.checkLogins(now)); err != nil {
		return err
	}
	return r.checkTo()
}

// checkTo names the place of what is neither a number nor a conversation, never the text.
func (r *SendReq) checkTo() error {
	for i, to := range r.To {
		if strings.HasPrefix(to, conversationID+"_") {
			continue
		}
		if _, err := simtrust.ParseNumber(to); err != nil {
			return invalid(simtrust.ReasonInvalidNumber, fmt.Sprintf("/to/%d: a conversation, or a phone number: + and 5 to 15 digits, the first not 0", i))
		}
	}
	return nil
}

// complete fills in what follows from the class.
func (r *SendReq) complete(now time.Time, steps []Step) {
	if r.Expires.IsZero() {
		life := usualLife
		if r.Class == dispatch.ClassAuthentication {
			life = codeLife
		}
		r.Expires = now.Add(cmp.Or(r.Life, life))
	}
	r.Expires = r.Expires.UTC().Truncate(time.Millisecond) // as it is kept, so that a repetition answers the same
	r.Language = cmp.Or(r.Language, gsma.Chinese)
	if len(r.Steps) == 0 {
		r.Steps = steps
	}
}

// steps are the channels that there are, from the richest to the plainest. What is urgent waits less before the next.
func (s *Service) steps(c dispatch.Class, sms bool) (steps []Step) {
	after := usualAfter
	if c.Urgent() {
		after = urgentAfter
	}
	for _, channel := range []gsma.Channel{gsma.RCS, gsma.Enhanced, gsma.SMS} {
		if s.Distribution.Carries(dispatch.Channel(channel)) && (sms || channel != gsma.SMS) {
			steps = append(steps, Step{Channel: channel, After: after})
		}
	}
	return steps
}

// digest tells requests apart that come under one key.
func (r *SendReq) digest(key []byte) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil), nil
}

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// delivery is the id of a message's delivery to the recipient at a place. It follows from the message's id, so that a repeated answer
// needs no list.
func delivery(message string, place int) string {
	sum := sha256.Sum256([]byte(message + " " + strconv.Itoa(place)))
	return "dlv_" + idEncoding.EncodeToString(sum[:16])
}

// conversation names a chatbot's talk with a tenure.
func conversation(key []byte, chatbot string, tenure simtrust.TenureID) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "conversation %d %s %s", len(chatbot), chatbot, tenure)
	return conversationID + "_" + idEncoding.EncodeToString(mac.Sum(nil)[:16])
}
