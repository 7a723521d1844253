package purchase

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"simtrust/internal/rpc"
)

// Scopes of the operations: ScopeSend for chatbots' clients, ScopeAdmin for operators, who say whose requests a chatbot may carry.
const (
	ScopeSend  = "messaging:send"
	ScopeAdmin = "messaging:admin"
)

const (
	patternAsk      = "POST /messaging/v1/purchases"
	patternShow     = "GET /messaging/v1/purchases/{id}"
	patternAllow    = "PUT /messaging/v1/chatbots/{chatbot}/parties/{party}"
	patternDisallow = "DELETE /messaging/v1/chatbots/{chatbot}/parties/{party}"
	patternLinks    = "GET /messaging/v1/chatbots/{chatbot}/parties"
)

// maxWait is the longest poll.
const maxWait = 30 * time.Second

// Mount puts the operations on r.
func (s *Service) Mount(r *rpc.Router) {
	send, admin := rpc.Scope(ScopeSend), rpc.Scope(ScopeAdmin)
	rpc.Handle(r, "messaging.purchase_ask", patternAsk, s.askWire, send, rpc.Status(http.StatusAccepted))
	rpc.Handle(r, "messaging.purchase", patternShow, s.showWire, send, rpc.Timeout(maxWait+5*time.Second))
	rpc.Handle(r, "messaging.purchase_allow", patternAllow, s.allowWire, admin)
	rpc.Handle(r, "messaging.purchase_disallow", patternDisallow, s.disallowWire, admin)
	rpc.Handle(r, "messaging.purchase_parties", patternLinks, s.linksWire, admin)
}

type (
	// askWire carries a party's signed request; see Ask. HoldBack is in seconds.
	askWire struct {
		Chatbot  string `json:"chatbot"`
		Request  string `json:"request"`
		SIMAbove string `json:"sim_above,omitempty"`
		Title    string `json:"title,omitempty"`
		Text     string `json:"text,omitempty"`
		Language string `json:"language,omitempty"`
		HoldBack int64  `json:"hold_if_sim_changed_within,omitzero"`
	}
	showWire struct {
		ID string `path:"id" json:"-"`
		// WaitSeconds is how long the answer may wait for the end; up to 30.
		WaitSeconds int `query:"wait" json:"-"`
	}
	purchaseWire struct {
		ID          string    `json:"purchase"`
		Message     string    `json:"message"`
		Order       string    `json:"order"`
		State       State     `json:"state"`
		Method      Method    `json:"method,omitempty"`
		Cause       string    `json:"cause,omitempty"`
		Transaction string    `json:"transaction,omitempty"`
		Created     time.Time `json:"created"`
		Expires     time.Time `json:"expires"`
		Ended       time.Time `json:"ended,omitzero"`
		Result      string    `json:"result,omitempty"`
	}
	linkWire struct {
		Chatbot string `path:"chatbot" json:"-"`
		Party   string `path:"party" json:"-"`
	}
	linksReq struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	linksWire struct {
		Parties []partyWire `json:"parties"`
	}
	partyWire struct {
		Party     string    `json:"party"`
		Created   time.Time `json:"created"`
		CreatedBy string    `json:"created_by"`
	}
	nothingWire struct{}
)

// Format hides the request, in which there is a number, and the words under every verb.
func (w askWire) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s}", w.Chatbot) }

// LogValue hides them in structured logs.
func (w askWire) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }

func (s *Service) askWire(ctx context.Context, w askWire) (purchaseWire, error) {
	const most = math.MaxInt64 / int64(time.Second)
	p, err := s.Ask(ctx, AskReq{Client: client(ctx), Chatbot: w.Chatbot, Request: w.Request, SIMAbove: w.SIMAbove, Title: w.Title, Text: w.Text,
		Language: w.Language, HoldBack: time.Duration(min(max(w.HoldBack, -most), most)) * time.Second})
	return wireOf(p), err
}

func (s *Service) showWire(ctx context.Context, w showWire) (purchaseWire, error) {
	wait := time.Duration(w.WaitSeconds) * time.Second
	if wait < 0 || wait > maxWait {
		return purchaseWire{}, invalid(ReasonWait, "wait: 0 to 30 seconds")
	}
	p, err := s.Wait(ctx, client(ctx), w.ID, wait)
	return wireOf(p), err
}

func wireOf(p Purchase) purchaseWire {
	return purchaseWire{ID: p.ID, Message: p.Message, Order: p.Order, State: p.State, Method: p.Method, Cause: p.Cause, Transaction: p.Transaction,
		Created: p.Created, Expires: p.Expires, Ended: p.Ended, Result: p.Result}
}

func (s *Service) allowWire(ctx context.Context, w linkWire) (nothingWire, error) {
	return nothingWire{}, s.Allow(ctx, w.Chatbot, w.Party, client(ctx))
}

func (s *Service) disallowWire(ctx context.Context, w linkWire) (nothingWire, error) {
	return nothingWire{}, s.Disallow(ctx, w.Chatbot, w.Party)
}

func (s *Service) linksWire(ctx context.Context, w linksReq) (linksWire, error) {
	list, err := s.Links(ctx, w.Chatbot)
	out := linksWire{Parties: make([]partyWire, len(list))}
	for i, l := range list {
		out.Parties[i] = partyWire(l)
	}
	return out, err
}

func client(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}
