package messaging

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// ScopeSend is for chatbots' clients.
const ScopeSend = "messaging:send"

const (
	patternSend       = "POST /messaging/v1/messages"
	patternStatus     = "GET /messaging/v1/messages/{message}"
	patternDeliveries = "GET /messaging/v1/messages/{message}/deliveries"
	patternRevoke     = "POST /messaging/v1/messages/{message}/revocation"
	patternPage       = "GET /m/{code}"
)

// maxRequest holds ten thousand recipients and the largest content.
const maxRequest = 1 << 20

// sendTime is for ten thousand recipients.
const sendTime = 30 * time.Second

// Mount puts the operations on r. Numbers travel in bodies, never in URLs.
func (s *Service) Mount(r *rpc.Router) {
	scope := rpc.Scope(ScopeSend)
	rpc.Handle(r, "messaging.send", patternSend, s.sendWire, scope, rpc.Status(http.StatusAccepted), rpc.MaxBody(maxRequest), rpc.Timeout(sendTime))
	rpc.Handle(r, "messaging.status", patternStatus, s.statusWire, scope)
	rpc.Handle(r, "messaging.deliveries", patternDeliveries, s.deliveriesWire, scope)
	rpc.Handle(r, "messaging.revoke", patternRevoke, s.revokeWire, scope, rpc.Status(http.StatusAccepted))
	r.Raw("messaging.upload", patternUpload, http.HandlerFunc(s.upload), scope, rpc.MaxBody(maxFile), rpc.Timeout(sendTime))
	r.Raw("messaging.file", patternFile, http.HandlerFunc(s.download), rpc.Public())
	r.Raw("messaging.page", patternPage, http.HandlerFunc(s.page), rpc.Public())
}

func (s *Service) sendWire(ctx context.Context, w SendWire) (SentWire, error) {
	req := SendReq{Client: client(ctx), Chatbot: w.Chatbot, Key: w.Key, To: w.To, Content: w.Content, Template: w.Template, Values: w.Values,
		Class: dispatch.Class(w.Class), Expires: w.Expires, HoldBack: seconds(w.HoldBack), Language: gsma.Language(w.Language)}
	for _, c := range w.Channels {
		req.Steps = append(req.Steps, Step{Channel: gsma.Channel(c.Channel), When: dispatch.When(c.When), After: seconds(c.After)})
	}
	for _, l := range w.Logins {
		req.Logins = append(req.Logins, Login(l))
	}
	sent, err := s.Send(ctx, req)
	if err != nil {
		return SentWire{}, err
	}
	return sent.Wire(), nil
}

// seconds are so many, or the longest time that there is, either way: what is too long is refused later, and never wraps to what is short.
func seconds(n int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Second)
	return time.Duration(min(max(n, -most), most)) * time.Second
}

func (s *Service) statusWire(ctx context.Context, w messageWire) (StatusWire, error) {
	st, err := s.Status(ctx, client(ctx), w.Message)
	return StatusWire{Message: st.Message, Chatbot: st.Chatbot, Class: string(st.Class), Created: st.Created, Expires: st.Expires,
		Total: st.Total, Refused: st.Refused, States: st.States}, err
}

func (s *Service) deliveriesWire(ctx context.Context, w listWire) (DeliveriesWire, error) {
	list, next, err := s.Deliveries(ctx, client(ctx), w.Message, w.From, w.Limit)
	out := DeliveriesWire{Deliveries: make([]DeliveryWire, len(list)), Next: next}
	for i, d := range list {
		out.Deliveries[i] = DeliveryWire{Delivery: d.Delivery, Recipient: d.Place, State: string(d.State), Channel: string(d.Channel), Reason: d.Reason,
			Attempts: d.Attempts, PossibleDuplicate: d.PossibleDuplicate, Revoking: d.Revoking, Changed: d.At}
	}
	return out, err
}

func (s *Service) revokeWire(ctx context.Context, w revokeWire) (revokedWire, error) {
	open, err := s.Revoke(ctx, client(ctx), w.Message, w.Deliveries)
	return revokedWire{open}, err
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
