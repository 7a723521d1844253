package est

import (
	"fmt"
	"log/slog"
	"time"

	"simtrust/ca"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// Service is the face. Its methods are safe for concurrent use.
type Service struct {
	db         *sqldb.DB
	authority  Authority
	fallback   string
	labels     map[string]label
	enrolments *rpc.Pace
	log        *slog.Logger
	now        func() time.Time
}

// label is what is served below the name of a profile.
type label struct {
	profile    *ca.Profile
	attributes []byte // the answer of /csrattrs, ready to be sent
}

// New returns the face of an authority. It fails where a label is no profile that can be enrolled for by names alone.
func New(d Deps, c Config) (*Service, error) {
	c = c.complete()
	s := &Service{db: d.DB, authority: d.Authority, fallback: c.Default, labels: map[string]label{},
		enrolments: rpc.NewPace(c.Enrolments, d.Now), log: d.Log, now: d.Now}
	for _, name := range c.Labels {
		p, ok := d.Authority.Profile(name)
		if !ok || p.Escrowed || p.Delegate || p.AnyLine || p.Person || p.Tenure == ca.Required || p.RelyingParty == ca.Required {
			return nil, fmt.Errorf("est: %q is no profile that can be enrolled for by names", name)
		}
		attributes, err := attributesOf(p)
		if err != nil {
			return nil, err
		}
		s.labels[name] = label{p, armour(attributes)}
	}
	if _, ok := s.labels[c.Default]; !ok {
		return nil, fmt.Errorf("est: the default %q is none of the labels", c.Default)
	}
	return s, nil
}
