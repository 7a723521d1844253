package optin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// The scopes of the operations.
const (
	ScopeSend   = "messaging:send"   // a chatbot's client
	ScopeBearer = "messaging:bearer" // the operator's gateways
	ScopeAdmin  = "messaging:admin"  // the operator
)

const (
	patternPut      = "PUT /messaging/v1/chatbots/{chatbot}/opt-ins/{number}"
	patternWithdraw = "DELETE /messaging/v1/chatbots/{chatbot}/opt-ins/{number}"
	patternRefuse   = "POST /messaging/v1/opt-in-refusals"
	patternChanges  = "POST /messaging/v1/opt-in-changes"
)

// Mount mounts the operations.
func (s *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "optin.put", patternPut, s.put, rpc.Scope(ScopeSend))
	rpc.Handle(r, "optin.withdraw", patternWithdraw, s.withdraw, rpc.Scope(ScopeSend), rpc.Status(http.StatusNoContent))
	rpc.Handle(r, "optin.refuse", patternRefuse, s.refuse, rpc.Scope(ScopeBearer), rpc.Status(http.StatusNoContent))
	rpc.Handle(r, "optin.changes", patternChanges, s.changes, rpc.Scope(ScopeAdmin))
}

// About names a chatbot and a number.
type About struct {
	Chatbot string `path:"chatbot" json:"-"`
	Number  string `path:"number" json:"-"`
}

// LimitKey is the number.
func (r About) LimitKey() string { return r.Number }

// Format masks the number under every verb.
func (r About) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "{"+r.Chatbot+" "+masked(r.Number)+"}")
}

// LogValue masks in structured logs.
func (r About) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// PutReq states an opt-in. ObtainedAt is now where it is absent, and Basis consent.
type PutReq struct {
	About
	ObtainedAt *time.Time `json:"obtained_at,omitempty"`
	Evidence   string     `json:"evidence,omitempty"`
	Basis      Basis      `json:"basis,omitempty"`
}

// PutRes is the opt-in that stands now: the one stated, or an earlier one that was active already.
type PutRes struct {
	State      State     `json:"state"`
	Basis      Basis     `json:"basis"`
	ObtainedAt time.Time `json:"obtained_at"`
	Evidence   string    `json:"evidence,omitempty"`
}

func (s *Service) put(ctx context.Context, req PutReq) (PutRes, error) {
	n, client, err := s.own(ctx, req.About)
	if err != nil {
		return PutRes{}, err
	}
	o := OptIn{Chatbot: req.Chatbot, Client: client, Number: n, Evidence: req.Evidence, Basis: req.Basis, Obtained: req.ObtainedAt}
	e, err := s.OptIn(ctx, o)
	return PutRes{e.State, e.Basis, e.Obtained, e.Evidence}, err
}

// Done is the empty answer.
type Done struct{}

func (s *Service) withdraw(ctx context.Context, req About) (Done, error) {
	n, client, err := s.own(ctx, req)
	if err != nil {
		return Done{}, err
	}
	return Done{}, s.Withdraw(ctx, req.Chatbot, client, n)
}

// own returns the number that a request is about, and the client, whose the chatbot is.
func (s *Service) own(ctx context.Context, a About) (simtrust.Number, string, error) {
	c, _ := rpc.CallerFrom(ctx)
	if err := s.chatbots.Owned(ctx, c.Client, a.Chatbot); err != nil {
		return simtrust.Number{}, "", err
	}
	n, err := simtrust.ParseNumber(a.Number)
	return n, c.Client, err
}

// RefuseReq says that the person behind a number refuses a chatbot, named by its id or its service id.
type RefuseReq struct {
	Number    string `json:"number"`
	Chatbot   string `json:"chatbot,omitempty"`
	ServiceID string `json:"service_id,omitempty"`
}

// Format masks the number under every verb.
func (r RefuseReq) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "{"+r.Chatbot+r.ServiceID+" "+masked(r.Number)+"}")
}

// LogValue masks in structured logs.
func (r RefuseReq) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// refuse takes a refusal that a person gave on their phone. The operator's gateway is told what a sender is not: that nobody holds the
// number.
func (s *Service) refuse(ctx context.Context, req RefuseReq) (Done, error) {
	if (req.Chatbot == "") == (req.ServiceID == "") {
		return Done{}, refusal(simtrust.KindInvalid, ReasonChatbot, "name the chatbot by one of chatbot and service_id")
	}
	n, err := simtrust.ParseNumber(req.Number)
	if err != nil {
		return Done{}, err
	}
	chatbot, err := s.chatbots.Named(ctx, req.Chatbot+req.ServiceID)
	if err != nil {
		return Done{}, err
	}
	tenure, err := s.holder(ctx, n)
	switch {
	case err != nil:
		return Done{}, err
	case tenure == "":
		return Done{}, refusal(simtrust.KindNotFound, ReasonUnknownNumber, "nobody holds the number")
	}
	return Done{}, s.Refuse(ctx, chatbot, tenure)
}

func masked(number string) string {
	n, _ := simtrust.ParseNumber(number)
	return n.String()
}
