package messaging

import (
	"context"
	"crypto/rand"
	"slices"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// rendering is a content in the forms of all channels of a plan.
type rendering struct {
	steps   []dispatch.Step
	answers []gsma.Answer
	links   []link
}

// link is a short link. An empty URL is the message's page.
type link struct{ code, url string }

// render writes a content for every step. Errors: KindInvalid with ReasonLimit, ReasonContent, ReasonChannels, ReasonLogin or
// dispatch.ReasonPlan; those of Logins.
func (s *Service) render(ctx context.Context, message string, req *SendReq, chatbot sender.Chatbot) (rendering, error) {
	if err := checkSteps(req.Steps, chatbot.SMSFallback); err != nil {
		return rendering{}, err
	}
	content, places, err := s.personal(ctx, message, req)
	if err != nil {
		return rendering{}, err
	}
	var out rendering
	options := gsma.Options{Signature: chatbot.Signature(), Language: req.Language}
	if slices.ContainsFunc(req.Steps, func(p Step) bool { return !p.Channel.Rich() }) {
		out.links = newLinks(content, places)
		options.Page, options.Short = s.shortened(out.links)
	}
	for _, step := range req.Steps {
		part, answers, err := renderFor(req.shown(content, step.Channel), step.Channel.Limits(), options)
		if err != nil {
			return rendering{}, refusedContent(step.Channel, err)
		}
		way := dispatch.Step{Channel: dispatch.Channel(step.Channel), When: step.When, After: step.After, ContentType: part.ContentType, Payload: part.Data}
		if err := way.Check(); err != nil { // also where nobody is to be written to
			return rendering{}, err
		}
		out.steps = append(out.steps, way)
		if len(answers) > 0 {
			out.answers = answers
		}
	}
	return out, nil
}

// shown is what a channel shows: of text messages, the sender's own words where there are any.
func (r *SendReq) shown(c gsma.Content, channel gsma.Channel) gsma.Content {
	if text := channel == gsma.SMS || channel == gsma.CardSMS; text && r.SMSText != "" {
		return gsma.Content{Text: r.SMSText}
	}
	return c
}

// renderFor writes a content as one channel carries it, with the answers that can be typed there.
func renderFor(c gsma.Content, l gsma.Limits, o gsma.Options) (gsma.Part, []gsma.Answer, error) {
	r, answers, err := gsma.Degrade(c, l, o)
	if err != nil {
		return gsma.Part{}, nil, err
	}
	part, err := r.Part()
	return part, answers, err
}

// checkSteps: each channel once, known to this API, and text only for who may.
func checkSteps(steps []Step, sms bool) error {
	seen := map[gsma.Channel]bool{}
	for _, p := range steps {
		switch c := p.Channel; {
		case c != gsma.RCS && c != gsma.Enhanced && c != gsma.CardSMS && c != gsma.SMS:
			return invalid(ReasonChannels, "channels: rcs, enhanced, card-sms or sms")
		case seen[c]:
			return invalid(ReasonChannels, "channels: each one once")
		case !sms && (c == gsma.SMS || c == gsma.CardSMS):
			return invalid(ReasonChannels, "channels: the chatbot may not send text messages; ask the operator for sms_fallback")
		}
		seen[p.Channel] = true
	}
	return nil
}

// newLinks makes short links to the page and to every URL that text would hold, but not to what is each recipient's own.
func newLinks(c gsma.Content, own []string) []link {
	list := []link{{code: newCode()}}
	for _, url := range gsma.Links(c) {
		if !slices.Contains(own, url) {
			list = append(list, link{newCode(), url})
		}
	}
	return list
}

// newCode is 60 random bits: short enough to be typed, too many to be tried.
func newCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return idEncoding.EncodeToString(b[:])[:12]
}

func (s *Service) shortened(links []link) (page string, short map[string]string) {
	short = map[string]string{}
	for _, l := range links {
		if l.url == "" {
			page = s.links + "/" + l.code
		} else if to := s.links + "/" + l.code; len(to) < len(l.url) {
			short[l.url] = to
		}
	}
	return page, short
}
