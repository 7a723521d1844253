package sender

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"simtrust"
	"simtrust/ca"
)

// standing is a chatbot and its certificate as they were when it was read; zero where there is none.
type standing struct {
	chatbot     Chatbot
	certificate ca.Certificate
}

var (
	errSuspended   = denied(ReasonSuspended, "the chatbot is suspended")
	errNotVerified = denied(ReasonNotVerified, "the chatbot is not verified yet")
)

// Live returns a chatbot that may send now: verified, not suspended, with an enterprise certificate that is good. What it says is at most a
// second old. Errors: KindDenied with [ReasonNotVerified], [ReasonSuspended], [ReasonCertMissing], [ReasonCertExpired] or [ReasonCertRevoked];
// KindNotFound with [ReasonUnknownBot]; KindUnavailable.
func (s *Service) Live(ctx context.Context, id string) (Chatbot, error) {
	st, err := s.standing(ctx, id)
	if err == nil {
		err = st.live(s.Now())
	}
	if err != nil {
		return Chatbot{}, err
	}
	return st.chatbot, nil
}

func (st standing) live(now time.Time) error {
	switch {
	case !st.chatbot.Suspended.IsZero():
		return errSuspended
	case st.chatbot.Verified.IsZero():
		return errNotVerified
	}
	return good(st.certificate, st.chatbot.Certificate.SHA256, now)
}

// good tells whether a certificate is the one that was bound, and valid.
func good(c ca.Certificate, bound []byte, now time.Time) error {
	sum := sha256.Sum256(c.Raw)
	switch {
	case c.ID == "" || c.Profile != certificateProfile || subtle.ConstantTimeCompare(sum[:], bound) != 1:
		return denied(ReasonCertMissing, "the chatbot has no enterprise certificate")
	case !c.Revoked.IsZero():
		return denied(ReasonCertRevoked, "the chatbot's certificate is revoked or on hold")
	case now.Before(c.NotBefore) || now.After(c.NotAfter.Add(time.Second-1)):
		return denied(ReasonCertExpired, "the chatbot's certificate is not valid now")
	}
	return nil
}

// Owned refuses a client that is not a chatbot's: KindDenied with [ReasonNotYours], the same for a chatbot that there is not;
// KindUnavailable.
func (s *Service) Owned(ctx context.Context, client, id string) error {
	st, err := s.standing(ctx, id)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return errNotYours
	case err != nil:
		return err
	case st.chatbot.Client != client:
		return errNotYours
	}
	return nil
}

// standing reads a chatbot and its certificate, or finds them as they were up to a second ago.
func (s *Service) standing(ctx context.Context, id string) (standing, error) {
	if st, ok := s.standings.get(id); ok {
		return st, nil
	}
	keep := s.standings.reading(id)
	c, err := chatbotByID(ctx, s.DB, id)
	if err != nil {
		return standing{}, err
	}
	st := standing{chatbot: c}
	if c.Certificate.ID != "" {
		if st.certificate, err = s.Authority.Certificate(ctx, c.Certificate.ID); err != nil && simtrust.KindOf(err) != simtrust.KindNotFound {
			return standing{}, err
		}
	}
	keep(st)
	return st, nil
}
