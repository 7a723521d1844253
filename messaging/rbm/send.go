package rbm

import (
	"context"
	"net/url"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

const (
	keyPrefix    = "rbm:"
	maxMessageID = 120
	maxLife      = 15 * 24 * time.Hour // of a message that says how long
	usualLife    = 30 * 24 * time.Hour // of one that does not, but for codes
)

// order is a message that an agent asks for.
type order struct {
	messaging.SendReq
	number simtrust.Number
	id     string
}

// classes are those of traffic types. Agents from before there were any do not say.
var classes = map[TrafficType]dispatch.Class{
	"": dispatch.ClassService, TrafficUnspecified: dispatch.ClassService, TrafficServiceRequest: dispatch.ClassService, TrafficAcknowledgement: dispatch.ClassService,
	TrafficAuthentication: dispatch.ClassAuthentication, TrafficTransaction: dispatch.ClassTransaction, TrafficPromotion: dispatch.ClassPromotion,
}

// order reads a request.
func (s *Service) order(ctx context.Context, w *messageWire) (o order, err error) {
	chatbot, number, err := s.about(ctx, w.Agent, w.Phone)
	if err != nil {
		return o, err
	}
	class, ok := classes[w.TrafficType]
	switch {
	case !validID(w.Message):
		return o, argument("messageId: a UUID that no earlier message of the agent has")
	case !ok:
		return o, argument("messageTrafficType: is none of AUTHENTICATION, TRANSACTION, PROMOTION, SERVICEREQUEST, ACKNOWLEDGEMENT")
	}
	o = order{number: number, id: w.Message, SendReq: messaging.SendReq{Client: client(ctx), Chatbot: chatbot, Key: keyPrefix + w.Message,
		To: []string{number.E164()}, Class: class}}
	if err := s.life(&o.SendReq, &w.AgentMessage); err != nil {
		return o, err
	}
	known, err := s.known(ctx, chatbot, w.Files())
	if err != nil {
		return o, err
	}
	o.Content, err = w.AgentMessage.Content(known)
	return o, asError(err)
}

// validID reports whether an id can be a message's: Google wants UUIDs, and agents have others.
func validID(id string) bool {
	return id != "" && len(id) <= maxMessageID && !strings.ContainsFunc(id, func(c rune) bool { return c < '!' || c > '~' || c == '/' })
}

// life is how long a message may go undelivered. It counts from when it is accepted, so that the same request is the same again.
func (s *Service) life(req *messaging.SendReq, m *AgentMessage) error {
	switch now := s.Now(); {
	case m.TTL != nil && !m.ExpireTime.IsZero():
		return argument("must be at most one of ttl and expireTime")
	case m.TTL != nil && (*m.TTL <= 0 || time.Duration(*m.TTL) > maxLife):
		return argument("ttl: more than 0s, at most 15 days")
	case !m.ExpireTime.IsZero() && (!m.ExpireTime.After(now) || m.ExpireTime.After(now.Add(maxLife))):
		return argument("expireTime: in the future, at most 15 days from now")
	case m.TTL != nil:
		req.Life = time.Duration(*m.TTL)
	case !m.ExpireTime.IsZero():
		req.Expires = m.ExpireTime.UTC()
	case req.Class != dispatch.ClassAuthentication:
		req.Life = usualLife
	}
	return nil
}

// about checks whom a request is by and about: an agent of the client's, its only one where none is named, and a number.
func (s *Service) about(ctx context.Context, agent, phone string) (chatbot string, n simtrust.Number, err error) {
	if chatbot, err = s.agent(ctx, agent); err != nil {
		return "", n, err
	}
	if n, err = simtrust.ParseNumber(phone); err != nil {
		return "", n, argument("name: phones/ and a number in E.164 format")
	}
	return chatbot, n, nil
}

func (s *Service) agent(ctx context.Context, agent string) (string, error) {
	if agent != "" {
		return agent, s.Agents.Owned(ctx, client(ctx), agent)
	}
	sole, err := s.Agents.Sole(ctx, client(ctx))
	if err == nil && sole == "" {
		err = argument("agentId: is missing, and the client has not exactly one agent")
	}
	return sole, err
}

// create sends a message that nobody sent before, and answers what it was accepted with, also when it comes again.
func (s *Service) create(ctx context.Context, o order) (AgentMessage, error) {
	sent, err := s.send(ctx, o)
	if err == nil { // the same request again is the same message
		return answerOf(o, messaging.Original{Created: sent.Created, Content: o.Content, Delivery: sent.Recipients[0].Delivery})
	}
	if again, found, lost := s.repeated(ctx, o); found || lost != nil {
		return again, lost
	}
	return AgentMessage{}, err
}

// send fails too for a message whose id was used before, and then sends nothing.
func (s *Service) send(ctx context.Context, o order) (messaging.Sent, error) {
	if err := s.reachable(ctx, o); err != nil {
		return messaging.Sent{}, err
	}
	return s.Messages.Send(ctx, o.SendReq)
}

// repeated answers a message whose id was used before, by whatever that one says and whomever it was for.
func (s *Service) repeated(ctx context.Context, o order) (m AgentMessage, found bool, err error) {
	id, found, err := s.Messages.ByKey(ctx, o.Chatbot, o.Key)
	if err != nil || !found {
		return m, false, err
	}
	first, found, err := s.Messages.Original(ctx, id)
	if err != nil || !found {
		return m, false, err
	}
	to, err := s.People.Number(ctx, first.Delivery)
	if err != nil {
		return m, true, err
	}
	if !to.IsZero() {
		o.number = to
	}
	m, err = answerOf(o, first)
	return m, true, err
}

// answerOf is what an accepted message is answered with, each time it comes.
func answerOf(o order, first messaging.Original) (AgentMessage, error) {
	if first.Delivery == "" { // refused by the person in the very moment
		return AgentMessage{}, errUnreachable
	}
	content, err := FromContent(first.Content)
	return AgentMessage{Name: "phones/" + o.number.E164() + "/agentMessages/" + o.id, SendTime: first.Created, ContentMessage: content}, err
}

// reachable refuses who can be sent nothing: for an agent that may degrade to text that is who may not be written to.
func (s *Service) reachable(ctx context.Context, o order) error {
	degrades, err := s.Agents.Degrades(ctx, o.Chatbot)
	if err != nil {
		return err
	}
	channel := gsma.RCS
	if degrades {
		channel = gsma.SMS
	}
	return s.reaches(ctx, o.Chatbot, o.Class, channel, o.number)
}

func (s *Service) reaches(ctx context.Context, chatbot string, class dispatch.Class, channel gsma.Channel, n simtrust.Number) error {
	reached, err := s.Messages.Reach(ctx, chatbot, class, channel, []simtrust.Number{n})
	if err == nil && !reached[0] {
		err = errUnreachable
	}
	return err
}

// revoke asks a message back. The answer is the same for one that there is not: the standard knows no other.
func (s *Service) revoke(ctx context.Context, w revokeWire) error {
	chatbot, number, err := s.about(ctx, w.Agent, w.Phone)
	if err != nil || !validID(w.Message) {
		return err
	}
	id, found, err := s.Messages.ByKey(ctx, chatbot, keyPrefix+w.Message)
	if err != nil || !found {
		return err
	}
	first, found, err := s.Messages.Original(ctx, id)
	if err != nil || !found {
		return err
	}
	if to, err := s.People.Number(ctx, first.Delivery); err != nil || to != number {
		return err
	}
	_, err = s.Messages.Revoke(ctx, client(ctx), id, nil)
	return err
}

// known are the files of a message that are kept here, and those that are only named here.
func (s *Service) known(ctx context.Context, chatbot string, refs []string) (Known, error) {
	urls := map[string]string{} // of references
	var named []string
	for _, ref := range refs {
		switch id, ours := strings.CutPrefix(ref, FilePrefix); {
		case ours && strings.HasPrefix(id, namedFile):
			named = append(named, id)
		case ours:
			urls[ref] = s.Issuer + keptFiles + url.PathEscape(id)
		case strings.HasPrefix(ref, s.Issuer+keptFiles):
			urls[ref] = ref
		}
	}
	known, err := s.namedFiles(ctx, chatbot, named)
	if err != nil || len(urls) == 0 {
		return known, err
	}
	list := make([]string, 0, len(urls))
	for _, u := range urls {
		list = append(list, u)
	}
	kept, err := s.Messages.KeptFiles(ctx, chatbot, list)
	for ref, u := range urls {
		if f, ok := kept[u]; ok {
			known[ref] = gsma.File{FileInfo: f}
		}
	}
	return known, err
}
