package maap

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

// serveRBM takes a webhook's call: an event with a signature, or the check of the endpoint, which has none.
func (b *Bearer) serveRBM(w http.ResponseWriter, r *http.Request) {
	a, ok := b.accounts[r.PathValue("account")]
	if !ok || a.RBM == nil {
		rpc.Fail(w, r, refused(simtrust.KindNotFound, ReasonAccount, "there is no such account"))
		return
	}
	body, err := read(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	signature := r.Header.Get(rbm.SignatureHeader)
	if signature == "" {
		answerCheck(w, r, a, body)
		return
	}
	if err := b.takeCall(r.Context(), a, body, signature); err != nil {
		rpc.Fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// maxSecret bounds what is repeated to who checks the endpoint.
const maxSecret = 256

// answerCheck gives the secret back to who knows the client token, as text.
func answerCheck(w http.ResponseWriter, r *http.Request, a Account, body []byte) {
	var c rbm.Check
	err := json.Unmarshal(body, &c)
	if err != nil || subtle.ConstantTimeCompare([]byte(c.ClientToken), []byte(a.RBM.ClientToken)) != 1 || c.Secret == "" || len(c.Secret) > maxSecret {
		rpc.Fail(w, r, refused(simtrust.KindUnauthenticated, ReasonForged, "neither an event with a signature nor a check with the client token"))
		return
	}
	plain(w, c.Secret)
}

// plain answers with a text that nothing takes for a page.
func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(text))
}

// takeCall takes a call whose signature is right and which is about the account's agent.
func (b *Bearer) takeCall(ctx context.Context, a Account, body []byte, signature string) error {
	e, _, err := rbm.Open(a.RBM.ClientToken, body, signature)
	switch {
	case errors.Is(err, rbm.ErrSignature):
		return refused(simtrust.KindUnauthenticated, ReasonForged, err.Error())
	case err != nil:
		return refused(simtrust.KindInvalid, ReasonCallback, err.Error())
	case e.AgentID != a.RBM.AgentID:
		return refused(simtrust.KindDenied, ReasonForeign, "the event is about another agent")
	}
	return b.takeEvent(ctx, a, e)
}

// fates are what events say of copies. TTL_EXPIRATION_REVOKE_FAILED says nothing: the copy may still arrive.
var fates = map[rbm.EventType]dispatch.Fate{
	rbm.Delivered: dispatch.FateDelivered, rbm.Read: dispatch.FateDisplayed, rbm.Expired: dispatch.FateExpired,
}

// permissions are what a person says who presses the button of their client for it.
var permissions = map[rbm.EventType]string{rbm.Subscribe: "START", rbm.Unsubscribe: "STOP"}

func (b *Bearer) takeEvent(ctx context.Context, a Account, e rbm.Event) error {
	words := permissions[e.EventType]
	switch {
	case e.EventType == "":
		said, err := e.Received()
		if err != nil {
			return refused(simtrust.KindInvalid, ReasonCallback, err.Error())
		}
		return b.takeSaid(ctx, a, e, e.MessageID, said)
	case words != "":
		return b.takeSaid(ctx, a, e, e.EventID, gsma.Received{Content: gsma.Content{Text: words}})
	case fates[e.EventType] != "" && e.MessageID != "" && len(e.MessageID) <= maxID:
		return b.settled(ctx, a, b.report(ctx, a, map[string][]dispatch.Report{e.MessageID: {{Fate: fates[e.EventType], At: b.at(e.SendTime)}}}))
	}
	return nil
}

// For how long words are believed. A call has no nonce, so one that was kept may be brought again by anybody.
const (
	// wordsTime is a day less than ids of what was said are known.
	wordsTime = 29 * 24 * time.Hour
	// consentTime is that of a START: as long as platforms repeat what was not taken. The person may have said STOP since.
	consentTime = 7 * 24 * time.Hour
	// aheadTime is how far ahead the platform's clock may be.
	aheadTime = 24 * time.Hour
)

// outdated reports whether words are too old to be believed; of a START without a time nobody can tell.
func (b *Bearer) outdated(e rbm.Event, words string) bool {
	consent := b.Consents(words)
	if e.SendTime.IsZero() {
		return consent
	}
	age := b.Now().Sub(e.SendTime)
	return age > wordsTime || age < -aheadTime || consent && age > consentTime
}

func (b *Bearer) takeSaid(ctx context.Context, a Account, e rbm.Event, id string, said gsma.Received) error {
	if b.outdated(e, said.Text) {
		b.Log.InfoContext(ctx, "words that a platform brought are too old to be believed", "account", a.Name)
		return nil
	}
	from, err := simtrust.ParseNumber(e.SenderPhoneNumber)
	if err != nil || id == "" || len(id) > maxID {
		return refused(simtrust.KindInvalid, ReasonCallback, "a message has the number of its sender and an id of up to 128 characters")
	}
	part, err := partOf(said)
	if err != nil {
		return refused(simtrust.KindInvalid, ReasonCallback, err.Error())
	}
	return b.settled(ctx, a, b.Inbox.Received(ctx, Inbound{ID: inboundID(a, id), From: from, To: a.Chatbot, Said: b.said(e.SendTime), Part: part}))
}

// partOf is what a person said as RCS carries it.
func partOf(r gsma.Received) (gsma.Part, error) {
	switch {
	case r.Response != nil:
		return gsma.EncodeResponse(*r.Response)
	case r.File != nil:
		return r.File.Part()
	case r.Location != nil:
		r.Text = r.Location.URI()
	}
	return gsma.Part{ContentType: gsma.TypeText + ";charset=UTF-8", Data: []byte(r.Text)}, nil
}

// said is when something was said; zero where the platform does not say.
func (b *Bearer) said(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return b.at(t)
}

// at is when something happened: no later than now, and now where it was not said.
func (b *Bearer) at(t time.Time) time.Time {
	if now := b.Now(); t.IsZero() || t.After(now) {
		return now
	}
	return t
}
