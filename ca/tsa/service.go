package tsa

import (
	"cmp"
	"context"
	"encoding/asn1"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"simtrust/ca"
)

// Service answers time-stamp requests. Its methods are safe for concurrent use.
type Service struct {
	stamper  atomic.Pointer[stamper] // taken once for a request
	log      *slog.Logger
	policies []asn1.ObjectIdentifier
	accuracy []byte // DER
}

// New returns the service of a hierarchy's time-stamping delegate, and fails where that has none that clients would accept. It looks
// at the clock already, so that what earlier starts gave is mostly past when the first request comes.
func New(ctx context.Context, d Deps, h *ca.Hierarchy, c Config) (*Service, error) {
	c.Accuracy = cmp.Or(c.Accuracy, time.Second)
	if len(c.Policies) == 0 || c.Accuracy < tolerance || c.Accuracy%time.Millisecond != 0 {
		return nil, errors.New("tsa: tokens need a policy, and an accuracy of whole milliseconds, at least 500")
	}
	u, err := newUnit(h.TSA, h.TSAChain)
	if err != nil {
		return nil, err
	}
	s := &Service{log: d.Log, policies: c.Policies, accuracy: accuracyOf(c.Accuracy)}
	first := &stamper{u, newTimekeeper(d, cmp.Or(c.Patience, defaultPatience), u.name())}
	_, _ = first.time.now(ctx) // a clock that is not trusted is logged, and looked at again by every request
	s.stamper.Store(first)
	return s, nil
}

// Stamp answers a TimeStampReq with a TimeStampResp, both DER. A refusal is an answer too.
func (s *Service) Stamp(ctx context.Context, der []byte) []byte {
	r, no := parseRequest(der)
	if no == nil {
		no = s.choosePolicy(&r)
	}
	if no != nil {
		return no.reply()
	}
	by := s.stamper.Load()
	at, err := by.time.now(ctx)
	if err != nil {
		return (&refusal{timeNotAvailable, "the clock is not trusted now"}).reply()
	}
	if !by.valid(at) {
		return (&refusal{systemFailure, "the time-stamping certificate is not valid now"}).reply()
	}
	reply, err := s.token(by, r, at)
	if err != nil {
		s.log.ErrorContext(ctx, "tsa: the key does not sign", "error", err)
		return (&refusal{systemFailure, "the key does not sign now"}).reply()
	}
	return reply
}

func (s *Service) choosePolicy(r *request) *refusal {
	if r.policy == nil {
		r.policy = s.policies[0]
		return nil
	}
	if !slices.ContainsFunc(s.policies, r.policy.Equal) {
		return &refusal{unacceptedPolicy, "the policy is not one of this authority"}
	}
	return nil
}
