package events

import (
	"context"
	"net/http"
	"time"

	"simtrust/internal/rpc"
)

// ScopeSend is for chatbots' clients.
const ScopeSend = "messaging:send"

const (
	patternSet    = "PUT /messaging/v1/chatbots/{chatbot}/webhooks/{kind}"
	patternShow   = "GET /messaging/v1/chatbots/{chatbot}/webhooks/{kind}"
	patternRemove = "DELETE /messaging/v1/chatbots/{chatbot}/webhooks/{kind}"
	patternStream = "GET /messaging/v1/chatbots/{chatbot}/events"
)

type (
	hookWire struct {
		Chatbot string `path:"chatbot" json:"-"`
		Kind    string `path:"kind" json:"-"`
	}
	setWire struct {
		hookWire
		URL string `json:"url"`
	}
	shownWire struct {
		URL      string    `json:"url"`
		Acked    int64     `json:"acknowledged"`
		Failures int64     `json:"failures"`
		Changed  time.Time `json:"changed"`
	}
	nothingWire struct{}
)

// Mount puts the operations on r.
func (s *Service) Mount(r *rpc.Router) {
	scope := rpc.Scope(ScopeSend)
	rpc.Handle(r, "messaging.webhook_set", patternSet, s.setWire, scope, rpc.Timeout(20*time.Second))
	rpc.Handle(r, "messaging.webhook", patternShow, s.showWire, scope)
	rpc.Handle(r, "messaging.webhook_remove", patternRemove, s.removeWire, scope, rpc.Status(http.StatusNoContent))
	r.Raw("messaging.events", patternStream, http.HandlerFunc(s.stream), scope, rpc.Timeout(0))
}

func (s *Service) owned(ctx context.Context, chatbot string) error {
	c, _ := rpc.CallerFrom(ctx)
	return s.Chatbots.Owned(ctx, c.Client, chatbot)
}

func (s *Service) setWire(ctx context.Context, w setWire) (shownWire, error) {
	if err := s.owned(ctx, w.Chatbot); err != nil {
		return shownWire{}, err
	}
	hook, err := s.SetWebhook(ctx, w.Chatbot, Kind(w.Kind), w.URL)
	return shown(hook), err
}

func (s *Service) showWire(ctx context.Context, w hookWire) (shownWire, error) {
	if err := s.owned(ctx, w.Chatbot); err != nil {
		return shownWire{}, err
	}
	hook, err := s.Webhook(ctx, w.Chatbot, Kind(w.Kind))
	return shown(hook), err
}

func (s *Service) removeWire(ctx context.Context, w hookWire) (nothingWire, error) {
	if err := s.owned(ctx, w.Chatbot); err != nil {
		return nothingWire{}, err
	}
	return nothingWire{}, s.RemoveWebhook(ctx, w.Chatbot, Kind(w.Kind))
}

func shown(w Webhook) shownWire { return shownWire{w.URL, w.Acked, w.Failures, w.Changed} }
