package acme

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"

	"simtrust"
	"simtrust/internal/egress"
)

// Kinds of challenges.
const (
	kindHTTP01    = "http-01"
	kindDNS01     = "dns-01"
	kindTLSALPN01 = "tls-alpn-01"
)

// proof is what a challenge must show (RFC 8555, section 8.1).
type proof struct {
	name, token, authorization string
}

func (p proof) digest() []byte {
	sum := sha256.Sum256([]byte(p.authorization))
	return sum[:]
}

// enter takes one of the places for looking at challenges, if one is free. Nothing queues in memory for them: what finds none stays
// processing in the store, so that nobody fills this process with challenges of names that never answer.
func (s *Service) enter() bool {
	select {
	case s.places <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *Service) leave() { <-s.places }

// lookOut looks at a challenge in the background, at a place that was entered. When the server stops, the challenge stays processing
// and is taken up again.
func (s *Service) lookOut(c challenge, a authorization) {
	s.flying.Go(func() {
		defer s.leave()
		ctx, cancel := context.WithTimeout(s.life, s.config.Validation)
		defer cancel()
		verdict, err := s.look(ctx, c, a)
		if s.life.Err() != nil {
			return
		}
		if err == nil {
			settling, cancel := context.WithTimeout(s.life, issuanceTime)
			defer cancel()
			err = s.settle(settling, c, verdict)
		}
		if err != nil {
			s.log.WarnContext(s.life, "acme: a challenge is looked at again later", "challenge", c.id, "error", err)
		}
	})
}

// look returns what is wrong with a proof, nil when nothing is. An error means that it could not be looked at.
func (s *Service) look(ctx context.Context, c challenge, a authorization) (*problem, error) {
	owner, err := accountByID(ctx, s.db, a.account)
	if err != nil {
		return nil, err
	}
	p := proof{name: a.name, token: c.token, authorization: c.token + "." + owner.key.thumbprint}
	switch c.kind {
	case kindHTTP01:
		err = s.lookHTTP(ctx, p)
	case kindDNS01:
		err = s.lookDNS(ctx, p)
	default:
		err = s.lookTLS(ctx, p)
	}
	return verdictOf(err), nil
}

// verdictOf says what went wrong without what was found or where: a validation must not tell about the network it is made from.
func verdictOf(err error) *problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	switch simtrust.ReasonOf(err) {
	case egress.ReasonAddress, egress.ReasonRedirects:
		e, _ := errors.AsType[*simtrust.Error](err)
		return newProblem(http.StatusBadRequest, "connection", e.Msg)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return newProblem(http.StatusBadRequest, "dns", "the name could not be resolved")
	}
	return newProblem(http.StatusBadRequest, "connection", "no answer came from the name's address")
}
