package sender

import (
	"context"
	"regexp"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// State is what a chatbot may do.
type State string

// States.
const (
	Draft     State = "draft"     // not yet verified
	Verified  State = "verified"  // live, with a certificate
	Suspended State = "suspended" // stopped by the operator, or by its score
)

// Chatbot is a sender.
type Chatbot struct {
	ID     string
	Client string // the only client that sends in its name
	Brand  string
	// BrandName is the name of the brand.
	BrandName string
	Name      string
	ServiceID string // a SIP URI, what telephones know it by
	// SMSFallback: it may reach by text message whom it does not reach otherwise.
	SMSFallback bool
	Profile     Profile
	// Proposed is the profile that waits for review; nil: none does.
	Proposed *Profile
	Menu     gsma.Menu
	// Revision counts what a reviewer has to see: a review names the one that was seen.
	Revision    int64
	Certificate Certificate
	Quotas      Quotas
	Created     time.Time
	Verified    time.Time // zero: not yet
	Suspended   time.Time // zero: it is not
	// Cause is of the suspension, or of the last refusal by a reviewer.
	Cause string
	// Throttled is until when it has a part of its quotas, because of its score.
	Throttled time.Time

	pardoned time.Time
	changes  int64
}

// Certificate is the one a chatbot is bound to; the zero value: none.
type Certificate struct {
	ID     string // in the register
	SHA256 []byte // of its DER
	// Proven is when possession of its key was proven.
	Proven time.Time
}

// State returns what the chatbot may do.
func (c Chatbot) State() State {
	switch {
	case !c.Suspended.IsZero():
		return Suspended
	case !c.Verified.IsZero():
		return Verified
	default:
		return Draft
	}
}

// Signature is what stands in 【】 before a text message.
func (c Chatbot) Signature() string {
	if c.Profile.Signature == "" {
		return c.Name
	}
	return c.Profile.Signature
}

// ChatbotReq asks for a chatbot.
type ChatbotReq struct {
	Client, Brand string
	Name          string // 1 to 64 characters of one line
	ServiceID     string // empty: one is made in the server's domain
	SMSFallback   bool
	Profile       Profile
	Quotas        Quotas // members that are zero take the defaults
	By            string
}

var (
	clientForm  = regexp.MustCompile(`^[!-~]{1,128}$`)
	serviceForm = regexp.MustCompile(`^sip:[a-z0-9][a-z0-9._+-]{0,63}@[a-z0-9](?:[a-z0-9.-]{0,189}[a-z0-9])?$`)
)

func (r ChatbotReq) check() error {
	switch {
	case !clientForm.MatchString(r.Client):
		return invalid(ReasonClient, "client: the client_id of the application that sends")
	case !named(r.Name, maxName):
		return invalid(ReasonName, "name: one line of 1 to 64 visible characters, without space at its ends")
	case !serviceForm.MatchString(r.ServiceID):
		return invalid(ReasonServiceID, "service_id: a SIP URI in lower case, such as sip:10655001@botplatform.operator.example")
	}
	if err := r.Quotas.check(); err != nil {
		return err
	}
	return r.Profile.check()
}

// CreateChatbot makes a chatbot of a brand for a client: a draft, which a review makes live. Errors: KindInvalid with the reason of the
// member at fault; KindNotFound with [ReasonUnknownBrand]; KindConflict with [ReasonResembles] or [ReasonServiceTaken].
func (s *Service) CreateChatbot(ctx context.Context, r ChatbotReq) (c Chatbot, err error) {
	id := simtrust.NewID(chatbotID)
	if r.ServiceID == "" {
		r.ServiceID = "sip:" + id[len(chatbotID)+1:] + "@" + s.cfg.Domain
	}
	r.Quotas = r.Quotas.or(s.cfg.Quotas)
	if err := r.check(); err != nil {
		return Chatbot{}, err
	}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		b, err := brandByID(ctx, tx, r.Brand)
		if err != nil {
			return err
		}
		c = Chatbot{ID: id, Client: r.Client, Brand: b.ID, BrandName: b.Name, Name: r.Name, ServiceID: r.ServiceID, SMSFallback: r.SMSFallback,
			Profile: r.Profile, Revision: 1, Quotas: r.Quotas, Created: s.now()}
		if err := available(ctx, tx, b.ID, c.names()...); err != nil {
			return err
		}
		if err := insertChatbot(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, id, actCreated, Decision{By: r.By})
	})
	return c, err
}

// names are those by which people take the chatbot for somebody.
func (c Chatbot) names() []string { return append(c.Profile.names(), c.Name) }

// Chatbot returns a chatbot as it is now. Errors: KindNotFound with [ReasonUnknownBot].
func (s *Service) Chatbot(ctx context.Context, id string) (Chatbot, error) {
	return chatbotByID(ctx, s.DB, id)
}

// ByService returns the chatbot that telephones know by a service id. Errors: KindNotFound with [ReasonUnknownBot].
func (s *Service) ByService(ctx context.Context, serviceID string) (Chatbot, error) {
	if !serviceForm.MatchString(serviceID) {
		return Chatbot{}, errUnknownChatbot
	}
	return chatbotByService(ctx, s.DB, serviceID)
}

// ChatbotQuery selects chatbots; conditions that are empty do not count.
type ChatbotQuery struct {
	Client string
	State  State
}

func (q ChatbotQuery) check() error {
	switch {
	case q.Client != "" && !clientForm.MatchString(q.Client):
		return invalid(ReasonPage, "client: a client_id")
	case q.State != "" && q.State != Draft && q.State != Verified && q.State != Suspended:
		return invalid(ReasonPage, "state: draft, verified or suspended")
	}
	return nil
}

// Chatbots lists chatbots in the order of their ids. next is the After of the following page, or "" after the last.
func (s *Service) Chatbots(ctx context.Context, q ChatbotQuery, p Page) (list []Chatbot, next string, err error) {
	if err := q.check(); err != nil {
		return nil, "", err
	}
	if p, err = p.complete(chatbotID); err != nil {
		return nil, "", err
	}
	if list, err = chatbotsAfter(ctx, s.DB, q, p.After, p.Limit+1); err != nil {
		return nil, "", err
	}
	list, next = cut(list, p, func(c Chatbot) string { return c.ID })
	return list, next, nil
}
