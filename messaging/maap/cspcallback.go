package maap

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/csp"
)

const (
	// window is how far a callback's time may be from now, either way.
	window = 5 * time.Minute
	// nonceTime is for how long nonces are kept: for longer than any time within the window stays there.
	nonceTime = 3 * window
)

// verified returns the account that a callback is for, and its nonce, where its headers are signed, now, and for the account's chatbot.
func (b *Bearer) verified(r *http.Request) (Account, string, error) {
	a, ok := b.accounts[r.PathValue("account")]
	if !ok || a.CSP == nil {
		return a, "", refused(simtrust.KindNotFound, ReasonAccount, "there is no such account")
	}
	c, err := csp.Verify(r.Header, a.CSP.Token)
	if err != nil {
		return a, "", refused(simtrust.KindUnauthenticated, ReasonForged, err.Error())
	}
	if age := b.Now().Sub(c.Time); age > window || age < -window {
		return a, "", refused(simtrust.KindUnauthenticated, ReasonForged, "the time of the callback is more than five minutes from now")
	}
	for _, id := range []string{r.PathValue("chatbotId"), r.Header.Get(csp.HeaderChatbot)} {
		if id != "" && !a.CSP.is(id) {
			return a, "", refused(simtrust.KindDenied, ReasonForeign, "the callback is for another chatbot")
		}
	}
	return a, c.Nonce, nil
}

// serveCheck proves to the platform that the notifyURL is ours. It changes nothing, so the nonce is not kept.
func (b *Bearer) serveCheck(w http.ResponseWriter, r *http.Request) {
	a, _, err := b.verified(r)
	echo := r.Header.Get(csp.HeaderEcho)
	if err == nil && (echo == "" || len(echo) > maxSecret || word(echo) != echo[:min(len(echo), maxReason)]) {
		err = refused(simtrust.KindInvalid, ReasonCallback, "echoStr is missing, too long or no word")
	}
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	w.Header().Set(csp.HeaderEcho, echo)
	w.Header().Set(csp.HeaderAppID, a.CSP.AppID)
	plain(w, echo)
}

// serveCSP takes callbacks at a path.
//
// The nonce is bound to the request before anything is done, and stays bound when that fails. Were it kept only after success, many copies
// with different bodies could come at once; were it given back after a failure, a crash in between would use it up for the platform's own
// repetition. Bound to one path and body it harms neither: the same request may come as often as it likes, and changes nothing once it was
// taken, since reports and messages are known by their ids; another under the same headers is refused.
func (b *Bearer) serveCSP(path string, take func(context.Context, Account, []byte) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, nonce, err := b.verified(r)
		if err != nil {
			rpc.Fail(w, r, err)
			return
		}
		body, err := read(r)
		if err == nil {
			err = b.bound(r.Context(), a, nonce, path, body)
		}
		var answer any
		if err == nil {
			answer, err = take(r.Context(), a, body)
		}
		if err != nil {
			rpc.Fail(w, r, err)
			return
		}
		write(w, r, answer)
	})
}

func (b *Bearer) bound(ctx context.Context, a Account, nonce, path string, body []byte) error {
	h := hmac.New(sha256.New, []byte(a.CSP.Token))
	_, _ = h.Write(append([]byte(path), 0))
	_, _ = h.Write(body)
	ours, err := bind(ctx, b.DB, a.Name, nonce, h.Sum(nil), b.Now())
	if err == nil && !ours {
		err = refused(simtrust.KindUnauthenticated, ReasonUsed, "the nonce came with another callback")
	}
	return err
}

// manner is how callbacks in the Chinese shape are refused: with a result code.
type manner struct{ rpc.Problem }

// codes are the results for errors; what is to be tried again is called busy.
var codes = map[simtrust.Kind]csp.Code{
	simtrust.KindUnauthenticated: csp.CodeCallback, simtrust.KindDenied: csp.CodeSender, simtrust.KindInvalid: csp.CodeParameter,
	simtrust.KindNotFound: csp.CodeParameter, simtrust.KindLimited: csp.CodeRate,
}

// Render implements rpc.Face.
func (manner) Render(e *simtrust.Error, _ string) rpc.Reply {
	r := csp.Result{Code: csp.CodeBusy, Message: "try again later"}
	if code, ok := codes[e.Kind]; ok {
		r = csp.Result{Code: code, Message: e.Msg}
	}
	body, _ := json.Marshal(r) // a number and a text
	return rpc.Reply{Status: rpc.StatusOf(e), ContentType: "application/json", Body: body}
}

func write(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}
