package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Class is what a message is for: it says how far it may go to arrive.
type Class string

// Classes.
const (
	Authentication Class = "authentication" // one-time codes
	Transaction    Class = "transaction"    // about something the recipient did
	ServiceClass   Class = "service"        // what the recipient asked for
	Promotion      Class = "promotion"
)

// Known reports whether c is one of the classes.
func (c Class) Known() bool {
	return c == Authentication || c == Transaction || c == ServiceClass || c == Promotion
}

// TemplateState is where a template is in its review.
type TemplateState string

// States of templates.
const (
	Pending  TemplateState = "pending"
	Approved TemplateState = "approved"
	Rejected TemplateState = "rejected"
)

// Template is a text with slots {{1}}, {{2}} and so on. It never changes: another text is another template, with a review of its own.
type Template struct {
	ID, Chatbot string
	Class       Class
	Body        string
	State       TemplateState
	Submitted   time.Time
	Reviewed    time.Time // zero: not yet
	ReviewedBy  string
	Why         string // of a rejection

	approved []byte // the digest that was approved
}

// digest is what an approval is of.
func (t Template) digest() []byte {
	sum := sha256.Sum256([]byte(string(t.Class) + "\n" + t.Body))
	return sum[:]
}

// TemplateReq submits a template.
type TemplateReq struct {
	Chatbot string
	Class   Class
	Body    string
	By      string
}

// SubmitTemplate has a text reviewed. The same text for the same class is the same template, whatever became of it. Errors: KindInvalid
// with [ReasonClass] or [ReasonTemplate]; KindNotFound with [ReasonUnknownBot].
func (s *Service) SubmitTemplate(ctx context.Context, r TemplateReq) (t Template, err error) {
	if !r.Class.Known() {
		return Template{}, invalid(ReasonClass, "class: authentication, transaction, service or promotion")
	}
	if _, err := parseBody(r.Body); err != nil {
		return Template{}, err
	}
	t = Template{ID: simtrust.NewID(templateID), Chatbot: r.Chatbot, Class: r.Class, Body: r.Body, State: Pending, Submitted: s.now()}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := chatbotByID(ctx, tx, r.Chatbot); err != nil {
			return err
		}
		made, err := insertTemplate(ctx, tx, t)
		if err != nil || !made {
			return err
		}
		return s.record(ctx, tx, t.ID, actTemplate, Decision{By: r.By})
	})
	if err != nil {
		return Template{}, err
	}
	return templateByDigest(ctx, s.DB, t.Chatbot, t.digest())
}

// ReviewTemplate approves or rejects a template that waits; a rejection says why. A template that was approved can be rejected later. Errors:
// KindNotFound with [ReasonUnknownText]; KindConflict with [ReasonReviewed]; KindInvalid with [ReasonWhy].
func (s *Service) ReviewTemplate(ctx context.Context, id string, approve bool, d Decision) (t Template, err error) {
	if !d.fits() || !approve && d.Why == "" {
		return Template{}, errWhy
	}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if t, err = templateByID(ctx, tx, id); err != nil {
			return err
		}
		if t.State == Rejected || approve && t.State == Approved {
			return conflict(ReasonReviewed, "the template was reviewed: it is "+string(t.State))
		}
		act := t.decide(approve, d, s.now())
		if err := updateTemplate(ctx, tx, t); err != nil {
			return err
		}
		return s.record(ctx, tx, id, act, d)
	})
	return t, err
}

func (t *Template) decide(approve bool, d Decision, at time.Time) (act string) {
	t.Reviewed, t.ReviewedBy, t.Why = at, d.By, d.Why
	if approve {
		t.State, t.approved = Approved, t.digest()
		return actTemplateApproved
	}
	t.State, t.approved = Rejected, nil
	return actTemplateRejected
}

// Text fills an approved template of a chatbot. Errors: KindNotFound with [ReasonUnknownText], for another chatbot's too; KindDenied with
// [ReasonNotApproved], which a text is that is not what was approved; KindInvalid with [ReasonValues].
func (s *Service) Text(ctx context.Context, chatbot, id string, values []string) (Class, string, error) {
	t, err := templateByID(ctx, s.DB, id)
	switch {
	case err != nil:
		return "", "", err
	case t.Chatbot != chatbot:
		return "", "", errUnknownTemplate
	case t.State != Approved || !bytes.Equal(t.approved, t.digest()):
		return "", "", denied(ReasonNotApproved, "the template is not approved")
	}
	b, err := parseBody(t.Body)
	if err != nil {
		return "", "", err
	}
	text, err := b.fill(values)
	return t.Class, text, err
}

// Template returns a template. Errors: KindNotFound with [ReasonUnknownText].
func (s *Service) Template(ctx context.Context, id string) (Template, error) {
	return templateByID(ctx, s.DB, id)
}

// TemplateQuery selects templates; conditions that are empty do not count.
type TemplateQuery struct {
	Client  string // of the chatbot
	Chatbot string
	State   TemplateState
}

func (q TemplateQuery) check() error {
	switch {
	case q.Client != "" && !clientForm.MatchString(q.Client):
		return invalid(ReasonPage, "client: a client_id")
	case q.Chatbot != "" && !isID(chatbotID, q.Chatbot):
		return invalid(ReasonPage, "chatbot: the id of a chatbot")
	case q.State != "" && q.State != Pending && q.State != Approved && q.State != Rejected:
		return invalid(ReasonPage, "state: pending, approved or rejected")
	}
	return nil
}

// Templates lists templates in the order of their ids. next is the After of the following page, or "" after the last.
func (s *Service) Templates(ctx context.Context, q TemplateQuery, p Page) (list []Template, next string, err error) {
	if err := q.check(); err != nil {
		return nil, "", err
	}
	if p, err = p.complete(templateID); err != nil {
		return nil, "", err
	}
	if list, err = templatesAfter(ctx, s.DB, q, p.After, p.Limit+1); err != nil {
		return nil, "", err
	}
	list, next = cut(list, p, func(t Template) string { return t.ID })
	return list, next, nil
}
