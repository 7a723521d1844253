package messaging

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
)

// order is a message on its way into the store.
type order struct {
	id      string
	req     SendReq
	digest  []byte
	made    rendering
	to      []dispatch.Target
	refused map[int]string
	created time.Time
}

// Send accepts a message. What it answers is durable: every recipient with a delivery comes to an end that is told. Errors: KindInvalid with
// a reason of this package, or sender's for a template; KindDenied where the chatbot is not the client's or not live; KindConflict with
// [ReasonKeyUsed]; KindLimited with the quota at fault; KindUnavailable, after which the same request can be sent again under its key.
func (s *Service) Send(ctx context.Context, req SendReq) (Sent, error) {
	if err := req.check(s.Now()); err != nil {
		return Sent{}, err
	}
	if err := s.Senders.Owned(ctx, req.Client, req.Chatbot); err != nil {
		return Sent{}, err
	}
	digest, err := req.digest(s.Key)
	if err != nil {
		return Sent{}, err
	}
	if req.Key != "" {
		if sent, found, err := s.sentBefore(ctx, s.DB, req, digest); found || err != nil {
			return sent, err
		}
	}
	o, err := s.prepare(ctx, req, digest)
	if err != nil {
		return Sent{}, err
	}
	return s.orders.Do(ctx, o)
}

// prepare renders the content and looks the recipients up.
func (s *Service) prepare(ctx context.Context, req SendReq, digest []byte) (*order, error) {
	chatbot, err := s.Senders.Live(ctx, req.Chatbot)
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx, &req); err != nil {
		return nil, err
	}
	o := &order{id: simtrust.NewID("msg"), digest: digest, created: s.Now()}
	req.complete(o.created, s.steps(req.Class, chatbot.SMSFallback))
	if o.made, err = s.render(ctx, o.id, &req, chatbot); err != nil {
		return nil, err
	}
	o.req = req
	if o.to, o.refused, err = s.targets(ctx, o); err != nil || len(o.to) == 0 {
		return o, err
	}
	return o, s.Distribution.Check(o.order())
}

// fill puts the text of a template in the place of a content.
func (s *Service) fill(ctx context.Context, req *SendReq) error {
	if req.Template == "" {
		if req.Class == dispatch.ClassNotice {
			return invalid(dispatch.ReasonPlan, "class: authentication, transaction, service or promotion")
		}
		if req.Class == "" || len(req.Values) > 0 {
			return invalid(ReasonContent, "class and content, or template and values")
		}
		return nil
	}
	class, text, err := s.Senders.Text(ctx, req.Chatbot, req.Template, req.Values)
	switch {
	case err != nil:
		return err
	case req.Class != "" && req.Class != dispatch.Class(class):
		return invalid(ReasonContent, "class: the template's is "+string(class))
	case req.Content.Text != "" || req.Content.Card != nil || req.Content.Carousel != nil || req.Content.File != nil || req.Content.Location != nil:
		return invalid(ReasonContent, "content: beside a template only suggestions")
	}
	req.Class, req.Content.Text = dispatch.Class(class), text
	return nil
}

// targets are the recipients that may be written to, in their order, each person once.
func (s *Service) targets(ctx context.Context, o *order) (to []dispatch.Target, refused map[int]string, err error) {
	found, err := s.lookUp(ctx, &o.req)
	if err != nil {
		return nil, nil, err
	}
	refused = map[int]string{}
	seen := make(map[simtrust.TenureID]bool, len(found))
	for i, r := range found {
		switch {
		case r.Err != nil:
			refused[i] = simtrust.ReasonOf(r.Err)
		case seen[r.Tenure]:
			refused[i] = ReasonDuplicate
		default:
			seen[r.Tenure] = true
			to = append(to, dispatch.Target{Delivery: delivery(o.id, i), Tenure: r.Tenure, Key: strconv.Itoa(i)})
		}
	}
	return to, refused, nil
}

// leastLeft is what a message that is queued has left at least: longer than queueing takes, so that none expires on the way and has all that
// are queued with it undone.
const leastLeft = 2 * time.Second

func (o *order) late(now time.Time) bool { return !o.req.Expires.After(now.Add(leastLeft)) }

// acceptBatch accepts what came at once, in one transaction. One that finds its key used, its quota spent or its time over takes nothing.
func (s *Service) acceptBatch(ctx context.Context, tx *sqldb.Tx, batch []*order) ([]sqldb.Result[Sent], error) {
	results := make([]sqldb.Result[Sent], len(batch))
	now := s.Now()
	fresh, err := insertMessages(ctx, tx, slices.DeleteFunc(slices.Clone(batch), func(o *order) bool { return o.late(now) }))
	if err != nil {
		return nil, err
	}
	refused, err := s.takeQuotas(ctx, tx, batch, fresh)
	if err != nil {
		return nil, err
	}
	var accepted []*order
	for i, o := range batch {
		switch {
		case !fresh[o.id]:
			continue
		case refused[i] != nil:
			results[i].Err = refused[i]
			err = deleteMessage(ctx, tx, o.id)
		default:
			results[i].Value = o.sent()
			accepted = append(accepted, o)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := s.queue(ctx, tx, accepted); err != nil {
		return nil, err
	}
	for i, o := range batch {
		if !fresh[o.id] {
			results[i].Value, results[i].Err = s.repeated(ctx, tx, o, now)
		}
	}
	return results, nil
}

// takeQuotas counts the messages whose keys were free.
func (s *Service) takeQuotas(ctx context.Context, tx *sqldb.Tx, batch []*order, fresh map[string]bool) (map[int]error, error) {
	var takings []sender.Taking
	var places []int
	for i, o := range batch {
		if fresh[o.id] { // who asks about recipients by sending to them pays for all of them
			takings, places = append(takings, sender.Taking{Chatbot: o.req.Chatbot, N: int64(len(o.req.To)), At: o.created}), append(places, i)
		}
	}
	if len(takings) == 0 {
		return nil, nil
	}
	answers, err := s.Senders.TakeAll(ctx, tx, takings)
	refused := map[int]error{}
	for k, err := range answers {
		refused[places[k]] = err
	}
	return refused, err
}

// queue hands messages over to be distributed.
func (s *Service) queue(ctx context.Context, tx *sqldb.Tx, accepted []*order) error {
	var orders []dispatch.Order
	for _, o := range accepted {
		if len(o.to) > 0 {
			orders = append(orders, o.order())
		}
	}
	if len(orders) == 0 {
		return nil
	}
	if err := errors.Join(insertLinks(ctx, tx, accepted), s.keepLogins(ctx, tx, accepted)); err != nil {
		return err
	}
	return s.Distribution.AcceptAll(ctx, tx, orders...)
}

// repeated answers a request that is not accepted: its key was used before, committed or by another of the same batch, or it is late.
func (s *Service) repeated(ctx context.Context, tx *sqldb.Tx, o *order, now time.Time) (Sent, error) {
	sent, found, err := s.sentBefore(ctx, tx, o.req, o.digest)
	switch {
	case err != nil || found:
		return sent, err
	case o.late(now):
		return Sent{}, errExpiry
	}
	return Sent{}, errKeyBusy
}

func (o *order) order() dispatch.Order {
	return dispatch.Order{To: o.to, Plan: dispatch.Plan{Message: o.id, Chatbot: o.req.Chatbot, Class: o.req.Class, Expires: o.req.Expires,
		SIMChangedWithin: o.req.HoldBack, Steps: o.made.steps}}
}

func (o *order) sent() Sent {
	return sentOf(o.id, instant(o.created.UnixMilli()), o.req.Expires, len(o.req.To), o.refused) // as it is kept
}

func sentOf(id string, created, expires time.Time, total int, refused map[int]string) Sent {
	sent := Sent{Message: id, Created: created, Expires: expires, Recipients: make([]Recipient, total)}
	for i := range sent.Recipients {
		if reason, no := refused[i]; no {
			sent.Recipients[i].Reason = reason
		} else {
			sent.Recipients[i].Delivery = delivery(id, i)
		}
	}
	return sent
}

// sentBefore finds what a key was answered with.
func (s *Service) sentBefore(ctx context.Context, q sqldb.Querier, req SendReq, digest []byte) (sent Sent, found bool, err error) {
	m, found, err := messageByKey(ctx, q, req.Chatbot, req.Key)
	if err != nil || !found {
		return Sent{}, false, err
	}
	if !bytes.Equal(m.digest, digest) {
		return Sent{}, true, errKeyUsed
	}
	sent = sentOf(m.id, m.created, m.expires, m.total, m.refused)
	sent.Repeated = true
	return sent, true, nil
}

// lookUp answers for every recipient of a request, in its order.
func (s *Service) lookUp(ctx context.Context, req *SendReq) ([]optin.Recipient, error) {
	var numbers []simtrust.Number
	var talks []string
	for _, to := range req.To {
		if n, err := simtrust.ParseNumber(to); err == nil {
			numbers = append(numbers, n)
		} else {
			talks = append(talks, to)
		}
	}
	q := optin.Question{Chatbot: req.Chatbot, Class: optin.Class(req.Class), SIMChangedWithin: req.HoldBack}
	byNumber, err := s.Recipients.Recipients(ctx, q, numbers)
	if err != nil {
		return nil, err
	}
	byTalk, err := s.inConversation(ctx, q, talks)
	if err != nil {
		return nil, err
	}
	out := make([]optin.Recipient, len(req.To))
	for i, to := range req.To {
		if _, err := simtrust.ParseNumber(to); err == nil {
			out[i], byNumber = byNumber[0], byNumber[1:]
		} else {
			out[i], byTalk = byTalk[0], byTalk[1:]
		}
	}
	return out, nil
}

// inConversation answers for conversations, in their order.
func (s *Service) inConversation(ctx context.Context, q optin.Question, talks []string) ([]optin.Recipient, error) {
	if len(talks) == 0 {
		return nil, nil
	}
	tenures, err := tenuresOf(ctx, s.DB, q.Chatbot, talks)
	if err != nil {
		return nil, err
	}
	var known []simtrust.TenureID
	for _, t := range talks {
		if tenure, ok := tenures[t]; ok {
			known = append(known, tenure)
		}
	}
	still, err := s.Recipients.Still(ctx, q, known)
	if err != nil {
		return nil, err
	}
	out := make([]optin.Recipient, len(talks))
	for i, t := range talks {
		if _, ok := tenures[t]; !ok {
			out[i].Err = errConversation
			continue
		}
		out[i], still = still[0], still[1:]
	}
	return out, nil
}

var errConversation = notFound(ReasonConversation, "the chatbot has no such conversation")
