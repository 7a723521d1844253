package maap

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

// google is an account in the shape of RCS for Business.
type google struct {
	RBM
	client *http.Client
	tokens tokens
}

func newGoogle(c *http.Client, a RBM, now func() time.Time) *google {
	g := &google{RBM: a, client: c}
	g.tokens = tokens{fetch: g.fetch, now: now}
	return g
}

// batch is the most numbers that users:batchGet takes.
const batch = 10_000

func (g *google) reach(ctx context.Context, to []simtrust.Number) ([]bool, error) {
	reached := make([]bool, len(to))
	for from := 0; from < len(to); from += batch {
		part := to[from:min(from+batch, len(to))]
		users, err := g.users(ctx, part)
		if err != nil {
			return nil, err
		}
		for i, n := range part {
			reached[from+i] = users[n.E164()]
		}
	}
	return reached, nil
}

func (g *google) users(ctx context.Context, to []simtrust.Number) (map[string]bool, error) {
	ask := rbm.BatchGet{Users: make([]string, len(to)), AgentID: g.AgentID}
	for i, n := range to {
		ask.Users[i] = n.E164()
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	a, err := g.call(ctx, http.MethodPost, g.URL+"/v1/users:batchGet", body)
	if err != nil {
		return nil, err
	}
	var found rbm.Reachable
	if a.status != http.StatusOK || json.Unmarshal(a.body, &found) != nil {
		return nil, &refusal{status: a.status, after: a.after}
	}
	users := make(map[string]bool, len(found.Users))
	for _, u := range found.Users {
		users[u] = true
	}
	return users, nil
}

// traffic is what a message is for, in Google's words.
var traffic = map[dispatch.Class]rbm.TrafficType{
	dispatch.ClassAuthentication: rbm.TrafficAuthentication, dispatch.ClassTransaction: rbm.TrafficTransaction,
	dispatch.ClassService: rbm.TrafficServiceRequest, dispatch.ClassPromotion: rbm.TrafficPromotion, dispatch.ClassNotice: rbm.TrafficServiceRequest,
}

// The life of a message: Google advises 10 s at least, and takes 15 days at most.
const (
	shortest = 10 * time.Second
	longest  = 15 * 24 * time.Hour
)

func (g *google) letter(s dispatch.Submission, id string, now time.Time) (letter, error) {
	got, err := gsma.Decode(gsma.Part{ContentType: s.ContentType, Data: s.Payload})
	if err != nil {
		return letter{}, err
	}
	content, err := rbm.FromContent(got.Content)
	if err != nil {
		return letter{}, err
	}
	life := s.Expires.Sub(now)
	if s.Patience > 0 {
		life = min(life, s.Patience)
	}
	life = min(max(life.Truncate(time.Second), shortest), longest)
	ttl := rbm.Duration(life)
	body, err := json.Marshal(rbm.AgentMessage{ContentMessage: content, TrafficType: traffic[s.Class], TTL: &ttl})
	return letter{id: id, body: body, ends: now.Add(life)}, err
}

// post hands a message over. The same id again is ignored by the platform, so where no answer came it is asked once more.
func (g *google) post(ctx context.Context, to simtrust.Number, l letter) dispatch.Outcome {
	target := fmt.Sprintf("%s/v1/phones/%s/agentMessages?%s", g.URL, to.E164(), url.Values{"messageId": {l.id}, "agentId": {g.AgentID}}.Encode())
	out := g.create(ctx, target, l.body)
	if out.Answer == dispatch.Lost && ctx.Err() == nil {
		if again := g.create(ctx, target, l.body); again.Answer != dispatch.Throttled { // the first may have been taken all the same
			out = again
		}
	}
	return out
}

func (g *google) create(ctx context.Context, target string, body []byte) dispatch.Outcome {
	a, err := g.call(ctx, http.MethodPost, target, body)
	if err != nil {
		return unanswered(err)
	}
	switch a.status {
	case http.StatusOK, http.StatusConflict: // an id that is there already is this one
		return dispatch.Outcome{Answer: dispatch.Accepted}
	case http.StatusNotFound:
		return dispatch.Outcome{Answer: dispatch.NotOnIt}
	case http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge:
		return dispatch.Outcome{Answer: dispatch.Rejected, Reason: g.reason(a)}
	}
	return a.outcome()
}

// reasonRefused is that of a platform which gives none.
const reasonRefused = "upstream_refused"

func (g *google) reason(a answer) string {
	var f rbm.Failure
	if json.Unmarshal(a.body, &f) != nil || word(string(f.Error.Status)) == "" {
		return reasonRefused
	}
	return "upstream_" + strings.ToLower(word(string(f.Error.Status)))
}

func (g *google) takeBack(ctx context.Context, to simtrust.Number, id string) error {
	a, err := g.call(ctx, http.MethodDelete, fmt.Sprintf("%s/v1/phones/%s/agentMessages/%s?%s", g.URL, to.E164(), id,
		url.Values{"agentId": {g.AgentID}}.Encode()), nil)
	if err == nil && a.status != http.StatusOK {
		err = &refusal{status: a.status}
	}
	return err
}

// call makes a request under an access token, and once more under a new one where that was refused.
func (g *google) call(ctx context.Context, method, target string, body []byte) (answer, error) {
	token, err := g.token(ctx, "")
	if err != nil {
		return answer{}, unsent{err}
	}
	a, err := g.under(ctx, token, method, target, body)
	if err != nil || a.status != http.StatusUnauthorized {
		return a, err
	}
	fresh, err := g.token(ctx, token)
	if err != nil || fresh == token {
		return a, nil
	}
	return g.under(ctx, fresh, method, target, body)
}

func (g *google) under(ctx context.Context, token, method, target string, body []byte) (answer, error) {
	return call(ctx, g.client, method, target, http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}, body)
}
