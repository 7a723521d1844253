package esme

import (
	"context"
	"crypto/subtle"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"simtrust/internal/smpp"
)

// Authenticate implements smpp.Authenticator. What it refuses it refuses with one status, whatever was wrong.
func (s *Service) Authenticate(ctx context.Context, b *smpp.Bind, from net.Addr) error {
	a, kept, err := s.find(ctx, b.SystemID)
	if err != nil {
		return smpp.StatusSystemError
	}
	if a != nil && !a.admits(ip(from)) {
		return smpp.StatusBindFailed // it costs the account none of its attempts
	}
	counted := &s.binds
	if a != nil && len(a.Networks) > 0 {
		counted = &s.bindsAtHome // what is tried from elsewhere, under any name, has no share in it
	}
	if !counted.allow(b.SystemID, s) {
		return smpp.StatusThrottled
	}
	given := s.digest("password", b.SystemID, string(b.Password))
	if a == nil || subtle.ConstantTimeCompare(given, kept) != 1 {
		return smpp.StatusBindFailed
	}
	return nil
}

func ip(from net.Addr) netip.Addr {
	at, _ := netip.ParseAddrPort(from.String())
	return at.Addr()
}

const (
	// bindsPerSecond is how often a system_id may be tried in the long run, from everywhere together: the chance of whoever tries for a
	// year is less than one in a hundred million.
	bindsPerSecond = 1
	bindsAtOnce    = 30
	buckets        = 1024
)

// attempts count binds by system_id, those that there are not too, in as much memory as there is: some share.
type attempts struct {
	seed maphash.Seed
	mu   sync.Mutex
	by   [buckets]*rate.Limiter
}

func (t *attempts) allow(systemID string, s *Service) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &t.by[maphash.String(t.seed, systemID)%buckets]
	if *l == nil {
		*l = rate.NewLimiter(bindsPerSecond, bindsAtOnce)
	}
	return (*l).AllowN(s.Now(), 1)
}

// account is the one of a session. One that was withdrawn ends the session.
func (s *Service) account(ctx context.Context, from *smpp.Session) (*Account, error) {
	a, _, err := s.find(ctx, from.SystemID())
	switch {
	case err != nil:
		return nil, smpp.StatusSystemError
	case a == nil:
		from.Close()
		return nil, smpp.StatusInvalidBindStatus
	}
	return a, nil
}
