package dispatch

import (
	"slices"
	"time"

	"simtrust"
)

// Class is what a message is for. It decides what happens when nobody can say whether a copy arrived.
type Class string

// The classes.
const (
	ClassAuthentication Class = "authentication" // one-time codes
	ClassTransaction    Class = "transaction"    // notices of what was done
	ClassService        Class = "service"
	ClassPromotion      Class = "promotion"
	ClassNotice         Class = "notice" // the platform's own word to a recipient about a sender; on doubt as service
)

// Urgent reports whether a second copy is better than none: such a message falls back on doubt, once, and goes before the others.
func (c Class) Urgent() bool { return c == ClassAuthentication || c == ClassTransaction }

func (c Class) known() bool {
	return slices.Contains([]Class{ClassAuthentication, ClassTransaction, ClassService, ClassPromotion, ClassNotice}, c)
}

// Channel is a way to a recipient, such as rcs or sms. One [Bearer] may carry several.
type Channel string

// When says after what a step is taken. A step that does not admit what happened is passed over.
type When string

// What a step is taken after. The first step is taken in any case.
const (
	// Undelivered is any end of the former step without delivery, also a timeout or doubt where the class allows that.
	Undelivered When = ""
	// Failed is a final negative state, not a timeout or doubt.
	Failed When = "failed"
	// Unreachable is that the former channel does not reach the recipient at all.
	Unreachable When = "unreachable"
)

// Step is one channel of a plan, and what it is to carry.
type Step struct {
	Channel Channel
	When    When
	// After is how long this step may go without being delivered, from its acceptance by the bearer, before the next is thought of. 0:
	// only a final state ends it.
	After time.Duration
	// ContentType and Payload are the content as rendered for the channel, for its bearer to read.
	ContentType string
	Payload     []byte
}

// Plan is a message and the ways it may take, in order.
type Plan struct {
	Message, Chatbot string
	Class            Class
	// Expires ends it: nothing is sent later.
	Expires time.Time
	// SIMChangedWithin holds the message back from a recipient whose SIM changed within this time; 0: from nobody for that.
	SIMChangedWithin time.Duration
	Steps            []Step
}

// Target is one recipient of a message.
type Target struct {
	// Delivery is a fresh id of the caller's. It is the same on every copy that is sent to the recipient.
	Delivery string
	Tenure   simtrust.TenureID
	// Key is the caller's own name for the recipient, such as a place in a list; may be empty.
	Key string
}

// Limits of a plan.
const (
	maxSteps   = 8
	maxPayload = 256 << 10
	maxLife    = 30 * 24 * time.Hour
	maxAfter   = 15 * 24 * time.Hour
	maxName    = 128
)

func (p *Plan) check(now time.Time) error {
	switch {
	case p.Message == "" || len(p.Message) > maxName || p.Chatbot == "" || len(p.Chatbot) > maxName:
		return invalid("message and chatbot: an id each")
	case !p.Class.known():
		return invalid("class: authentication, transaction, service or promotion")
	case !p.Expires.After(now) || p.Expires.After(now.Add(maxLife)):
		return invalid("expires: in the future, at most 30 days from now")
	case p.SIMChangedWithin < 0:
		return invalid("the time in which a SIM may not have changed: not negative")
	case len(p.Steps) == 0 || len(p.Steps) > maxSteps:
		return invalid("steps: 1 to 8")
	}
	for _, s := range p.Steps {
		if err := s.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check refuses a step that no plan may have, with [ReasonPlan].
func (s *Step) Check() error {
	switch {
	case !slices.Contains([]When{Undelivered, Failed, Unreachable}, s.When):
		return invalid("when: failed or unreachable; absent: any end without delivery")
	case s.After < 0 || s.After > maxAfter:
		return invalid("after: up to 15 days")
	case len(s.Payload) > maxPayload || len(s.ContentType) > maxName:
		return invalid("a step's payload: up to 256 KiB")
	}
	return nil
}

// ReasonPlan says that a plan or a list of recipients is not one.
const ReasonPlan = "invalid_plan"

func invalid(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonPlan, Op: "dispatch.accept", Msg: msg}
}
