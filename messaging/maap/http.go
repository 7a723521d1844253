package maap

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
)

// Path is where platforms call back: the shape and the name of the account follow.
const Path = "/messaging/v1/upstream/"

const (
	pathRBM = Path + "rbm/"
	pathCSP = Path + "csp/"
	account = "{account}"
	// pathCheck is where some platforms look for the check of a notifyURL.
	pathCheck = "/notifyInfoNotification/{chatbotId}/check"
)

// maxCallback bounds the body of a callback.
const maxCallback = 512 << 10

// Reasons of refusal of callbacks.
const (
	ReasonAccount  = "unknown_account"   // not found
	ReasonForged   = "callback_refused"  // unauthenticated: not signed, by another, or not now
	ReasonUsed     = "callback_repeated" // unauthenticated: its nonce came with another request
	ReasonForeign  = "foreign_chatbot"   // denied: about another chatbot than the account's
	ReasonCallback = "callback_invalid"  // invalid
)

// Mount puts what platforms call on r. They prove themselves by what they sign.
func (b *Bearer) Mount(r *rpc.Router) {
	public, size := rpc.Public(), rpc.MaxBody(maxCallback)
	r.Face(pathCSP, manner{})
	r.Raw("messaging.upstream_rbm", "POST "+pathRBM+account, http.HandlerFunc(b.serveRBM), public, size)
	for method, op := range map[string]string{http.MethodGet: "check", http.MethodPost: "check_post"} { // platforms differ
		r.Raw("messaging.upstream_csp_"+op, method+" "+pathCSP+account+csp.PathCheck, http.HandlerFunc(b.serveCheck), public, size)
		r.Raw("messaging.upstream_csp_"+op+"_of", method+" "+pathCSP+account+pathCheck, http.HandlerFunc(b.serveCheck), public, size)
	}
	for _, c := range []struct {
		op, path string
		take     func(context.Context, Account, []byte) (any, error)
	}{
		{"messages", csp.PathInbound, b.takeMessage},
		{"status", csp.PathStatus, b.takeStatus},
		{"changed", csp.PathChanged, b.takeChange},
		{"spam", csp.PathSpam, b.takeSpam},
	} {
		r.Raw("messaging.upstream_csp_"+c.op, "POST "+pathCSP+account+c.path, b.serveCSP(c.path, c.take), public, size)
	}
}

// settled is what an error of taking a callback's word means: nil where it would be the same next time, so that the platform is answered
// with success and does not come again.
func (b *Bearer) settled(ctx context.Context, a Account, err error) error {
	switch simtrust.KindOf(err) {
	case "", simtrust.KindInternal, simtrust.KindUnavailable, simtrust.KindLimited:
		return err
	}
	b.Log.InfoContext(ctx, "what a platform said could not be used", "account", a.Name, "reason", simtrust.ReasonOf(err))
	return nil
}

// report takes a platform's words on copies: those that the account was handed.
func (b *Bearer) report(ctx context.Context, a Account, list map[string][]dispatch.Report) error {
	ids := slices.Collect(maps.Keys(list))
	found, err := b.handed(ctx, a, ids)
	if err != nil {
		return err
	}
	var reports []dispatch.Report
	for id, h := range found {
		for _, r := range list[id] {
			r.ID = h.copy
			reports = append(reports, r)
		}
	}
	if len(reports) == 0 {
		return nil
	}
	return b.Reports.Report(ctx, Rich, reports)
}

// inboundID is the id of what came in.
func inboundID(a Account, id string) string { return a.Name + ":" + id }

// maxID bounds the ids that platforms give.
const maxID = 128

func read(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, refused(simtrust.KindInvalid, ReasonCallback, "the body cannot be read, or is too large")
	}
	return body, nil
}

func refused(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: "messaging.upstream", Msg: msg}
}
