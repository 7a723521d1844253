package redenvelope

import (
	"context"
	"net/http"
	"time"

	"simtrust/internal/rpc"
	"simtrust/messaging"
)

// ScopeAdmin is for operators, who fund chatbots' accounts. Chatbots' own clients have messaging.ScopeSend.
const ScopeAdmin = "messaging:admin"

const (
	patternCreate   = "POST /messaging/v1/red-envelopes"
	patternShow     = "GET /messaging/v1/red-envelopes/{campaign}"
	patternClaims   = "GET /messaging/v1/red-envelopes/{campaign}/claims"
	patternClose    = "POST /messaging/v1/red-envelopes/{campaign}/close"
	patternSend     = "POST /messaging/v1/red-envelopes/{campaign}/messages"
	patternFund     = "POST /messaging/v1/red-envelope-accounts/fund"
	patternAccounts = "GET /messaging/v1/red-envelope-accounts"
)

const (
	maxRequest = 1 << 20 // ten thousand recipients
	sendTime   = 30 * time.Second
)

// Mount puts the operations on r. Numbers travel in bodies, never in URLs.
func (s *Service) Mount(r *rpc.Router) {
	own, admin := rpc.Scope(messaging.ScopeSend), rpc.Scope(ScopeAdmin)
	rpc.Handle(r, "messaging.redenvelope_create", patternCreate, s.createWire, own, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "messaging.redenvelope", patternShow, s.showWire, own)
	rpc.Handle(r, "messaging.redenvelope_claims", patternClaims, s.claimsWire, own)
	rpc.Handle(r, "messaging.redenvelope_close", patternClose, s.closeWire, own)
	rpc.Handle(r, "messaging.redenvelope_send", patternSend, s.sendWire, own, rpc.Status(http.StatusAccepted), rpc.MaxBody(maxRequest), rpc.Timeout(sendTime))
	rpc.Handle(r, "messaging.redenvelope_fund", patternFund, s.fundWire, admin)
	rpc.Handle(r, "messaging.redenvelope_accounts", patternAccounts, s.accountsWire, admin)
}

func (s *Service) createWire(ctx context.Context, w createWire) (campaignWire, error) {
	c, err := s.Create(ctx, caller(ctx), w.request())
	return wireOf(c), err
}

func (s *Service) showWire(ctx context.Context, w nameWire) (campaignWire, error) {
	c, err := s.Campaign(ctx, caller(ctx), w.Campaign)
	return wireOf(c), err
}

func (s *Service) claimsWire(ctx context.Context, w pageWire) (claimsWire, error) {
	c, list, next, err := s.Shares(ctx, caller(ctx), w.Campaign, w.After, w.Limit)
	out := claimsWire{Claims: make([]claimWire, len(list)), Next: next}
	for i, share := range list {
		out.Claims[i] = claimWire{share.Number, s.Messages.Conversation(c.Chatbot, share.Tenure), share.Amount, share.At}
	}
	return out, err
}

func (s *Service) closeWire(ctx context.Context, w nameWire) (campaignWire, error) {
	c, err := s.End(ctx, caller(ctx), w.Campaign)
	return wireOf(c), err
}

func (s *Service) sendWire(ctx context.Context, w cardWire) (messaging.SentWire, error) {
	sent, err := s.Send(ctx, caller(ctx), w.Campaign, Card{Key: w.Key, To: w.To, Class: w.Class})
	if err != nil {
		return messaging.SentWire{}, err
	}
	return sent.Wire(), nil
}

func (s *Service) fundWire(ctx context.Context, w fundWire) (accountWire, error) {
	balance, err := s.Fund(ctx, Funding{Chatbot: w.Chatbot, Key: w.Key, Asset: w.asset(), Amount: w.Amount})
	return accountWire{w.assetWire, balance}, err
}

func (s *Service) accountsWire(ctx context.Context, w chatbotWire) (accountsWire, error) {
	list, err := s.Accounts(ctx, w.Chatbot)
	out := accountsWire{make([]accountWire, len(list))}
	for i, a := range list {
		out.Accounts[i] = accountWire{assetOf(a.Asset), a.Balance}
	}
	return out, err
}

func caller(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}
