package sender

import (
	"cmp"
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// Decision is who decides and why: what the record says of an act.
type Decision struct{ By, Why string }

// explained refuses a decision without a reason.
func (d Decision) explained() error {
	if d.Why == "" || !d.fits() {
		return errWhy
	}
	return nil
}

func (d Decision) fits() bool {
	return utf8.RuneCountInString(d.Why) <= maxWhy && gsma.CheckText("", d.Why) == nil
}

// The acts that are recorded.
const (
	actBrandCreated     = "brand_created"
	actBrandVerified    = "brand_verified"
	actCreated          = "chatbot_created"
	actVerified         = "chatbot_verified"
	actRefused          = "chatbot_refused"
	actSuspended        = "chatbot_suspended"
	actResumed          = "chatbot_resumed"
	actThrottled        = "chatbot_throttled"
	actQuotas           = "quotas_changed"
	actProfile          = "profile_changed"
	actProposed         = "profile_proposed"
	actMenu             = "menu_changed"
	actBound            = "certificate_bound"
	actTemplate         = "template_submitted"
	actTemplateApproved = "template_approved"
	actTemplateRejected = "template_rejected"
)

// Act is an entry of the record: who did what about a brand, chatbot or template.
type Act struct {
	Subject string
	Seq     int64 // from 1, in the order of the acts
	At      time.Time
	By, Act string
	Why     string
}

// bySpam is who acts where reports by recipients lead to it.
const bySpam = "spam reports"

// record adds to the record, in the transaction of the act.
func (s *Service) record(ctx context.Context, tx *sqldb.Tx, subject, act string, d Decision) error {
	return insertAct(ctx, tx, Act{Subject: subject, At: s.Now(), By: d.By, Act: act, Why: d.Why})
}

// History lists the record about a brand, chatbot or template, oldest first. next is the After of the following page, or "" after the last.
// Errors: KindInvalid with [ReasonPage].
func (s *Service) History(ctx context.Context, subject string, p Page) (list []Act, next string, err error) {
	if !isID(brandID, subject) && !isID(chatbotID, subject) && !isID(templateID, subject) {
		return nil, "", invalid(ReasonPage, "subject: the id of a brand, chatbot or template")
	}
	after, err := strconv.ParseInt(cmp.Or(p.After, "0"), 10, 64)
	if err != nil {
		return nil, "", errPage
	}
	p = p.bounded()
	if list, err = actsAfter(ctx, s.DB, subject, after, p.Limit+1); err != nil {
		return nil, "", err
	}
	list, next = cut(list, p, func(a Act) string { return strconv.FormatInt(a.Seq, 10) })
	return list, next, nil
}
