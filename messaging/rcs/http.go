package rcs

import (
	"context"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
)

// ScopeBearer is for the operator's gateways.
const ScopeBearer = "messaging:bearer"

const (
	patternReports = "POST /messaging/v1/rcs/reports"
	patternInbound = "POST /messaging/v1/rcs/inbound"
	patternSpam    = "POST /messaging/v1/rcs/spam-reports"
)

// Reasons of refusal, all of kind invalid.
const (
	ReasonReport  = "report_invalid"
	ReasonInbound = "inbound_invalid"
)

const (
	maxReports = 1000
	maxInbound = 64 << 10
	maxID      = 128
)

type (
	reportWire struct {
		ID     string    `json:"id"`
		Ref    string    `json:"ref,omitempty"`
		State  string    `json:"state"`
		At     time.Time `json:"at,omitzero"`
		Reason string    `json:"reason,omitempty"`
	}
	reportsWire struct {
		Reports []reportWire `json:"reports"`
	}
	inboundWire struct {
		ID          string `json:"id"`
		From        string `json:"from"`
		To          string `json:"to"`
		InReplyTo   string `json:"in_reply_to,omitempty"`
		ContentType string `json:"content_type"`
		Body        string `json:"body"`
	}
	spamWire struct {
		From string `json:"from"`
		ID   string `json:"id"`
		Type string `json:"type,omitempty"`
	}
	nothingWire struct{}
)

// Format hides number and content under every verb.
func (w inboundWire) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "inbound %s", w.ID) }

// LogValue hides them in structured logs.
func (w inboundWire) LogValue() slog.Value { return slog.StringValue("inbound " + w.ID) }

// Format hides the number under every verb.
func (w spamWire) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "spam report on %s", w.ID) }

// LogValue hides it in structured logs.
func (w spamWire) LogValue() slog.Value { return slog.StringValue("spam report on " + w.ID) }

// Mount puts what the gateway calls on r.
func (g *Gateway) Mount(r *rpc.Router) {
	scope, done := rpc.Scope(ScopeBearer), rpc.Status(http.StatusNoContent)
	rpc.Handle(r, "messaging.rcs_reports", patternReports, g.reportsWire, scope, done, rpc.MaxBody(1<<20))
	rpc.Handle(r, "messaging.rcs_inbound", patternInbound, g.inboundWire, scope, done, rpc.MaxBody(2*maxInbound))
	rpc.Handle(r, "messaging.rcs_spam", patternSpam, g.spamWire, scope, done)
}

func (g *Gateway) reportsWire(ctx context.Context, w reportsWire) (nothingWire, error) {
	if len(w.Reports) > maxReports {
		return nothingWire{}, invalid(ReasonReport, fmt.Sprintf("reports: at most %d", maxReports))
	}
	list := make([]dispatch.Report, len(w.Reports))
	for i, r := range w.Reports {
		f := fate(r.State)
		if f == dispatch.FateUnknown || f == dispatch.FateNotTaken || r.ID == "" || len(r.ID) > maxID || len(r.Ref) > maxID {
			return nothingWire{}, invalid(ReasonReport, fmt.Sprintf("reports[%d]: the id of a message, and its state: accepted, delivered, displayed, failed, expired or revoked", i))
		}
		list[i] = dispatch.Report{ID: r.ID, Fate: f, At: g.at(r.At), Reason: word(r.Reason)}
	}
	return nothingWire{}, g.Reports.Report(ctx, Rich, list)
}

// at is when something happened: no later than now, and now where it was not said.
func (g *Gateway) at(t time.Time) time.Time {
	if now := g.Now(); t.IsZero() || t.After(now) {
		return now
	}
	return t
}

func (g *Gateway) inboundWire(ctx context.Context, w inboundWire) (nothingWire, error) {
	from, err := simtrust.ParseNumber(w.From)
	if err != nil {
		return nothingWire{}, err
	}
	if w.ID == "" || len(w.ID) > maxID || len(w.InReplyTo) > maxID || w.To == "" || len(w.To) > maxID {
		return nothingWire{}, invalid(ReasonInbound, "id, to and in_reply_to: ids of up to 128 characters; the first two are required")
	}
	if _, _, err := mime.ParseMediaType(w.ContentType); err != nil || len(w.Body) > maxInbound {
		return nothingWire{}, invalid(ReasonInbound, "content_type: a media type; body: up to 64 KiB")
	}
	return nothingWire{}, g.Inbox.Received(ctx, Inbound{ID: w.ID, From: from, To: w.To, InReplyTo: delivery(w.InReplyTo), ContentType: w.ContentType, Body: []byte(w.Body)})
}

func (g *Gateway) spamWire(ctx context.Context, w spamWire) (nothingWire, error) {
	from, err := simtrust.ParseNumber(w.From)
	if err != nil {
		return nothingWire{}, err
	}
	if w.ID == "" || len(w.ID) > maxID {
		return nothingWire{}, invalid(ReasonReport, "id: that of the message reported")
	}
	return nothingWire{}, g.Inbox.Reported(ctx, Spam{From: from, Delivery: delivery(w.ID), Type: word(w.Type)})
}

// delivery is the delivery that a copy's id begins with; a gateway may name either.
func delivery(id string) string {
	d, _, _ := strings.Cut(id, ".")
	return d
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "messaging.rcs", Msg: msg}
}
