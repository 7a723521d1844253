package rcs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"simtrust"
	"simtrust/messaging/dispatch"
)

// The channels of this bearer.
const (
	Rich     dispatch.Channel = "rcs"
	Enhanced dispatch.Channel = "enhanced"
)

const (
	maxAnswer = 4 << 20
	maxPause  = 10 * time.Minute // however long a gateway asks for
)

// Gateway is the operator's RCS gateway as a bearer of both channels. Its methods are safe for concurrent use.
type Gateway struct {
	Deps
	Config
}

var _ dispatch.Bearer = (*Gateway)(nil)

// New returns the bearer.
func New(d Deps, c Config) *Gateway {
	client := *d.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // no other address learns of messages
	d.Client = &client
	return &Gateway{d, c}
}

type (
	capabilitiesWire struct {
		Numbers []string `json:"numbers"`
	}
	reachWire struct {
		RCS []bool `json:"rcs"`
	}
	messageWire struct {
		ID                string           `json:"id"`
		Number            string           `json:"number"`
		Channel           dispatch.Channel `json:"channel"`
		Sender            Sender           `json:"sender"`
		Reference         string           `json:"reference"`
		Expires           time.Time        `json:"expires"`
		ContentType       string           `json:"content_type"`
		Body              string           `json:"body"`
		Statement         string           `json:"statement"`
		Salt              string           `json:"salt"`
		PossibleDuplicate bool             `json:"possible_duplicate,omitempty"`
	}
	messagesWire struct {
		Messages []messageWire `json:"messages"`
	}
	idsWire struct {
		IDs []string `json:"ids"`
	}
	resultWire struct {
		State  string `json:"state"`
		Ref    string `json:"ref"`
		Reason string `json:"reason"`
	}
	resultsWire struct {
		Results []resultWire `json:"results"`
	}
)

// Reach implements dispatch.Bearer.
func (g *Gateway) Reach(ctx context.Context, _ dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	ask := capabilitiesWire{make([]string, len(to))}
	for i, r := range to {
		ask.Numbers[i] = r.Number.E164()
	}
	var answer reachWire
	if err := g.post(ctx, "/capabilities", ask, &answer); err != nil {
		return nil, err
	}
	if len(answer.RCS) != len(to) {
		return nil, errShape
	}
	return answer.RCS, nil
}

// Submit implements dispatch.Bearer.
func (g *Gateway) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	out := make([]dispatch.Outcome, len(list))
	var sent []int // places in list of those that go out
	var ask messagesWire
	for i, s := range list {
		e, err := g.Envelopes.Envelope(ctx, s)
		if err != nil {
			out[i] = unsent(err)
			continue
		}
		sent, ask.Messages = append(sent, i), append(ask.Messages, wireOf(s, e))
	}
	for k, o := range g.hand(ctx, ask.Messages) {
		out[sent[k]] = o
	}
	return out
}

// hand gives messages to the gateway. A request that it calls a bad one is given again in halves, until the message at fault stands alone:
// one content must not hold up all others of the channel.
func (g *Gateway) hand(ctx context.Context, list []messageWire) []dispatch.Outcome {
	if len(list) == 0 {
		return nil
	}
	results, err := g.results(ctx, "/messages", messagesWire{list}, len(list))
	if half := len(list) / 2; half > 0 && faulty(err) {
		return append(g.hand(ctx, list[:half]), g.hand(ctx, list[half:])...)
	}
	out := make([]dispatch.Outcome, len(list))
	for i := range out {
		if err != nil {
			out[i] = outcomeOf(err)
			continue
		}
		out[i] = results[i].outcome()
	}
	return out
}

func unsent(err error) dispatch.Outcome {
	if simtrust.KindOf(err) == simtrust.KindDenied {
		return dispatch.Outcome{Answer: dispatch.Rejected, Reason: simtrust.ReasonOf(err)}
	}
	return dispatch.Outcome{Answer: dispatch.Throttled}
}

func wireOf(s dispatch.Submission, e Envelope) messageWire {
	return messageWire{ID: s.ID(), Number: s.Number.E164(), Channel: s.Channel, Sender: e.Sender, Reference: s.Delivery, Expires: s.Expires.UTC(),
		ContentType: s.ContentType, Body: string(s.Payload), Statement: e.Statement, Salt: base64.RawURLEncoding.EncodeToString(e.Salt),
		PossibleDuplicate: s.PossibleDuplicate}
}

func (r resultWire) outcome() dispatch.Outcome {
	switch a := dispatch.Answer(r.State); a {
	case dispatch.Accepted, dispatch.Rejected, dispatch.NotOnIt, dispatch.Throttled:
		return dispatch.Outcome{Answer: a, Ref: r.Ref, Reason: word(r.Reason)}
	}
	return dispatch.Outcome{Answer: dispatch.Lost}
}

// Query implements dispatch.Bearer.
func (g *Gateway) Query(ctx context.Context, list []dispatch.Copy) []dispatch.Finding {
	out := make([]dispatch.Finding, len(list))
	results, err := g.results(ctx, "/queries", ids(list), len(list))
	if err != nil {
		return out
	}
	for i, r := range results {
		out[i] = dispatch.Finding{Fate: fate(r.State), Ref: r.Ref, Reason: word(r.Reason)}
	}
	return out
}

// Cancel implements dispatch.Bearer.
func (g *Gateway) Cancel(ctx context.Context, list []dispatch.Copy) []dispatch.Recall {
	out := make([]dispatch.Recall, len(list))
	results, err := g.results(ctx, "/revocations", ids(list), len(list))
	for i := range results {
		switch r := dispatch.Recall(results[i].State); {
		case err == nil && (r == dispatch.Recalled || r == dispatch.TooLate):
			out[i] = r
		default:
			out[i] = dispatch.RecallUnknown
		}
	}
	return out
}

func ids(list []dispatch.Copy) idsWire {
	w := idsWire{make([]string, len(list))}
	for i, c := range list {
		w.IDs[i] = c.ID()
	}
	return w
}

// fate reads a state; one that is none is not known.
func fate(state string) dispatch.Fate {
	switch f := dispatch.Fate(state); f {
	case dispatch.FateAccepted, dispatch.FateNotTaken, dispatch.FateDelivered, dispatch.FateDisplayed, dispatch.FateFailed, dispatch.FateExpired, dispatch.FateRevoked:
		return f
	}
	return dispatch.FateUnknown
}

// maxReason bounds what is kept of a gateway's reasons.
const maxReason = 64

// word is a reason as it may be kept and passed on: a word of ASCII.
func word(reason string) string {
	for i, r := range reason {
		if i >= maxReason || r <= ' ' || r > '~' {
			return reason[:i]
		}
	}
	return reason
}

// refusal is a whole request that the gateway did not take.
type refusal struct {
	status int
	after  time.Duration
}

func (r *refusal) Error() string { return "the RCS gateway answered " + strconv.Itoa(r.status) }

var errShape = errors.New("the RCS gateway's answer does not have the expected shape")

// faulty reports whether the gateway refused a request for what is in it.
func faulty(err error) bool {
	refused, ok := errors.AsType[*refusal](err)
	return ok && (refused.status == http.StatusBadRequest || refused.status == http.StatusRequestEntityTooLarge || refused.status == http.StatusUnprocessableEntity)
}

// reasonFault is that of a message which the gateway calls a bad request.
const reasonFault = "gateway_refused"

// outcomeOf says what an error means for the messages of a request: whether any may have been taken.
func outcomeOf(err error) dispatch.Outcome {
	var dial *net.OpError
	switch refused, ok := errors.AsType[*refusal](err); {
	case faulty(err):
		return dispatch.Outcome{Answer: dispatch.Rejected, Reason: reasonFault}
	case ok && refused.status < http.StatusInternalServerError || ok && refused.status == http.StatusServiceUnavailable:
		return dispatch.Outcome{Answer: dispatch.Throttled, After: refused.after}
	case errors.As(err, &dial) && dial.Op == "dial":
		return dispatch.Outcome{Answer: dispatch.Throttled}
	}
	return dispatch.Outcome{Answer: dispatch.Lost}
}

func (g *Gateway) results(ctx context.Context, path string, ask any, n int) ([]resultWire, error) {
	var answer resultsWire
	err := g.post(ctx, path, ask, &answer)
	if err == nil && len(answer.Results) != n {
		err = errShape
	}
	if err != nil {
		return nil, err
	}
	return answer.Results, nil
}

func (g *Gateway) post(ctx context.Context, path string, ask, answer any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+g.Token)
	res, err := g.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return &refusal{res.StatusCode, min(time.Duration(max(seconds, 0))*time.Second, maxPause)}
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if json.Unmarshal(text, answer) != nil {
		return errShape
	}
	return nil
}
