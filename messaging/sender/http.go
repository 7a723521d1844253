package sender

import (
	"context"
	"net/http"

	"simtrust"
	"simtrust/internal/rpc"
)

// The scopes of the operations: ScopeAdmin is for operators, ScopeSend for the clients of chatbots, each of its own only.
const (
	ScopeAdmin = "messaging:admin"
	ScopeSend  = "messaging:send"
)

const (
	patternMakeBrand      = "POST /messaging/v1/brands"
	patternBrands         = "GET /messaging/v1/brands"
	patternVerifyBrand    = "POST /messaging/v1/brands/{id}/verification"
	patternMakeChatbot    = "POST /messaging/v1/chatbots"
	patternChatbots       = "GET /messaging/v1/chatbots"
	patternChatbot        = "GET /messaging/v1/chatbots/{id}"
	patternReview         = "POST /messaging/v1/chatbots/{id}/review"
	patternSuspend        = "POST /messaging/v1/chatbots/{id}/suspension"
	patternResume         = "POST /messaging/v1/chatbots/{id}/resumption"
	patternQuotas         = "PUT /messaging/v1/chatbots/{id}/quotas"
	patternProfile        = "PUT /messaging/v1/chatbots/{id}/profile"
	patternMenu           = "PUT /messaging/v1/chatbots/{id}/menu"
	patternBind           = "PUT /messaging/v1/chatbots/{id}/certificate"
	patternSubmit         = "POST /messaging/v1/chatbots/{id}/templates"
	patternTemplates      = "GET /messaging/v1/templates"
	patternTemplate       = "GET /messaging/v1/templates/{id}"
	patternReviewTemplate = "POST /messaging/v1/templates/{id}/review"
	patternHistory        = "GET /messaging/v1/history/{subject}"
)

// Mount mounts the operations. Those that both kinds of callers have show a client its own chatbots only, and an operator all.
func (s *Service) Mount(r *rpc.Router) {
	admin, both, created := rpc.Scope(ScopeAdmin), rpc.Scope(ScopeAdmin, ScopeSend), rpc.Status(http.StatusCreated)
	rpc.Handle(r, "messaging.make_brand", patternMakeBrand, s.makeBrandWire, admin, created)
	rpc.Handle(r, "messaging.brands", patternBrands, s.brandsWire, admin)
	rpc.Handle(r, "messaging.verify_brand", patternVerifyBrand, s.verifyBrandWire, admin)
	rpc.Handle(r, "messaging.make_chatbot", patternMakeChatbot, s.makeChatbotWire, admin, created)
	rpc.Handle(r, "messaging.chatbots", patternChatbots, s.chatbotsWire, both)
	rpc.Handle(r, "messaging.chatbot", patternChatbot, own(s, idWire.of, s.chatbotWire), both)
	rpc.Handle(r, "messaging.review_chatbot", patternReview, s.reviewWire, admin)
	rpc.Handle(r, "messaging.suspend", patternSuspend, s.suspendWire, admin)
	rpc.Handle(r, "messaging.resume", patternResume, s.resumeWire, admin)
	rpc.Handle(r, "messaging.quotas", patternQuotas, s.quotasWire, admin)
	rpc.Handle(r, "messaging.profile", patternProfile, own(s, profileWire.of, s.profileWire), both)
	rpc.Handle(r, "messaging.menu", patternMenu, own(s, menuWire.of, s.menuWire), both)
	rpc.Handle(r, "messaging.certificate", patternBind, own(s, bindWire.of, s.bindWire), both)
	rpc.Handle(r, "messaging.submit_template", patternSubmit, own(s, templateReqWire.of, s.submitWire), both, created)
	rpc.Handle(r, "messaging.templates", patternTemplates, s.templatesWire, both)
	rpc.Handle(r, "messaging.template", patternTemplate, s.templateWire, both)
	rpc.Handle(r, "messaging.review_template", patternReviewTemplate, s.reviewTemplateWire, admin)
	rpc.Handle(r, "messaging.history", patternHistory, s.historyWire, admin)
}

func (w idWire) of() string          { return w.ID }
func (w profileWire) of() string     { return w.ID }
func (w menuWire) of() string        { return w.ID }
func (w bindWire) of() string        { return w.ID }
func (w templateReqWire) of() string { return w.ID }

// own lets an operator at every chatbot, and a client at its own.
func own[Req, Res any](s *Service, chatbot func(Req) string, fn func(context.Context, Req) (Res, error)) func(context.Context, Req) (Res, error) {
	return func(ctx context.Context, req Req) (Res, error) {
		if err := s.admits(ctx, chatbot(req)); err != nil {
			return *new(Res), err
		}
		return fn(ctx, req)
	}
}

func (s *Service) admits(ctx context.Context, chatbot string) error {
	client, all := caller(ctx)
	if all {
		return nil
	}
	return s.Owned(ctx, client, chatbot)
}

// caller names who asks, and tells whether it is an operator.
func caller(ctx context.Context) (client string, operator bool) {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client, c.Has(ScopeAdmin)
}

func by(ctx context.Context) string {
	client, _ := caller(ctx)
	return client
}

// within is the client that a listing is about: "" for an operator, who sees all.
func within(ctx context.Context) string {
	if client, operator := caller(ctx); !operator {
		return client
	}
	return ""
}

func (s *Service) makeBrandWire(ctx context.Context, w brandReqWire) (brandWire, error) {
	b, err := s.CreateBrand(ctx, BrandReq{Name: w.Name, Holder: simtrust.HolderID(w.Holder), Organization: w.Organization,
		OrganizationID: w.OrganizationID, By: by(ctx)})
	return wireOfBrand(b), err
}

func (s *Service) brandsWire(ctx context.Context, w pageWire) (brandsWire, error) {
	list, next, err := s.Brands(ctx, w.page())
	return brandsWire{each(list, wireOfBrand), next}, err
}

func (s *Service) verifyBrandWire(ctx context.Context, w whyWire) (brandWire, error) {
	b, err := s.VerifyBrand(ctx, w.ID, Decision{by(ctx), w.Why})
	return wireOfBrand(b), err
}

func (s *Service) makeChatbotWire(ctx context.Context, w chatbotReqWire) (chatbotWire, error) {
	c, err := s.CreateChatbot(ctx, ChatbotReq{Client: w.Client, Brand: w.Brand, Name: w.Name, ServiceID: w.ServiceID, SMSFallback: w.SMSFallback,
		Profile: w.Profile, Quotas: w.Quotas, By: by(ctx)})
	return wireOfChatbot(c), err
}

func (s *Service) chatbotsWire(ctx context.Context, w chatbotsReqWire) (chatbotsWire, error) {
	list, next, err := s.Chatbots(ctx, ChatbotQuery{Client: within(ctx), State: State(w.State)}, w.page())
	return chatbotsWire{each(list, wireOfChatbot), next}, err
}

func (s *Service) chatbotWire(ctx context.Context, w idWire) (chatbotWire, error) {
	c, err := s.Chatbot(ctx, w.ID)
	return wireOfChatbot(c), err
}

func (s *Service) reviewWire(ctx context.Context, w reviewWire) (chatbotWire, error) {
	c, err := s.Review(ctx, Review{Chatbot: w.ID, Revision: w.Revision, Approved: w.Approved, Decision: Decision{by(ctx), w.Why}})
	return wireOfChatbot(c), err
}

func (s *Service) suspendWire(ctx context.Context, w whyWire) (chatbotWire, error) {
	c, err := s.Suspend(ctx, w.ID, Decision{by(ctx), w.Why})
	return wireOfChatbot(c), err
}

func (s *Service) resumeWire(ctx context.Context, w whyWire) (chatbotWire, error) {
	c, err := s.Resume(ctx, w.ID, Decision{by(ctx), w.Why})
	return wireOfChatbot(c), err
}

func (s *Service) quotasWire(ctx context.Context, w quotasWire) (chatbotWire, error) {
	c, err := s.SetQuotas(ctx, w.ID, w.Quotas, by(ctx))
	return wireOfChatbot(c), err
}

func (s *Service) profileWire(ctx context.Context, w profileWire) (chatbotWire, error) {
	c, err := s.SetProfile(ctx, w.ID, w.Profile, by(ctx))
	return wireOfChatbot(c), err
}

func (s *Service) menuWire(ctx context.Context, w menuWire) (chatbotWire, error) {
	c, err := s.SetMenu(ctx, w.ID, w.Menu, by(ctx))
	return wireOfChatbot(c), err
}

func (s *Service) bindWire(ctx context.Context, w bindWire) (chatbotWire, error) {
	c, err := s.Bind(ctx, BindReq{Chatbot: w.ID, Certificate: w.Certificate, Proof: w.Proof, By: by(ctx)})
	return wireOfChatbot(c), err
}

func (s *Service) submitWire(ctx context.Context, w templateReqWire) (templateWire, error) {
	t, err := s.SubmitTemplate(ctx, TemplateReq{Chatbot: w.ID, Class: w.Class, Body: w.Body, By: by(ctx)})
	return wireOfTemplate(t), err
}

func (s *Service) templatesWire(ctx context.Context, w templatesReqWire) (templatesWire, error) {
	list, next, err := s.Templates(ctx, TemplateQuery{Client: within(ctx), Chatbot: w.Chatbot, State: TemplateState(w.State)}, w.page())
	return templatesWire{each(list, wireOfTemplate), next}, err
}

// templateWire answers for another's template as for none.
func (s *Service) templateWire(ctx context.Context, w idWire) (templateWire, error) {
	t, err := s.Template(ctx, w.ID)
	if err == nil {
		err = s.admits(ctx, t.Chatbot)
	}
	switch {
	case simtrust.KindOf(err) == simtrust.KindDenied:
		return templateWire{}, errUnknownTemplate
	case err != nil:
		return templateWire{}, err
	}
	return wireOfTemplate(t), nil
}

func (s *Service) reviewTemplateWire(ctx context.Context, w templateReviewWire) (templateWire, error) {
	t, err := s.ReviewTemplate(ctx, w.ID, w.Approved, Decision{by(ctx), w.Why})
	return wireOfTemplate(t), err
}

func (s *Service) historyWire(ctx context.Context, w historyWire) (actsWire, error) {
	list, next, err := s.History(ctx, w.Subject, w.page())
	return actsWire{each(list, func(a Act) actWire { return actWire(a) }), next}, err
}
