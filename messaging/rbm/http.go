package rbm

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust/internal/rpc"
	"simtrust/messaging"
)

// ScopeAdmin is for operators.
const ScopeAdmin = "messaging:admin"

// Prefix begins all paths of the face; the issuer with it is an agent's base URL.
const Prefix = "/rbm/"

const (
	patternMessage   = "POST /rbm/v1/phones/{phone}/agentMessages"
	patternRevoke    = "DELETE /rbm/v1/phones/{phone}/agentMessages/{message}"
	patternEvent     = "POST /rbm/v1/phones/{phone}/agentEvents"
	patternCapable   = "GET /rbm/v1/phones/{phone}/capabilities"
	patternCallback  = "POST /rbm/v1/phones/{phone}/capability:requestCapabilityCallback"
	patternTester    = "POST /rbm/v1/phones/{phone}/testers"
	patternBatch     = "POST /rbm/v1/users:batchGet"
	patternFile      = "POST /rbm/v1/files"
	patternUpload    = "POST /rbm/upload/v1/files"
	patternToken     = "GET /messaging/v1/chatbots/{chatbot}/rbm-token"
	patternRotate    = "POST /messaging/v1/chatbots/{chatbot}/rbm-token/rotation"
	maxMessage       = 250_000
	maxBatch         = 10_000
	maxBatchBody     = 1 << 20
	batchTime        = 30 * time.Second
	batchesPerSecond = 10 // 600 a minute
	batchesAtOnce    = 60
)

// standard are the parameters that Google's own clients may add to any request. They ask for nothing that is not so already.
type standard struct {
	Alt         string `query:"alt" json:"-"`
	Key         string `query:"key" json:"-"`
	Fields      string `query:"fields" json:"-"`
	PrettyPrint string `query:"prettyPrint" json:"-"`
	QuotaUser   string `query:"quotaUser" json:"-"`
	UploadType  string `query:"uploadType" json:"-"`
	ErrorFormat string `query:"$.xgafv" json:"-"`
	Agent       string `query:"agentId" json:"-"`
}

// hidden keeps numbers and contents out of logs, under every verb.
type hidden struct{}

// Format hides the request.
func (hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "{rbm}") }

// LogValue hides it in structured logs.
func (hidden) LogValue() slog.Value { return slog.StringValue("{rbm}") }

type (
	messageWire struct {
		hidden
		standard
		Phone   string `path:"phone" json:"-"`
		Message string `query:"messageId" json:"-"`
		AgentMessage
	}
	revokeWire struct {
		hidden
		standard
		Phone   string `path:"phone" json:"-"`
		Message string `path:"message" json:"-"`
	}
	eventWire struct {
		hidden
		standard
		Phone string `path:"phone" json:"-"`
		Event string `query:"eventId" json:"-"`
		AgentEvent
	}
	capableWire struct {
		hidden
		standard
		Phone   string `path:"phone" json:"-"`
		Request string `query:"requestId" json:"-"`
	}
	callbackWire struct {
		hidden
		standard
		Phone   string `path:"phone" json:"-"`
		Request string `json:"requestId,omitzero"`
	}
	testerWire struct {
		hidden
		standard
		Phone string `path:"phone" json:"-"`
		Tester
	}
	batchWire struct {
		hidden
		standard
		BatchGet
	}
	fileWire struct {
		standard
		FileURL      string `json:"fileUrl"`
		ThumbnailURL string `json:"thumbnailUrl,omitzero"`
		Description  string `json:"contentDescription,omitzero"`
	}
	// File is the name that contents have for a file.
	File struct {
		Name string `json:"name"`
	}
	// Tester is a person who tries an agent out.
	Tester struct {
		Name   string       `json:"name,omitzero"`
		Invite InviteStatus `json:"inviteStatus,omitzero"`
	}
	nothingWire struct{}
	botWire     struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	tokenWire struct {
		ClientToken string `json:"client_token"`
	}
)

// InviteStatus is what a person says to trying an agent out.
type InviteStatus string

// InviteAccepted is the one that there is: who can be reached has agreed already.
const InviteAccepted InviteStatus = "ACCEPTED"

// Mount puts the operations on r.
func (s *Service) Mount(r *rpc.Router) {
	r.Face(Prefix, Face{})
	scope := rpc.Scope(messaging.ScopeSend)
	rpc.Handle(r, "rbm.message", patternMessage, s.messageWire, scope, rpc.MaxBody(maxMessage))
	rpc.Handle(r, "rbm.revoke", patternRevoke, s.revokeWire, scope)
	rpc.Handle(r, "rbm.event", patternEvent, s.eventWire, scope)
	rpc.Handle(r, "rbm.capabilities", patternCapable, s.capableWire, scope)
	rpc.Handle(r, "rbm.callback", patternCallback, s.callbackWire, scope)
	rpc.Handle(r, "rbm.tester", patternTester, s.testerWire, scope)
	rpc.Handle(r, "rbm.users", patternBatch, s.batchWire, scope, rpc.MaxBody(maxBatchBody), rpc.Timeout(batchTime),
		rpc.Limit(rpc.Limits{Client: rpc.Rate{PerSecond: batchesPerSecond, Burst: batchesAtOnce}}))
	rpc.Handle(r, "rbm.file", patternFile, s.fileWire, scope)
	r.Raw("rbm.upload", patternUpload, http.HandlerFunc(s.upload), scope, rpc.MaxBody(maxUpload), rpc.Timeout(batchTime))
	rpc.Handle(r, "messaging.rbm_token", patternToken, s.tokenWire, rpc.Scope(messaging.ScopeSend, ScopeAdmin))
	rpc.Handle(r, "messaging.rbm_rotate", patternRotate, s.rotateWire, rpc.Scope(messaging.ScopeSend, ScopeAdmin))
}

func (s *Service) messageWire(ctx context.Context, w messageWire) (AgentMessage, error) {
	o, err := s.order(ctx, &w)
	if err != nil {
		return AgentMessage{}, err
	}
	return s.create(ctx, o)
}

func (s *Service) revokeWire(ctx context.Context, w revokeWire) (nothingWire, error) {
	return nothingWire{}, s.revoke(ctx, w)
}

func (s *Service) callbackWire(ctx context.Context, w callbackWire) (nothingWire, error) {
	if _, _, err := s.about(ctx, w.Agent, w.Phone); err != nil {
		return nothingWire{}, err
	}
	return nothingWire{}, errUnimplemented
}

func (s *Service) tokenWire(ctx context.Context, w botWire) (tokenWire, error) {
	return s.withToken(ctx, w, s.Token)
}

func (s *Service) rotateWire(ctx context.Context, w botWire) (tokenWire, error) {
	return s.withToken(ctx, w, s.Rotate)
}

// withToken lets a chatbot's own client, and operators, have its client token.
func (s *Service) withToken(ctx context.Context, w botWire, have func(context.Context, string) (string, error)) (tokenWire, error) {
	c, _ := rpc.CallerFrom(ctx)
	err := s.Agents.Known(ctx, w.Chatbot)
	if !c.Has(ScopeAdmin) {
		err = s.Agents.Owned(ctx, c.Client, w.Chatbot)
	}
	if err != nil {
		return tokenWire{}, err
	}
	token, err := have(ctx, w.Chatbot)
	return tokenWire{token}, err
}

// client is who asks.
func client(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.MarshalWrite(w, v) // the caller is gone: nobody is left to tell
}
