package maap

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// china is an account in the shape of the Chinese interface.
type china struct {
	CSP
	name   string
	client *http.Client
	base   string
	tokens tokens
	safe   safe
	log    *slog.Logger
}

func newChina(d Deps, s safe, a Account) *china {
	p := &china{CSP: *a.CSP, name: a.Name, client: d.Client, safe: s, log: d.Log, base: a.CSP.URL + "/" + url.PathEscape(a.CSP.ChatbotID)}
	p.tokens = tokens{fetch: p.fetch, now: d.Now}
	return p
}

// reach: nobody can know before.
func (p *china) reach(_ context.Context, to []simtrust.Number) ([]bool, error) {
	return everybody(len(to)), nil
}

// purposes are what a message is for, in the interface's words. It has none for service.
var purposes = map[dispatch.Class]csp.Traffic{
	dispatch.ClassAuthentication: csp.Token, dispatch.ClassTransaction: csp.Payment, dispatch.ClassPromotion: csp.Advertisement,
}

func (p *china) letter(s dispatch.Submission, id string, _ time.Time) (letter, error) {
	got, err := gsma.Decode(gsma.Part{ContentType: s.ContentType, Data: s.Payload})
	if err != nil {
		return letter{}, err
	}
	bodies, err := csp.Encode(got.Content)
	if err != nil {
		return letter{}, err
	}
	store := true
	body, err := json.Marshal(csp.Message{
		ID: id, Bodies: bodies, To: csp.OneOrMore[string]{tel(s.Number)}, From: p.ChatbotID,
		// A reply names the contribution that it answers, so that is the message itself.
		Conversation: conversationOf(p.name, string(s.Tenure)), Contribution: id,
		Capabilities: csp.ChatbotSA(), Traffic: purposes[s.Class], Store: &store,
		Reports: csp.OneOrMore[csp.Status]{csp.Sent, csp.Failed, csp.Delivered, csp.Displayed},
	})
	return letter{id: id, body: body}, err
}

func tel(n simtrust.Number) string { return "tel:" + n.E164() }

func (p *china) post(ctx context.Context, _ simtrust.Number, l letter) dispatch.Outcome {
	a, code, err := p.call(ctx, "/messages", l.body)
	switch {
	case errors.Is(err, errNoCode):
		return a.outcome()
	case err != nil:
		return unanswered(err)
	}
	switch code {
	case csp.CodeOK:
		return dispatch.Outcome{Answer: dispatch.Accepted}
	case csp.CodeUser, csp.CodeGuest:
		return dispatch.Outcome{Answer: dispatch.NotOnIt}
	case csp.CodeBusy, csp.CodeDay, csp.CodeMonth, csp.CodeSecond, csp.CodeYear, csp.CodeRate, csp.CodeCredential, csp.CodeToken, csp.CodeExpired:
		return dispatch.Outcome{Answer: dispatch.Throttled, After: a.after}
	}
	return dispatch.Outcome{Answer: dispatch.Rejected, Reason: csp.Failure(code).Reason()}
}

func (p *china) takeBack(ctx context.Context, to simtrust.Number, id string) error {
	body, err := json.Marshal(csp.Revocation{ID: id, Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(to)}})
	if err != nil {
		return err
	}
	a, code, err := p.call(ctx, "/revoke", body)
	if err == nil && code != csp.CodeOK {
		err = &refusal{status: a.status, code: strconv.FormatInt(int64(code), 10)}
	}
	return err
}

var errNoCode = errors.New("the platform's answer has no result code")

// call makes a request under an access token, and once more under a new one where that was refused. [errNoCode]: there is an answer, and it
// is not the interface's.
func (p *china) call(ctx context.Context, path string, body []byte) (answer, csp.Code, error) {
	token, err := p.tokens.get(ctx, "")
	if err != nil {
		return answer{}, 0, unsent{err}
	}
	a, code, err := p.under(ctx, token, path, body)
	if err != nil || code != csp.CodeCredential && code != csp.CodeToken && code != csp.CodeExpired {
		return a, code, err
	}
	if token, err = p.tokens.get(ctx, token); err != nil {
		return a, code, nil
	}
	return p.under(ctx, token, path, body)
}

func (p *china) under(ctx context.Context, token, path string, body []byte) (answer, csp.Code, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(csp.HeaderToken, csp.TokenPrefix+token)
	a, err := call(ctx, p.client, http.MethodPost, p.base+path, header, body)
	if err != nil {
		return a, 0, err
	}
	var r csp.Answer
	if json.Unmarshal(a.body, &r) != nil || a.status != http.StatusOK && r.Code == csp.CodeOK {
		return a, 0, errNoCode
	}
	return a, r.Code, nil
}

// fetch returns the token that another node has asked for meanwhile, or asks for one, which ends the former. Two nodes that ask at once end
// one of the two; whoever holds that finds it refused, and the other one here, or asks again.
func (p *china) fetch(ctx context.Context, old string) (token, error) {
	shared, err := p.safe.load(ctx, p.name)
	if err != nil || p.tokens.good(shared, old) {
		return shared, err
	}
	fresh, err := p.renew(ctx)
	if err != nil {
		return token{}, err
	}
	if err := p.safe.save(ctx, p.name, fresh); err != nil {
		p.log.WarnContext(ctx, "an access token cannot be kept for the other nodes", "account", p.name, "error", err)
	}
	return fresh, nil
}

func (p *china) renew(ctx context.Context) (token, error) {
	body, err := json.Marshal(csp.Credential{AppID: p.AppID, AppKey: p.AppKey})
	if err != nil {
		return token{}, err
	}
	a, err := call(ctx, p.client, http.MethodPost, p.base+"/accessToken", http.Header{"Content-Type": {"application/json"}}, body)
	if err != nil {
		return token{}, err
	}
	var got csp.AccessToken
	if json.Unmarshal(a.body, &got) != nil || got.Code != csp.CodeOK || got.Token == "" {
		return token{}, &refusal{status: a.status, code: "to a request for an access token"}
	}
	return lasting(got.Token, p.tokens.now(), life(int64(got.Expires))), nil
}
