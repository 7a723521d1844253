package authn

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"simtrust"
	"simtrust/renumber"
)

// How a request was attributed: the values of [Located.Method].
const (
	MethodRADIUS     = "radius"
	MethodEnrichment = "enrichment"
)

// Located is whose connection a request came through.
type Located struct {
	Tenure simtrust.TenureID
	Number simtrust.Number
	IMSI   string
	// Session names the data session: it is the same over any address of it, and another for another SIM or tenure.
	Session string
	// Method is [MethodRADIUS] or [MethodEnrichment].
	Method string
	// Since is when the session opened, or when the assertion was issued.
	Since time.Time
	// SIMRecorded is when the tenure's primary SIM was recorded as such; another instant is another SIM.
	SIMRecorded time.Time
}

// Locate returns whose data session r comes through: of a valid enrichment assertion, or of the client's address. Errors: KindDenied
// with one of this package's reasons if that is nobody who may be authenticated; KindUnavailable if it cannot be told now.
func (s *Service) Locate(ctx context.Context, r *http.Request) (Located, error) {
	l, err := s.locate(ctx, r)
	s.metrics.located(l.Method, err)
	return l, err
}

func (s *Service) locate(ctx context.Context, r *http.Request) (Located, error) {
	client, err := s.proxies.Client(r)
	if err != nil {
		return Located{}, denied(ReasonAddressUnknown, "the client's address cannot be told", err)
	}
	if e, ok := s.enricherOf(r); ok && len(r.Header.Values(AssertionHeader)) > 0 {
		return s.byAssertion(ctx, r, e, client.Addr())
	}
	return s.byAddress(ctx, s.realmOf(r), client)
}

// realmOf returns the address realm that the peer of the connection is in or speaks for.
func (s *Service) realmOf(r *http.Request) string {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr) // it was parsed before
	for _, p := range s.realms {
		if p.Peers.Contains(plain(peer.Addr())) {
			return p.Realm
		}
	}
	return s.realm
}

func (s *Service) byAddress(ctx context.Context, realm string, client netip.AddrPort) (Located, error) {
	if err := s.writable(); err != nil {
		return Located{}, err
	}
	claims, err := s.claims.Do(ctx, placeOf(realm, client.Addr()))
	if err != nil {
		return Located{}, lookupFailed(err)
	}
	c, reason := holder(claims, client.Port(), s.fresh)
	if reason != "" {
		return Located{}, denied(reason, "the connection belongs to no data session that can be authenticated", nil)
	}
	at, _ := c.opened()
	h, err := s.stillHeld(ctx, c.key.owner, at)
	if err != nil {
		return Located{}, err
	}
	return Located{
		Tenure: h.ID, Number: h.Number, IMSI: c.key.imsi, Method: MethodRADIUS, Since: time.UnixMilli(at).UTC(),
		Session: sessionID(MethodRADIUS, c.key.nas, c.key.sid, string(h.ID), c.key.imsi), SIMRecorded: h.SIMChangedRecorded,
	}, nil
}

// fresh reports whether a claim is younger than twice the interim interval of its NAS.
func (s *Service) fresh(c claim) bool {
	nas, known := s.nases[c.key.nas]
	return known && s.now().Sub(time.UnixMilli(c.age())) < 2*nas.Interim
}

// stillHeld checks that the owner of a session that opened at an event time is current now, and that the SIM serves it since then.
func (s *Service) stillHeld(ctx context.Context, o owner, at int64) (renumber.Holding, error) {
	live, err := s.tenures.Live(ctx, []simtrust.TenureID{o.tenure})
	if err != nil {
		return renumber.Holding{}, lookupFailed(err)
	}
	h, ok := live[o.tenure]
	if !ok {
		return renumber.Holding{}, denied(ReasonNotUsable, "the number is not in use by this holder", nil)
	}
	_, reason := admit(h, o.imsi, at)
	return h, notAdmitted(reason)
}

// notAdmitted turns the reason of [admit] into an error.
func notAdmitted(reason string) error {
	switch reason {
	case "":
		return nil
	case ReasonNotUsable:
		return denied(reason, "the number is not in use by this holder", nil)
	default:
		return denied(ReasonSIMChanged, "the SIM of the connection does not serve the number", nil)
	}
}
