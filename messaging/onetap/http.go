package onetap

import (
	"context"
	"net/http"
	"time"

	"simtrust/internal/rpc"
)

// ScopeAdmin is for operators, who allow apps to chatbots.
const ScopeAdmin = "messaging:admin"

const (
	pathLink      = "/t/"
	patternAllow  = "PUT /messaging/v1/chatbots/{chatbot}/apps/{client}"
	patternForbid = "DELETE /messaging/v1/chatbots/{chatbot}/apps/{client}"
	patternApps   = "GET /messaging/v1/chatbots/{chatbot}/apps"
	patternLook   = "GET " + pathLink + "{token}"
	patternPress  = "POST " + pathLink + "{token}"
)

type (
	chatbotWire struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	nameWire struct {
		Chatbot string `path:"chatbot" json:"-"`
		Client  string `path:"client" json:"-"`
	}
	allowWire struct {
		nameWire
		Name   string `json:"name"`
		Origin string `json:"origin"`
	}
	appWire struct {
		Client    string    `json:"client_id"`
		Name      string    `json:"name"`
		Origin    string    `json:"origin"`
		Allowed   time.Time `json:"allowed"`
		AllowedBy string    `json:"allowed_by"`
	}
	appsWire struct {
		Apps []appWire `json:"apps"`
	}
	nothingWire struct{}
)

// Mount puts operations and pages on r.
func (s *Service) Mount(r *rpc.Router) {
	scope := rpc.Scope(ScopeAdmin)
	rpc.Handle(r, "messaging.allow_app", patternAllow, s.allowWire, scope)
	rpc.Handle(r, "messaging.forbid_app", patternForbid, s.forbidWire, scope)
	rpc.Handle(r, "messaging.apps", patternApps, s.appsWire, scope)
	r.Raw("messaging.login_page", patternLook, http.HandlerFunc(s.look), rpc.Public())
	r.Raw("messaging.login", patternPress, http.HandlerFunc(s.pressed), rpc.Public())
}

func (s *Service) allowWire(ctx context.Context, w allowWire) (nothingWire, error) {
	c, _ := rpc.CallerFrom(ctx)
	return nothingWire{}, s.Allow(ctx, App{Chatbot: w.Chatbot, Client: w.Client, Name: w.Name, Origin: w.Origin, AllowedBy: c.Client})
}

func (s *Service) forbidWire(ctx context.Context, w nameWire) (nothingWire, error) {
	return nothingWire{}, s.Forbid(ctx, w.Chatbot, w.Client)
}

func (s *Service) appsWire(ctx context.Context, w chatbotWire) (appsWire, error) {
	list, err := s.Apps(ctx, w.Chatbot)
	out := appsWire{Apps: make([]appWire, len(list))}
	for i, a := range list {
		out.Apps[i] = appWire{a.Client, a.Name, a.Origin, a.Allowed, a.AllowedBy}
	}
	return out, err
}
