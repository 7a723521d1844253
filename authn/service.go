package authn

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// NAS is a network access server as far as its sessions go.
type NAS struct {
	// Name is the one in its records.
	Name string
	// Interim is the interval of its Interim-Updates.
	Interim time.Duration
	// Retransmit is how long it repeats a packet that is not acknowledged; zero is 30 s, and less than 3 s is refused.
	Retransmit time.Duration
}

// PeerRealm says in which address realm the peers in a prefix are, or the clients for whom they speak if they are proxies.
type PeerRealm struct {
	Peers netip.Prefix
	Realm string
}

// Config is the service's configuration.
type Config struct {
	// NASes are those whose sessions count.
	NASes []NAS
	// Proxies are believed about client addresses.
	Proxies Proxies
	// Realm is the address realm of requests, unless the first match among Realms says otherwise.
	Realm  string
	Realms []PeerRealm
	// URL is our own address as clients see it, such as https://id.example.com: the audience of enrichment assertions.
	URL string
	// Enrichers may state a subscriber by header.
	Enrichers []Enricher
}

// Service knows whose sessions are open. It is safe for concurrent use.
type Service struct {
	db      *sqldb.DB
	tenures Tenures
	devices Devices
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	nases     map[string]NAS
	proxies   Proxies
	realm     string
	realms    []PeerRealm
	url       *url.URL
	audience  string
	enrichers []Enricher

	beats   *sqldb.Coalescer[time.Time, struct{}]
	changes *sqldb.Coalescer[change, struct{}]
	claims  *sqldb.Coalescer[string, []claim]
	doubts  *sqldb.Coalescer[simtrust.Number, int64]
	spends  *sqldb.Coalescer[spend, bool]

	warned sync.Map // [2]string{NAS, outcome} of records whose like was logged

	wrote atomic.Int64 // when the store last took a write, in UTC milliseconds; 0 after it refused one
	beat  atomic.Int64 // when this process last stored the heartbeat, in UTC milliseconds
}

const (
	defaultRetransmit = 30 * time.Second
	leastRetransmit   = 3 * beatEvery
)

// New starts the service on a migrated database. The error says what is wrong with the configuration.
func New(d Deps, c Config) (*Service, error) {
	s := &Service{
		db: d.DB, tenures: d.Tenures, devices: d.Devices, now: d.Now, log: d.Log,
		nases: map[string]NAS{}, proxies: c.Proxies, realm: c.Realm, realms: c.Realms,
		audience: c.URL, enrichers: c.Enrichers,
	}
	var err error
	if s.url, err = url.Parse(c.URL); err != nil || s.url.Host == "" {
		return nil, fmt.Errorf("authn: the URL must be absolute, such as https://id.example.com")
	}
	for _, n := range c.NASes {
		if err := s.addNAS(n); err != nil {
			return nil, err
		}
	}
	for _, e := range c.Enrichers {
		if err := e.check(); err != nil {
			return nil, err
		}
	}
	if s.metrics, err = newMetrics(d.Metrics); err != nil {
		return nil, err
	}
	s.beats = sqldb.NewCoalescer(d.DB, "authn.beat", s.storeBeats)
	s.changes = sqldb.NewCoalescer(d.DB, "authn.account", s.apply)
	s.claims = sqldb.NewReadCoalescer(d.DB, "authn.claims", claimsOn)
	s.doubts = sqldb.NewReadCoalescer(d.DB, "authn.doubts", doubtsOf)
	s.spends = sqldb.NewCoalescer(d.DB, "authn.spend", spendOnce)
	return s, nil
}

func (s *Service) addNAS(n NAS) error {
	n.Retransmit = cmp.Or(n.Retransmit, defaultRetransmit)
	_, taken := s.nases[n.Name]
	switch {
	case n.Name == "" || taken:
		return fmt.Errorf("authn: NAS %q: each NAS needs a name of its own", n.Name)
	case n.Interim <= 0:
		return fmt.Errorf("authn: NAS %q: needs the interval of its Interim-Updates", n.Name)
	case n.Retransmit < leastRetransmit:
		return fmt.Errorf("authn: NAS %q: a retransmission horizon below %s cannot be told from a heartbeat", n.Name, leastRetransmit)
	}
	s.nases[n.Name] = n
	return nil
}

// Close answers what is queued and stops.
func (s *Service) Close() {
	s.beats.Close()
	s.changes.Close()
	s.claims.Close()
	s.doubts.Close()
	s.spends.Close()
}

// Doubted reports whether a record about n that contradicts what is known of it was put into quarantine at or after since: what
// was issued before then rests on doubtful ground. KindUnavailable if that cannot be told now.
func (s *Service) Doubted(ctx context.Context, n simtrust.Number, since time.Time) (bool, error) {
	if err := s.writable(); err != nil {
		return false, err
	}
	at, err := s.doubts.Do(ctx, n)
	if err != nil {
		return false, lookupFailed(err)
	}
	return at > 0 && at >= since.UnixMilli(), nil
}
