package tsa

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"time"

	"simtrust/ca"
)

// Service answers time-stamp requests. Its methods are safe for concurrent use.
type Service struct {
	*unit
	time     *timekeeper
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
	sum := sha256.Sum256(u.key)
	s := &Service{unit: u, time: newTimekeeper(d, hex.EncodeToString(sum[:])), log: d.Log, policies: c.Policies, accuracy: accuracyOf(c.Accuracy)}
	_, _ = s.time.now(ctx) // a clock that is not trusted is logged, and looked at again by every request
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
	at, err := s.time.now(ctx)
	if err != nil {
		return (&refusal{timeNotAvailable, "the clock is not trusted now"}).reply()
	}
	if !s.valid(at) {
		return (&refusal{systemFailure, "the time-stamping certificate is not valid now"}).reply()
	}
	reply, err := s.token(r, at)
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
