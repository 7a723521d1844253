package renumber

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// The scopes of the operations.
const (
	ScopeFeed  = "number:feed"
	ScopeRead  = "number:read"
	ScopeCheck = "number-recycling:check"
	// ScopeTenures is for trusted consumers, which write to the holders of numbers: the tenures behind numbers and back.
	ScopeTenures = "tenure:read"
)

const (
	feedPattern    = "POST /renumber/v1/feed"
	showPattern    = "POST /renumber/v1/show"
	checkPattern   = "POST /renumber/v1/check"
	holdersPattern = "POST /renumber/v1/holders"
	livePattern    = "POST /renumber/v1/live"
	devicesPattern = "POST /renumber/v1/devices"
)

// maxFeedBody holds MaxBatch events with every field at its longest.
const maxFeedBody = MaxBatch * 1024

// Mount mounts the operations, and the CAMARA face on them. Numbers travel in bodies, never in URLs.
func (s *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "renumber.feed", feedPattern, s.Feed, rpc.Scope(ScopeFeed), rpc.MaxBody(maxFeedBody))
	rpc.Handle(r, "renumber.show", showPattern, s.show, rpc.Scope(ScopeRead))
	rpc.Handle(r, "renumber.check", checkPattern, s.check, rpc.Scope(ScopeCheck))
	rpc.Handle(r, "renumber.holders", holdersPattern, s.holders, rpc.Scope(ScopeTenures))
	rpc.Handle(r, "renumber.live", livePattern, s.live, rpc.Scope(ScopeTenures))
	rpc.Handle(r, "renumber.devices", devicesPattern, s.deviceNumbers, rpc.Scope(ScopeTenures))
	s.mountCamara(r)
}

// CheckReq asks whether a number has changed hands since an instant. Number is absent with a token that stands for a holder.
type CheckReq struct {
	Number *string   `json:"number,omitempty"`
	Since  time.Time `json:"since"`
}

// CheckRes answers it.
type CheckRes struct {
	Recycled bool `json:"recycled"`
}

// LimitKey is the number asked about.
func (r CheckReq) LimitKey() string { return deref(r.Number) }

// Format masks the number under every verb.
func (r CheckReq) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("{%s %s}", masked(deref(r.Number)), r.Since.Format(time.RFC3339Nano)))
}

// LogValue masks in structured logs.
func (r CheckReq) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

func (s *Service) check(ctx context.Context, req CheckReq) (CheckRes, error) {
	if req.Since.IsZero() {
		return CheckRes{}, errMalformed("renumber.check", "since is required, an RFC 3339 instant")
	}
	n, err := s.subject(ctx, req.Number)
	if err != nil {
		return CheckRes{}, err
	}
	recycled, err := s.Recycled(ctx, n, req.Since)
	return CheckRes{recycled}, err
}

// ShowReq asks for everything recorded about a number.
type ShowReq struct {
	Number string `json:"number"`
}

// LimitKey is the number asked about.
func (r ShowReq) LimitKey() string { return r.Number }

// Format masks the number under every verb.
func (r ShowReq) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "{"+masked(r.Number)+"}") }

// LogValue masks in structured logs.
func (r ShowReq) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

func (s *Service) show(ctx context.Context, req ShowReq) (ShowRes, error) {
	n, err := simtrust.ParseNumber(req.Number)
	if err != nil {
		return ShowRes{}, err
	}
	records, err := s.History(ctx, n)
	if err != nil {
		return ShowRes{}, err
	}
	return showResOf(records), nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func masked(number string) string {
	n, _ := simtrust.ParseNumber(number)
	return n.String()
}
