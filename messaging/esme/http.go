package esme

import (
	"context"
	"net/http"
	"time"

	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
)

// ScopeAdmin is for operators, who give chatbots their accounts.
const ScopeAdmin = "messaging:admin"

const (
	patternMake     = "POST /messaging/v1/smpp-accounts"
	patternList     = "GET /messaging/v1/smpp-accounts"
	patternWithdraw = "POST /messaging/v1/smpp-accounts/withdraw"
)

type (
	makeWire struct {
		SystemID string   `json:"system_id"`
		Chatbot  string   `json:"chatbot"`
		Class    string   `json:"class"`
		RCS      bool     `json:"rcs,omitzero"`
		Source   string   `json:"source_addr"`
		Networks []string `json:"networks,omitzero"`
	}
	madeWire struct {
		SystemID string `json:"system_id"`
		Password string `json:"password"`
	}
	nameWire struct {
		SystemID string `json:"system_id"`
	}
	nothingWire struct{}
	accountWire struct {
		makeWire
		Created   time.Time `json:"created"`
		CreatedBy string    `json:"created_by"`
		Withdrawn time.Time `json:"withdrawn,omitzero"`
	}
	listWire struct {
		Accounts []accountWire `json:"accounts"`
	}
)

// Mount puts the operations on r.
func (s *Service) Mount(r *rpc.Router) {
	scope := rpc.Scope(ScopeAdmin)
	rpc.Handle(r, "messaging.smpp_account", patternMake, s.makeWire, scope, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "messaging.smpp_accounts", patternList, s.listWire, scope)
	rpc.Handle(r, "messaging.smpp_withdraw", patternWithdraw, s.withdrawWire, scope)
}

func (s *Service) makeWire(ctx context.Context, w makeWire) (madeWire, error) {
	networks, err := w.networks()
	if err != nil {
		return madeWire{}, err
	}
	password, err := s.Make(ctx, Account{SystemID: w.SystemID, Chatbot: w.Chatbot, Class: dispatch.Class(w.Class), RCS: w.RCS, Source: w.Source,
		Networks: networks, CreatedBy: caller(ctx)})
	return madeWire{w.SystemID, password}, err
}

func (s *Service) listWire(ctx context.Context, _ nothingWire) (listWire, error) {
	list, err := s.List(ctx)
	out := listWire{Accounts: make([]accountWire, len(list))}
	for i, a := range list {
		out.Accounts[i] = accountWire{wireOf(a), a.Created, a.CreatedBy, a.Withdrawn}
	}
	return out, err
}

func (s *Service) withdrawWire(ctx context.Context, w nameWire) (nothingWire, error) {
	return nothingWire{}, s.Withdraw(ctx, w.SystemID, caller(ctx))
}

func caller(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}
