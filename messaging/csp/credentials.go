package csp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"simtrust/internal/rpc"
)

// The scopes that may give out credentials: operators for every chatbot, clients for their own.
const (
	ScopeAdmin = "messaging:admin"
	ScopeSend  = "messaging:send"
)

const patternIssue = "POST /messaging/v1/chatbots/{chatbot}/csp-credentials"

type (
	issueWire struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	issuedWire struct {
		ServiceID     string `json:"chatbot_id"`
		AppID         string `json:"app_id"`
		AppKey        string `json:"app_key"`
		CallbackToken string `json:"callback_token"`
	}
)

// Format hides the secrets under every verb.
func (c Credentials) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s %s}", c.Chatbot, c.AppID)
}

// LogValue hides them in structured logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format hides the secrets under every verb.
func (w issuedWire) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s}", w.AppID) }

// LogValue hides them in structured logs.
func (w issuedWire) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }

func (s *Service) mountCredentials(r *rpc.Router) {
	rpc.Handle(r, "messaging.csp_credentials", patternIssue, s.issueWire, rpc.Scope(ScopeAdmin, ScopeSend), rpc.Status(http.StatusCreated))
}

func (s *Service) issueWire(ctx context.Context, w issueWire) (issuedWire, error) {
	caller, _ := rpc.CallerFrom(ctx)
	if !caller.Has(ScopeAdmin) {
		if err := s.Chatbots.Owned(ctx, caller.Client, w.Chatbot); err != nil {
			return issuedWire{}, err
		}
	}
	c, err := s.Issue(ctx, w.Chatbot, caller.Client)
	return issuedWire{c.ServiceID, c.AppID, c.AppKey, c.CallbackToken}, err
}

// Client gives out credentials on another machine. Its method is that of Service; its errors have the same Kind and Reason.
type Client struct {
	issue func(context.Context, issueWire) (issuedWire, error)
}

// NewClient returns what is behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{issue: rpc.Call[issueWire, issuedWire](c, patternIssue)}
}

// Issue gives a chatbot its credentials, in place of those that it had.
func (c *Client) Issue(ctx context.Context, chatbot string) (Credentials, error) {
	w, err := c.issue(ctx, issueWire{chatbot})
	return Credentials{Chatbot: chatbot, ServiceID: w.ServiceID, AppID: w.AppID, AppKey: w.AppKey, CallbackToken: w.CallbackToken}, err
}
